"""Search everything (Ctrl-K): each area offers a provider; a provider gives only what the user may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, JsonResponse

from hongyan.accounts.models import User
from hongyan.console import navigation
from hongyan.console.access import for_everybody, me

MOST_HITS = 6


@dataclass(frozen=True, slots=True)
class Hit:
    label: str
    detail: str
    url: str
    icon: str


Provider = Callable[[User, str], list[Hit]]
_providers: list[Provider] = []


def provider(function: Provider) -> Provider:
    """Register `function`; called with the user and at least two characters."""
    _providers.append(function)
    return function


@provider
def _pages(user: User, query: str) -> list[Hit]:
    found = []
    for entry in navigation.for_user(user):
        for page in (entry,) if isinstance(entry, navigation.Page) else entry.pages:
            if query.lower() in str(page.label).lower():
                found.append(Hit(str(page.label), "", page.url, page.icon))
    return found[:MOST_HITS]


@for_everybody
def search(request: HttpRequest) -> JsonResponse:
    query = request.GET.get("q", "").strip()[:60]
    hits = [hit for one in _providers for hit in one(me(request), query)[:MOST_HITS]] if query else []
    return JsonResponse(
        {"hits": [{"label": hit.label, "detail": hit.detail, "url": hit.url, "icon": hit.icon} for hit in hits]}
    )
