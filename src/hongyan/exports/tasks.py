"""Background jobs of lists that are taken away."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from hongyan.exports import jobs
from hongyan.exports.tables import KINDS

AGAIN = RetryStrategy(max_attempts=20, wait=3)


@app.task(name="exports.write", lock="exports", priority=-10, retry=AGAIN)
def write_export(export_id: int) -> None:
    """Write one list. One at a time, and behind what plans messages: a worker has two places, and the other is theirs."""
    jobs.write(export_id, KINDS)
