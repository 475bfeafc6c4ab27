"""Any order of responses and receipts, over any mix of texts and connections, gives exactly what the carrier said."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hongyan.dispatch import outcomes
from hongyan.dispatch.matching import StoredReport, agrees, ids_apart
from hongyan.dispatch.models import Channel, Message, ParkedReport
from hongyan.gateway.recorder import Recorder
from hongyan.protocols.cmpp.session import group_ids as cmpp_ids
from hongyan.protocols.smgp.session import group_ids as smgp_ids
from tests.builders import Company, a_channel
from tests.messaging.waiting import AsIfAsynchronous

pytestmark = pytest.mark.django_db
NUMBERS = ("+8613800138000", "+8613900138000", "+8613800138001", "+8618600138000", "+8613800138002")
"""The first two, and the fourth, share their last eight digits."""
BATCH = int(f"{datetime.now(UTC):%y%m}") * 10**9 + 777_000
"""Behind the batches that planning makes in this month."""


class FakeLine:
    now = 0.0

    def __init__(self) -> None:
        self.session = self

    def answer(self, _token: object, _now: float) -> None:
        pass

    def flush(self) -> None:
        pass


@dataclass
class Submit:
    """One text on its way: a segment for one number, or for several at once."""

    messages: list[int]
    numbers: list[str]
    segment: int
    of: int
    ids: list[str] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    """The ids under which the carrier reports, by number."""


@dataclass
class World:
    """A channel with messages that have left, and processes whose gateways hear of them."""

    channel: Channel
    processes: int = 1
    submits: list[Submit] = field(default_factory=list)
    batches: int = 0
    unanswered: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.database: Any = AsIfAsynchronous()
        self.line: Any = FakeLine()

        async def made() -> list[Recorder]:
            return [Recorder(lambda: None, "gateway") for _ in range(self.processes)]

        self.recorders = asyncio.run(made())

    def leave(self, numbers: Sequence[str], *, segments: int = 1, channel: Channel | None = None) -> list[Submit]:
        """A text below its batch's watermark: for several numbers one submit a segment."""
        self.batches += 1
        batch = BATCH + self.batches
        of = channel or self.channel
        with connection.cursor() as cursor:
            cursor.execute("select dispatch_ensure_partition(now())")
            cursor.execute(
                """insert into dispatch_batch (id, submission_id, department_id, channel_id, category, lane, size, text,
                                               source_number, state, leased_by, watermark)
                   values (%s, 1, 1, %s, 'notice', 1, %s, %s, '', 'leased', 'gateway', %s)""",
                [batch, of.pk, len(numbers), "text" if len(numbers) > 1 else None, len(numbers)],
            )
            for place, number in enumerate(numbers):
                cursor.execute(
                    """insert into dispatch_message (id, submission_id, number, text, segments, channel_id, state)
                       values (%s, 1, %s, %s, %s, %s, 'queued')""",
                    [batch * 1000 + place, number, None if len(numbers) > 1 else "text", segments, of.pk],
                )
        ids = [batch * 1000 + place for place in range(len(numbers))]
        self.unanswered |= dict.fromkeys(ids, segments)
        made = [Submit(ids, list(numbers), segment, segments) for segment in range(1, segments + 1)]
        self.submits += made
        return made

    def answered(self, submit: Submit, process: int = 0, channel: Channel | None = None) -> None:
        recorder = self.recorders[process]
        found = [
            (one, submit.segment, submit.of, number)
            for one, number in zip(submit.messages, submit.numbers, strict=True)
        ]
        recorder.submitted((channel or self.channel).pk, submit.ids, found)
        for one in submit.messages:
            self.unanswered[one] -= 1
            if not self.unanswered[one]:
                recorder.changed(one, "submitted", "")

    def reported(
        self, carrier_id: str, number: str, outcome: str = "delivered", process: int = 0, channel: Channel | None = None
    ) -> None:
        code = {"delivered": "DELIVRD", "expired": "EXPIRED", "failed": "MK:0001"}.get(outcome, "BUFFERED")
        report = StoredReport((channel or self.channel).pk, carrier_id, number, outcome, code)
        self.recorders[process].reported(report, self.line, object())

    def written(self, process: int | None = None) -> None:
        for recorder in self.recorders if process is None else [self.recorders[process]]:
            asyncio.run(recorder._write(self.database))

    def tried_again(self, times: int = 1) -> None:
        """Parked reports have waited for their turns."""
        for _ in range(times):
            with connection.cursor() as cursor:
                cursor.execute(
                    "update dispatch_parked_report set tried_at = now() - interval '1 hour', received_at = now() - interval '1 hour'"
                )
            asyncio.run(outcomes.try_parked(self.database, timezone.now()))


