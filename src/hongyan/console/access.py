"""Who may open a page: everyone signed in, unless the view says more (`needs`) or less (`open_to_all`)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right

View = Callable[..., HttpResponseBase]


def open_to_all(view: View) -> View:
    """A page that needs no sign-in."""
    view.is_open_to_all = True  # type: ignore[attr-defined]
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
