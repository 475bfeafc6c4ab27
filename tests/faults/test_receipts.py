"""Receipts before their responses, twice, out of order, for long texts and repeated numbers: each message ends as the
carrier says."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.faults.conftest import Lines
from tests.faults.world import PORT_OFFSETS, World, eventually

LONG = "{姓名}您好，您的编号是{编号}。" + "请妥善保管，如有疑问请联系我们的客服。" * 9
SEGMENTS = """
select m.id, m.number, m.state, m.segments, s.carrier_id, s.found_by from dispatch_message m
left join dispatch_segment s on s.message_id = m.id where m.submission_id = %s
"""
STATES = {"DELIVRD": "delivered", "EXPIRED": "expired"}
STRAY = "select count(*) from dispatch_parked_report"


REACH = 100
"""The id that all of a submit share lies so near to the one that we count for a message."""


def ends_as_said(world: World, submission: int, *, shares_ids: bool = False, base: int = 16) -> int:
    """Every message has exactly the end that the carrier gave to its segments; gives how many.

    Where all of a submit share an id, the words about the number that may be its own: which of them it is cannot be told.
    """
    words: dict[str, dict[int, str]] = defaultdict(dict)
    for key, word in world.words().items():
        carrier_id, number = key.split()
        words[number][int(carrier_id, base)] = STATES.get(word.partition(":")[0], "failed")
    of_message = defaultdict(list)
    for message_id, number, state, segments, carrier_id, found_by in world.rows(SEGMENTS, submission):
        of_message[message_id, number, state, segments].append((carrier_id, found_by))
    for (message_id, number, state, segments), parts in of_message.items():
        assert len(parts) == segments, message_id
        ids = [int(carrier_id, base) for carrier_id, _ in parts]
        if shares_ids:
            said = {word for own, word in words[number].items() if any(0 <= one - own < REACH for one in ids)}
            assert state in said, (message_id, number, parts, said)
            continue
        said = {words[number][one] for one in ids}
        bad = said - {"delivered"}
        assert state in (bad or {"delivered"}), (message_id, number, parts, said)
    return len(of_message)


@pytest.mark.parametrize("protocol", PORT_OFFSETS)
@pytest.mark.parametrize("one_id_for_all", [False, pytest.param(True, marks=pytest.mark.full)])
def test_every_message_ends_as_the_carrier_says_whatever_overtakes_what(
    world: World, lines: Lines, is_full: bool, protocol: str, one_id_for_all: bool
) -> None:
    lines.to(protocol, numbers_per_submit=100)
    people = 600 if is_full else 40
    world.carrier("count", {"on": True})
    world.behave(
        protocol, early=0.3, duplicated=0.1, reordered=0.2, failed=0.3, latency_s=0.04, receipt_s=0.3,
        one_id_for_all=one_id_for_all,
    )  # fmt: skip
    before = world.count(STRAY)
    # Long texts, several to each number; then equal ones for many numbers at once, to the same people.
    apart = world.ask_each(people, 4, LONG)
    equal = world.ask_each(people, 1, LONG.replace("{姓名}", "").replace("{编号}", ""))
    world.wait_until_over(apart, people * 4)
    world.wait_until_over(equal, people)
    base = 10 if protocol.startswith("smgp") else 16
    assert ends_as_said(world, apart, base=base) == people * 4
    assert ends_as_said(world, equal, shares_ids=one_id_for_all, base=base) == people
    eventually(lambda: world.count(STRAY) <= before, "repeats have found that they are repeats", 60)


@pytest.mark.full
@pytest.mark.parametrize("protocol", ["cmpp30", "smpp34"])
def test_a_killed_gateway_settles_nothing_wrongly_either(world: World, lines: Lines, protocol: str) -> None:
    lines.to(protocol, numbers_per_submit=100)
    people = 600
    world.carrier("count", {"on": True})
    world.behave(protocol, early=0.3, duplicated=0.1, reordered=0.2, failed=0.3, latency_s=0.04, receipt_s=1.0)
    submission = world.ask_each(people, 4, "{姓名}您好，您的编号是{编号}。")
    for moment in (people, people * 2):
        world.wait_for_progress(submission, moment)
        world.kill("gateway")
    world.wait_until_over(submission, people * 4)
    words = world.words()
    for message_id, number, state, _segments, carrier_id, found_by in world.rows(SEGMENTS, submission):
        if state == "uncertain":
            continue
        said = STATES.get(words[f"{carrier_id} {number}"].partition(":")[0], "failed")
        assert state == said, (message_id, number, carrier_id, found_by)
