"""How many people a selection is, without counting them while somebody waits.

A list knows what it comes to, a book's numbers are distinct, and so are those of groups of one book: of one of these alone
the figure is exact. Of several together, or with somebody left out, only the sum is known at once: about so many. The exact
figure is counted in the background and kept, good for as long as the parts are as large as they were.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection

from hongyan.accounts.models import User
from hongyan.contacts import stock
from hongyan.messaging import of_audiences, recipients
from hongyan.messaging.models import Counted
from hongyan.messaging.recipients import Selection
from hongyan.runtime import clock

AT_ONCE = 20_000
"""So many are counted while the person waits."""
ASKED_AGAIN_AFTER = timedelta(minutes=2)
KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Count:
    people: int
    """Distinct numbers."""
    messages: int
    """What would be sent: as many as people, or more where each row that differs is asked for."""
    differing: int
    """As many as people, or more: each row of a list whose text would be another."""
    is_about: bool = False
    """No more than so many; the exact figure is not known yet."""
    basis: str = ""
    """How large its parts are, where it has several: what an exact figure was counted of."""


PARTS = """
select (select count(*) from contacts_contact where book_id = any(%(books)s)),
       (select count(distinct gc.contact_id) from contacts_group chosen
        join contacts_group g on g.path like chosen.path || '%%' join contacts_group_contacts gc on gc.group_id = g.id
        where chosen.id = any(%(groups)s)),
       (select count(distinct book_id) from contacts_group where id = any(%(groups)s)),
       cardinality(%(contacts)s::bigint[]) + cardinality(%(numbers)s::text[])
"""


def count(owner: User, selection: Selection, *, by_row: bool) -> Count:
    """What the owner may see of it. `by_row`: the text has variables, so that rows of a list may say different things."""
    return uncounted(owner, selection, by_row=by_row) or exactly(owner, selection, by_row=by_row)


def uncounted(owner: User, selection: Selection, *, by_row: bool) -> Count | None:
    """What is known without counting; None where they are few enough to be counted now."""
    if not (selection.list_ids or selection.book_ids or selection.group_ids or selection.audience_ids):
        return None
    at_most, is_exact = _sum(owner, selection, by_row=by_row)
    if is_exact:
        return at_most
    if at_most.differing <= AT_ONCE:
        return None
    found = stored(_question(owner, selection, by_row=by_row), at_most.basis)
    return at_most if found is None else msgspec.convert(found, Count)


def exactly(owner: User, selection: Selection, *, by_row: bool) -> Count:
    """The same, counted: some seconds for a million."""
    people, differing = recipients.count(owner, recipients.each_row(selection), by_row=by_row)
    return Count(people, people if selection.is_once else differing, differing)


def keep_exactly(owner: User, selection: Selection, *, by_row: bool) -> str:
    """Count it and keep the figure for `count`; gives what it was counted of."""
    at_most, _is_exact = _sum(owner, selection, by_row=by_row)
    found = exactly(owner, selection, by_row=by_row)
    store(_question(owner, selection, by_row=by_row), at_most.basis, asdict(replace(found, basis=at_most.basis)))
    return at_most.basis


def basis(owner: User, selection: Selection) -> str:
    """How large its parts are: what a kept figure is of."""
    return _sum(owner, selection, by_row=False)[0].basis


def _sum(owner: User, selection: Selection, *, by_row: bool) -> tuple[Count, bool]:
    """(no more than so many, whether exactly so many)."""
    lists = recipients.lists_of(owner, selection)
    people, differing = stock.total(lists)
    with connection.cursor() as cursor:
        cursor.execute(PARTS, recipients.parameters(owner, selection))
        in_books, in_groups, books_of_groups, single = cursor.fetchone()
    in_audiences = [of_audiences.count(owner, one) for one in of_audiences.chosen(owner, selection.audience_ids)]
    rest = in_books + in_groups + single + sum(in_audiences)
    others = [bool(in_books), bool(in_groups), bool(single), *map(bool, in_audiences)]
    is_exact = not selection.has_exclusions and (
        (len(lists) <= 1 and not any(others))
        or (not lists and sum(others) == 1 and (not in_books or len(selection.book_ids) == 1) and (not in_groups or books_of_groups == 1) and not single)
    )  # fmt: skip
    people, differing = people + rest, differing + rest
    basis = f"{people} {differing}"
    if not by_row:
        differing = people
    found = Count(people, people if selection.is_once else differing, differing, not is_exact, basis)
    return found, is_exact


def _question(owner: User, selection: Selection, *, by_row: bool) -> str:
    return digest(["count", owner.pk, selection.to_json(), by_row])


def digest(asked: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(asked, order="deterministic")).hexdigest()[:24]


def stored(question: str, of: str) -> Any:
    """What was counted for `question` when its parts were `of`; None when nothing was."""
    row = Counted.objects.filter(question=question, basis=of).first()
    return row.figures if row is not None else None


def store(question: str, of: str, figures: Any) -> None:
    Counted.objects.update_or_create(
        question=question, defaults={"basis": of, "figures": figures, "asked_at": clock.now()}
    )


def begin(question: str, of: str) -> bool:
    """Say that it is being counted; False when somebody has just said so."""
    now = clock.now()
    _row, is_new = Counted.objects.get_or_create(question=question, defaults={"basis": of, "asked_at": now})
    if is_new:
        return True
    late = Counted.objects.filter(question=question).exclude(basis=of, asked_at__gt=now - ASKED_AGAIN_AFTER)
    return bool(late.update(basis=of, figures=None, asked_at=now))


def drop_old(now: datetime) -> int:
    """Remove figures older than a day; gives how many."""
    return Counted.objects.filter(asked_at__lt=now - KEPT_FOR).delete()[0]
