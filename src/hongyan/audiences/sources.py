"""All that can be asked about people. Each room says what it knows: `providers` is the list in which it registers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hongyan.accounts.models import User
from hongyan.audiences.attributes import Attribute

providers: list[Callable[[User], Iterable[Attribute]]] = []
"""Each gives its attributes as the user may use them; in the order in which they are offered."""


def attributes(user: User) -> dict[str, Attribute]:
    """By key, in order."""
    return {one.key: one for provider in providers for one in provider(user)}


def sections(found: dict[str, Attribute]) -> list[tuple[str, list[Attribute]]]:
    """Grouped as they are offered."""
    grouped: dict[str, list[Attribute]] = {}
    for one in found.values():
        grouped.setdefault(str(one.section), []).append(one)
    return list(grouped.items())
