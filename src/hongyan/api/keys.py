"""Bearer keys of programs."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer

from hongyan.accounts.api_keys import authenticate
from hongyan.accounts.models import User


class KeyAuth(HttpBearer):
    """`Authorization: Bearer hy_...`; the request then acts in the key's user's name."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        user = authenticate(token)
        if user is not None:
            request.user = user
        return user
