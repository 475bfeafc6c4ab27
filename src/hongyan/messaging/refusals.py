"""Verbs of the two lists that forbid sending: the company's blocklist, and people's own opt-outs."""

from __future__ import annotations

from django.db import transaction

from hongyan.accounts import audit
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.dispatch.numbers import Numbers, mask, read_many
from hongyan.messaging.errors import MessagingError
from hongyan.messaging.models import BlockedNumber, OptOut
from hongyan.messaging.words import NOT_YOURS

MOST_AT_ONCE = 10_000


def _check(user: User) -> None:
    if not user.may(Right.MANAGE_PEOPLE):
        raise MessagingError("not_allowed", NOT_YOURS, status=403)


def _record(user: User, verb: str, where: str, numbers: list[str], address: str | None) -> None:
    """One entry for what was done at once; numbers only masked, and only the first few."""
    audit.record(
        user, f"refusal.{verb}", summary=", ".join(mask(number) for number in numbers[:5]),
        detail={"list": where, "count": len(numbers)}, address=address,
    )  # fmt: skip


@transaction.atomic
def block(user: User, text: str, reason: str = "", *, address: str | None = None) -> tuple[int, Numbers]:
    """Put each number of a pasted text on the blocklist; gives how many are new, and what was read."""
    _check(user)
    read = read_many(text)
    known = set(BlockedNumber.objects.filter(number__in=read.good).values_list("number", flat=True))
    new = [number for number in read.good if number not in known][:MOST_AT_ONCE]
    BlockedNumber.objects.bulk_create(
        (BlockedNumber(number=number, reason=reason.strip()[:200], added_by=user) for number in new),
        ignore_conflicts=True, batch_size=2000,
    )  # fmt: skip
    if new:
        _record(user, "added", "blocked", new, address)
    return len(new), read


@transaction.atomic
def opt_out(user: User, text: str, evidence: str = "", *, address: str | None = None) -> tuple[int, Numbers]:
    """Note for each number of a pasted text that its owner refuses marketing; gives how many are new."""
    _check(user)
    read = read_many(text)
    known = set(OptOut.objects.filter(number__in=read.good).values_list("number", flat=True))
    new = [number for number in read.good if number not in known][:MOST_AT_ONCE]
    OptOut.objects.bulk_create(
        (OptOut(number=number, source="console", evidence=evidence.strip()[:500]) for number in new),
        ignore_conflicts=True, batch_size=2000,
    )  # fmt: skip
    if new:
        _record(user, "added", "opted out", new, address)
    return len(new), read


@transaction.atomic
def remove(user: User, row: BlockedNumber | OptOut, *, address: str | None = None) -> None:
    """Messages may go to this number again."""
    _check(user)
    where = "blocked" if isinstance(row, BlockedNumber) else "opted out"
    _record(user, "removed", where, [row.number], address)
    row.delete()
