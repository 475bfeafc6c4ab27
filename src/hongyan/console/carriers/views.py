"""Channels with their connections as they are now."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from django.contrib import messages
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts.rights import Right
from hongyan.carriers import habits, removing
from hongyan.carriers.channels import change_channel, create_channel, gateway_channel, remove_channel
from hongyan.console.access import me, needs
from hongyan.console.carriers import charts, standing
from hongyan.console.carriers.forms import ChannelForm
from hongyan.console.context import follow
from hongyan.console.needed import linked
from hongyan.console.refusing import at
from hongyan.console.templatetags.components import connection_words
from hongyan.dispatch.connections import MOST_ENDED, TRACE
from hongyan.dispatch.models import Channel, Ended, Route
from hongyan.gateway.testing import try_login
from hongyan.messaging.reasons import words
from hongyan.protocols.registry import Protocol
from hongyan.reports import channels as figures
from hongyan.reports.figures import Period, Sums
from hongyan.runtime import clock
from hongyan.runtime.secrets import SecretUnreadable


@needs(Right.MANAGE_CHANNELS)
def channels(request: HttpRequest) -> HttpResponseBase:
    follow(request, "connections")
    found = list(Channel.objects.filter(removed_at=None).select_related("outage").prefetch_related("live_connections"))
    sums = figures.today(localdate(clock.now()))
    for one in found:
        one.label = Protocol(one.protocol).label  # type: ignore[attr-defined]
        one.now = standing.of(one)  # type: ignore[attr-defined]
        one.today = sums.get(one.pk)  # type: ignore[attr-defined]
    return render(request, "console/carriers/channels.html", {"channels": found})


@needs(Right.MANAGE_CHANNELS)
def new_channel(request: HttpRequest) -> HttpResponseBase:
    form = ChannelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        is_first = not Route.objects.exists()
        with at(form):
            made = create_channel(
                me(request), secret=form.cleaned_data["secret"], with_default_route=is_first, **form.facts()
            )
            messages.success(request, _("The channel has been created; the gateway connects within seconds."))
            return redirect("console:channel", made.pk)
    return render(request, "console/carriers/channel_form.html", {"form": form})


def _found(channel_id: int) -> Channel:
    return get_object_or_404(Channel, pk=channel_id, removed_at=None)


@needs(Right.MANAGE_CHANNELS)
def channel(request: HttpRequest, channel_id: int) -> HttpResponseBase:
    """How it does: state, today, the day and the month, what fails and why, connections, what ended of late."""
    found = _found(channel_id)
    follow(request, "connections")
    now = clock.now()
    day = localdate(now)
    week = Period.last_days(7, day)
    steps = figures.steps(found.pk, now - timedelta(hours=24), now)
    month = figures.by_day(found.pk, Period.last_days(30, day))
    return render(
        request, "console/carriers/channel.html",
        {
            "channel": found, "label": Protocol(found.protocol).label, "now": standing.of(found),
            "lines": found.live_connections.order_by("slot"), "habits": habits.seen(found),
            "today": figures.today(day).get(found.pk) or Sums(), "day": day,
            "flow": charts.channel_day(steps) if any(one.sent or one.delivered for one in steps) else None,
            "month": charts.channel_month(month, found.pk) if any(month.values()) else None,
            "failures": [
                (words(reason, found.protocol), reason, count) for reason, count in figures.failures(found.pk, week)
            ],
            "week": week, "ended": _ended(found)[:5], "routes": found.routes.order_by("position", "pk"),
        },
    )  # fmt: skip


def _ended(found: Channel) -> QuerySet[Ended]:
    return found.ended.filter(ended_at__gt=clock.now() - timedelta(days=1)).order_by("-pk")


@needs(Right.MANAGE_CHANNELS)
def edit(request: HttpRequest, channel_id: int) -> HttpResponseBase:
    found = _found(channel_id)
    form, given_up = ChannelForm(request.POST or None, instance=found), None
    if request.method == "POST" and form.is_valid():
        if "service_number" in form.changed_data:
            given_up = removing.leaving_number(found)
        if given_up is None or request.POST.get("shown") == given_up.mark:
            with at(form):
                change_channel(me(request), _found(channel_id), secret=form.cleaned_data["secret"], **form.facts())
                messages.success(request, _("Saved. The gateway applies it within seconds."))
                return redirect("console:channel", channel_id)
    return render(
        request, "console/carriers/channel_form.html",
        {
            "form": form, "channel": _found(channel_id), "given_up": given_up,
            "needed": linked(given_up.needs) if given_up else [],
        },
    )  # fmt: skip


@needs(Right.MANAGE_CHANNELS)
@require_POST
def take_up_habit(request: HttpRequest, channel_id: int) -> HttpResponseBase:
    """One click sets what a sentence on the channel's page offers, if its receipts still show it."""
    found = _found(channel_id)
    offered = [one for one in habits.seen(found) if one.option == request.POST.get("option")]
    if offered:
        change_channel(me(request), found, options=found.options | {offered[0].option: offered[0].value})
        messages.success(request, _("Saved. The gateway applies it within seconds."))
    else:
        messages.error(request, _("Recent receipts no longer show this; nothing was changed."))
    return redirect("console:channel", channel_id)


