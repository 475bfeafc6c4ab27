"""What messaging leaves to the background, deferred by name: `tasks.py` above says what each job does."""

from __future__ import annotations

from contextlib import suppress

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from hongyan.messaging.models import Submission


def defer_plan(submission: Submission) -> None:
    """Plan it, in the background, as soon as the caller's transaction commits."""
    lock = f"plan-{submission.pk}"
    # Paused and resumed before the first job began: that job still waits, and is enough.
    with suppress(AlreadyEnqueued), transaction.atomic():
        app.configure_task("messaging.plan", allow_unknown=False, queueing_lock=lock, lock=lock).defer(
            submission_id=submission.pk
        )


def defer_count(draft_id: int) -> None:
    """Count exactly what the draft stands for."""
    app.configure_task("messaging.count", allow_unknown=False).defer(draft_id=draft_id)
