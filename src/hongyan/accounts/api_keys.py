"""API keys: shown once, kept as a digest, revocable."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from hongyan.accounts import audit
from hongyan.accounts.models import ApiKey, User
from hongyan.accounts.rights import Right

USED_EVERY = timedelta(minutes=1)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def create_key(actor: User, user: User, name: str, *, address: str | None = None) -> tuple[ApiKey, str]:
    """A key for `user`, and its secret, which is known only now."""
    secret = f"hy_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(user=user, name=name[:80], prefix=secret[:9], digest=_digest(secret))
    audit.record(actor, "api_key.created", key, summary=name, detail={"for": user.username}, address=address)
    return key, secret


@transaction.atomic
def revoke_key(actor: User | None, key: ApiKey, *, address: str | None = None) -> None:
    """Useless from now on."""
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        audit.record(actor, "api_key.revoked", key, summary=key.name, address=address)


def authenticate(secret: str) -> User | None:
    """The user of a valid key. One query; the time of use is written once a minute at most."""
    key = (
        ApiKey.objects.select_related("user__department")
        .filter(digest=_digest(secret), revoked_at=None, user__is_active=True)
        .first()
    )
    if key is None or not key.user.may(Right.USE_API):
        return None
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > USED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key.user
