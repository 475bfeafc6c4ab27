"""Links by which a user sets a password: for three days, once, the newest only. Who may make one is asked in `users.py`."""

from __future__ import annotations

import hashlib
import secrets
import string
from datetime import timedelta

from django.utils.translation import gettext as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Invitation, User
from hongyan.runtime import clock

VALID_FOR = timedelta(days=3)
LENGTH = 16
"""Letters and digits, 95 bits: short enough for a text message, and read aloud without a doubt about signs."""
MOST_AN_HOUR = 5
"""Of one user: each may be a text message to a phone."""


def make(actor: User, user: User) -> str:
    """A token for the address /i/<token>/; whatever link the user had before ends. Raises Refused."""
    now = clock.now()
    if Invitation.objects.filter(user=user, created_at__gt=now - timedelta(hours=1)).count() >= MOST_AN_HOUR:
        raise Refused(
            "too_many_links",
            _("%(name)s has had five links within the hour; wait a little.") % {"name": user.name},
            status=429,
        )
    close(user)
    token = "".join(secrets.choice(string.ascii_letters + string.digits) for _sign in range(LENGTH))
    Invitation.objects.create(
        user=user, digest=_digest(token), made_by=actor, created_at=now, expires_at=now + VALID_FOR
    )
    return token


def close(user: User) -> None:
    """No link of the user is good any more."""
    Invitation.objects.filter(user=user, closed_at=None).update(closed_at=clock.now())


def find(token: str) -> User | None:
    """Whose link it is, while it is good; looking uses nothing up, since phones look at links before people do."""
    found = Invitation.objects.select_related("user__department").filter(digest=_digest(token), closed_at=None)
    one = found.filter(expires_at__gt=clock.now(), user__is_active=True).first()
    return one.user if one else None


def was_made(token: str) -> bool:
    """Whether there ever was such a link: an old one is a late user's, a wrong one somebody's guess."""
    return Invitation.objects.filter(digest=_digest(token)).exists()


def redeem(token: str) -> User | None:
    """The user of a good link, locked, so that of two at once one gets in."""
    user = find(token)
    if user is None:
        return None
    row = User.objects.select_for_update(of=("self",)).select_related("department").get(pk=user.pk)
    return row if find(token) is not None else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
