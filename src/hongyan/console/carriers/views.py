"""Channels with their connections as they are now."""

from __future__ import annotations

import asyncio

from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.carriers.forms import ChannelForm
from hongyan.console.context import follow
from hongyan.console.templatetags.components import connection_words
from hongyan.dispatch.connections import TRACE
from hongyan.dispatch.models import Channel, Route
from hongyan.gateway.testing import try_login
from hongyan.messaging.channels import ChannelError, change_channel, create_channel, gateway_channel, remove_channel
from hongyan.protocols.registry import Protocol
from hongyan.runtime.secrets import SecretUnreadable


@needs(Right.MANAGE_CHANNELS)
def channels(request: HttpRequest) -> HttpResponseBase:
    follow(request, "connections")
    found = list(Channel.objects.filter(removed_at=None).prefetch_related("live_connections"))
    for one in found:
        one.label = Protocol(one.protocol).label  # type: ignore[attr-defined]
        one.lines = sorted(one.live_connections.all(), key=lambda line: line.slot)  # type: ignore[attr-defined]
    return render(request, "console/carriers/channels.html", {"channels": found})


@needs(Right.MANAGE_CHANNELS)
def new_channel(request: HttpRequest) -> HttpResponseBase:
    form = ChannelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        is_first = not Route.objects.exists()
        try:
            made = create_channel(
                me(request), secret=form.cleaned_data["secret"], with_default_route=is_first, **form.facts()
            )
        except ChannelError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The channel has been made; the gateway connects within seconds."))
            return redirect("console:channel", made.pk)
    return render(request, "console/carriers/channel.html", {"form": form})


def _found(channel_id: int) -> Channel:
    return get_object_or_404(Channel, pk=channel_id, removed_at=None)


@needs(Right.MANAGE_CHANNELS)
def channel(request: HttpRequest, channel_id: int) -> HttpResponseBase:
    found = _found(channel_id)
    follow(request, "connections")
    form = ChannelForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            change_channel(me(request), _found(channel_id), secret=form.cleaned_data["secret"], **form.facts())
        except ChannelError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved; the gateway takes it up within seconds."))
            return redirect("console:channel", channel_id)
    lines = found.live_connections.order_by("slot")
    return render(request, "console/carriers/channel.html", {"form": form, "channel": found, "lines": lines})


@needs(Right.MANAGE_CHANNELS)
def trace(request: HttpRequest, channel_id: int) -> HttpResponseBase:
    """What passed last on the channel's connections; asking makes the gateways write it down anew."""
    found = _found(channel_id)
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, %s)", [TRACE, str(found.pk)])
    lines = found.live_connections.exclude(trace=None).order_by("slot")
    return render(request, "console/carriers/trace.html", {"owner": found, "lines": lines})


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
        messages.error(request, _("It did not work: %(why)s") % {"why": connection_words(outcome.sentence)})
    return redirect("console:channel", channel_id)


@needs(Right.MANAGE_CHANNELS)
@require_POST
def switch(request: HttpRequest, channel_id: int) -> HttpResponseBase:
    found = _found(channel_id)
    change_channel(me(request), found, is_enabled=not found.is_enabled)
    return redirect("console:channels")


@needs(Right.MANAGE_CHANNELS)
@require_POST
def remove(request: HttpRequest, channel_id: int) -> HttpResponseBase:
    found = _found(channel_id)
    remove_channel(me(request), found)
    messages.success(request, _("The channel has been removed."))
    return redirect("console:channels")
