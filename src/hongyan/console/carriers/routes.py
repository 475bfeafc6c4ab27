"""Routes in their order, and why a number goes where it goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from hongyan.accounts.models import Department
from hongyan.accounts.rights import Right
from hongyan.carriers import roads
from hongyan.carriers import routes as routing
from hongyan.console.access import me, needs
from hongyan.console.carriers.route_forms import CARRIERS, RouteForm
from hongyan.console.context import follow
from hongyan.console.needed import linked
from hongyan.dispatch.failover import policy
from hongyan.dispatch.models import Channel, Outage, PortedNumber, Route
from hongyan.dispatch.numbers import BadNumber, normalise
from hongyan.dispatch.routing import RouteRule, Tried
from hongyan.inputs import asked_of
from hongyan.messaging.asking import ported, router_of
from hongyan.messaging.models import Category
from hongyan.runtime.database import raw_connection


def carrier_names() -> dict[str, str]:
    return {str(value): str(label) for value, label in CARRIERS}


def address(request: HttpRequest) -> str | None:
    return request.META.get("REMOTE_ADDR")


@needs(Right.MANAGE_CHANNELS)
def routes(request: HttpRequest) -> HttpResponseBase:
    """The routes in their order."""
    names, departments = carrier_names(), dict(Department.objects.values_list("pk", "name"))
    found = list(Route.objects.select_related("channel"))
    for one in found:
        one.takes = [  # type: ignore[attr-defined]
            *(names.get(carrier, carrier) for carrier in one.carriers),
            *(Category(category).label for category in one.categories),
            *(departments.get(pk, "?") for pk in one.department_ids),
            *one.prefixes,
        ]
    return render(
        request,
        "console/carriers/routes.html",
        {"tab": "routes", "routes": found, "has_channel": Channel.objects.filter(removed_at=None).exists()},
    )


@needs(Right.MANAGE_CHANNELS)
def route(request: HttpRequest, route_id: int | None = None) -> HttpResponseBase:
    """A new one, or one as it is; what takes somebody's road is asked before it is saved, and so is switching it off."""
    found = get_object_or_404(Route, pk=route_id) if route_id else Route(is_enabled=True)
    form, turn = RouteForm(request.POST or None, instance=found), None
    if request.method == "POST" and form.is_valid():
        changed = form.route()
        if route_id:
            before = Route.objects.get(pk=route_id)
            turn = roads.with_route(before, changed)
            if not turn.needs and not (turn.moves and before.is_enabled and not changed.is_enabled):
                turn = None
        if turn is None or request.POST.get("shown") == turn.mark:
            routing.save_route(me(request), changed, address=address(request))
            messages.success(request, _("Saved."))
            return redirect("console:routes")
    return render(
        request, "console/carriers/route.html",
        {"form": form, "route": found, "turn": turn, "needed": linked(turn.needs) if turn else []},
    )  # fmt: skip


@needs(Right.MANAGE_CHANNELS)
def remove_route(request: HttpRequest, route_id: int) -> HttpResponseBase:
    """Says who needs it, and removes it when that was seen as it is."""
    found = get_object_or_404(Route.objects.select_related("channel"), pk=route_id)
    turn = roads.without_route(found)
    if request.method == "POST" and request.POST.get("shown") == turn.mark:
        routing.remove_route(me(request), found, address=address(request))
        return redirect("console:routes")
    back = reverse("console:route", args=[found.pk])
    return ask_about_roads(request, turn, heading=_("Remove this route?"), subject=found.name, back=back)


def ask_about_roads(request: HttpRequest, turn: roads.Turn, **said: str) -> HttpResponseBase:
    """The page before something that decides about roads is removed: `heading`, `subject`, `back`, perhaps `further`."""
    context = {"turn": turn, "needed": linked(turn.needs), "is_changed": bool(request.POST.get("shown"))}
    return render(request, "console/carriers/turn_asked.html", context | said)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a route, as it held for the number."""

    label: str
    values: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Looked:
    """One route as the explanation shows it."""

    tried: Tried
    conditions: list[Condition]
    down_since: datetime | None


@needs(Right.MANAGE_CHANNELS)
def explain(request: HttpRequest) -> HttpResponseBase:
    """Which channel a number would take and why: each route with its conditions, prices, the order of failover."""
    follow(request, "connections")
    departments = list(Department.objects.order_by("path"))
    chosen = next((one for one in departments if str(one.pk) == request.GET.get("department")), departments[0])
    category = request.GET.get("category", "")
    category = category if category in Category.values else str(Category.NOTICE)
    context: dict[str, Any] = {
        "tab": "explain", "asked": asked_of(request.GET.get("number")), "departments": departments, "chosen": chosen,
        "category": category, "categories": Category.choices,
    }  # fmt: skip
    if context["asked"]:
        try:
            context |= _explained(normalise(context["asked"]), chosen, category)
        except BadNumber:
            context["trouble"] = _("This is not a mobile number.")
    return render(request, "console/carriers/explain.html", context)


def _explained(number: str, department: Department, category: str) -> dict[str, Any]:
    names = carrier_names()
    router = router_of(department, category)
    router.know(ported([number]))
    found = router.explain(number)
    down = dict(Outage.objects.values_list("channel_id", "since"))
    looked = [
        Looked(one, _conditions(one.rule, number, found.carrier, category, department), down.get(one.rule.channel_id))
        for one in found.tried
    ]
    order = sorted((one for one in looked if one.tried.place), key=lambda one: one.tried.place or 0)
    standing = [one for one in order if one.down_since is None]
    return {
        "found": found,
        "carrier": names.get(found.carrier, found.carrier),
        "by_range": names.get(found.by_range, found.by_range),
        "noted": PortedNumber.objects.filter(number=number).first(),
        "looked": looked,
        "first": order[0] if order else None,
        "next": next((one for one in standing if one is not order[0]), None),
        "order": order,
        "after_s": policy(raw_connection()).failover_after_s,
    }


def _conditions(rule: RouteRule, number: str, carrier: str, category: str, department: Department) -> list[Condition]:
    """The conditions that the route has, each by itself."""
    names = carrier_names()
    above = {int(part) for part in department.path.split("/") if part}
    rows = []
    if rule.categories:
        labels = ", ".join(str(Category(one).label) for one in sorted(rule.categories))
        rows.append(Condition(_("Category"), labels, category in rule.categories))
    if rule.department_ids:
        known = Department.objects.filter(pk__in=rule.department_ids).order_by("path").values_list("name", flat=True)
        rows.append(Condition(_("Department"), ", ".join(known), not rule.department_ids.isdisjoint(above)))
    if rule.carriers:
        labels = ", ".join(names.get(one, one) for one in sorted(rule.carriers))
        rows.append(Condition(_("Home carrier"), labels, carrier in rule.carriers))
    if rule.prefixes:
        rows.append(Condition(_("Number prefixes"), ", ".join(rule.prefixes), rule.takes_prefix(number)))
    return rows
