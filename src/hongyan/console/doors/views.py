"""Customers' doors: who may log in, who is in now, what was refused, what waits for them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.context import follow
from hongyan.console.doors.forms import CALLED, DoorForm
from hongyan.console.doors.words import KINDS, REASONS
from hongyan.console.refusing import at, told
from hongyan.console.templatetags.components import connection_words
from hongyan.doors import figures
from hongyan.doors.accounts import change_door, create_door, remove_door
from hongyan.doors.models import Door, DoorRefusal
from hongyan.doors.said import TRACE
from hongyan.messaging.models import Category
from hongyan.runtime.settings import settings as operator

SHOWN_REFUSALS = 20
NOT_DELIVERED = ("failed", "expired", "uncertain", "blocked")
WILDCARDS = {"0.0.0.0", "::"}  # noqa: S104 - what to show for them


def _address(request: HttpRequest) -> str | None:
    return request.META.get("REMOTE_ADDR")


def _found(door_id: int) -> Door:
    return get_object_or_404(Door.objects.select_related("user__department"), pk=door_id, removed_at=None)


def _host(request: HttpRequest) -> str:
    """What a customer puts into its settings: where we listen on all addresses, the one this page was asked at."""
    host = operator().door_address
    return request.get_host().rpartition(":")[0] or request.get_host() if host in WILDCARDS else host


def _ports(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {"label": label, "host": _host(request), "port": operator().door_port_of(family)}
        for family, label in Door.Family.choices
    ]


def _worded(refusals: QuerySet[DoorRefusal]) -> list[DoorRefusal]:
    shown = list(refusals[:SHOWN_REFUSALS])
    for one in shown:
        one.words = REASONS.get(one.reason) or connection_words(one.reason)  # type: ignore[attr-defined]
        one.kind = KINDS.get(one.what, one.what)  # type: ignore[attr-defined]
        one.protocol = Door.Family(one.family).label  # type: ignore[attr-defined]
    return shown


@needs(Right.MANAGE_CHANNELS)
def doors(request: HttpRequest) -> HttpResponseBase:
    follow(request, "doors")
    found = list(Door.objects.filter(removed_at=None).select_related("user__department"))
    ids = [one.pk for one in found]
    lines, kept, today = figures.live_connections(ids), figures.waiting(ids), figures.today(ids)
    for one in found:
        one.lines = lines.get(one.pk, [])  # type: ignore[attr-defined]
        one.waiting = kept.get(one.pk, 0)  # type: ignore[attr-defined]
        one.sent = sum(today.get(one.pk, {}).values())  # type: ignore[attr-defined]
        one.port = operator().door_port_of(one.family)  # type: ignore[attr-defined]
    return render(
        request,
        "console/doors/doors.html",
        {"doors": found, "ports": _ports(request), "refusals": _worded(DoorRefusal.objects.filter(door=None))},
    )


@needs(Right.MANAGE_CHANNELS)
def new_door(request: HttpRequest) -> HttpResponseBase:
    form = DoorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with at(form, CALLED):
            made = create_door(
                me(request), secret=form.cleaned_data["secret"], address=_address(request), **form.facts()
            )
            messages.success(request, _("The door stands open. Give the customer address, port, login and password."))
            return redirect("console:door", made.pk)
    return render(request, "console/doors/form.html", {"form": form, "ports": _ports(request)})


@needs(Right.MANAGE_CHANNELS)
def edit(request: HttpRequest, door_id: int) -> HttpResponseBase:
    found = _found(door_id)
    form = DoorForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        with at(form, CALLED):
            change_door(
                me(request), _found(door_id), secret=form.cleaned_data["secret"], address=_address(request),
                **form.facts(),
            )  # fmt: skip
            messages.success(request, _("Saved. The customer's connections restart with the new settings."))
            return redirect("console:door", door_id)
    return render(request, "console/doors/form.html", {"form": form, "door": _found(door_id), "ports": _ports(request)})


@needs(Right.MANAGE_CHANNELS)
def door(request: HttpRequest, door_id: int) -> HttpResponseBase:
    found = _found(door_id)
    follow(request, "doors")
    today = figures.today([found.pk]).get(found.pk, {})
    return render(
        request,
        "console/doors/door.html",
        {
            "door": found,
            "host": _host(request),
            "port": operator().door_port_of(found.family),
            "category": Category(found.category).label,
            "lines": figures.live_connections([found.pk]).get(found.pk, []),
            "waiting": figures.waiting([found.pk]).get(found.pk, 0),
            "scheduled": figures.scheduled([found.pk]).get(found.pk),
            "sent": sum(today.values()),
            "delivered": today.get("delivered", 0),
            "not_delivered": sum(today.get(state, 0) for state in NOT_DELIVERED),
            "refusals": _worded(found.refusals.all()),
            "submissions": found.submissions.select_related("submission").order_by("-id")[:6],
        },
    )


@needs(Right.MANAGE_CHANNELS)
def trace(request: HttpRequest, door_id: int) -> HttpResponseBase:
    """What passed last on the customer's connections; asking makes the process write it down anew."""
    found = _found(door_id)
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, %s)", [TRACE, str(found.pk)])
    lines = [line for line in figures.live_connections([found.pk]).get(found.pk, []) if line.trace is not None]
    return render(request, "console/doors/trace.html", {"owner": found, "lines": lines})


@needs(Right.MANAGE_CHANNELS)
@require_POST
def switch(request: HttpRequest, door_id: int) -> HttpResponseBase:
    found = _found(door_id)
    with told(request):
        change_door(me(request), found, address=_address(request), is_enabled=not found.is_enabled)
    return redirect("console:door", door_id)


@needs(Right.MANAGE_CHANNELS)
@require_POST
def remove(request: HttpRequest, door_id: int) -> HttpResponseBase:
    remove_door(me(request), _found(door_id), address=_address(request))
    messages.success(request, _("The door has been removed."))
    return redirect("console:doors")
