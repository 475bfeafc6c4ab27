"""For how long texts and numbers are kept, by category. Off until somebody sets it; the sums stay for ever.

What goes with a submission's messages: its text and whom it was for, the answers to it with their notes, what phones sent
for them, and in the audit log the words of its text; who did what and when stays. What does not go, because it proves what
the law asks for or has its own day: refusals and consents, the block list, address books, recipient lists that somebody
keeps, files that were taken away (a week), answers that nothing of ours was found for.
"""

from __future__ import annotations

import time
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, DateTimeField, Exists, F, OuterRef, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry, User
from hongyan.accounts.rights import Right
from hongyan.dispatch import removing
from hongyan.dispatch.models import Incoming, Removal
from hongyan.mailbox.models import Reply, ReplyNote
from hongyan.messaging.models import Canary, Category, Submission
from hongyan.messaging.words import NOT_YOURS
from hongyan.reports.models import RetentionTerm
from hongyan.runtime.database import raw_connection
from hongyan.runtime.live import publish

LEAST_MONTHS = 5
"""MIIT Order 31 (2015): content and times of what goes over port codes is kept for at least five months."""
MOST_MONTHS = 240
State = Submission.State
ENDED = (State.FINISHED, State.CANCELLED, State.FAILED)
TOLD = ("before", "after", "filter")
"""Of an audit entry's detail: what may hold a text or a name."""


@dataclass(frozen=True, slots=True)
class Going:
    """What a term would remove now."""

    category: Category
    months: int
    before: datetime
    submissions: int
    messages: int


def terms() -> dict[str, int]:
    """Months by category, of those that have a term."""
    return dict(RetentionTerm.objects.values_list("category", "months"))


def check(months: int) -> None:
    """Raises Refused for less than the law asks for."""
    if not LEAST_MONTHS <= months <= MOST_MONTHS:
        raise Refused(
            "bad_term",
            _("Texts and numbers must be kept for at least %(least)d months, and a term can be %(most)d at most.")
            % {"least": LEAST_MONTHS, "most": MOST_MONTHS},
            field="months",
        )


@transaction.atomic
def change(user: User, wanted: dict[str, int | None], *, address: str | None = None) -> None:
    """Set the terms; None: kept. It takes effect at night. Raises Refused."""
    if not user.may(Right.MANAGE_CHANNELS):
        raise Refused("not_allowed", NOT_YOURS, status=403)
    known = terms()
    for category, months in wanted.items():
        if months is not None:
            check(months)
        if months == known.get(category):
            continue
        RetentionTerm.objects.filter(category=category).delete()
        if months is not None:
            RetentionTerm.objects.create(category=category, months=months)
        audit.record(
            user, "retention.changed", summary=str(Category(category).label), address=address,
            detail={"months": months, "before": known.get(category)},
        )  # fmt: skip


def months_before(at: datetime, months: int) -> datetime:
    """The same day of an earlier month, or its last one."""
    years, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    return at.replace(year=years, month=month + 1, day=min(at.day, monthrange(years, month + 1)[1]))


def _over(category: str, before: datetime) -> QuerySet[Submission]:
    ended_at = Coalesce(F("finished_at"), F("updated_at"), output_field=DateTimeField())
    found = Submission.objects.filter(category=category, state__in=ENDED, created_at__lt=before)
    return found.alias(ended_at=ended_at).filter(ended_at__lt=before)


def _removed(**facts: object) -> Exists:
    return Exists(Removal.objects.filter(submission_id=OuterRef("pk"), **facts))


def would_go(wanted: dict[str, int | None], now: datetime) -> list[Going]:
    """What these terms would remove tonight: one query for each category that has one."""
    found = []
    for category in Category:
        if months := wanted.get(category.value):
            before = months_before(now, months)
            rest = _over(category, before).exclude(_removed())
            sums = rest.aggregate(submissions=Count("pk"), messages=Sum("planned", default=0))
            found.append(Going(category, months, before, sums["submissions"], sums["messages"]))
    return found


def apply(now: datetime, *, rest: Callable[[float], object] = time.sleep) -> int:
    """Remove what is older than its term; gives how many messages. Half of the time is `rest`."""
    count = 0
    for category, months in terms().items():
        before = months_before(now, months)
        for submission_id in _due(category, before):
            if not _begin(submission_id, now):
                continue
            while True:
                began = time.monotonic()
                went = removing.remove_slice(raw_connection(), submission_id)
                if not went:
                    break
                count += went
                rest(time.monotonic() - began)
            _end(submission_id, now)
        while _remove_answers(category, before, now):
            pass
    return count


def _due(category: str, before: datetime) -> Iterator[int]:
    """Those under way first; each once."""
    rest = _over(category, before).exclude(_removed(ended_at__isnull=False)).order_by("pk")
    yield from list(rest.values_list("pk", flat=True))


@transaction.atomic
def _begin(submission_id: int, now: datetime) -> bool:
    """The submission's own words go with the mark that its messages go; whether they may, or are going already."""
    row = Submission.objects.select_for_update(no_key=True).get(pk=submission_id)
    if not removing.begin(raw_connection(), submission_id, now):
        return Removal.objects.filter(submission_id=submission_id).exists()
    # A name made of the text says what it said.
    title = "" if row.category == Category.VERIFICATION or row.text[:10] in row.title else row.title
    Submission.objects.filter(pk=submission_id).update(
        text="", title=title, recipients={}, error="", idempotency_key="", request_digest=""
    )
    Canary.objects.filter(submission_id=submission_id).update(numbers=[])
    _forget("submission", [submission_id], title)
    return True


@transaction.atomic
def _end(submission_id: int, now: datetime) -> None:
    removing.end(raw_connection(), submission_id, now)
    row, removal = Submission.objects.get(pk=submission_id), Removal.objects.get(pk=submission_id)
    audit.record(None, "submission.removed", row, detail={"messages": removal.messages})
    publish(f"submission-{submission_id}")


@transaction.atomic
def _remove_answers(category: str, before: datetime, now: datetime) -> int:
    """A thousand answers to what is gone that are old enough themselves."""
    gone = Removal.objects.filter(submission_id=OuterRef("submission_id"))
    found = Reply.objects.filter(Exists(gone), submission__category=category, received_at__lt=before).exclude(number="")
    rows = dict(found.order_by("pk").values_list("pk", "incoming_id")[:1000])
    ReplyNote.objects.filter(reply__in=rows).delete()
    # The row stays: what answered it points there.
    Reply.objects.filter(pk__in=rows).update(
        number="", text="", message_id=None, hidden_at=Coalesce(F("hidden_at"), now, output_field=DateTimeField())
    )
    Incoming.objects.filter(pk__in=rows.values()).delete()
    _forget("reply", list(rows), "")
    return len(rows)


def _forget(kind: str, ids: list[int], summary: str) -> None:
    """Out of the audit log goes what was said; that it was done, by whom and when, stays."""
    for entry in AuditEntry.objects.filter(object_type=kind, object_id__in=map(str, ids)):
        kept = {name: value for name, value in entry.detail.items() if name not in TOLD}
        if (entry.summary, entry.detail) != (summary, kept):
            AuditEntry.objects.filter(pk=entry.pk).update(summary=summary, detail=kept)
