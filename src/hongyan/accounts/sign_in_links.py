"""One-time links that sign a user in: valid for a quarter of an hour, useless after any sign-in."""

from __future__ import annotations

from django.core import signing

from hongyan.accounts.models import User

SALT = "hongyan.sign-in"
VALID_S = 15 * 60


def _state(user: User) -> str:
    """What a sign-in changes: the link is bound to it, so it works once."""
    return f"{user.password[-12:]}{user.last_login.isoformat() if user.last_login else ''}"


def make(user: User) -> str:
    """A token for the address /sign-in/link/<token>/."""
    return signing.dumps([user.pk, _state(user)], salt=SALT, compress=True).replace(":", "~")


def redeem(token: str) -> User | None:
    """The user of a fresh, unused link. Signing in then makes the link useless (it changes `last_login`)."""
    try:
        user_id, state = signing.loads(token.replace("~", ":"), salt=SALT, max_age=VALID_S)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=user_id, is_active=True).first()
    return user if user is not None and _state(user) == state else None
