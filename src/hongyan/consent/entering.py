"""What all verbs of this room share: who may, numbers of a pasted text, the audit's one entry, and who else must know."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.dispatch.numbers import Numbers, mask, read_many

MOST_AT_ONCE = 10_000

on_forbidden: list[Callable[[Collection[str]], object]] = []
"""Rooms above that take out what still waits for numbers: called when the entries stand."""


def check(user: User) -> None:
    """Raises Refused."""
    if not user.may(Right.MANAGE_PEOPLE):
        raise Refused("not_allowed", _("You may not change this."), status=403)


def read(text: str) -> Numbers:
    """The numbers of a pasted text. Raises Refused where they are more than one takes in at once."""
    found = read_many(text)
    if len(found.good) > MOST_AT_ONCE:
        raise Refused("too_many", _("At most 10,000 numbers at once. Import a file for more."), field="numbers")
    return found


def record(
    user: User | None, action: str, where: str, numbers: Sequence[str], address: str | None = None, count: int = 0
) -> None:
    """One entry for what was done at once; numbers only masked, and only the first few."""
    audit.record(
        user, action, summary=", ".join(mask(number) for number in numbers[:5]),
        detail={"list": where, "count": count or len(numbers)}, address=address,
    )  # fmt: skip


def tell(numbers: Collection[str]) -> None:
    """What waits for these goes, as soon as the present transaction stands."""
    if numbers:
        transaction.on_commit(lambda: [act(numbers) for act in on_forbidden] and None)
