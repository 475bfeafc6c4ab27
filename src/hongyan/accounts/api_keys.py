"""API keys: shown once, kept as a digest, revocable."""

from __future__ import annotations

import hashlib
import math
import secrets
from datetime import timedelta

from django.db import connection, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
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
    """A key for `user`, and its secret of 256 random bits, which is known only now. Raises Refused."""
    if actor.pk != user.pk and not may_manage(actor, user):
        raise Refused("not_allowed", _("You cannot create keys for this user."), field="user", status=403)
    if not user.may(Right.USE_API):
        raise Refused("may_not_use_api", _("This user may not use the API."), field="user")
    name = name.strip()[:80]
    if not name:
        raise Refused("no_name", _("Enter what the key is for."), field="name")
    secret = f"hy_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(user=user, name=name, prefix=secret[:9], digest=_digest(secret))
    audit.record(actor, "api_key.created", key, summary=name, detail={"for": user.username}, address=address)
    return key, secret


@transaction.atomic
def revoke_key(actor: User | None, key: ApiKey, *, address: str | None = None) -> None:
    """Useless from now on. Without an actor: by who runs the machine."""
    if actor is not None and actor.pk != key.user_id and not may_manage(actor, key.user):
        raise Refused("not_allowed", _("You may not revoke this key."), status=403)
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record(
            actor, "api_key.revoked", key, summary=key.name, detail={"for": key.user.username}, address=address
        )


SPEND = """
with hurried as materialized (
    select set_config('synchronous_commit', case when %(alone)s then 'off' else current_setting('synchronous_commit') end, true)
)
update accounts_apikey
set spare_at = now(),
    spare_requests = least(%(rate)s, coalesce(spare_requests, %(rate)s)
        + %(rate)s / 60.0 * coalesce(extract(epoch from now() - spare_at), 0)) - 1
where id = %(key)s
    and coalesce(spare_requests, %(rate)s) + %(rate)s / 60.0 * coalesce(extract(epoch from now() - spare_at), 0) >= 1
    and exists (select 1 from hurried)
"""
"""Runs for every request. The allowance fills up with time, so a burst of a minute's requests is taken at once. Alone in its
transaction it does not wait for the disk: a crash gives some requests back."""

WAIT = """
select (1 - spare_requests) * 60.0 / %(rate)s - extract(epoch from now() - spare_at)
from accounts_apikey where id = %(key)s
"""


def spend_request(key: ApiKey, *, per_minute: int) -> int:
    """Take one request from the key's allowance: 0, or after how many seconds to ask again. No limit for 0."""
    if not per_minute:
        return 0
    facts = {"rate": per_minute, "key": key.pk, "alone": not connection.in_atomic_block}
    with connection.cursor() as cursor:
        cursor.execute(SPEND, facts)
        if cursor.rowcount:
            return 0
        cursor.execute(WAIT, facts)
        row = cursor.fetchone()
    return max(1, math.ceil(row[0])) if row else 0


def authenticate(secret: str) -> ApiKey | None:
    """The valid key with its user. One query; the time of use is written once a minute at most.

    Whether the user may still use the API is for the caller to ask.
    """
    key: ApiKey | None = (
        ApiKey.objects.select_related("user__department")
        .filter(digest=_digest(secret), revoked_at=None, user__is_active=True)
        .first()
    )
    if key is None:
        return None
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > USED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key
