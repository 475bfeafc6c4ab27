"""Broken lines and difficult carriers: what is not known is said to be uncertain, and nothing goes out twice."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Lines
from tests.faults.world import ANSWER_LIMIT_S, World, eventually, moments


def test_cut_lines(world: World, lines: Lines, how_many: int, seed: int) -> None:
    line = lines.to("cmpp30")
    submission = world.ask(how_many)
    for moment in moments(seed, how_many, 3):
        world.wait_for_progress(submission, moment)
        line.cut()
    world.wait_until_over(submission, how_many)
    world.check(submission, how_many, kills=3)


@pytest.mark.full
def test_a_half_open_line_is_noticed_and_left(world: World, lines: Lines, how_many: int, seed: int) -> None:
    line = lines.to("cmpp30")
    submission = world.ask(how_many)
    (moment,) = moments(seed, how_many, 1)
    world.wait_for_progress(submission, moment)
    line.hold()
    eventually(lambda: world.states(submission)["uncertain"], "the unanswered are given up as uncertain")
    line.cut()
    line.heal()
    world.wait_until_over(submission, how_many)
    world.check(submission, how_many, kills=2)


@pytest.mark.full
def test_a_carrier_that_takes_everything_and_never_answers(
    world: World, lines: Lines, how_many: int, seed: int
) -> None:
    line = lines.to("cmpp30")
    submission = world.ask(how_many)
    (moment,) = moments(seed, how_many, 1)
    world.wait_for_progress(submission, moment)
    line.swallow_answers()
    eventually(lambda: world.states(submission)["uncertain"], "the unanswered are given up as uncertain")
    line.cut()
    line.heal()
    world.wait_until_over(submission, how_many)
    world.check(submission, how_many, kills=2)


@pytest.mark.full
def test_answers_that_come_after_the_limit(world: World, lines: Lines, how_many: int, seed: int) -> None:
    line = lines.to("cmpp30")
    submission = world.ask(how_many)
    (moment,) = moments(seed, how_many, 1)
    world.wait_for_progress(submission, moment)
    line.delay_answers(ANSWER_LIMIT_S + 1)
    eventually(lambda: world.states(submission)["uncertain"], "the late are given up as uncertain")
    line.heal()
    world.wait_until_over(submission, how_many)
    world.check(submission, how_many, kills=3)


@pytest.mark.full
def test_a_flow_control_storm(world: World, lines: Lines) -> None:
    lines.to("cmpp30")
    world.behave(most_per_s=300)
    submission = world.ask(5000)
    before = world.carrier("state")["tally"]["throttled"]
    eventually(lambda: world.carrier("state")["tally"]["throttled"] > before + 100, "the carrier turns submits away")
    world.behave(most_per_s=0)
    world.wait_until_over(submission, 5000)
    assert not world.check(submission, 5000)["uncertain"]


def test_receipts_doubled_shuffled_and_early(world: World, lines: Lines, how_many: int) -> None:
    lines.to("smpp34")
    world.behave(duplicated=0.2, reordered=0.5, early=0.05, receipt_s=0.5)
    before = world.carrier("state")["tally"]
    submission = world.ask(how_many)
    world.wait_until_over(submission, how_many)
    states = world.check(submission, how_many)
    tally = world.carrier("state")["tally"]
    assert states["delivered"] == tally["delivered"] - before["delivered"]
    assert states["failed"] + states["expired"] == tally["failed"] - before["failed"]