@pytest.fixture
def world(company: Company) -> World:
    Channel.objects.filter(pk=company.channel.pk).update(numbers_per_submit=100)
    return World(company.channel)


def states() -> dict[int, str]:
    return dict(Message.objects.order_by("pk").values_list("pk", "state"))


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


SHAPES = st.one_of(
    st.tuples(st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=1), st.integers(1, 3)),
    st.tuples(st.lists(st.sampled_from(NUMBERS), min_size=2, max_size=5, unique=True), st.integers(1, 2)),
)
STYLES = ("counts", "repeats", "shuffles", "one for all")
FIRST_IDS = {"cmpp": 0xBCC068400001FFFC, "smgp": 0x01006111231655999996}
"""So that groups wrap."""


def given_ids(world: World, family: str, style: str) -> None:
    """As a carrier gives them, one submit after the other; `style` is how it reports a submit of several numbers."""
    count = cmpp_ids if family == "cmpp" else smgp_ids
    serial = 0
    for submit in world.submits:
        size = len(submit.messages)
        all_ids = count(FIRST_IDS[family], 100)
        if style == "one for all":
            submit.ids = [all_ids[serial]] * size
            submit.reported = submit.ids
            serial += 1
            continue
        submit.ids = list(all_ids[serial : serial + size])
        serial += size
        submit.reported = {
            "counts": submit.ids, "repeats": [submit.ids[0]] * size, "shuffles": submit.ids[::-1],
        }[style]  # fmt: skip


