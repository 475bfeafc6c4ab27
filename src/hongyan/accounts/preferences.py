"""How a user has the console: pinned pages, height of rows. Kept in the user's row, which every page reads anyway."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User

MOST_PINS = 12
"""More would push the menu itself out of sight."""
LONGEST_PATH = 500


@dataclass(frozen=True, slots=True)
class Pin:
    path: str
    """A page's address within the console, with its filter."""
    label: str
    """The page's title when it was pinned."""


@dataclass(frozen=True, slots=True)
class Preferences:
    pins: tuple[Pin, ...] = ()
    """In the order in which they were pinned."""
    is_roomy: bool = False
    """Rows of two lines instead of one."""
    groups: tuple[int, ...] = ()
    """Groups on top of the picker, the latest last."""
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By list, the columns that are left out."""


def of(user: User) -> Preferences:
    kept: dict[str, Any] = user.preferences
    return Preferences(
        pins=tuple(Pin(**pin) for pin in kept.get("pins", ())),
        is_roomy=bool(kept.get("is_roomy", False)),
        groups=tuple(kept.get("groups", ())),
        columns={page: tuple(keys) for page, keys in kept.get("columns", {}).items()},
    )


def pin(user: User, path: str, label: str) -> None:
    """Put a page at the top of the user's menu; pinning it again gives it the new label. Raises Refused."""
    label = " ".join(label.split())[:60]
    if not path.startswith("/") or path.startswith("//") or len(path) > LONGEST_PATH or not label:
        raise Refused("no_page", _("This page cannot be pinned."), field="path")

    def add(now: Preferences) -> Preferences:
        if any(one.path == path for one in now.pins):
            return replace(now, pins=tuple(Pin(path, label) if one.path == path else one for one in now.pins))
        if len(now.pins) >= MOST_PINS:
            raise Refused(
                "too_many_pins",
                _("You can pin up to %(most)d pages. Unpin one first.") % {"most": MOST_PINS},
                status=409,
            )
        return replace(now, pins=(*now.pins, Pin(path, label)))

    _change(user, add)


def unpin(user: User, path: str) -> None:
    _change(user, lambda now: replace(now, pins=tuple(one for one in now.pins if one.path != path)))


def set_roomy(user: User, is_roomy: bool) -> None:
    _change(user, lambda now: replace(now, is_roomy=is_roomy))


def leave_out(user: User, page: str, columns: Iterable[str]) -> None:
    """Show a list without these of its columns."""
    left_out = tuple(columns)
    _change(user, lambda now: replace(now, columns={**now.columns, page: left_out}))


def favour(user: User, group_id: int, *, is_favourite: bool) -> None:
    """Keep a group on top of the picker, or no longer; of more than there is room for, the oldest goes."""

    def change(now: Preferences) -> Preferences:
        others = tuple(one for one in now.groups if one != group_id)
        return replace(now, groups=(*others, group_id)[-MOST_PINS:] if is_favourite else others)

    _change(user, change)


@transaction.atomic
def _change(user: User, change: Callable[[Preferences], Preferences]) -> None:
    """Read under a lock, so that two tabs do not undo each other."""
    locked = User.objects.select_for_update().only("preferences").get(pk=user.pk)
    locked.preferences = asdict(change(of(locked)))
    locked.save(update_fields=["preferences"])
    user.preferences = locked.preferences
