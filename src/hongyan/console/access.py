"""Who may open a page. Every view says so itself: `needs` a right, `for_everybody` signed in, or `open_to_all`.

A test of the house fails when a route says nothing; the sign-in stands before all but the last.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.inputs import id_of

View = Callable[..., HttpResponseBase]


def open_to_all(view: View) -> View:
    """A page that needs no sign-in."""
    view.is_open_to_all = True  # type: ignore[attr-defined]
    return view


def for_everybody(view: View) -> View:
    """A page of whoever is signed in; what it shows of records goes through their own gates."""
    view.is_for_everybody = True  # type: ignore[attr-defined]
    return view


def needs(*rights: Right) -> Callable[[View], View]:
    """The view answers 403 to users who lack one of `rights`. Also what the test of all routes reads."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            for right in rights:
                if not me(request).may(right):
                    raise PermissionDenied
            return view(request, *args, **kwargs)

        checked.needed_rights = rights  # type: ignore[attr-defined]
        return checked

    return decorate


def me(request: HttpRequest) -> User:
    """The signed-in user. Only for views behind the sign-in."""
    return cast(User, request.user)


def key_of(request: HttpRequest) -> int:
    """The id that a form names; 0, which nothing has, for what is none."""
    return id_of(request.POST.get("id"))
