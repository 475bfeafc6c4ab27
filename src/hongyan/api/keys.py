"""Bearer keys of programs."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.errors import HttpError
from ninja.security import HttpBearer

from hongyan.accounts.api_keys import authenticate, spend_request
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.runtime.settings import settings


class TooManyRequests(HttpError):
    """The key has used up its allowance; `wait_s` tells when there is some again."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(429, _("Too many requests with this key. Try again in %(seconds)d s.") % {"seconds": wait_s})
        self.wait_s = wait_s


class KeyAuth(HttpBearer):
    """`Authorization: Bearer hy_...`; the request then acts in the key's user's name."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        key = authenticate(token)
        if key is None:
            return None
        if wait_s := spend_request(key, per_minute=settings().api_rate):
            raise TooManyRequests(wait_s)
        user: User = key.user
        if not user.may(Right.USE_API):
            raise HttpError(403, _("The user of this key may not use the API."))
        request.user = user
        request.api_key_id = key.pk  # type: ignore[attr-defined]
        return user


def user_of(request: HttpRequest) -> User:
    """In whose name a request that `KeyAuth` let in acts."""
    assert isinstance(request.user, User)
    return request.user


def key_of(request: HttpRequest) -> int | None:
    """The id of the key that let the request in."""
    return getattr(request, "api_key_id", None)
