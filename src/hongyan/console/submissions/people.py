"""The lines of a submission's roll call, on screen and in a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.console.components.states import STATES
from hongyan.contacts.people import shown_to
from hongyan.contacts.reach import Sight
from hongyan.dispatch.models import Message
from hongyan.exports.tables import Kind, Sheet, Table, register
from hongyan.mailbox import rollcall
from hongyan.mailbox.models import Reply
from hongyan.mailbox.rollcall import RollCall
from hongyan.messaging import submissions, unseen
from hongyan.messaging.models import Submission


@dataclass(slots=True)
class Person:
    """One line of the roll call."""

    number: str
    name: str = ""
    message: Message | None = None
    group: str = ""
    sight: Sight = Sight.AS_ROLE
    """How much of the number is to be shown."""
    said: list[tuple[datetime, str, int]] = field(default_factory=list)
    at: datetime | None = None
    conversation: int | None = None
    """The reply that opens it, for who may see it."""


def _name(found: RollCall, place: int) -> str:
    return found.groups[place].name if place >= 0 else _("Other replies")


def chosen(found: RollCall, group: str) -> list[str]:
    """Numbers of who answered in this group, or at all; the latest answer first."""
    places = {"other": rollcall.OTHER} | {f"g{place}": place for place in range(len(found.groups))}
    place = places.get(group)
    numbers = [number for number, one in found.answers.items() if place is None or one.place == place]
    return sorted(numbers, key=lambda number: str(found.answers[number].at), reverse=True)


def answered(user: User, submission: Submission, found: RollCall, numbers: list[str]) -> list[Person]:
    """Lines for who answered; two queries."""
    sent: dict[str, Message] = {}
    for message in Message.objects.filter(submission_id=submission.pk).to(*numbers).order_by("id"):
        sent.setdefault(message.number, message)
    latest = [found.answers[number].said[-1][2] for number in numbers if found.answers[number].said]
    visible = set(Reply.objects.visible_to(user).filter(pk__in=latest).values_list("pk", flat=True))
    people, sights = [], unseen.of_numbers(user, numbers) if submission.hides_numbers else {}
    for number in numbers:
        one, own = found.answers[number], sent.get(number)
        last = one.said[-1][2] if one.said else None
        people.append(
            Person(
                number, own.name if own else "", own, _name(found, one.place),
                sights.get(number, Sight.AS_ROLE), one.said, one.at,
                last if last in visible else None,
            )
        )  # fmt: skip
    return people


def silent(user: User, submission: Submission, ids: list[int]) -> list[Person]:
    found = Message.objects.in_bulk(ids)
    unseen.look(user, list(found.values()), [submission])
    return [
        Person(one.number, one.name, one, sight=one.sight)  # type: ignore[attr-defined]
        for one in (found[pk] for pk in ids if pk in found)
    ]


def roll_call_table(user: User, _query: QueryDict, submission_id: int | None) -> Table:
    submission = submissions.access_submission(user, submission_id or 0)

    def sheet() -> Sheet:
        return [
            _("Name"), _("Mobile number"), _("Kind of reply"), _("Answers"), _("Latest reply"), _("State"),
        ], _rows(user, submission)  # fmt: skip

    name = f"{submission.pk}-replies-{timezone.localdate()}.xlsx"
    # About as many lines as messages: each is somebody who answered or did not.
    return Table(str(submission), name, Message.objects.filter(submission_id=submission.pk), sheet, subject=submission)


def _rows(user: User, submission: Submission) -> Iterator[list[str]]:
    found = rollcall.call(submission)

    def line(one: Person, group: str) -> list[str]:
        return [
            one.name, shown_to(user, one.number, one.sight, as_stored=True), group, "\n".join(text for _at, text, _id in one.said),
            timezone.localtime(one.at).strftime("%Y-%m-%d %H:%M:%S") if one.at else "",
            str(STATES[one.message.state].label) if one.message else "",
        ]  # fmt: skip

    numbers = chosen(found, "")
    for start in range(0, len(numbers), 1000):
        for one in answered(user, submission, found, numbers[start : start + 1000]):
            yield line(one, one.group)
    for got, words in ((True, _("No reply yet")), (False, _("Not reached"))):
        after: Any = 0
        while ids := rollcall.without_answer(submission, got=got, after=after, most=1000):
            after = ids[-1]
            for one in silent(user, submission, ids):
                yield line(one, words)


ROLL_CALL = register(
    Kind(
        "roll_call", gettext_lazy("Answers"), "reply.exported", (Right.EXPORT,), roll_call_table,
        "console:submission_replies",
    )
)  # fmt: skip
