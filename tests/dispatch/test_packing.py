"""A closed month is rewritten tight: whatever happens on the way, every question has the answer it had before."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hongyan.console.submissions.finding import recipients_table
from hongyan.dispatch import packing
from hongyan.dispatch.changes import CHANGE, parameters
from hongyan.dispatch.matching import StoredReport
from hongyan.dispatch.models import Message, Packing, ParkedReport
from hongyan.dispatch.moving import now_called
from hongyan.dispatch.outcomes import settle_reports
from hongyan.dispatch.packed import Segment, decode, encode
from hongyan.messaging import accounting, resending, submissions
from hongyan.messaging.explaining import explain
from hongyan.messaging.models import Submission
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from tests.builders import Company
from tests.messaging.waiting import AsIfAsynchronous, planned

SEPTEMBER = datetime(2026, 9, 10, 4, tzinfo=UTC)
OCTOBER = datetime(2026, 10, 20, 4, tzinfo=UTC)
NUMBERS = tuple(f"+861380013{number:04d}" for number in range(7))

pytestmark = pytest.mark.django_db


def in_september(company: Company, *, waiting: int = 0, **facts: Any) -> Submission:
    """Seven messages: delivered, failed, uncertain and one with two segments; the last `waiting` of them never left."""
    with clock.stopped_at(SEPTEMBER):
        submission = planned(company, NUMBERS, title="九月", **facts)
    ids = ids_of(submission)
    outcomes = [("delivered", ""), ("failed", "MK:0001"), ("uncertain", "no_report")] + [("delivered", "")] * 4
    changes = [(one, *outcome) for one, outcome in zip(ids, outcomes, strict=True)][: len(ids) - waiting]
    raw = raw_connection()
    raw.execute(CHANGE, parameters(changes, SEPTEMBER + timedelta(seconds=3)))
    with raw.cursor() as cursor:
        cursor.executemany(
            """insert into dispatch_segment (message_id, segment, of, channel_id, carrier_id, submitted_at, state, code, reported_at)
               values (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                (one, part, parts, company.channel.pk, f"{0x7B00000000 + 16 * place + part:x}",
                 SEPTEMBER + timedelta(milliseconds=place), "delivered" if parts == 2 else "submitted",
                 "DELIVRD" if parts == 2 else "", SEPTEMBER + timedelta(seconds=9) if parts == 2 else None)
                for place, one in enumerate(ids[:5])
                for parts in [2 if place == 4 else 1]
                for part in range(1, parts + 1)
            ],
        )  # fmt: skip
    Submission.objects.filter(pk=submission.pk).update(state=Submission.State.FINISHED)
    submission.refresh_from_db()
    return submission


def ids_of(submission: Submission) -> list[int]:
    return list(Message.objects.filter(submission_id=submission.pk).order_by("pk").values_list("pk", flat=True))


def pack(at: datetime = OCTOBER, over: Any = None) -> int:
    return packing.pack_due(over or raw_connection(), at, rest=lambda seconds: None)


def answers(company: Company, submission: Submission) -> list[Any]:
    """What people can ask about it: by number, by submission, why, sums, a list to take away."""
    ids = ids_of(submission)
    told: list[Any] = [ids, [now_called(raw_connection(), one) for one in ids]]
    told += [list(Message.objects.filter(number=one).order_by("-pk").values_list("pk", "state")) for one in NUMBERS]
    with translation.override("en"):
        told += [explain(company.administrator, submission, Message.objects.get(pk=one)) for one in ids]
        table = recipients_table(company.administrator, QueryDict(), submission.pk)
        told.append([list(row) for row in table.sheet()[1]])
    told += [accounting.prove(submission).lines, accounting.house_imbalances(), accounting.balance(submission)]
    return told


def states() -> dict[int, str]:
    return dict(Packing.objects.values_list("month", "state"))


class Killed(Exception):
    pass


class Dying:
    """A connection whose process is killed at the given statement: what it had not committed is gone."""

    def __init__(self, at: int) -> None:
        self.left = at

    def execute(self, statement: Any, values: Any = None) -> Any:
        if not self.left:
            raise Killed
        self.left -= 1
        return raw_connection().execute(statement, values)

    def transaction(self) -> AbstractContextManager[Any]:
        return raw_connection().transaction()  # type: ignore[no-any-return]

    def cursor(self) -> Any:
        return raw_connection().cursor()


@pytest.fixture(autouse=True)
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "SLICE", 2)


def test_a_packed_month_gives_the_answers_it_gave_before(company: Company) -> None:
    submission = in_september(company)
    before = answers(company, submission)
    assert pack() == len(NUMBERS)
    assert states()[2609] == "packed"
    assert answers(company, submission) == before
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from dispatch_segment")
        assert cursor.fetchone() == (0,)
    assert pack() == 0, "once is enough"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kills=st.lists(st.integers(0, 90), max_size=4))
def test_a_kill_at_any_statement_leaves_one_form_or_the_other(company: Company, kills: list[int]) -> None:
    with transaction.atomic():
        submission = in_september(company)
        before = answers(company, submission)
        for at in kills:
            with suppress(Killed):
                pack(over=Dying(at))
            assert answers(company, submission) == before
        pack()
        assert states()[2609] == "packed"
        assert answers(company, submission) == before
        transaction.set_rollback(True)


