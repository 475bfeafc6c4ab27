"""In which browsers somebody is signed in, as requests tell it."""

from __future__ import annotations

from django.http import HttpRequest

from hongyan.accounts import sign_ins
from hongyan.accounts.models import User
from hongyan.runtime import clock

_NOTED = "noted"
"""When the session was last written down, in seconds; kept in the session, so that most requests write nothing."""


def address_of(request: HttpRequest) -> str | None:
    return request.META.get("REMOTE_ADDR")


def note_session(request: HttpRequest, user: User) -> None:
    """Write down that this browser is signed in."""
    request.session[_NOTED] = clock.now().timestamp()
    agent = request.META.get("HTTP_USER_AGENT", "")
    sign_ins.note(user, request.session.session_key or "", address=address_of(request), agent=agent)


def note_in_use(request: HttpRequest, user: User) -> None:
    """Write it down again when the last time was a while ago."""
    noted = request.session.get(_NOTED, 0)
    if clock.now().timestamp() - noted > sign_ins.SEEN_EVERY.total_seconds():
        note_session(request, user)
