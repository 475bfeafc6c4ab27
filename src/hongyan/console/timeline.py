"""What happened with somebody, newest first: what was sent, answered, ordered, consented to and changed.

Each source gives what the user may see of it, at most so many from a moment back; a page puts them together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hongyan.accounts.audit_words import words
from hongyan.accounts.models import AuditEntry, User
from hongyan.accounts.rights import Right
from hongyan.consent.models import ConsentEvent, OptOut
from hongyan.consent.policy import topic_names
from hongyan.console.settings.changed import Change, changes_of
from hongyan.crm.models import OrderQuerySet
from hongyan.dispatch.models import Message
from hongyan.mailbox.models import Reply
from hongyan.messaging.models import Submission


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    icon: str
    text: str
    who: str = ""
    url: str = ""
    state: str = ""
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """The newest `most` events that are older than `before`, or of all."""

    most: int
    before: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return self.before is None or at < self.before

    def on(self, field: str) -> dict[str, datetime]:
        return {f"{field}__lt": self.before} if self.before else {}


Source = Callable[[Window], Iterable[Event]]


def together(sources: Iterable[Source], window: Window) -> tuple[list[Event], datetime | None]:
    """The newest events of all sources, and the moment that older ones lie before, if there are any.

    Events of one moment are never parted: the next page begins before it.
    """
    # One more of each shows whether there is more; a hundred of one moment are as many as anybody gets.
    asked = Window(window.most + 100, window.before)
    found = sorted((one for source in sources for one in source(asked)), key=lambda one: one.at, reverse=True)
    if len(found) <= window.most:
        return found, None
    last = found[window.most - 1].at
    shown = [one for one in found if one.at >= last]
    return shown, last if len(shown) < len(found) else None


def sent(user: User, named: Mapping[str, str], window: Window) -> list[Event]:
    """Messages to these numbers, of submissions that the user may see."""
    if not named:
        return []
    theirs = Message.objects.to(*named).filter(hidden_at=None)
    seen = Submission.objects.visible_to(user).in_bulk(set(theirs.values_list("submission_id", flat=True)))
    rows = theirs.filter(submission_id__in=list(seen)).annotate(at=Coalesce("submitted_at", "planned_at"))
    return [
        Event(
            one.submitted_at or one.planned_at, "send", seen[one.submission_id].told_to(user, one.text or seen[one.submission_id].text),
            who=named.get(one.number, ""), url=reverse("console:submission", args=[one.submission_id]), state=one.state,
        )
        for one in rows.filter(**window.on("at")).order_by("-at", "-id")[:window.most]
    ]  # fmt: skip


def answered(user: User, named: Mapping[str, str], window: Window) -> list[Event]:
    """Replies from these numbers that the user may see."""
    replies = Reply.objects.visible_to(user).filter(number__in=list(named), hidden_at=None)
    return [
        Event(one.received_at, "message", one.text, named.get(one.number, ""), reverse("console:reply", args=[one.pk]))
        for one in replies.filter(**window.on("received_at")).order_by("-received_at")[: window.most]
    ]


def ordered(orders: OrderQuerySet, window: Window) -> list[Event]:
    """Of orders that the user may see; an order has a day, and stands at its beginning of work."""
    zone = timezone.get_current_timezone()
    if window.before:
        orders = orders.filter(ordered_on__lte=timezone.localdate(window.before))
    found = [
        Event(
            datetime.combine(one.ordered_on, time(9), tzinfo=zone), "file-spreadsheet",
            _("Order %(number)s: %(total)s yuan") % {"number": one.number, "total": f"{one.total:,.2f}"},
            url=reverse("console:order", args=[one.pk]), state=f"order_{one.state}",
        )
        for one in orders.order_by("-ordered_on", "-id")[:window.most]
    ]  # fmt: skip
    return [one for one in found if window.holds(one.at)]


def consented(user: User, named: Mapping[str, str], window: Window) -> list[Event]:
    """Lines of the ledger and opt-outs of these numbers, for who answers for them."""
    if not user.may(Right.MANAGE_PEOPLE):
        return []
    topics, numbers = topic_names(), list(named)
    events = ConsentEvent.objects.filter(number__in=numbers, **window.on("at")).order_by("-at", "-id")[: window.most]
    outs = OptOut.objects.filter(number__in=numbers, **window.on("at")).order_by("-at")[: window.most]
    return [
        Event(
            one.at, "circle-check" if one.act == ConsentEvent.Act.GIVEN else "ban",
            _("%(act)s: %(topic)s") % {"act": one.get_act_display(), "topic": topics.get(one.topic, one.topic) or _("All marketing")},
            one.operator or named.get(one.number, ""),
        )
        for one in events
    ] + [
        Event(
            one.at, "ban",
            _("Opted out: %(topic)s") % {"topic": one.signature or topics.get(one.topic, one.topic) or _("All marketing")},
            named.get(one.number, ""),
        )
        for one in outs
    ]  # fmt: skip


def changed(kind: str, ids: Sequence[int], window: Window) -> list[Event]:
    """What was done to records of a kind, and who did it; the caller has asked whether the user sees the records."""
    entries = AuditEntry.objects.filter(
        object_type=kind, object_id__in=[str(pk) for pk in ids], action__startswith=f"{kind}.", **window.on("at")
    ).select_related("user")
    return [
        Event(one.at, "history", words(one.action), one.user.name if one.user else "", changes=tuple(changes_of(one)))
        for one in entries.order_by("-at", "-id")[: window.most]
    ]