@settings(
    max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(data=st.data())
def test_any_order_over_any_mix_gives_exactly_the_carriers_truth(company: Company, data: st.DataObject) -> None:
    Channel.objects.filter(pk=company.channel.pk).update(numbers_per_submit=100)
    with undone():
        world = World(company.channel, processes=2)
        for numbers, segments in data.draw(st.lists(SHAPES, min_size=1, max_size=5), "texts"):
            world.leave(numbers, segments=segments)
        style, family = data.draw(st.sampled_from(STYLES)), data.draw(st.sampled_from(sorted(FIRST_IDS)))
        given_ids(world, family, style)
        truth: dict[int, list[str]] = defaultdict(list)
        events: list[tuple[Any, ...]] = [("answer", submit) for submit in world.submits]
        outcome = st.sampled_from(["delivered", "delivered", "failed", "expired"])
        for submit in world.submits:
            for place, number in enumerate(submit.numbers):
                said = data.draw(outcome)
                truth[submit.messages[place]].append(said)
                wire = number.removeprefix(data.draw(st.sampled_from(["+86", "+", ""])))
                events.append(("report", submit.reported[place], wire, said))
        # Some receipts come twice.
        events += data.draw(
            st.lists(st.sampled_from(events), max_size=3).map(lambda some: [e for e in some if e[0] == "report"])
        )
        for event in data.draw(st.permutations(events), "order"):
            process = data.draw(st.integers(0, 1))
            if event[0] == "answer":
                world.answered(event[1], process)
            else:
                world.reported(event[1], event[2], event[3], process)
            if data.draw(st.booleans()):
                world.written(process)
        world.written()
        world.tried_again(4)
        for message in Message.objects.all():
            said = truth[message.pk]
            bad = {one for one in said if one != "delivered"}
            assert message.state in (bad or {"delivered"}), (message.pk, said)
        assert not ParkedReport.objects.exists()


def test_a_receipt_that_overtakes_its_response_settles_no_other_text_to_the_number(world: World) -> None:
    first, second = world.leave(NUMBERS[:1]) + world.leave(NUMBERS[:1])
    first.ids, second.ids = ["bcc0684000010001"], ["bcc0684000010002"]
    world.answered(first)
    world.written()
    world.reported("bcc0684000010002", NUMBERS[0], "failed")
    world.written()
    world.tried_again(6)
    assert list(states().values()) == ["submitted", "queued"]
    world.answered(second)
    world.reported("bcc0684000010001", NUMBERS[0])
    world.written()
    assert list(states().values()) == ["delivered", "failed"]
    assert not ParkedReport.objects.exists(), "settled with its response, not at its next turn"


def test_a_receipt_of_one_segment_settles_no_other_segment(world: World) -> None:
    parts = world.leave(NUMBERS[:1], segments=3)
    for place, one in enumerate(parts):
        one.ids = [f"bcc068400001000{place}"]
    world.answered(parts[0])
    world.written()
    world.reported(parts[1].ids[0], NUMBERS[0])
    world.reported(parts[2].ids[0], NUMBERS[0], "failed")
    world.written()
    world.tried_again(3)
    assert set(states().values()) == {"queued"}
    world.answered(parts[1])
    world.answered(parts[2])
    world.reported(parts[0].ids[0], NUMBERS[0])
    world.written()
    assert set(states().values()) == {"failed"}
    assert not ParkedReport.objects.exists()


def test_numbers_that_end_alike_are_told_apart_under_one_id(world: World) -> None:
    (group,) = world.leave(NUMBERS[:2])
    group.ids = ["abc", "abc"]
    world.answered(group)
    world.reported("abc", NUMBERS[1][3:], "failed")
    world.written()
    assert list(states().values()) == ["submitted", "failed"]


@pytest.mark.parametrize("number", ["10690001", "", "1380013****", "138-0013-8000", "013800138000", "0000"])
def test_an_exact_id_settles_its_message_whatever_the_number_says(world: World, number: str) -> None:
    (one,) = world.leave(NUMBERS[:1])
    one.ids = ["abc"]
    world.answered(one)
    world.written()
    world.reported("abc", number)
    world.written()
    assert list(states().values()) == ["delivered"]


def test_an_exact_id_with_somebody_elses_number_waits(world: World) -> None:
    """A carrier that begins again with its ids: the receipt is about the one whose response has not come yet."""
    old, new = world.leave(NUMBERS[:1]) + world.leave(NUMBERS[2:3])
    old.ids = new.ids = ["1"]
    world.answered(old)
    world.written()
    world.reported("1", NUMBERS[2], "failed")
    world.written()
    assert list(states().values()) == ["submitted", "queued"]
    world.answered(new)
    world.written()
    assert list(states().values()) == ["submitted", "failed"]


def test_an_id_that_stands_for_several_waits_where_the_number_cannot_tell(world: World) -> None:
    (group,) = world.leave(NUMBERS[:3])
    group.ids = ["abc"] * 3
    world.answered(group)
    world.written()
    world.reported("abc", "10690001")
    world.written()
    world.tried_again(5)
    assert set(states().values()) == {"submitted"}
    assert ParkedReport.objects.get().carrier_id == "abc"


def test_a_first_id_with_a_strange_number_waits_where_a_gateway_may_repeat_it_for_all(world: World) -> None:
    (group,) = world.leave(NUMBERS[:3])
    group.ids = ["bcc0684000010001", "bcc0684000010002", "bcc0684000010003"]
    world.answered(group)
    world.written()
    world.reported("bcc0684000010001", "10690001")
    world.written()
    assert set(states().values()) == {"submitted"}


def test_who_is_found_by_number_within_a_submit_is_marked(world: World) -> None:
    (group,) = world.leave(NUMBERS[:3])
    group.ids = ["bcc0684000010001", "bcc0684000010002", "bcc0684000010003"]
    world.answered(group)
    world.written()
    for number in group.numbers:
        world.reported("bcc0684000010001", number)
    world.written()
    assert set(states().values()) == {"delivered"}
    with connection.cursor() as cursor:
        cursor.execute("select found_by from dispatch_segment order by message_id")
        assert [row[0] for row in cursor.fetchall()] == [None, "group", "group"]


def test_neighbouring_ids_of_single_submits_are_no_group(world: World) -> None:
    one, other = world.leave(NUMBERS[:1]) + world.leave(NUMBERS[2:3])
    one.ids, other.ids = ["bcc0684000010001"], ["bcc0684000010002"]
    world.answered(one)
    world.answered(other)
    world.written()
    world.reported("bcc0684000010001", NUMBERS[2], "failed")
    world.written()
    world.tried_again(5)
    assert set(states().values()) == {"submitted"}


def test_a_repeated_receipt_settles_no_newer_text_that_got_the_same_id(world: World) -> None:
    (old,) = world.leave(NUMBERS[:1])
    old.ids = ["1"]
    world.answered(old)
    world.reported("1", NUMBERS[0])
    world.written()
    (new,) = world.leave(NUMBERS[:1])
    new.ids = ["1"]
    world.reported("1", NUMBERS[0], "failed")
    world.written()
    assert list(states().values()) == ["delivered", "queued"]
    world.answered(new)
    world.written()
    assert list(states().values()) == ["delivered", "failed"]


def test_all_segments_under_one_id_have_its_receipt(world: World) -> None:
    parts = world.leave(NUMBERS[:1], segments=3)
    for one in parts:
        one.ids = ["abc"]
        world.answered(one)
    world.reported("abc", NUMBERS[0])
    world.written()
    assert set(states().values()) == {"delivered"}


def test_where_the_carrier_reports_once_one_receipt_settles_the_whole_text(world: World) -> None:
    Channel.objects.update(options={"reports_once": True})
    parts = world.leave(NUMBERS[:1], segments=3) + world.leave(NUMBERS[2:3], segments=2)
    for place, one in enumerate(parts):
        one.ids = [f"a{place}"]
    for one in (parts[0], parts[1], *parts[3:]):
        world.answered(one)
    world.reported("a1", NUMBERS[0])
    world.reported("a4", NUMBERS[2], "failed")
    world.written()
    world.answered(parts[2])
    world.written()
    assert list(states().values()) == ["delivered", "failed"]


def test_a_word_nobody_knows_is_shown_and_waited_on(world: World) -> None:
    one, *parts = world.leave(NUMBERS[:1]) + world.leave(NUMBERS[2:3], segments=2)
    one.ids, parts[0].ids, parts[1].ids = ["a"], ["b"], ["c"]
    for carrier_id, number in (("a", NUMBERS[0]), ("b", NUMBERS[2])):
        world.reported(carrier_id, number, "unknown")
    world.written()
    for submit in (one, *parts):
        world.answered(submit)
    world.written()
    assert set(states().values()) == {"submitted"}
    with connection.cursor() as cursor:
        cursor.execute("select carrier_id, code from dispatch_segment order by 1")
        assert cursor.fetchall() == [("a", "BUFFERED"), ("b", "BUFFERED"), ("c", "")]
    for carrier_id, number in (("a", NUMBERS[0]), ("b", NUMBERS[2]), ("c", NUMBERS[2])):
        world.reported(carrier_id, number)
    world.written()
    assert set(states().values()) == {"delivered"}


def lost(world: World, number: str = NUMBERS[0], *, reason: str = "gateway_lost", segments: int = 1) -> int:
    """A message whose response went down with its gateway."""
    (submit, *_) = world.leave([number], segments=segments)
    world.recorders[0].changed(submit.messages[0], "uncertain", reason)
    world.written()
    return submit.messages[0]


@pytest.mark.parametrize("reason", ["gateway_lost", "unanswered"])
def test_a_receipt_for_what_lost_its_answer_is_found_by_number_and_says_so(world: World, reason: str) -> None:
    lost(world, reason=reason)
    world.reported("abc", NUMBERS[0][3:])
    world.written()
    world.tried_again(2)
    assert list(states().values()) == ["uncertain"], "first it may only have overtaken its response"
    world.tried_again()
    assert list(states().values()) == ["delivered"]
    with connection.cursor() as cursor:
        cursor.execute("select carrier_id, found_by from dispatch_segment")
        assert cursor.fetchall() == [("abc", "number")]
    another = lost(world)
    world.reported("abc", NUMBERS[0][3:])
    world.written()
    world.tried_again(4)
    assert Message.objects.get(pk=another).state == "uncertain", "a repeat is about the same one"


def test_nothing_is_found_by_number_beside_what_may_still_get_its_own_answer(world: World) -> None:
    lost(world)
    (flying,) = world.leave(NUMBERS[:1])
    flying.ids = ["abc"]
    world.reported("abc", NUMBERS[0], "failed")
    world.written()
    world.tried_again(6)
    assert list(states().values()) == ["uncertain", "queued"]
    world.answered(flying)
    world.written()
    assert list(states().values()) == ["uncertain", "failed"]


def test_nothing_is_found_by_number_where_two_may_be_meant(world: World) -> None:
    lost(world)
    lost(world, segments=2)
    world.reported("abc", NUMBERS[0])
    world.written()
    world.tried_again(6)
    assert set(states().values()) == {"uncertain"}


def test_of_two_unknown_receipts_for_a_number_neither_is_taken(world: World) -> None:
    lost(world)
    world.reported("abc", NUMBERS[0])
    world.reported("abd", NUMBERS[0], "failed")
    world.written()
    world.tried_again(6)
    assert set(states().values()) == {"uncertain"}
    assert ParkedReport.objects.count() == 2


def test_a_submit_that_ran_out_of_time_is_found_by_number_only_when_no_late_answer_can_come(world: World) -> None:
    lost(world, reason="unanswered_yet")
    world.reported("abc", NUMBERS[0])
    world.written()
    world.tried_again(6)
    assert list(states().values()) == ["uncertain"]
    Message.objects.update(done_at=timezone.now() - timedelta(minutes=6))
    world.tried_again()
    assert list(states().values()) == ["delivered"]


def test_over_another_connection_of_the_account_a_receipt_settles_nothing_while_its_own_may_come(world: World) -> None:
    beside = a_channel(name="The same login", port=7891)
    (theirs,) = world.leave(NUMBERS[:1], channel=beside)
    theirs.ids = ["1"]
    world.answered(theirs, channel=beside)
    (own,) = world.leave(NUMBERS[:1])
    own.ids = ["1"]
    world.reported("1", NUMBERS[0], "failed")
    world.written()
    world.tried_again(3)
    assert list(states().values()) == ["submitted", "queued"]
    world.answered(own)
    world.written()
    assert list(states().values()) == ["submitted", "failed"]


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("bcc0684000010001", "bcc0684000010064", 99), ("bcc068400001ffff", "bcc0684000010000", 1),
        ("bcc0684000010000", "bcc068400001ffff", -1), ("bcc0684000010001", "bcc0684000020001", None),
        ("1006111231655999999", "1006111231655000000", 1), ("1006111231655000001", "1006111231655000000", -1),
        ("1006111231655000001", "100611123165600000a", None), ("x", "1", None),
    ],
)  # fmt: skip
def test_ids_of_a_submit_count_in_their_last_part(one: str, other: str, apart: int | None) -> None:
    assert ids_apart(one, other) == apart


@pytest.mark.parametrize(
    ("stored", "reported", "may"),
    [
        ("+8613800138000", "13800138000", True), ("+8613800138000", "8613800138000", True),
        ("+8613800138000", "008613800138000", True), ("+8613800138000", "13900138000", False),
        ("+8613800138000", "1795113800138000", True), ("+14155552671", "14155552671", True),
        ("+14155552671", "4155552671", True), ("+14155552671", "13800138000", False), ("+8613800138000", "8000", False),
        ("+6834002", "6834002", True), ("", "13800138000", False), ("+6834002", "13806834002", False),
    ],
)  # fmt: skip
def test_a_carriers_way_of_writing_a_number(stored: str, reported: str, may: bool) -> None:
    assert agrees(stored, reported) is may
