"""People whom one was let write to until a time: what was chosen of them is left out when that time has come.

A submission may wait for its own time longer than a grant lasts. Whoever was chosen through nothing else is then left out, and
told of with their reason; the rest is sent.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from hongyan.accounts.models import User
from hongyan.contacts.allowing import Doing, giving
from hongyan.contacts.models import Contact, Grant, Group
from hongyan.messaging.recipients import Selection
from hongyan.runtime import clock


def sources(owner: User, selection: Selection, at: datetime) -> tuple[set[int], set[int]]:
    """Chosen (books, groups) that a grant to send was on which has ended by then."""
    books, paths = _ended(owner, at)
    groups = Group.objects.filter(pk__in=selection.group_ids).values_list("pk", "book_id", "path")
    return books & set(selection.book_ids), {
        pk for pk, book, path in groups if book in books or any(path.startswith(top) for top in paths)
    }


def people(owner: User, selection: Selection, at: datetime) -> int:
    """How many distinct numbers were chosen by name, group or book and may not be written to by then, since a grant has ended."""
    books, paths = _ended(owner, at)
    if not (books or paths) or not selection.of_people:
        return 0
    ended = Q(book_id__in=books) | _within(
        Q(*(Q(path__startswith=top) for top in paths), _connector=Q.OR) if paths else None
    )
    tops = Group.objects.filter(pk__in=selection.group_ids).values_list("path", flat=True)
    below = [Q(path__startswith=top) for top in tops]
    chosen = Q(pk__in=selection.contact_ids) | Q(book_id__in=selection.book_ids)
    chosen |= _within(Q(*below, _connector=Q.OR) if below else None)
    # Whoever stands in another place that was chosen too, or was typed, gets it all the same.
    still = Contact.objects.filter(chosen).open_to(owner, Doing.SEND, at).order_by().values("number")
    found = Contact.objects.filter(ended, chosen).exclude(number__in=still).exclude(number__in=selection.numbers)
    return found.order_by().values("number").distinct().count()


def _ended(owner: User, at: datetime) -> tuple[set[int], list[str]]:
    found = Grant.objects.of_holder(owner).filter(expires_at__lte=at, allows__in=giving(Doing.SEND))
    rows = list(found.values_list("book_id", "group__path"))
    return {book for book, _path in rows if book}, [path for _book, path in rows if path]


def _within(groups: Q | None) -> Q:
    """In one of the groups that are so."""
    if groups is None:
        return Q(pk__in=[])
    ids = list(Group.objects.filter(groups).values_list("pk", flat=True))
    return Q(Exists(Group.contacts.through.objects.filter(contact_id=OuterRef("pk"), group_id__in=ids)))


def by_now(owner: User, selection: Selection) -> int:
    return people(owner, selection, clock.now())
