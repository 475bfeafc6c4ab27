"""The account of a submission: whatever happens, it adds up, and a count of the messages says the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hongyan.consent.models import Listed
from hongyan.contacts.models import RecipientList, RecipientListRow
from hongyan.dispatch import failover, flow
from hongyan.dispatch.changes import CHANGE, parameters
from hongyan.dispatch.models import Batch, Message, Tally
from hongyan.messaging import accounting, asking, confirming, drafts, submissions, tasks
from hongyan.messaging.asking import Request, request_of
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from hongyan.runtime.database import raw_connection
from hongyan.uploads.models import Upload
from tests.builders import Company, a_contact, a_group
from tests.messaging.waiting import logged_in

pytestmark = pytest.mark.django_db


def numbers(how_many: int) -> tuple[str, ...]:
    return tuple(f"+861380013{number:04d}" for number in range(how_many))


def planned(company: Company, selection: Selection, **facts: str) -> Submission:
    request = Request(**{"text": "通知", "selection": selection} | facts)  # type: ignore[arg-type]
    submission = submissions.submit(company.sender, request)
    tasks.plan(submission.pk)
    submission.refresh_from_db()
    return submission


def change(*changes: tuple[int, str, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(CHANGE, parameters(changes, timezone.now()))


def ids(submission: Submission) -> list[int]:
    return list(Message.objects.filter(submission_id=submission.pk).order_by("id").values_list("pk", flat=True))


STATES = st.sampled_from(["submitted", "delivered", "failed", "expired", "uncertain", "cancelled"])
STEPS = st.one_of(
    st.lists(st.tuples(st.integers(0, 11), STATES, st.sampled_from(["", "UNDELIV", "MK:0001"])), min_size=1),
    st.sampled_from(["pause", "resume", "cancel", "lease"]),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=12))
def test_whatever_the_order_of_changes_the_sheet_adds_up(
    company: Company, steps: list[str | list[tuple[int, str, str]]]
) -> None:
    Listed.objects.get_or_create(kind="block", number=numbers(1)[0])
    submission = planned(company, Selection(numbers=numbers(12)))
    found = ids(submission)
    for step in steps:
        if isinstance(step, list):
            change(*[(found[place], state, reason) for place, state, reason in step])
        elif step == "lease":
            Batch.objects.filter(submission_id=submission.pk, state="ready").update(
                state="leased", leased_by="here", watermark=5
            )
        elif step == "pause" and submission.state == "running":
            submissions.pause(company.sender, submission)
        elif step == "resume" and submission.state == "paused":
            submissions.resume(company.sender, submission)
        elif step == "cancel" and submission.state in ("running", "paused"):
            submissions.cancel(company.sender, submission)
        submission.refresh_from_db()
        sheet = accounting.sheet(submission)
        assert sheet.adds_up
        assert sheet.loaded == 12
        assert all(line.count > 0 for line in sheet.lines)
        verdict = accounting.prove(submission)
        assert verdict.agrees
        assert {
            line.state: line.counted for line in verdict.lines if not line.reason
        }.keys() <= sheet.balance.by_state.keys()
    assert accounting.house_imbalances() == []


def test_loaded_starts_from_what_was_asked_for(company: Company) -> None:
    one, two, three = (a_contact(company.book, str(i), number) for i, number in enumerate(numbers(3)))
    first = a_group(company.book, "first", one, two)
    second = a_group(company.book, "second", two, three)
    # Two is in both groups and typed as well, three is left out.
    selection = Selection(
        group_ids=(first.pk, second.pk), numbers=(two.number, *numbers(5)[3:]), excluded_contact_ids=(three.pk,)
    )
    submission = planned(company, selection)
    assert submission.planned == 4
    assert submission.dropped == {"duplicate": 2, "excluded": 1}
    sheet = accounting.sheet(submission)
    assert (sheet.loaded, sheet.count("dropped"), sheet.count("queued"), sheet.adds_up) == (7, 3, 4, True)


def test_rows_of_a_file_that_cannot_be_used_are_part_of_what_was_asked_for(company: Company) -> None:
    upload = Upload.objects.create(
        owner=company.sender, purpose="recipients", rows_good=3, rows_bad=2, rows_duplicate=1
    )
    made = RecipientList.objects.create(owner=company.sender, name="bills", columns=["应缴"], size=3, upload=upload)
    RecipientListRow.objects.bulk_create(
        RecipientListRow(list=made, line=line, number=number, variables={"应缴": owed})
        for line, (number, owed) in enumerate([(numbers(1)[0], "10"), (numbers(1)[0], "20"), (numbers(2)[1], "5")], 1)
    )
    submission = planned(company, Selection(list_ids=(made.pk,)), text="应缴{应缴}元")
    assert (submission.planned, submission.dropped) == (3, {"duplicate": 1, "bad_number": 2})
    sheet = accounting.sheet(submission)
    assert (sheet.loaded, sheet.count("queued"), sheet.adds_up) == (6, 3, True)


def test_what_was_typed_wrong_is_part_of_what_was_asked_for(company: Company) -> None:
    typed = "\n".join([*numbers(2), numbers(1)[0], "12345"])
    chosen = {**Selection(numbers=numbers(2)).to_json(), "typed": typed}
    draft = drafts.save(company.sender, None, text="通知", category="notice", origin="console", recipients=chosen)
    request = request_of(draft)
    shown = confirming.mark(request, asking.rehearse(company.sender, request))
    submission = drafts.send(company.sender, draft, shown=shown)
    tasks.plan(submission.pk)
    submission.refresh_from_db()
    assert submission.dropped == {"duplicate": 1, "bad_number": 1}
    assert accounting.sheet(submission).loaded == 4


def test_what_is_on_the_wire_is_told_from_what_waits(company: Company) -> None:
    submission = planned(company, Selection(numbers=numbers(10)))
    Batch.objects.filter(submission_id=submission.pk).update(state="leased", leased_by="here", watermark=6)
    change(*[(one, "submitted", "") for one in ids(submission)[:4]])
    sheet = accounting.sheet(submission)
    assert (sheet.count("submitted"), sheet.count("in_flight"), sheet.count("queued")) == (4, 2, 4)


@pytest.mark.parametrize("wrong", ["tally", "message", "price", "planned"])
def test_a_line_that_is_wrong_is_found(company: Company, wrong: str) -> None:
    submission = planned(company, Selection(numbers=numbers(3)))
    other = planned(company, Selection(numbers=numbers(2)))
    assert accounting.prove(submission).agrees
    match wrong:
        case "tally":
            Tally.objects.filter(submission_id=submission.pk).update(messages=4)
        case "message":
            Message.objects.filter(pk=ids(submission)[0]).update(state="delivered")
        case "price":
            Message.objects.filter(pk=ids(submission)[0]).update(price_micros=1)
        case "planned":
            Submission.objects.filter(pk=submission.pk).update(planned=2)
    assert not accounting.prove(submission).agrees
    assert accounting.prove(other).agrees
    if wrong != "price":
        assert {one.submission_id for one in accounting.house_imbalances()} == {submission.pk}
        assert accounting.house_imbalances(other.pk) == []


def test_speed_and_forecast_follow_the_clock(company: Company) -> None:
    submission = planned(company, Selection(numbers=numbers(10)))
    Submission.objects.filter(pk=submission.pk).update(expected=5000)
    submission.refresh_from_db()
    found, now = ids(submission), timezone.now()
    progress = accounting.progress(submission, accounting.balance(submission), now)
    # Nothing has been measured: what the channel may do is the forecast.
    assert (progress.rest, progress.per_second) == (10, 0)
    assert progress.finishes_at == now + timedelta(seconds=10 / 100)
    change(*[(one, "submitted", "") for one in found[:5]])
    assert accounting.write_flow(now) == 1
    assert accounting.write_flow(now) == 0
    later = now + timedelta(seconds=10)
    change(*[(one, "delivered", "") for one in found[:8]])
    assert accounting.write_flow(later) == 1
    moments = flow.moments(raw_connection(), submission.pk, is_large=True)
    assert [(one.handed_over, one.delivered) for one in moments] == [(5, 0), (8, 8)]
    progress = accounting.progress(submission, accounting.balance(submission), later)
    assert 0.4 <= progress.per_second <= 0.9
    assert progress.rest == 2
    assert accounting.progress(submission, accounting.balance(submission), later + timedelta(minutes=2)).per_second == 0


def test_a_forecast_says_what_holds_it(company: Company) -> None:
    submission = planned(company, Selection(numbers=numbers(10)))
    now = timezone.now()
    morning = now + timedelta(hours=8)
    Batch.objects.filter(submission_id=submission.pk).update(not_before=morning)
    progress = accounting.progress(submission, accounting.balance(submission), now)
    assert (progress.held, progress.held_until) == ("hours", morning)
    assert progress.finishes_at is not None
    assert progress.finishes_at > morning
    Batch.objects.filter(submission_id=submission.pk).update(tries=1)
    progress = accounting.progress(submission, accounting.balance(submission), now)
    assert (progress.held, progress.held_until) == ("retry", morning)
    Batch.objects.filter(submission_id=submission.pk).update(not_before=None)
    failover.watch(raw_connection(), now)
    progress = accounting.progress(submission, accounting.balance(submission), now)
    assert (progress.held, progress.finishes_at) == ("channel", None)
    logged_in(company.channel)
    failover.watch(raw_connection(), now)
    progress = accounting.progress(submission, accounting.balance(submission), now)
    assert (progress.held, progress.finishes_at is None) == ("", False)
    submissions.pause(company.sender, submission)
    submission.refresh_from_db()
    progress = accounting.progress(submission, accounting.balance(submission), now)
    assert (progress.held, progress.finishes_at) == ("paused", None)
    at = now + timedelta(hours=1)
    waiting = submissions.submit(
        company.sender, Request(text="通知", selection=Selection(numbers=numbers(3)), scheduled_at=at)
    )
    progress = accounting.progress(waiting, accounting.balance(waiting), now)
    assert (progress.held, progress.held_until, progress.rest) == ("scheduled", at, 3)
    sheet = accounting.sheet(waiting)
    assert (sheet.loaded, sheet.count("unplanned")) == (3, 3)


def test_small_ones_are_plotted_from_their_messages(company: Company) -> None:
    submission = planned(company, Selection(numbers=numbers(6)))
    found = ids(submission)
    change(*[(one, "submitted", "") for one in found])
    change((found[0], "delivered", ""), (found[1], "failed", "UNDELIV"))
    moments = flow.moments(raw_connection(), submission.pk, is_large=False)
    assert (moments[-1].handed_over, moments[-1].delivered, moments[-1].not_delivered) == (6, 1, 1)
