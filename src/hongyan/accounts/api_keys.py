"""API keys: shown once, kept as a digest, revocable."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from hongyan.accounts import audit
from hongyan.accounts.errors import AccountsError
from hongyan.accounts.models import ApiKey, User
from hongyan.accounts.rights import Right
from hongyan.accounts.users import may_manage

USED_EVERY = timedelta(minutes=1)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def access_key(user: User, key_id: int) -> ApiKey:
    """A key of one's own or of a user one manages. Missing and forbidden answer alike."""
    found = ApiKey.objects.visible_to(user).select_related("user__department").filter(pk=key_id).first()
    if found is None:
        raise Http404
    return found


@transaction.atomic
def create_key(actor: User, user: User, name: str, *, address: str | None = None) -> tuple[ApiKey, str]:
    """A key for `user`, and its secret of 256 random bits, which is known only now. Raises AccountsError."""
    if actor.pk != user.pk and not may_manage(actor, user):
        raise AccountsError(_("You may not make keys for this user."))
    if not user.may(Right.USE_API):
        raise AccountsError(_("This user may not use the API."))
    name = name.strip()[:80]
    if not name:
        raise AccountsError(_("Say what the key is for."))
    secret = f"hy_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(user=user, name=name, prefix=secret[:9], digest=_digest(secret))
    audit.record(actor, "api_key.created", key, summary=name, detail={"for": user.username}, address=address)
    return key, secret


@transaction.atomic
def revoke_key(actor: User | None, key: ApiKey, *, address: str | None = None) -> None:
    """Useless from now on. Without an actor: by who runs the machine."""
    if actor is not None and actor.pk != key.user_id and not may_manage(actor, key.user):
        raise AccountsError(_("You may not revoke this key."))
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record(
            actor, "api_key.revoked", key, summary=key.name, detail={"for": key.user.username}, address=address
        )


def authenticate(secret: str) -> User | None:
    """The user of a valid key. One query; the time of use is written once a minute at most.

    Whether the user may still use the API is for the caller to ask.
    """
    key = (
        ApiKey.objects.select_related("user__department")
        .filter(digest=_digest(secret), revoked_at=None, user__is_active=True)
        .first()
    )
    if key is None:
        return None
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > USED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key.user
