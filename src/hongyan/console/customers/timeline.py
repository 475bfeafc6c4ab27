"""What happened with a customer, newest first: orders, messages to its numbers, replies, changes and who made them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hongyan.accounts.audit_words import words
from hongyan.accounts.models import AuditEntry, User
from hongyan.console.settings.changed import Change, changes_of
from hongyan.crm.models import Customer, FormerNumber, Order
from hongyan.dispatch.models import Message
from hongyan.mailbox.models import Reply
from hongyan.messaging.models import Submission

SHOWN = 60


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    icon: str
    text: str
    who: str = ""
    url: str = ""
    state: str = ""
    changes: tuple[Change, ...] = ()


def of_customer(user: User, customer: Customer) -> list[Event]:
    """Only what the user may see of it: messages of submissions and replies within their reach."""
    people = {one.number: one.name for one in customer.people.all() if one.number}
    former = FormerNumber.objects.filter(person__customer=customer).values_list("number", "person__name")
    named = dict(former) | people
    found = [*_orders(customer), *_messages(user, named), *_replies(user, named), *_changes(customer)]
    return sorted(found, key=lambda one: one.at, reverse=True)[:SHOWN]


def _orders(customer: Customer) -> list[Event]:
    zone = timezone.get_current_timezone()
    return [
        Event(
            datetime.combine(one.ordered_on, time(9), tzinfo=zone), "file-spreadsheet",
            _("Order %(number)s: %(total)s yuan") % {"number": one.number, "total": f"{one.total:,.2f}"},
            url=reverse("console:order", args=[one.pk]), state=f"order_{one.state}",
        )
        for one in Order.objects.filter(customer=customer)[:SHOWN]
    ]  # fmt: skip


def _messages(user: User, named: dict[str, str]) -> list[Event]:
    sent = list(Message.objects.to(*named).filter(hidden_at=None).order_by("-id")[:SHOWN]) if named else []
    seen = Submission.objects.visible_to(user).in_bulk({one.submission_id for one in sent})
    return [
        Event(
            one.submitted_at or one.planned_at, "send", seen[one.submission_id].told_to(user, one.text or seen[one.submission_id].text),
            who=named.get(one.number, ""), url=reverse("console:submission", args=[one.submission_id]), state=one.state,
        )
        for one in sent if one.submission_id in seen
    ]  # fmt: skip


def _replies(user: User, named: dict[str, str]) -> list[Event]:
    replies = Reply.objects.visible_to(user).filter(number__in=list(named), hidden_at=None)[:SHOWN] if named else []
    return [
        Event(one.received_at, "message", one.text, named.get(one.number, ""), reverse("console:reply", args=[one.pk]))
        for one in replies
    ]


def _changes(customer: Customer) -> list[Event]:
    ids = [str(customer.pk), *(str(pk) for pk in customer.merged.values_list("pk", flat=True))]
    entries = AuditEntry.objects.filter(
        Q(object_type="customer", object_id__in=ids), action__startswith="customer."
    ).select_related("user")
    return [
        Event(one.at, "history", words(one.action), one.user.name if one.user else "", changes=tuple(changes_of(one)))
        for one in entries[:SHOWN]
    ]
