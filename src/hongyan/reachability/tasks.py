"""Background jobs of numbers' health. Each may run twice."""

from __future__ import annotations

from procrastinate.contrib.django import app

from hongyan.reachability import gathering
from hongyan.runtime import clock


# Nobody waits for a judgement; each time a moving campaign's messages are read once.
@app.periodic(cron="2-59/5 * * * *")
@app.task(name="reachability.gather", queueing_lock="reachability.gather", pass_context=False)
def gather(timestamp: int) -> None:
    """Judge the numbers that something became known of."""
    gathering.gather(clock.now())
