"""What needs a record, as links: where the page of each kind is."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from hongyan.accounts.needs import Need

_PAGES = {
    "submission": "submission", "route": "route", "door": "door", "user": "user", "audience": "audience", "table": "table",
}  # fmt: skip
_ASKED = {"book": ("people", "book"), "department": ("users", "department")}


def link(need: Need) -> str:
    """The address of its page."""
    if need.kind in _PAGES:
        return reverse(f"console:{_PAGES[need.kind]}", args=[need.id])
    name, parameter = _ASKED[need.kind]
    return f"{reverse(f'console:{name}')}?{parameter}={need.id}"


def linked(found: Iterable[Need | tuple[Need, str]]) -> list[tuple[str, str, str, str]]:
    """(kind, address, words, what is to be added) of each, as components/needed.html shows them."""
    pairs = (one if isinstance(one, tuple) else (one, "") for one in found)
    return [(need.kind, link(need), need.words, further) for need, further in pairs]