@needs(Right.MANAGE_CHANNELS)
def trace(request: HttpRequest, channel_id: int) -> HttpResponseBase:
    """What passed last on the channel's connections; asking makes the gateways write it down anew."""
    found = _found(channel_id)
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, %s)", [TRACE, str(found.pk)])
    lines = found.live_connections.exclude(trace=None).order_by("slot")
    return render(
        request, "console/carriers/trace.html", {"owner": found, "lines": lines, "ended": _ended(found)[:MOST_ENDED]}
    )


@needs(Right.MANAGE_CHANNELS)
@require_POST
def test(request: HttpRequest, channel_id: int) -> HttpResponseBase:
    """Log in once and say what the carrier answered."""
    try:
        outcome = asyncio.run(try_login(gateway_channel(_found(channel_id))))
    except SecretUnreadable:
        messages.error(request, _("The password cannot be read: it was stored with another key. Enter it again."))
        return redirect("console:channel", channel_id)
    if outcome.ok:
        messages.success(request, _("The carrier accepted the login (%(ms)d ms).") % {"ms": outcome.milliseconds})
    else:
        messages.error(request, _("It failed: %(why)s") % {"why": connection_words(outcome.sentence)})
    return redirect("console:channel", channel_id)


@needs(Right.MANAGE_CHANNELS)
def switch(request: HttpRequest, channel_id: int) -> HttpResponseBase:
    """On at once; off is asked where something waits or would find no road."""
    found = _found(channel_id)
    if not found.is_enabled:
        if request.method == "POST":
            change_channel(me(request), found, is_enabled=True)
        return redirect("console:channels")
    left = removing.leaving(found)
    if request.method != "POST" or (left.is_needed and request.POST.get("shown") != left.mark):
        return _ask(request, found, left, "switch")
    change_channel(me(request), found, is_enabled=False)
    return redirect("console:channels")


@needs(Right.MANAGE_CHANNELS)
def remove(request: HttpRequest, channel_id: int) -> HttpResponseBase:
    """Says what waits on it and who needs it, and removes it when that was seen as it is."""
    found = _found(channel_id)
    left = removing.leaving(found)
    if request.method != "POST" or request.POST.get("shown") != left.mark:
        return _ask(request, found, left, "remove")
    remove_channel(me(request), found)
    messages.success(request, _("The channel has been removed."))
    return redirect("console:channels")


def _ask(request: HttpRequest, found: Channel, left: removing.Leaving, act: str) -> HttpResponseBase:
    return render(
        request, "console/carriers/leaving.html",
        {
            "channel": found, "found": left, "act": act, "is_changed": bool(request.POST.get("shown")),
            "needed": linked(left.needs),
            "routes": linked(left.routes),
        },
    )  # fmt: skip
