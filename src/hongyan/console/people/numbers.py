"""Numbers that are not reached: which, what is paused for them, what that has saved; a person's word that one is right."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from hongyan.accounts.rights import Right
from hongyan.console import bulk
from hongyan.console.access import me, needs
from hongyan.console.refusing import told
from hongyan.contacts import health, people, reach
from hongyan.contacts.models import Contact
from hongyan.inputs import id_of
from hongyan.messaging.models import Category
from hongyan.messaging.reasons import words
from hongyan.reachability import pausing
from hongyan.reachability.models import Number, State
from hongyan.runtime import clock

EXPLAINED = {
    "dead": gettext_lazy("The carrier said at least twice in a row that there is no such number."),
    "off": gettext_lazy("At least three times in a row, over more than a day, the phone was off or suspended."),
    "full": gettext_lazy("At least twice in a row the phone could take no more messages."),
    "suspect": gettext_lazy("It did not exist, was silent for 90 days or more, and was suddenly reached again."),
}
SAVED_OVER = timedelta(days=30)


@needs(Right.SEE_PEOPLE)
def numbers(request: HttpRequest) -> HttpResponseBase:
    """By state, with what is paused."""
    user = me(request)
    if request.method == "POST":
        with told(request):
            wanted = {one: request.POST.getlist(one) for one in pausing.CATEGORIES}
            pausing.change(user, wanted, request.META.get("REMOTE_ADDR"))
            messages.success(request, _("Saved."))
        return redirect("console:numbers")
    state = request.GET.get("state", "")
    state = state if state in State.values else ""
    found = health.troubled(user, state).select_related("book").order_by("pinyin", "pk")
    page = Paginator(found, 30).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    judged(rows)
    reach.look(user, rows)
    counts, paused = health.counts(user), pausing.paused()
    return render(
        request,
        "console/people/numbers.html",
        {
            "page": page, "rows": rows, "state": state, "chosen_words": EXPLAINED.get(state, ""),
            "states": [(one.value, one.label, counts.get(one.value, 0)) for one in State], "total": sum(counts.values()),
            "saved": pausing.saved(timezone.localdate(clock.now()) - SAVED_OVER),
            "policy": [
                (one, Category(one).label, [(value.value, value.label, value.value in paused[one]) for value in State])
                for one in pausing.CATEGORIES
            ],
            "explained": [(one.label, EXPLAINED[one.value]) for one in State], "terms": pausing.TERMS_DAYS,
        },
    )  # fmt: skip


def judged(rows: Iterable[Contact]) -> None:
    """What is known of each one's number, as its `health`."""
    known = health.of(rows)
    for one in rows:
        one.health = told_of(known.get(one.number))  # type: ignore[attr-defined]


def told_of(row: Number | None) -> Number | None:
    """With what the carrier said last in words."""
    if row is not None:
        row.said = words(row.code, row.protocol)  # type: ignore[attr-defined]
    return row


def health_of(contact: Contact) -> dict[str, object]:
    """For a person's page: what is known of the number, and what is paused for it."""
    row = told_of(health.of([contact]).get(contact.number))
    if row is None or not (row.state or row.is_confirmed):
        return {}
    paused = [Category(one).label for one, states in pausing.paused().items() if row.state in states]
    return {"health": row, "paused": [] if row.is_confirmed else paused, "terms": pausing.TERMS_DAYS}


@needs(Right.SEE_PEOPLE)
@require_POST
def right(request: HttpRequest, contact_id: int) -> HttpResponseBase:
    """Somebody says that the person's number is right."""
    user = me(request)
    found = people.access_contact(user, contact_id)
    with told(request):
        health.confirm(user, found, id_of(request.POST.get("days")))
        messages.success(request, _("Noted: messages to this number go out again."))
    return redirect(bulk.back_to(request, "/people/", reverse("console:contact", args=[found.pk])))
