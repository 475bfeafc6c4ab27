"""Verbs of customers' doors; the doors process takes changes up within seconds."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.dispatch.channels import networks_of
from hongyan.doors.models import Door
from hongyan.inputs import id_of
from hongyan.messaging.models import Category, Signature
from hongyan.protocols.registry import FACTS, Protocol
from hongyan.runtime.secrets import encrypt

CHANGED = "doors_changed"
"""The notice by which doors processes look again at once."""
OCTETS = {family: (facts.login_octets, facts.secret_octets) for one, facts in FACTS.items() for family in [one.family]}
"""Of login and password, by family."""


def find_door(name: str) -> Door:
    """By name or id. Raises Refused."""
    doors = Door.objects.filter(removed_at=None)
    found = doors.filter(name=name).first() or doors.filter(pk=id_of(name)).first()
    if found is None:
        raise Refused("no_door", _("There is no such door."), status=404)
    return found


def protocol_of(family: str) -> Protocol:
    """The newest version a family's listener speaks; older ones are agreed on at login."""
    return {"cmpp": Protocol.CMPP30, "sgip": Protocol.SGIP12, "smgp": Protocol.SMGP30, "smpp": Protocol.SMPP50}[family]


def read_addresses(text: str) -> list[str]:
    """Networks from text that separates them by commas, blanks or lines. Raises Refused."""
    networks, others = networks_of(text)
    if others:
        raise Refused(
            "no_address",
            _("%(text)s is not an address such as 10.1.2.3 or 10.1.2.0/24.") % {"text": others[0][:43]},
            field="addresses",
        )
    return list(map(str, networks))


def read_sources(text: str) -> list[str]:
    """Numbers, or names (SMPP), that a source may begin with. Raises Refused."""
    found = text.replace(",", " ").replace("，", " ").split()
    for part in found:
        if len(part) > 21 or not part.isascii() or not part.isalnum():
            raise Refused(
                "no_service_number", _("%(text)s is not a service number.") % {"text": part[:21]}, field="sources"
            )
    return list(dict.fromkeys(found))


def create_door(by: User | None, *, secret: str, address: str | None = None, **facts: Any) -> Door:
    """A new door. Raises Refused."""
    door = Door(secret_encrypted=encrypt(secret), **facts)
    _check(door, secret, is_new=True)
    _save(door)
    with transaction.atomic():
        audit.record(by, "door.created", door, address=address)
    return door


def change_door(by: User | None, door: Door, *, secret: str = "", address: str | None = None, **facts: Any) -> None:
    """Change facts; an empty secret leaves the old one. Live connections of a changed door are closed. Raises Refused."""
    before = changes.stored(door)
    for name, value in facts.items():
        setattr(door, name, value)
    if secret:
        door.secret_encrypted = encrypt(secret)
    _check(door, secret, is_new=False)
    with transaction.atomic():
        _save(door)
        audit.record(by, "door.changed", door, detail=changes.between(before, door), address=address)


@transaction.atomic
def remove_door(by: User | None, door: Door, *, address: str | None = None) -> None:
    """Nobody logs in there any more; what it sent stays in the records, what waits for it is dropped."""
    door.removed_at = timezone.now()
    door.is_enabled = False
    door.save()
    with connection.cursor() as cursor:
        cursor.execute("delete from doors_delivery where door_id = %s", [door.pk])
        cursor.execute("delete from doors_scheduled where door_id = %s", [door.pk])
        cursor.execute("delete from doors_receipt where door_id = %s", [door.pk])
        cursor.execute(f"notify {CHANGED}")
    audit.record(by, "door.removed", door, address=address)


def _check(door: Door, secret: str, *, is_new: bool) -> None:
    if not door.name.strip():
        raise Refused("no_name", _("The door needs a name."), field="name")
    if door.family not in Door.Family.values:
        raise Refused(
            "unknown_protocol",
            _("Unknown protocol; there are %(names)s.") % {"names": ", ".join(Door.Family.values)},
            field="family",
        )
    if door.category not in Category.values:
        raise Refused("unknown_category", _("There is no such category."), field="category")
    if door.signature_policy not in Door.SignaturePolicy.values:
        raise Refused("unknown_rule", _("There is no such rule for signatures."), field="signature_policy")
    if door.default_alphabet not in Door.DefaultAlphabet.values:
        raise Refused(
            "unknown_alphabet",
            _("Unknown alphabet; there are %(names)s.") % {"names": ", ".join(Door.DefaultAlphabet.values)},
            field="default_alphabet",
        )
    if not door.login or not door.login.isascii() or " " in door.login:
        raise Refused("bad_login", _("A login consists of letters and digits."), field="login")
    if is_new and not secret:
        raise Refused("no_secret", _("The door needs a password."), field="secret")
    most_login, most_secret = OCTETS[door.family]
    for field, value, most in (("login", door.login, most_login), ("secret", secret, most_secret)):
        if len(value.encode()) > most:
            raise Refused(
                "too_long",
                _("%(protocol)s has room for %(most)d characters here.")
                % {"protocol": Door.Family(door.family).label, "most": most},
                field=field,
            )
    if not door.user.may(Right.SEND):
        raise Refused("may_not_send", _("This user may not send messages."), field="user")
    if door.signature and not Signature.objects.filter(text=door.signature).exists():
        raise Refused("unknown_signature", _("This signature is not on the company's list."), field="signature")


def _save(door: Door) -> None:
    try:
        with transaction.atomic():
            door.save()
            with connection.cursor() as cursor:
                cursor.execute(f"notify {CHANGED}")
    except IntegrityError as error:
        raise _words(error) from error


def _words(error: IntegrityError) -> Refused:
    text = str(error)
    if "door_name_is_unique" in text:
        return Refused("name_taken", _("There is already a door of this name."), field="name", status=409)
    if "door_login_is_unique" in text:
        return Refused("login_taken", _("Another door of this protocol has this login."), field="login", status=409)
    return Refused("out_of_range", _("A value is out of range: %(detail)s") % {"detail": text.splitlines()[0][:120]})
