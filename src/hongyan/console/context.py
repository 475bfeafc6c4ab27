"""What every page's frame needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from hongyan.accounts.rights import Right
from hongyan.console import live, navigation
from hongyan.messaging.mailbox import unread_count
from hongyan.runtime.settings import settings as operator


def frame(request: HttpRequest) -> dict[str, Any]:
    """Navigation, unread count and live token; nothing for who is not signed in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    topics = [f"mailbox-{user.pk}", "sending", *getattr(request, "live_topics", ())]
    return {
        "navigation": navigation.for_user(user),
        "write_page": navigation.WRITE if user.may(navigation.WRITE.right) else None,
        "unread": unread_count(user),
        "live_token": live.token(topics),
        "live_url": operator().live_url,
        "live_port": operator().live_port_number,
        "is_demo": operator().wants_demo,
        "may": {right.value: user.may(right) for right in Right},
    }


def follow(request: HttpRequest, *topics: str) -> None:
    """Have this page told when `topics` change; the view has checked that the user may know."""
    request.live_topics = (*getattr(request, "live_topics", ()), *topics)  # type: ignore[attr-defined]
