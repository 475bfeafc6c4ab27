"""One-time links that sign a user in: valid for a quarter of an hour, useless after any sign-in."""

from __future__ import annotations

from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from hongyan.accounts.models import User

SALT = "hongyan.sign-in"
VALID_S = 15 * 60


def _state(user: User) -> str:
    """What a sign-in or a new password changes: the link is bound to it, so it works once. Tells nothing of either."""
    seen = user.last_login.isoformat() if user.last_login else ""
    return salted_hmac(SALT, f"{user.pk}{user.password}{seen}", algorithm="sha256").hexdigest()[:32]


def make(user: User) -> str:
    """A token for the address /sign-in/link/<token>/."""
    return signing.dumps([user.pk, _state(user)], salt=SALT, compress=True).replace(":", "~")


@transaction.atomic
def redeem(token: str) -> User | None:
    """The user of a fresh, unused link, which is used up by this: the row is locked, so of two at once one gets in."""
    try:
        user_id, state = signing.loads(token.replace("~", ":"), salt=SALT, max_age=VALID_S)
    except (signing.BadSignature, ValueError):
        return None
    user = User.objects.select_for_update(of=("self",)).filter(pk=user_id, is_active=True).first()
    if user is None or not constant_time_compare(_state(user), str(state)):
        return None
    user.last_login = timezone.now()
    user.save(update_fields=["last_login"])
    return user
