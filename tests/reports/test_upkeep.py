"""What the installation does for itself each night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from hongyan.accounts import audit
from hongyan.accounts.models import AuditEntry
from hongyan.contacts import lists
from hongyan.contacts.models import RecipientList
from hongyan.exports.models import Export
from hongyan.messaging import drafts, submissions
from hongyan.messaging.asking import Request
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from hongyan.reports import upkeep
from hongyan.reports.models import ChoreRun
from hongyan.uploads.models import Upload
from tests.builders import Company

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def aged(record: Submission | Upload | RecipientList, **times: datetime) -> None:
    type(record)._default_manager.filter(pk=record.pk).update(**times)


def a_chore(run: upkeep.Callable[[datetime], int], name: str = "partitions") -> upkeep.Chore:
    return upkeep.Chore(name, name, run)


@pytest.mark.parametrize(
    ("now", "turn"),
    [
        # 03:20 in Shanghai is 19:20 of the day before in UTC.
        (datetime(2026, 11, 25, 0, 0, tzinfo=UTC), datetime(2026, 11, 24, 19, 20, tzinfo=UTC)),
        (datetime(2026, 11, 25, 19, 19, tzinfo=UTC), datetime(2026, 11, 24, 19, 20, tzinfo=UTC)),
        (datetime(2026, 11, 25, 19, 20, tzinfo=UTC), datetime(2026, 11, 25, 19, 20, tzinfo=UTC)),
    ],
)
def test_the_turn_is_at_twenty_past_three_at_night(now: datetime, turn: datetime) -> None:
    assert upkeep.newest_turn(now) == turn


def test_a_round_runs_once_a_night_and_soon_after_a_start_that_missed_it() -> None:
    chores = (a_chore(lambda now: 3),)
    assert upkeep.run_due(NOW, chores) == ["partitions"]
    assert upkeep.run_due(NOW + timedelta(hours=1), chores) == []
    # Off for three days: the first asking catches up, once.
    later = NOW + timedelta(days=3)
    assert upkeep.run_due(later, chores) == ["partitions"]
    assert upkeep.run_due(later + timedelta(minutes=10), chores) == []
    assert ChoreRun.objects.get().count == 3


def test_a_chore_that_fails_says_so_is_tried_again_and_keeps_no_other_from_running() -> None:
    def broken(now: datetime) -> int:
        raise OSError("disk full")

    chores = (a_chore(broken, "uploads"), a_chore(lambda now: 1, "drafts"))
    assert upkeep.run_due(NOW, chores) == ["uploads", "drafts"]
    failed = ChoreRun.objects.get(name="uploads")
    assert (failed.error, failed.done_at) == ("OSError: disk full", None)
    assert upkeep.run_due(NOW + timedelta(minutes=10), chores) == ["uploads"]


def test_the_next_months_tables_are_made_ahead() -> None:
    def exist(month: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("select to_regclass(%s) is not null", [f"dispatch_message_{month}"])
            return bool(cursor.fetchone()[0])

    assert not exist("3102")
    assert upkeep.prepare_partitions(datetime(2031, 1, 31, 23, 0, tzinfo=UTC)) == 2
    assert exist("3101")
    assert exist("3102")
    assert upkeep.prepare_partitions(datetime(2031, 1, 31, 23, 0, tzinfo=UTC)) == 0


def test_old_lists_uploads_and_drafts_go_and_what_is_still_needed_stays(company: Company) -> None:
    user = company.sender
    gone, waited_for, fresh = (lists.from_numbers(user, name, ["+8613800138000"]) for name in ("gone", "waits", "new"))
    submissions.submit(
        user,
        Request(
            text="x", selection=Selection(list_ids=(waited_for.pk,)), scheduled_at=timezone.now() + timedelta(days=60)
        ),
    )
    for one in (gone, waited_for):
        aged(one, expires_at=NOW - timedelta(days=1))
    aged(fresh, expires_at=NOW + timedelta(days=1))
    kept, dropped = (drafts.save(user, None, text=text) for text in ("kept", "dropped"))
    aged(kept, updated_at=NOW - timedelta(days=89))
    aged(dropped, updated_at=NOW - timedelta(days=91))
    uploads = {
        name: Upload.objects.create(owner=user, purpose="recipients", file_name=name, state=state)
        for name, state in {
            "forgotten": "uploaded",
            "running": "running",
            "read": "finished",
            "recent": "finished",
        }.items()
    }
    uploads["forgotten"].parts.create(number=0, content=b"x")
    uploads["read"].errors.create(line=1, reason="too_short")
    for name, age in {"forgotten": 8, "running": 400, "read": 91, "recent": 89}.items():
        aged(uploads[name], created_at=NOW - timedelta(days=age))
    for name, days in {"old": -1, "kept": 1}.items():
        Export.objects.create(owner=user, kind="replies", title=name, expires_at=NOW + timedelta(days=days))
    Export.objects.get(title="old").parts.create(number=0, content=b"x")
    audit.record(user, "user.signed_in", user)
    AuditEntry.objects.update(at=NOW - timedelta(days=4000))

    assert set(upkeep.run_due(NOW)) == {chore.name for chore in upkeep.CHORES}

    assert {one.name for one in RecipientList.objects.all()} == {"waits", "new"}
    assert {one.text for one in Submission.objects.filter(state="draft")} == {"kept"}
    assert {one.file_name for one in Upload.objects.all()} == {"running", "recent"}
    assert {one.title for one in Export.objects.all()} == {"kept"}
    assert AuditEntry.objects.filter(action="user.signed_in").exists()
    assert dict(ChoreRun.objects.values_list("name", "count")) | {"partitions": 0, "sessions": 0} == {
        "partitions": 0, "recipient_lists": 1, "uploads": 2, "exports": 1, "drafts": 1, "sessions": 0, "sign_in_attempts": 0,
        "ended_connections": 0, "channel_days": 0, "packing": 0, "retention": 0, "counted": 0,
        "audiences": 0, "customer_classes": 0, "duplicates": 0,
    }  # fmt: skip
    assert not ChoreRun.objects.exclude(error="").exists()


def test_the_health_page_says_when_each_chore_last_ran(company: Company) -> None:
    client = Client()
    client.force_login(company.administrator, backend="django.contrib.auth.backends.ModelBackend")
    assert "尚未执行" in client.get("/settings/health/").content.decode()
    upkeep.run_due(timezone.now())
    shown = client.get("/settings/health/").content.decode()
    assert "提前建立下个月的短信表" in shown
    assert "尚未执行" not in shown
