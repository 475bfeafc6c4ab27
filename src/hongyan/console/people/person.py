"""A person's page: what is known, numbers, relations, where they stand, and all that happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.consent.models import Listed, OptOut, Standing
from hongyan.consent.policy import topic_names
from hongyan.console import timeline
from hongyan.console.access import me
from hongyan.console.consent.tokens import token_of
from hongyan.console.people import numbers
from hongyan.console.people.opening import for_who_reaches_people
from hongyan.console.refusing import told
from hongyan.console.timeline import Event, Window
from hongyan.contacts import birthday_policy, fields, groups, phones, reach, relations
from hongyan.contacts import people as verbs
from hongyan.contacts.birthdays import Birthday
from hongyan.contacts.models import Contact, Field, Phone
from hongyan.contacts.reach import Sight
from hongyan.crm.models import Customer, Order
from hongyan.dispatch.numbers import shown
from hongyan.inputs import id_of, moment_of
from hongyan.runtime import clock

SHOWN = 30
KINDS: dict[str, str | Promise] = {
    "sent": gettext_lazy("Sent"),
    "answered": gettext_lazy("Answered"),
    "ordered": gettext_lazy("Orders"),
    "consented": gettext_lazy("Consents"),
    "changed": gettext_lazy("Changes"),
}


@dataclass(frozen=True, slots=True)
class ShownPhone:
    """A number as the page shows it."""

    number: str
    kind: str
    state: str
    is_main: bool
    is_reached: bool
    row: Phone | None = None


@for_who_reaches_people
def person(request: HttpRequest, contact_id: int) -> HttpResponseBase:
    """Everything on one page; the timeline's filter and its older pages are a fragment of it."""
    user = me(request)
    found = verbs.access_contact(user, contact_id)
    reach.look(user, [found])
    what = request.GET.get("what", "")
    before = moment_of(request.GET.get("before", ""), timezone.get_current_timezone())
    events, older = _timeline(user, found, what, before)
    happened = {"events": events, "older": older, "what": what, "kinds": KINDS.items(), "contact": found}
    if getattr(request, "htmx", False):
        part = "older" if before else "timeline"
        return render(request, f"console/people/person.html#{part}", happened)
    customers = Customer.objects.visible_to(user).filter(people__number__in=phones.numbers_of(found))
    if _is_kept(found):
        # Whoever types numbers into customers of their own would see here which of them is right.
        customers = customers.none()
    return render(
        request,
        "console/people/person.html",
        {
            **happened, **_known(found), "may_change": verbs.may_change(user, found), "phones": _phones(user, found),
            "relations": relations.of(user, found), "customers": customers.distinct()[:20], "groups": groups.paths_of(user, found),
            "own": [(name, fields.shown(known, found.fields[name])) for name, known in _columns(found)],
            **numbers.health_of(found),
            **(_permits(found) if user.may(Right.MANAGE_PEOPLE) else {}),
        },
    )  # fmt: skip


def _is_kept(found: Contact) -> bool:
    """Whether the number is kept from who looks, by the way in which they see the person."""
    return bool(found.sight < Sight.AS_ROLE)  # type: ignore[attr-defined]


def _columns(found: Contact) -> list[tuple[str, Field | None]]:
    known = fields.defined()
    return [(name, known.get(name)) for name in [*(one for one in known if one in found.fields), *(
        one for one in found.fields if one not in known
    )]]  # fmt: skip


def _known(found: Contact) -> dict[str, Any]:
    """Birthday with its next day, language."""
    facts: dict[str, Any] = {"language": dict(settings.LANGUAGES).get(found.language, "")}
    if found.birthday:
        birthday = Birthday.of(found.birthday, found.birth_year)
        today = timezone.localdate(clock.now())
        coming = birthday_policy.next_of(birthday, today)
        facts |= {"birthday": birthday.full, "next_birthday": coming, "in_days": _in_days(coming, today)}
    return facts


def _in_days(coming: date | None, today: date) -> str:
    days = (coming - today).days if coming else 0
    return _("today") if days == 0 else _("tomorrow") if days == 1 else _("in %(n)d days") % {"n": days}


def _phones(user: User, found: Contact) -> list[ShownPhone]:
    sight: Sight = found.sight  # type: ignore[attr-defined]
    main = ShownPhone(
        phones_shown(user, found.number, sight),
        found.get_number_kind_display(),
        found.get_number_state_display(),
        True,
        True,
    )
    return [main] + [
        ShownPhone(
            phones_shown(user, one.number, sight), one.get_kind_display(), one.get_state_display(), False,
            phones.is_reached(one), one,
        )
        for one in found.phones.all()
    ]  # fmt: skip


def phones_shown(user: User, number: str, sight: Sight = Sight.AS_ROLE) -> str:
    """As `people.shown_to`; a landline in clear with its 0."""
    text = verbs.shown_to(user, number, sight)
    return phones.said(number) if text == shown(number) else text


def _permits(found: Contact) -> dict[str, Any]:
    """What permits and forbids writing to the number that is written to."""
    names, number = topic_names(), found.number
    return {
        "token": token_of(number),
        "standing": [names.get(one.topic, one.topic) or _("All marketing") for one in Standing.objects.filter(number=number, is_given=True)],
        "outs": [one.signature or names.get(one.topic, one.topic) or _("All marketing") for one in OptOut.objects.filter(number=number)],
        "listed": [one.get_kind_display() for one in Listed.objects.filter(number=number)],
    }  # fmt: skip


def _timeline(user: User, found: Contact, what: str, before: datetime | None) -> tuple[list[Event], datetime | None]:
    named = dict.fromkeys(phones.numbers_of(found), "")
    orders = Order.objects.visible_to(user).filter(person__number__in=list(named))
    sources: dict[str, Callable[[Window], list[Event]]] = {
        "sent": partial(timeline.sent, user, named),
        "answered": partial(timeline.answered, user, named),
        "ordered": partial(timeline.ordered, orders),
        "consented": partial(timeline.consented, user, named),
        "changed": partial(timeline.changed, "contact", [found.pk]),
    }
    if _is_kept(found):
        # Orders and consents go by number, and the audit masks numbers, but does not hide them.
        sources = {name: source for name, source in sources.items() if name in ("sent", "answered")}
    chosen = [sources[what]] if what in sources else list(sources.values())
    return timeline.together(chosen, Window(SHOWN, before))


@for_who_reaches_people
@require_POST
def make_main(request: HttpRequest, contact_id: int) -> HttpResponseBase:
    """Another of a person's numbers becomes the one that is written to."""
    user = me(request)
    found = verbs.access_changeable_contact(user, contact_id)
    with told(request):
        verbs.make_main(user, found, id_of(request.POST.get("phone")))
        messages.success(request, _("Texts go to this number from now on."))
    return redirect("console:contact", found.pk)
