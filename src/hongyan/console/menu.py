"""The sidebar of one page: what the user may open, which section is open, what waits, and the user's own pins."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from django.http import HttpRequest
from django.utils.functional import Promise

from hongyan.accounts import preferences
from hongyan.accounts.models import User
from hongyan.accounts.preferences import Pin
from hongyan.console import navigation, waiting
from hongyan.console.navigation import Page

SECTION_COOKIE = "hongyan_section"
"""What menu.js writes: the key of the section that was opened, a dot, the key of the section of the page it was on."""


@dataclass(frozen=True, slots=True)
class Link:
    label: str | Promise
    url: str
    icon: str
    waits: int = 0
    is_counted: bool = False
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    key: str
    label: str | Promise
    icon: str
    links: tuple[Link, ...]
    is_open: bool
    is_here: bool

    @property
    def url(self) -> str:
        """The section's name leads to its first page, so that a section needs no script."""
        return self.links[0].url

    @property
    def waits(self) -> int:
        return sum(link.waits for link in self.links)

    @property
    def is_counted(self) -> bool:
        return any(link.is_counted for link in self.links)


@dataclass(frozen=True, slots=True)
class Menu:
    entries: tuple[Link | Group, ...]
    pins: tuple[Link, ...]
    section: str
    """Of the page one is on; empty when it is in none."""
    here: Page | None
    path: str
    """How this page would be pinned."""
    is_pinned: bool
    unread: int


def of(request: HttpRequest, user: User) -> Menu:
    """One query, for all that waits."""
    sections = [
        (entry, tuple(page for page in ((entry,) if isinstance(entry, Page) else entry.pages) if page.is_for(user)))
        for entry in navigation.MENU
    ]
    shown = [page for _entry, pages in sections for page in pages]
    counted = {page.url: page.waits for page in shown if page.waits}
    counts = waiting.counts(user, counted)
    here = whereabouts(shown, request.path, request.META.get("QUERY_STRING", ""))
    section = next((e.key for e, pages in sections if isinstance(e, navigation.Section) and here in pages), "")
    opened = _opened(request.COOKIES.get(SECTION_COOKIE, ""), section)

    def link(page: Page) -> Link:
        return Link(
            page.label, page.url, page.icon, counts.get(page.url, 0), page.waits is not None, is_here=page is here
        )

    entries: list[Link | Group] = []
    for entry, pages in sections:
        if isinstance(entry, Page) or len(pages) == 1:
            entries += [link(page) for page in pages]
        elif pages:
            links = tuple(link(page) for page in pages)
            entries.append(
                Group(entry.key, entry.label, entry.icon, links, entry.key == opened, is_here=entry.key == section)
            )
    path = pinnable(request.get_full_path())
    pins = preferences.of(user).pins
    return Menu(
        entries=tuple(entries),
        pins=tuple(_pin(user, one, is_here=one.path == path) for one in pins if _may_open(user, one)),
        section=section,
        here=here,
        path=path,
        is_pinned=any(one.path == path for one in pins),
        unread=next((counts[page.url] for page in shown if page.waits is waiting.replies), 0),
    )


def whereabouts(pages: list[Page], path: str, query: str = "") -> Page | None:
    """The page among `pages` that an address belongs to: the nearest above it, with the part that its filter asks for."""
    asked = set(parse_qsl(query))
    best, best_rank = None, (0, -1)
    for page in pages:
        is_above = path == page.path or (page.path != "/" and path.startswith(page.path))
        wanted = set(parse_qsl(page.query))
        rank = (len(page.path), len(wanted))
        if is_above and wanted <= asked and rank > best_rank:
            best, best_rank = page, rank
    return best


def _opened(remembered: str, section: str) -> str:
    """The open section: what was opened or folded on this section's pages, otherwise the page's own."""
    opened, _dot, at = remembered.partition(".")
    return opened if at == section or not section else section


def pinnable(address: str) -> str:
    """An address without what leads back to one moment: the place in a long list. Empty for another site's."""
    if not address.startswith("/") or address.startswith("//"):
        return ""
    parts = urlsplit(address)
    kept = [piece for piece in parts.query.split("&") if piece and not piece.startswith(("page=", "after="))]
    kept = [piece for piece in kept if not piece.endswith("=")]
    return parts.path + (f"?{'&'.join(kept)}" if kept else "")


def _registered(pin: Pin) -> Page | None:
    """The page of the register with just this address: its name is then in the reader's language."""
    return next((page for page in navigation.everything() if page.url == pin.path), None)


def _may_open(user: User, pin: Pin) -> bool:
    """By the right of the page above; whether a record may be seen is asked when it is opened."""
    parts = urlsplit(pin.path)
    page = whereabouts(list(navigation.everything()), parts.path, parts.query)
    return page is None or page.is_for(user)


def _pin(user: User, pin: Pin, *, is_here: bool) -> Link:
    page = _registered(pin)
    parts = urlsplit(pin.path)
    above = page or whereabouts(list(navigation.in_the_menu()), parts.path, parts.query)
    return Link(page.label if page else pin.label, pin.path, above.icon if above else "star", is_here=is_here)
