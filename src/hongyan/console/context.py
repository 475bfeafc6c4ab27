"""What every page's frame needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from hongyan.accounts import preferences
from hongyan.accounts.rights import Right
from hongyan.console import live, menu, navigation
from hongyan.runtime.settings import settings as operator


def frame(request: HttpRequest) -> dict[str, Any]:
    """Menu, preferences and live token; nothing for who is not signed in. A fragment does not read the menu and so
    does not count for it.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    topics = [f"mailbox-{user.pk}", "sending", *getattr(request, "live_topics", ())]
    return {
        "menu": SimpleLazyObject(lambda: menu.of(request, user)),
        "is_roomy": preferences.of(user).is_roomy,
        "write_page": navigation.WRITE if navigation.WRITE.is_for(user) else None,
        "live_token": live.token(request, topics),
        "live_url": operator().live_url,
        "live_port": operator().live_port_number,
        "is_demo": operator().wants_demo,
        "may": {right.value: user.may(right) for right in Right},
    }


def follow(request: HttpRequest, *topics: str) -> None:
    """Have this page told when `topics` change; the view has checked that the user may know."""
    request.live_topics = (*getattr(request, "live_topics", ()), *topics)  # type: ignore[attr-defined]