def test_what_changes_while_it_is_copied_is_not_lost(company: Company) -> None:
    submission = in_september(company)
    ids = ids_of(submission)
    turns = iter(range(100))

    def happens() -> None:
        turn = next(turns)
        if turn == 1:
            submissions.hide_messages(company.sender, submission, [ids[0]])
            raw_connection().execute(CHANGE, parameters([(ids[2], "delivered", "")], OCTOBER))
        if turn == 2:
            Message.objects.filter(pk=ids[-1]).delete()

    packing.pack_due(raw_connection(), OCTOBER, rest=lambda seconds: happens())
    assert Message.objects.get(pk=ids[0]).hidden_at is not None
    assert Message.objects.get(pk=ids[2]).state == "delivered"
    assert ids_of(submission) == ids[:-1]
    assert Packing.objects.get(month=2609).messages == len(ids) - 1


@pytest.mark.parametrize(
    ("at", "is_packed"),
    [
        (datetime(2026, 9, 30, tzinfo=UTC), False),
        # Receipts are looked for among the messages of eight days.
        (datetime(2026, 10, 8, 23, tzinfo=UTC), False),
        (datetime(2026, 10, 9, 1, tzinfo=UTC), True),
    ],
)
def test_a_month_is_packed_when_its_receipts_are_due(company: Company, at: datetime, is_packed: bool) -> None:
    in_september(company)
    pack(at)
    assert (states().get(2609) == "packed") is is_packed


def test_a_month_in_which_something_waits_stays_as_it_is_and_says_so(company: Company) -> None:
    submission = in_september(company, waiting=2)
    assert pack() == 0
    assert (states()[2609], Packing.objects.get(month=2609).waits_for) == ("waiting", 2)
    raw_connection().execute(CHANGE, parameters([(one, "cancelled", "") for one in ids_of(submission)[-2:]], OCTOBER))
    assert pack() == len(NUMBERS)


def test_a_late_receipt_for_a_packed_message_is_kept_among_the_stray_ones(company: Company) -> None:
    submission = in_september(company)
    pack()
    report = StoredReport(company.channel.pk, f"{0x7B00000000 + 33:x}", NUMBERS[2], "delivered", "DELIVRD")
    asyncio.run(settle_reports(AsIfAsynchronous(), [report], OCTOBER))  # type: ignore[arg-type]
    assert ParkedReport.objects.filter(number=NUMBERS[2]).count() == 1
    assert Message.objects.get(submission_id=submission.pk, number=NUMBERS[2]).state == "uncertain"


def test_who_did_not_get_it_gets_it_again_from_a_packed_month(company: Company) -> None:
    submission = in_september(company)
    pack()
    again = resending.resend(company.sender, submission)
    assert sorted(Message.objects.filter(submission_id=again.pk).values_list("number", flat=True)) == list(NUMBERS[1:3])
    assert Message.objects.filter(submission_id=submission.pk, resent_as=again.pk).count() == 2


def test_a_month_that_has_been_thinned_out_is_packed_again(company: Company) -> None:
    submission = in_september(company)
    pack()
    Message.objects.filter(submission_id=submission.pk, number__in=NUMBERS[:2]).delete()
    Packing.objects.filter(month=2609).update(removed=2)
    kept = [Message.objects.filter(pk=one).values().get() for one in ids_of(submission)]
    assert pack() == len(NUMBERS) - 2
    assert [Message.objects.filter(pk=one).values().get() for one in ids_of(submission)] == kept
    assert Packing.objects.get(month=2609).removed == 0


def test_a_copy_that_is_not_the_month_is_thrown_away(company: Company) -> None:
    submission = in_september(company)

    def spoil() -> None:
        raw_connection().execute("update dispatch_message_2609_copy set state = 'failed'")

    with pytest.raises(packing.Unequal):
        packing.pack_due(raw_connection(), OCTOBER, rest=lambda seconds: spoil())
    assert states()[2609] == "waiting"
    before = answers(company, submission)
    pack()
    assert answers(company, submission) == before


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SEGMENTS = st.builds(
    Segment, st.integers(0, 2**60), st.integers(1, 255), st.integers(1, 255), st.integers(1, 999),
    st.one_of(st.integers(0, 2**80).map(lambda one: f"{one:x}"), WORDS), MOMENTS, WORDS, WORDS,
    st.none() | MOMENTS, st.none() | WORDS,
)  # fmt: skip


@given(st.lists(SEGMENTS, min_size=1, max_size=30))
def test_a_block_gives_back_exactly_what_went_in(rows: list[Segment]) -> None:
    assert decode(encode(rows)) == rows


@pytest.mark.django_db(transaction=True)
def test_others_read_and_write_all_the_while(committed_company: Company) -> None:
    """Two who look up and change messages meet no error and no month that is not there, whenever the copy takes its place."""
    submission = in_september(committed_company)
    ids = ids_of(submission)
    server, went_wrong, over = raw_connection().info, [], threading.Event()

    def busy(place: int) -> None:
        left = 3
        with psycopg.connect(server.dsn, password=server.password, autocommit=True) as own:
            while left:
                # The last three rounds come after the copy has taken its place.
                left -= over.is_set()
                with own.transaction():
                    own.execute("update dispatch_message set hidden_at = now() where id = %s", [ids[place]])
                    found = own.execute(
                        "select count(*) from dispatch_message where submission_id = %s", [submission.pk]
                    ).fetchone()
                if found != (len(ids),):
                    went_wrong.append(found)

    try:
        with ThreadPoolExecutor(2) as pool:
            working = [pool.submit(busy, place) for place in (0, 1)]
            try:
                packing.pack_due(raw_connection(), OCTOBER)
            finally:
                over.set()
            for one in working:
                one.result()
        assert states()[2609] == "packed"
        assert went_wrong == []
        assert set(Message.objects.exclude(hidden_at=None).values_list("pk", flat=True)) == set(ids[:2])
    finally:
        raw_connection().execute("truncate dispatch_packing, dispatch_packed_segments")
