"""Whose numbers stay hidden from whoever wrote to them, and from everybody who looks at it.

A grant may let somebody send to people without seeing their numbers (`contacts/reach.py`). A message has a number of its own, and
outlives grants, people and books; so a submission that reached somebody in this way says so for ever (`Submission.hides_numbers`,
set in the transaction that writes the message), and the message names the person's row. Of such a message a number is shown to
who may see the number of that row now, and to nobody else: a grant that is withdrawn, or a person who is deleted, opens nothing.
No list of digits is kept for it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef

from hongyan.accounts.models import User
from hongyan.accounts.rights import Reach
from hongyan.contacts import reach
from hongyan.contacts.allowing import Doing
from hongyan.contacts.models import Contact
from hongyan.contacts.reach import Sight
from hongyan.dispatch.models import Message, MessageQuerySet
from hongyan.dispatch.planning import PlannedMessage
from hongyan.messaging.models import Submission

CHUNK = 2000


def of_people(viewer: User, contact_ids: Collection[int]) -> dict[int, Sight]:
    """How much of each one's number `viewer` may see now. Four queries at most."""
    found = list(Contact.objects.visible_to(viewer).filter(pk__in=contact_ids).only("pk", "book_id"))
    return dict.fromkeys(contact_ids, Sight.HIDDEN) | reach.sights(viewer, found)


def of_chosen(viewer: User, owner: User, contact_ids: Collection[int | None]) -> Mapping[int | None, Sight]:
    """Of people to whom `owner` is about to write, those whose numbers are not simply shown as the role of `viewer` has it."""
    chosen = {one for one in contact_ids if one is not None}
    if not chosen or sees_all(viewer) or not reach.of(owner).hides_any:
        return {}
    kept = {pk for pk, sight in of_people(owner, chosen).items() if sight < Sight.AS_ROLE}
    found: dict[int | None, Sight] = {}
    if kept:
        found |= {pk: sight for pk, sight in of_people(viewer, kept).items()}  # noqa: C416 - for the type of its keys
    return found


def sees_all(viewer: User) -> bool:
    """Who answers for the whole installation."""
    return viewer.reach is Reach.EVERYTHING


def veiled(submission: Submission, messages: list[PlannedMessage]) -> list[PlannedMessage]:
    """A chunk as it is to be written: where a number in it is hidden from the owner, in no order.

    Recipients come in the order of their numbers, and ids would tell it: between two numbers that one knows lies the third.
    """
    kept = of_chosen(submission.owner, submission.owner, [one.contact_id for one in messages])
    if not kept:
        return messages
    if not submission.hides_numbers:
        submission.hides_numbers = True
        Submission.objects.filter(pk=submission.pk).update(hides_numbers=True)
    return random.SystemRandom().sample(messages, len(messages))


def look(viewer: User, messages: Sequence[Any], submissions: Iterable[Submission]) -> None:
    """Put onto each message how much of its number is to be shown, as `sight`; no query where nothing is hidden."""
    hiding = set() if sees_all(viewer) else {one.pk for one in submissions if one.hides_numbers}
    asked = {one.contact_id for one in messages if one.submission_id in hiding and one.contact_id is not None}
    found = of_people(viewer, asked) if asked else {}
    for one in messages:
        one.sight = found.get(one.contact_id, Sight.AS_ROLE) if one.submission_id in hiding else Sight.AS_ROLE


def in_chunks(rows: Iterable[Any], look_at: Callable[[list[Any]], None]) -> Iterator[Any]:
    """The rows of a long list, looked at a few thousand at a time."""
    rest = iter(rows)
    while some := list(islice(rest, CHUNK)):
        look_at(some)
        yield from some


def of_numbers(viewer: User, numbers: Collection[str]) -> dict[str, Sight]:
    """Of numbers that wrote to us, those that are hidden: whoever has them by a message that hides them. The strictest counts."""
    if not numbers or not _is_any_hidden(viewer):
        return {}
    people = people_behind(numbers)
    sights = of_people(viewer, {pk for ids in people.values() for pk in ids})
    found = {number: min(sights[pk] for pk in ids) for number, ids in people.items()}
    return {number: sight for number, sight in found.items() if sight < Sight.AS_ROLE}


def look_at_replies(viewer: User, replies: Sequence[Any]) -> None:
    """Put onto each reply, or whatever else has only a number, how much of it is to be shown."""
    found = of_numbers(viewer, {one.number for one in replies})
    for one in replies:
        one.sight = found.get(one.number, Sight.AS_ROLE)


def people_behind(numbers: Collection[str]) -> Mapping[str, set[int]]:
    """By number the people of address books to whom hidden messages to it went."""
    found: dict[str, set[int]] = {}
    rows = Message.objects.to(*numbers).filter(contact_id__isnull=False, submission_id__in=_hiding())
    for number, contact_id in rows.values_list("number", "contact_id").distinct():
        found.setdefault(number, set()).add(contact_id or 0)
    return found


def person_to_answer(user: User, number: str) -> int | None:
    """Whom to choose where the number itself must not be named; None where it may be, or nobody may be written to any more."""
    people = people_behind([number]).get(number, set())
    return Contact.objects.sendable_by(user).filter(pk__in=people, number=number).values_list("pk", flat=True).first()


def with_numbers(viewer: User, found: MessageQuerySet) -> MessageQuerySet:
    """Those of `found` whose numbers the viewer may look for: who types digits must not learn from what is found."""
    return found.exclude(_is_hidden(viewer)) if _is_any_hidden(viewer) else found


def with_numbers_of_replies(viewer: User, found: Any) -> Any:
    """The same of replies."""
    if not _is_any_hidden(viewer):
        return found
    hidden = Message.objects.to_the_same(OuterRef("number")).filter(_is_hidden(viewer))
    return found.exclude(Exists(hidden))


def _is_hidden(viewer: User) -> Exists:
    """Of a message in a statement."""
    clear = Contact.objects.open_to(viewer, Doing.SEE_NUMBERS).filter(pk=OuterRef("contact_id"))
    own = Message.objects.filter(pk=OuterRef("pk"), contact_id__isnull=False, submission_id__in=_hiding())
    return Exists(own.exclude(Exists(clear)))


def _hiding() -> Any:
    return Submission.objects.filter(hides_numbers=True).order_by().values("pk")


def _is_any_hidden(viewer: User) -> bool:
    return not sees_all(viewer) and Submission.objects.filter(hides_numbers=True).exists()
