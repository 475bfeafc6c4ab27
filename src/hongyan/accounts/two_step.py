"""Two-step sign-in with an authenticator app (RFC 6238)."""

from __future__ import annotations

from datetime import UTC, datetime

import pyotp
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.users import may_manage
from hongyan.runtime.secrets import decrypt, encrypt

PERIOD_S = 30
DRIFT = 1
"""Periods a phone's clock may be off, each way (RFC 6238 §5.2 advises one)."""


def new_secret() -> str:
    return pyotp.random_base32()


def address(user: User, secret: str) -> str:
    """What the QR code says."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name="Hongyan")


def is_on(user: User) -> bool:
    return bool(user.totp_secret)


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The half-minute `code` belongs to, if it is a right one."""
    code, totp = "".join(code.split()), pyotp.TOTP(secret)
    if not (code.isascii() and code.isdigit()):
        return None
    current = int(now.timestamp()) // PERIOD_S
    for step in range(current - DRIFT, current + DRIFT + 1):
        if pyotp.utils.strings_equal(totp.at(datetime.fromtimestamp(step * PERIOD_S, UTC)), code):
            return step
    return None


@transaction.atomic
def turn_on(user: User, secret: str, code: str, *, address: str | None = None) -> bool:
    """On, once a code proves that the app has the secret."""
    step = _step_of(secret, code, timezone.now())
    if step is None:
        return False
    user.totp_secret, user.totp_step = encrypt(secret), step
    user.save(update_fields=["totp_secret", "totp_step"])
    audit.record(user, "user.two_step_on", user, address=address)
    return True


@transaction.atomic
def turn_off(actor: User, user: User, *, address: str | None = None) -> None:
    """By the user, or by an administrator for who lost the phone. Raises Refused."""
    if actor.pk != user.pk and not may_manage(actor, user):
        raise Refused("not_allowed", _("You may not manage this user."), status=403)
    user.totp_secret = ""
    user.save(update_fields=["totp_secret"])
    audit.record(actor, "user.two_step_off", user, address=address)


@transaction.atomic
def verify(user: User, code: str) -> bool:
    """Whether `code` is right and new: a code that somebody saw and types again is refused (RFC 6238 §5.2)."""
    row = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    step = _step_of(decrypt(row.totp_secret), code, timezone.now())
    if step is None or step <= row.totp_step:
        return False
    row.totp_step = step
    row.save(update_fields=["totp_step"])
    return True
