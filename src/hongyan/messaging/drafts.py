"""Drafts: what somebody is writing, saved as they write, so that nothing typed is ever lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import Http404

from hongyan.accounts import audit
from hongyan.accounts.models import User
from hongyan.messaging.asking import check, check_people, check_variables, count
from hongyan.messaging.live import publish
from hongyan.messaging.models import Submission
from hongyan.messaging.submissions import _defer_plan, request_of

State = Submission.State
KEPT_FOR = timedelta(days=90)


def access_draft(user: User, draft_id: int) -> Submission:
    """One's own draft; Http404 for everything else."""
    draft = Submission.objects.filter(pk=draft_id, owner=user, state=State.DRAFT).first()
    if draft is None:
        raise Http404
    return draft


def save(user: User, draft: Submission | None, **facts: Any) -> Submission:
    """Keep what has been written so far; nothing is checked yet."""
    if draft is None:
        draft = Submission(owner=user, department=user.department, state=State.DRAFT)
    for name, value in facts.items():
        setattr(draft, name, value)
    draft.save()
    return draft


@transaction.atomic
def send(user: User, draft: Submission, *, address: str | None = None) -> Submission:
    """Ask for what the draft says: it becomes a submission. Raises MessagingError. Twice is once."""
    row = Submission.objects.select_for_update().filter(pk=draft.pk, owner=user).first()
    if row is None:
        raise Http404
    if row.state != State.DRAFT:
        return row
    request = request_of(row)
    check(user, request)
    people, row.expected = count(user, request)
    check_people(user, people)
    check_variables(user, request)
    row.department = user.department
    row.opt_out_tail = request.opt_out_tail
    row.state = State.SCHEDULED if row.scheduled_at else State.PLANNING
    row.save()
    audit.record(
        user, "submission.asked", row, detail={"recipients": people, "category": row.category}, address=address
    )
    if row.state == State.PLANNING:
        _defer_plan(row)
    publish("submissions")
    return row


def delete(user: User, draft: Submission) -> None:
    Submission.objects.filter(pk=draft.pk, owner=user, state=State.DRAFT).delete()


def drop_old(now: datetime) -> int:
    """Remove drafts that nobody has touched for three months; gives how many."""
    return Submission.objects.filter(state=State.DRAFT, updated_at__lt=now - KEPT_FOR).delete()[0]
