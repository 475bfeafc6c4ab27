"""Background jobs of messaging, by the names under which they are deferred. What they do stands in the files they call."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from hongyan.messaging import planner, surveying

# A database that goes away again and again is no reason to leave a submission half planned; a fault of ours is seen
# soon enough.
AGAIN = RetryStrategy(max_attempts=20, wait=3)


@app.task(name="messaging.plan", queue="planning", retry=AGAIN)
def plan(submission_id: int) -> None:
    """Plan the submission, alone."""
    planner.plan(submission_id)


@app.task(name="messaging.count", retry=3)
def count(draft_id: int) -> None:
    """Count exactly what a draft stands for."""
    surveying.count_behind(draft_id)
