"""What has been asked for and not been planned yet: what it reads when its time comes, and whether it still may go then."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from hongyan.accounts import needs as accounts
from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Right
from hongyan.audiences.models import Audience
from hongyan.contacts.needs import Need
from hongyan.messaging import lapsing, of_audiences, recipients
from hongyan.messaging.models import Signature, Submission
from hongyan.messaging.recipients import Selection
from hongyan.runtime import clock

State = Submission.State


def waiting() -> QuerySet[Submission]:
    """Submissions that will still read their recipients. What comes by a door brings its own."""
    return Submission.objects.filter(
        state__in=[State.SCHEDULED, State.PLANNING, State.RUNNING, State.PAUSED], is_planned=False
    ).exclude(origin=Submission.Origin.DOOR)


def label(submission: Submission) -> str:
    """Its title, number, time and owner."""
    at = date_format(localtime(submission.scheduled_at), "DATETIME_FORMAT") if submission.scheduled_at else ""
    facts = " · ".join(part for part in (f"#{submission.pk}", at, submission.owner.name) if part)
    return _("“%(title)s” (%(facts)s)") % {"title": str(submission), "facts": facts}


def needs() -> Iterator[Need]:
    """Of each waiting submission. One query; typed numbers, which may be many, are not read."""
    found = waiting().defer("recipients", "dropped").select_related("owner").annotate(
        lists=F("recipients__list_ids"), groups=F("recipients__group_ids"), books=F("recipients__book_ids"),
        contacts=F("recipients__contact_ids"),
    )  # fmt: skip
    for one in found:
        ids = {name: frozenset(getattr(one, name) or ()) for name in ("lists", "groups", "books", "contacts")}
        if any(ids.values()):
            yield Need(label(one), **ids)


def what_is_wrong(submission: Submission) -> str:
    """Allowed when it was asked for is asked again when it happens: a code of `reasons.STOPPED`, or nothing."""
    owner = submission.owner
    if not owner.is_active:
        return "owner_inactive"
    if not owner.may(Right.SEND) or (submission.expected > 1 and not owner.may(Right.SEND_TO_GROUPS)):
        return "owner_may_not"
    if submission.signature and not Signature.objects.filter(text=submission.signature).exists():
        return "signature_gone"
    selection = Selection.from_json(submission.recipients)
    if selection.is_only_numbers:
        return ""
    found = recipients.parameters(owner, selection)
    asked = {"lists": selection.list_ids, "groups": selection.group_ids, "books": selection.book_ids}
    missing = {name: set(ids) - set(found[name]) for name, ids in asked.items()}
    if missing["books"] or missing["groups"]:
        # What was granted until a time was known to end: those people are left out, and the rest is sent.
        books, groups = lapsing.sources(owner, selection, clock.now())
        missing |= {"books": missing["books"] - books, "groups": missing["groups"] - groups}
    # Whoever asked for a group meant all of it. A person who is gone is only one fewer.
    if any(missing.values()):
        return "recipients_gone"
    return "" if selection.taken_for or not of_audiences.unusable(owner, selection.audience_ids) else "recipients_gone"


def of_audience(audience: Audience) -> Iterator[str]:
    """What waits and will be for this audience."""
    for one in waiting().filter(recipients__audience_ids__contains=audience.pk).select_related("owner"):
        yield label(one)


def for_user(before: User, after: User) -> Iterator[accounts.Need]:
    """What waits for its time and may go now, and could not any more after the change."""
    for one in waiting().filter(owner=before).select_related("owner__department"):
        one.owner = after
        if not what_is_wrong(one):
            continue
        one.owner = before
        if not what_is_wrong(one):
            yield accounts.Need("submission", one.pk, label(one))


def for_department(department: Department) -> Iterator[accounts.Need]:
    """What waits in it; finished records are told by their number alone."""
    for one in waiting().filter(department=department).select_related("owner"):
        yield accounts.Need("submission", one.pk, label(one))
