"""Planning is killed in its middle: it goes on behind the last number, and plans nobody twice."""

from __future__ import annotations

import random

import pytest

from tests.faults.conftest import Lines
from tests.faults.world import FINAL, World, eventually


@pytest.mark.full
@pytest.mark.parametrize("part", ["worker", "postgres"])
def test_planning_that_is_killed_goes_on_where_it_was(
    world: World, lines: Lines, how_many: int, seed: int, part: str
) -> None:
    lines.to("smpp34")
    # Tens of thousands are planned each second: enough recipients that the kill finds a middle.
    count = how_many * 6
    moment = random.Random(seed).randrange(1, count // 2)
    submission = world.ask(count)
    eventually(lambda: world.planned(submission) >= moment, "planning is under way")
    world.kill(part)
    planned = world.planned(submission)
    assert planned < count, "the kill came after planning"
    eventually(lambda: world.planned(submission) == count, "the rest is planned")
    # The rest need not leave for this test.
    world.steer(submission, "cancel")
    eventually(lambda: set(world.states(submission)) <= FINAL, "everything is settled")
    world.check(submission, count, kills=1)
