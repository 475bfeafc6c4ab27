"""Endpoint: whose key this is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_noop
from ninja import Router

from hongyan.accounts.rights import Right
from hongyan.api.keys import user_of
from hongyan.api.shapes import Me

router = Router(tags=["account"])


@router.get(
    "/me",
    response=Me,
    summary=gettext_noop("Whose key this is"),
    description=gettext_noop("Who the key belongs to and what it may do."),
)
def whoami(request: HttpRequest) -> dict[str, Any]:
    user = user_of(request)
    return {
        "username": user.username,
        "name": user.name,
        "department": user.department.name,
        "rights": [right.value for right in Right if user.may(right)],
    }
