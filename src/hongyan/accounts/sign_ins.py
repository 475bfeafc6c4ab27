"""In which browsers a user is signed in: shown to the user, who can end each."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet

from hongyan.accounts import audit
from hongyan.accounts.models import SignIn, User
from hongyan.runtime import clock

SEEN_EVERY = timedelta(minutes=10)
"""How exact "last active" is: a write for each page would cost more than it tells."""


def note(user: User, session_key: str, *, address: str | None, agent: str) -> None:
    """The session is in use; also drops what is left of the user's that are gone."""
    now = clock.now()
    SignIn.objects.filter(user=user).exclude(session_key__in=_alive()).exclude(session_key=session_key).delete()
    facts = {"user": user, "seen_at": now, "address": address, "agent": agent[:200]}
    SignIn.objects.update_or_create(
        session_key=session_key, defaults=facts, create_defaults=facts | {"at": user.last_login or now}
    )


def of(user: User) -> QuerySet[SignIn]:
    """The sessions in which the user is signed in now, the last used first."""
    return SignIn.objects.filter(user=user, session_key__in=_alive())


def _alive() -> QuerySet[Session, str]:
    return Session.objects.filter(expire_date__gt=clock.now()).values_list("session_key", flat=True)


@transaction.atomic
def end(user: User, found: QuerySet[SignIn], *, address: str | None = None) -> int:
    """Sign the user out there; gives in how many browsers."""
    keys = list(found.filter(user=user).values_list("session_key", flat=True))
    if keys:
        _drop(keys)
        audit.record(user, "user.sessions_ended", user, detail={"count": len(keys)}, address=address)
    return len(keys)


def end_all(user: User) -> None:
    """A new password, or none: nobody stays signed in by the old one."""
    _drop(list(SignIn.objects.filter(user=user).values_list("session_key", flat=True)))


def _drop(keys: list[str]) -> None:
    Session.objects.filter(session_key__in=keys).delete()
    SignIn.objects.filter(session_key__in=keys).delete()
