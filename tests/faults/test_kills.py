"""kill -9 at any moment: no message lost, none twice, the sheet equals the carrier's tally."""

from __future__ import annotations

import random

import pytest

from tests.faults.conftest import Lines
from tests.faults.world import World, eventually, moments

PARTS = ("gateway", "worker", "web", "postgres")
"""PostgreSQL last: killing it waits for its return."""
KILL_EVERY_S, MOST_KILLS = 5, 60


@pytest.mark.parametrize(
    "part", ["gateway", "postgres", *(pytest.param(part, marks=pytest.mark.full) for part in ("worker", "web"))]
)
def test_a_killed_part_loses_nothing_and_repeats_nothing(
    world: World, lines: Lines, how_many: int, seed: int, part: str
) -> None:
    lines.to("cmpp30")
    submission = world.ask(how_many)
    for moment in moments(seed, how_many, 2):
        world.wait_for_progress(submission, moment)
        world.kill(part)
    world.wait_until_over(submission, how_many)
    world.check(submission, how_many, kills=2)
    eventually(lambda: world.health().status_code == 200, "all parts run again")


def test_everything_killed_at_once_goes_on_where_it_was(world: World, lines: Lines, how_many: int, seed: int) -> None:
    lines.to("smpp34")
    submission = world.ask(how_many, category="marketing")
    (moment,) = moments(seed, how_many, 1)
    world.wait_for_progress(submission, moment)
    for part in PARTS:
        world.kill(part)
    world.wait_until_over(submission, how_many)
    world.check(submission, how_many, kills=1)
    eventually(lambda: world.health().status_code == 200, "all parts run again")


@pytest.mark.full
def test_parts_killed_in_turn_amid_group_submits(world: World, lines: Lines, how_many: int, seed: int) -> None:
    lines.to("cmpp30", numbers_per_submit=100)
    chosen = random.Random(seed)
    submission = world.ask(how_many, is_same_text=True)
    for moment in moments(seed, how_many, 6):
        world.wait_for_progress(submission, moment)
        world.kill(chosen.choice(PARTS))
    world.wait_until_over(submission, how_many)
    world.check(submission, how_many, kills=6)


@pytest.mark.full
def test_with_a_part_killed_every_five_seconds_a_submission_still_ends(
    world: World, lines: Lines, how_many: int, seed: int
) -> None:
    lines.to("cmpp30")
    count, kills, chosen = 2 * how_many, 0, random.Random(seed)
    submission = world.ask(count)
    while not world.is_over_within(submission, count, KILL_EVERY_S):
        world.kill(chosen.choice(PARTS))
        kills += 1
        assert kills <= MOST_KILLS, "kills stop it instead of slowing it down"
    world.check(submission, count, kills=kills)
    eventually(lambda: world.health().status_code == 200, "all parts run again")


def test_of_two_gateways_the_other_takes_over(world: World, lines: Lines, how_many: int, seed: int) -> None:
    lines.to("cmpp30")
    world.spawn("second", "gateway")
    eventually(lambda: world.count("select count(*) from dispatch_node where kind = 'gateway'") >= 2, "two gateways")
    # The first one's connections become the second's, or are shared with it.
    world.kill("gateway")
    eventually(lambda: world.logged_in("cmpp30-1") == world.connections, "somebody has the connections")
    submission = world.ask(how_many)
    (moment,) = moments(seed, how_many, 1)
    world.wait_for_progress(submission, moment)
    world.kill("second")
    world.wait_until_over(submission, how_many)
    world.check(submission, how_many, kills=1)
    assert world.logged_in("cmpp30-1") <= world.connections


@pytest.mark.full
def test_the_gateway_killed_between_pause_and_resume(world: World, lines: Lines, how_many: int, seed: int) -> None:
    lines.to("cmpp30")
    world.behave(latency_s=0.5)
    submission = world.ask(how_many)
    (moment,) = moments(seed, 200, 1)
    world.wait_for_progress(submission, moment)
    world.steer(submission, "pause")
    world.kill("gateway")
    world.calm()
    eventually(lambda: not world.states(submission)["submitted"], "what flew has landed")
    world.steer(submission, "resume")
    world.wait_until_over(submission, how_many)
    assert not world.check(submission, how_many, kills=1)["queued"]


def test_nothing_unsent_leaves_after_cancel_whatever_dies(world: World, lines: Lines, how_many: int, seed: int) -> None:
    lines.to("cmpp30")
    # Its windows let 32 a second through, so all would take a quarter of an hour: no machine is so slow that cancel comes late.
    world.behave(latency_s=1.0)
    submission = world.ask(max(how_many, 30_000))
    (moment,) = moments(seed, 100, 1)
    world.wait_for_progress(submission, moment)
    before = world.taken().total()
    world.steer(submission, "cancel")
    left = world.taken().total()
    world.kill("gateway")
    settled = {"delivered", "failed", "expired", "cancelled", "uncertain"}
    eventually(lambda: set(world.states(submission)) <= settled, "everything is settled")
    states = world.check(submission, world.planned(submission), kills=1)
    assert states["cancelled"]
    assert before <= left
    # What was below a watermark when "cancel" returned was on its way to the carrier.
    assert world.taken().total() - left <= world.window * world.connections
