"""Background jobs of reports: the nightly upkeep, and the notes of how each channel's day goes."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from hongyan.reports import backups, channels, upkeep


@app.periodic(cron="*/10 * * * *")
@app.task(name="reports.upkeep", queueing_lock="reports.upkeep", lock="reports.upkeep")
def run_upkeep(timestamp: int) -> None:
    """Run what is due: each night, or soon after a start that missed it."""
    upkeep.run_due(timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="reports.note_channels", queueing_lock="reports.note_channels", lock="reports.note_channels")
def note_channels(timestamp: int) -> None:
    """Write down today's sums of each channel."""
    channels.note(timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="reports.backup_if_due", queueing_lock="reports.backup_if_due", lock="reports.backup_if_due")
def backup_if_due(timestamp: int) -> None:
    """Ask for the backup that the plan wants."""
    backups.ask_if_due(timezone.now())


@app.task(name="reports.backup", lock="reports.backup")
def make_backup(backup_id: int) -> None:
    """Write one backup; one at a time."""
    backups.make(backup_id)
