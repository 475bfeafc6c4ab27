"""Two-step sign-in with an authenticator app (RFC 6238)."""

from __future__ import annotations

import pyotp

from hongyan.accounts import audit
from hongyan.accounts.models import User
from hongyan.runtime.secrets import decrypt, encrypt


def new_secret() -> str:
    return pyotp.random_base32()


def address(user: User, secret: str) -> str:
    """What the QR code says."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name="Hongyan")


def is_on(user: User) -> bool:
    return bool(user.totp_secret)


def turn_on(user: User, secret: str, code: str) -> bool:
    """On, once a code proves that the app has the secret."""
    if not pyotp.TOTP(secret).verify(code.strip(), valid_window=1):
        return False
    user.totp_secret = encrypt(secret)
    user.save(update_fields=["totp_secret"])
    audit.record(user, "user.two_step_on", user)
    return True


def turn_off(actor: User, user: User) -> None:
    """By the user, or by an administrator for who lost the phone."""
    user.totp_secret = ""
    user.save(update_fields=["totp_secret"])
    audit.record(actor, "user.two_step_off", user)


def verify(user: User, code: str) -> bool:
    return pyotp.TOTP(decrypt(user.totp_secret)).verify(code.strip(), valid_window=1)
