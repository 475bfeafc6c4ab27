"""Bearer keys of programs."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.errors import HttpError
from ninja.security import HttpBearer

from hongyan.accounts.api_keys import authenticate
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right


class KeyAuth(HttpBearer):
    """`Authorization: Bearer hy_...`; the request then acts in the key's user's name."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        user = authenticate(token)
        if user is None:
            return None
        if not user.may(Right.USE_API):
            raise HttpError(403, _("The user of this key may not use the API."))
        request.user = user
        return user
