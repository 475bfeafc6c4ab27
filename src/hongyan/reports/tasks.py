"""Background jobs of reports: the nightly upkeep."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from hongyan.reports import upkeep


@app.periodic(cron="*/10 * * * *")
@app.task(name="reports.upkeep", queueing_lock="reports.upkeep", lock="reports.upkeep")
def run_upkeep(timestamp: int) -> None:
    """Run what is due: each night, or soon after a start that missed it."""
    upkeep.run_due(timezone.now())
