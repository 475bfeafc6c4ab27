"""Search everything (Ctrl-K): each area offers a provider; a provider gives only what the user may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from hongyan.accounts.models import User
from hongyan.console import finding, navigation
from hongyan.console.access import for_everybody, me
from hongyan.inputs import asked_of

MOST_HITS = 6
MOST_RECENT = 8


@dataclass(frozen=True, slots=True)
class Hit:
    label: str
    detail: str
    url: str
    icon: str
    group: str = ""
    """Heading under which it stands."""
    page: str = ""
    """Of a page of the console: what the browser remembers as visited."""


Provider = Callable[[User, str], list[Hit]]
_providers: list[Provider] = []


def provider(function: Provider) -> Provider:
    """Register `function`; called with the user and what was typed, however short."""
    _providers.append(function)
    return function


def _hits(pages: Iterable[navigation.Page], group: str) -> list[Hit]:
    return [Hit(str(one.label), _section_of(one), one.url, one.icon, group, page=one.url) for one in pages]


def _section_of(page: navigation.Page) -> str:
    for entry in navigation.MENU:
        if isinstance(entry, navigation.Section) and page in entry.pages:
            return str(entry.label)
    return ""


def before_typing(user: User, recent: Sequence[str]) -> list[Hit]:
    """What was open last, then the menu. Whoever looks at it will type next."""
    finding.prepare()
    usable = {page.url: page for page in navigation.everything() if page.is_for(user)}
    lately = [usable[url] for url in recent[:MOST_RECENT] if url in usable]
    rest = [page for page in navigation.in_the_menu() if page.is_for(user) and page not in lately]
    return _hits(lately, _("Recent")) + _hits(rest, _("Pages and settings"))


def found(user: User, query: str, recent: Sequence[str]) -> list[Hit]:
    inside = (*navigation.in_the_menu(), *navigation.FURTHER)
    pages = finding.pages(user, query, inside, recent=recent)
    acts = finding.pages(user, query, navigation.ACTS, recent=recent)
    hits = _hits(pages[: MOST_HITS + 2], _("Pages and settings")) + _hits(acts[:MOST_HITS], _("Actions"))
    for one in _providers:
        hits += one(user, query)[:MOST_HITS]
    return hits


@for_everybody
def search(request: HttpRequest) -> JsonResponse:
    query = asked_of(request.GET.get("q"))
    recent = request.GET.getlist("recent")[:MOST_RECENT]
    hits = found(me(request), query, recent) if query else before_typing(me(request), recent)
    return JsonResponse({"hits": [asdict(hit) for hit in hits]})
