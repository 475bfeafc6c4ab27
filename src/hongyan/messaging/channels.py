"""Verbs of channels and routes; the gateway takes changes up by itself within seconds."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit
from hongyan.accounts.models import User
from hongyan.dispatch.channels import Channel as GatewayChannel
from hongyan.dispatch.channels import Options, from_row
from hongyan.dispatch.models import Channel, Route
from hongyan.protocols.registry import Protocol
from hongyan.runtime.secrets import encrypt

CHOICES: dict[str, tuple[str, ...]] = {
    "bind": ("transceiver", "transmitter", "receiver"),
    "long_texts": ("udh", "sar", "payload"),
    "default_alphabet": ("gsm7", "gsm7_packed", "latin1", "ascii"),
    "id_form": ("same", "decimal", "hexadecimal"),
    "text_format": ("ucs2", "gbk"),
    "login_mode": ("both", "send", "receive"),
}
"""Options that are words from a list."""


class ChannelError(Exception):
    """Why a channel could not be made or changed; nothing was."""


def find_channel(name: str) -> Channel:
    """By name or id. Raises ChannelError."""
    channels = Channel.objects.filter(removed_at=None)
    found = channels.filter(name=name).first() or (channels.filter(pk=int(name)).first() if name.isdigit() else None)
    if found is None:
        raise ChannelError(str(_("There is no such channel.")))
    return found


def gateway_channel(channel: Channel) -> GatewayChannel:
    """The channel as the gateway sees it, secret included."""
    return from_row(dict(Channel.objects.filter(pk=channel.pk).values().get()))


def read_options(protocol: str, given: list[str]) -> dict[str, Any]:
    """ "name=value" pairs as a channel stores them. Raises ChannelError for what the protocol does not have."""
    known = next((one.facts.options for one in Protocol if one.value == protocol), ())
    kinds: dict[str, Any] = {one.name: type(one.default) for one in fields(Options)}
    options: dict[str, Any] = {}
    for pair in given:
        name, value = pair.split("=", 1) if "=" in pair else (pair, "")
        if name not in known:
            raise ChannelError(
                str(_("This protocol has no %(name)s; it has %(names)s.") % {"name": name, "names": ", ".join(known)})
            )
        if name == "peer_secret":
            options["peer_secret_encrypted"] = encrypt(value)
        elif kinds[name] is bool:
            options[name] = value.lower() in {"1", "yes", "true"}
        elif kinds[name] in {int, type(None)}:
            if not value.isdecimal():
                raise ChannelError(str(_("%(name)s must be a number.") % {"name": name}))
            options[name] = int(value)
        elif name in CHOICES and value not in CHOICES[name]:
            raise ChannelError(
                str(_("%(name)s is one of %(values)s.") % {"name": name, "values": ", ".join(CHOICES[name])})
            )
        else:
            options[name] = kinds[name](value)
    return options


def create_channel(
    user: User | None, *, secret: str, protocol: str, port: int = 0, with_default_route: bool = False, **facts: Any
) -> Channel:
    """A new channel. Raises ChannelError for a taken name or an unknown protocol."""
    try:
        known = Protocol(protocol)
    except ValueError as error:
        raise ChannelError(
            str(_("Unknown protocol; there are %(names)s.") % {"names": ", ".join(one.value for one in Protocol)})
        ) from error
    facts["numbers_per_submit"] = min(facts.get("numbers_per_submit", 1), known.facts.most_numbers_per_submit)
    try:
        with transaction.atomic():
            channel = Channel.objects.create(
                protocol=protocol, port=port or known.facts.usual_port, secret_encrypted=encrypt(secret), **facts
            )
            if with_default_route:
                Route.objects.create(name=channel.name, position=1000, channel=channel)
            audit.record(user, "channel.created", channel)
    except IntegrityError as error:
        raise ChannelError(_words(error)) from error
    return channel


def change_channel(user: User, channel: Channel, *, secret: str = "", **facts: Any) -> None:
    """Change facts; an empty secret leaves the old one. Raises ChannelError."""
    for name, value in facts.items():
        setattr(channel, name, value)
    if secret:
        channel.secret_encrypted = encrypt(secret)
    most = Protocol(channel.protocol).facts.most_numbers_per_submit
    channel.numbers_per_submit = min(channel.numbers_per_submit, most)
    try:
        with transaction.atomic():
            channel.save()
            audit.record(user, "channel.changed", channel, detail={"fields": sorted(facts), "secret": bool(secret)})
    except IntegrityError as error:
        raise ChannelError(_words(error)) from error


@transaction.atomic
def remove_channel(user: User | None, channel: Channel) -> None:
    """Out of use: its routes go, its history stays, the name becomes free."""
    Route.objects.filter(channel=channel).delete()
    channel.removed_at = timezone.now()
    channel.is_enabled = False
    channel.name = f"{channel.name} #{channel.pk}"
    channel.save()
    audit.record(user, "channel.removed", channel)


def _words(error: IntegrityError) -> str:
    text = str(error)
    if "name_is_unique" in text:
        return str(_("There is already a channel of this name."))
    if "port" in text:
        return str(_("The port must be from 1 to 65535."))
    return str(_("A value is out of range: %(detail)s") % {"detail": text.splitlines()[0][:120]})
