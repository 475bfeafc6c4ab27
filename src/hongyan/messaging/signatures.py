"""Verbs of the company's signatures, 【…】."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.messaging import needing
from hongyan.messaging.models import Signature
from hongyan.messaging.words import NOT_YOURS

SHORTEST, LONGEST = 2, 12
"""What carriers usually register (domain notes, section 3)."""


def _check(user: User) -> None:
    if not user.may(Right.MANAGE_CHANNELS):
        raise Refused("not_allowed", NOT_YOURS, status=403)


def _read(text: str) -> str:
    text = text.strip().strip("【】[] ")
    if not SHORTEST <= len(text) <= LONGEST:
        raise Refused(
            "signature_length",
            _("A signature has %(least)d to %(most)d characters.") % {"least": SHORTEST, "most": LONGEST},
            field="text",
        )
    if text.isdigit() or any(sign in text for sign in "【】{}\n"):
        raise Refused(
            "signature_characters", _("A signature is a name: not only digits, no brackets or braces."), field="text"
        )
    return text


def _save(signature: Signature) -> None:
    try:
        with transaction.atomic():
            signature.save()
    except IntegrityError as error:
        raise Refused(
            "signature_exists", _("This signature is already on the list."), field="text", status=409
        ) from error


@transaction.atomic
def add(user: User, text: str, *, address: str | None = None) -> Signature:
    """The first one is the default. Raises Refused."""
    _check(user)
    made = Signature(text=_read(text), is_default=not Signature.objects.exists())
    _save(made)
    audit.record(user, "signature.created", made, address=address)
    return made


def default_for(text: str) -> str:
    """The signature of a text for which nobody chose one: the default, unless the text brings its own; empty: none."""
    if text.lstrip().startswith("【"):
        return ""
    return Signature.objects.filter(is_default=True).values_list("text", flat=True).first() or ""


def _check_is_free(signature: Signature) -> None:
    """What waits under a signature is not sent once it is gone. Raises Refused."""
    found = [
        needing.label(one) for one in needing.waiting().filter(signature=signature.text).select_related("owner")[:5]
    ]
    if found:
        raise Refused(
            "needed",
            _("%(who)s still needs this. Change or cancel that first.") % {"who": ", ".join(found)},
            status=409,
        )


@transaction.atomic
def rename(user: User, signature: Signature, text: str, *, address: str | None = None) -> None:
    """What was sent keeps the words it was sent with. Raises Refused while something waits under the old name."""
    _check(user)
    _check_is_free(signature)
    before, signature.text = signature.text, _read(text)
    _save(signature)
    audit.record(
        user, "signature.changed", signature, detail=changes.of({"text": [before, signature.text]}), address=address
    )


@transaction.atomic
def make_default(user: User, signature: Signature, *, address: str | None = None) -> None:
    """Used unless another is chosen; exactly one is."""
    _check(user)
    list(Signature.objects.select_for_update().order_by("pk"))
    Signature.objects.filter(is_default=True).update(is_default=False)
    Signature.objects.filter(pk=signature.pk).update(is_default=True)
    audit.record(user, "signature.made_default", signature, address=address)


@transaction.atomic
def remove(user: User, signature: Signature, *, address: str | None = None) -> None:
    """No longer offered. Raises Refused while something waits under it."""
    _check(user)
    _check_is_free(signature)
    audit.record(user, "signature.removed", signature, address=address)
    signature.delete()
