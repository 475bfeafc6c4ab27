"""Verbs of channels and routes; the gateway takes changes up by itself within seconds."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.carriers import habits
from hongyan.dispatch.channels import Channel as GatewayChannel
from hongyan.dispatch.channels import Options, from_row, networks_of
from hongyan.dispatch.models import Channel, Route
from hongyan.inputs import id_of, whole_of
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


def find_channel(name: str) -> Channel:
    """By name or id. Raises Refused."""
    channels = Channel.objects.filter(removed_at=None)
    found = channels.filter(name=name).first() or channels.filter(pk=id_of(name)).first()
    if found is None:
        raise Refused("no_channel", _("There is no such channel."), status=404)
    return found


def gateway_channel(channel: Channel) -> GatewayChannel:
    """The channel as the gateway sees it, secret included."""
    return from_row(dict(Channel.objects.filter(pk=channel.pk).values().get()))


def read_options(protocol: str, given: list[str]) -> dict[str, Any]:
    """ "name=value" pairs as a channel stores them. Raises Refused for what the protocol does not have."""
    known = next((one.facts.options for one in Protocol if one.value == protocol), ())
    kinds: dict[str, Any] = {one.name: type(one.default) for one in fields(Options)}
    options: dict[str, Any] = {}
    for pair in given:
        name, value = pair.split("=", 1) if "=" in pair else (pair, "")
        if name not in known:
            raise Refused(
                "unknown_option",
                _("This protocol has no %(name)s; it has %(names)s.") % {"name": name, "names": ", ".join(known)},
                field="options",
            )
        if name == "peer_secret":
            options["peer_secret_encrypted"] = encrypt(value)
        elif kinds[name] is bool:
            options[name] = value.lower() in {"1", "yes", "true"}
        elif kinds[name] in {int, type(None)}:
            if (number := whole_of(value, most=2**31 - 1, otherwise=-1)) < 0:
                raise Refused("no_number", _("%(name)s must be a number.") % {"name": name}, field="options")
            options[name] = number
        elif name in CHOICES and value not in CHOICES[name]:
            raise Refused(
                "unknown_value",
                _("%(name)s is one of %(values)s.") % {"name": name, "values": ", ".join(CHOICES[name])},
                field="options",
            )
        elif name == "peer_addresses" and (others := networks_of(value)[1]):
            raise Refused(
                "no_address",
                _("%(text)s is not an address such as 10.1.2.3 or 10.1.2.0/24.") % {"text": others[0][:43]},
                field="addresses",
            )
        else:
            options[name] = kinds[name](value)
    return options


def create_channel(
    user: User | None, *, secret: str, protocol: str, port: int = 0, with_default_route: bool = False, **facts: Any
) -> Channel:
    """A new channel. Raises Refused for a taken name or an unknown protocol."""
    try:
        known = Protocol(protocol)
    except ValueError as error:
        raise Refused(
            "unknown_protocol",
            _("Unknown protocol; there are %(names)s.") % {"names": ", ".join(one.value for one in Protocol)},
            field="protocol",
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
        raise _refused(error) from error
    return channel


def change_channel(user: User, channel: Channel, *, secret: str = "", **facts: Any) -> None:
    """Change facts; an empty secret leaves the old one. Raises Refused.

    Stray receipts are read anew by another form of ids, and find their messages at their next turn; where one receipt is
    for all parts from now on, it is for the texts that wait too.
    """
    before = Channel.objects.get(pk=channel.pk)
    was = Options.read(before.options)
    for name, value in facts.items():
        setattr(channel, name, value)
    if secret:
        channel.secret_encrypted = encrypt(secret)
    most = Protocol(channel.protocol).facts.most_numbers_per_submit
    channel.numbers_per_submit = min(channel.numbers_per_submit, most)
    try:
        with transaction.atomic():
            channel.save()
            habits.read_ids_anew(channel, was.id_form)
            if Options.read(channel.options).reports_once and not was.reports_once:
                habits.settle_reported_once(channel)
            audit.record(user, "channel.changed", channel, detail=changes.between(before, channel))
    except IntegrityError as error:
        raise _refused(error) from error


@transaction.atomic
def remove_channel(user: User | None, channel: Channel) -> None:
    """Out of use: its routes go, its history stays, the name becomes free."""
    Route.objects.filter(channel=channel).delete()
    channel.removed_at = timezone.now()
    channel.is_enabled = False
    channel.name = f"{channel.name} #{channel.pk}"
    channel.save()
    audit.record(user, "channel.removed", channel)


def _refused(error: IntegrityError) -> Refused:
    text = str(error)
    if "name_is_unique" in text:
        return Refused("name_taken", _("There is already a channel with this name."), field="name", status=409)
    if "port" in text:
        return Refused("port_out_of_range", _("The port must be from 1 to 65535."), field="port")
    return Refused("out_of_range", _("A value is out of range: %(detail)s") % {"detail": text.splitlines()[0][:120]})
