"""What somebody asks for, checked, and what it would do: the same for page, API, command line and reply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Right
from hongyan.dispatch import arrays
from hongyan.dispatch.planning import PlannedMessage
from hongyan.dispatch.prices import PRICES, Price, Prices
from hongyan.dispatch.routing import PORTED, RANGES, RULES, Ranges, Router, rule_from_row
from hongyan.messaging import canary, recipients
from hongyan.messaging.canary import Terms
from hongyan.messaging.errors import MessagingError
from hongyan.messaging.merge import parse, value_of
from hongyan.messaging.models import Category, Signature, Submission
from hongyan.messaging.recipients import Recipient, Selection
from hongyan.messaging.screening import LONGEST_TEXT, Refusals, Wording, screen
from hongyan.messaging.store import raw_connection
from hongyan.protocols.text import Measure, measure
from hongyan.runtime import clock

OPT_OUT_TAIL = "拒收请回复R"
LONGEST_VALIDITY_MIN = 28 * 24 * 60
SAMPLED_ABOVE = 20_000
"""Rehearsals of more recipients look at this many and say so."""
LOOKED_AT_FOR_VARIABLES = 1000


@dataclass(frozen=True, slots=True)
class Request:
    """One request to send."""

    text: str
    selection: Selection
    category: str = Category.NOTICE
    title: str = ""
    signature: str = ""
    personal_signature: str = ""
    scheduled_at: datetime | None = None
    origin: str = Submission.Origin.CONSOLE
    idempotency_key: str = ""
    request_digest: str = ""
    resend_of: Submission | None = None
    answers_id: int | None = None
    source_number: str = ""
    canary: Terms | None = None
    """A small part goes first, and the rest only if that went well."""
    validity_minutes: int | None = None
    """How long a message is worth sending and delivering; None: as long as its category says."""

    @property
    def opt_out_tail(self) -> str:
        """Law asks for it on marketing."""
        return OPT_OUT_TAIL if self.category == Category.MARKETING else ""

    def wording(self, user: User) -> Wording:
        columns = tuple(column for one in recipients.lists_of(user, self.selection) for column in one.columns)
        return Wording(
            parse(self.text.replace("\r\n", "\n")), self.signature, self.personal_signature, self.opt_out_tail, columns
        )


@dataclass(slots=True)
class Example:
    """One rendered text as the preview shows it."""

    number: str
    name: str
    text: str
    measure: Measure


@dataclass(slots=True)
class Rehearsal:
    """What would happen: counted over everybody, or over the first 20,000 and then `is_sampled`."""

    people: int = 0
    recipients: int = 0
    """As many as people, or more: each row of a list that says something else to one number counts."""
    looked_at: int = 0
    sendable: int = 0
    blocked: Counter[str] = field(default_factory=Counter)
    blocked_examples: dict[str, list[Recipient]] = field(default_factory=dict)
    segments: Counter[int] = field(default_factory=Counter)
    """How many messages have how many segments."""
    price_micros: int = 0
    channels: Counter[int] = field(default_factory=Counter)
    first: list[Example] = field(default_factory=list)
    longest: Example | None = None
    shortest: Example | None = None

    @property
    def is_sampled(self) -> bool:
        return self.looked_at < self.recipients

    @property
    def examples(self) -> list[tuple[str, Example]]:
        """What to look at: the longest and the shortest text where they differ, the first few, no text twice."""
        found: dict[str, tuple[str, Example]] = {}
        if self.longest and self.shortest and len(self.longest.text) > len(self.shortest.text):
            found = {self.longest.text: ("longest", self.longest), self.shortest.text: ("shortest", self.shortest)}
        for one in self.first:
            found.setdefault(one.text, ("", one))
        return list(found.values())

    @property
    def total_segments(self) -> int:
        return sum(size * count for size, count in self.segments.items())

    def scaled(self, value: int) -> int:
        """A sampled figure for everybody."""
        return round(value * self.recipients / self.looked_at) if self.is_sampled and self.looked_at else value


def check(user: User, request: Request) -> None:
    """What is wrong before anybody is looked at. Raises MessagingError."""
    if not user.may(Right.SEND):
        raise MessagingError("not_allowed", _("You may not send messages."), status=403)
    if not request.text.strip():
        raise MessagingError("empty_text", _("The text is empty."), field="text")
    if len(request.text) > LONGEST_TEXT:
        raise MessagingError(
            "text_too_long",
            _("The text has %(count)d characters; %(most)d are allowed.")
            % {"count": len(request.text), "most": LONGEST_TEXT},
            field="text",
        )
    if "【" in request.text and request.signature and request.text.lstrip().startswith("【"):
        raise MessagingError(
            "two_signatures", _("The text begins with a signature, but one is put in front already."), field="text"
        )
    if request.signature and not Signature.objects.filter(text=request.signature).exists():
        raise MessagingError("unknown_signature", _("This signature is not on the company's list."), field="signature")
    if request.category not in Category.values:
        raise MessagingError("unknown_category", _("There is no such category."), field="category")
    if request.selection.is_empty:
        raise MessagingError("no_recipients", _("Nobody has been chosen."), field="to")
    if request.scheduled_at is not None and request.scheduled_at <= clock.now():
        raise MessagingError("time_has_passed", _("This time has passed already."), field="scheduled_at")
    if request.canary is not None:
        canary.check(request.canary)
        if request.category == Category.VERIFICATION:
            raise MessagingError(
                "canary_of_codes", _("Verification codes go out at once, without a trial part."), field="canary"
            )
    if request.validity_minutes is not None and not 1 <= request.validity_minutes <= LONGEST_VALIDITY_MIN:
        raise MessagingError(
            "validity",
            _("A validity is from 1 to %(most)d minutes.") % {"most": LONGEST_VALIDITY_MIN},
            field="validity_minutes",
        )


def count(user: User, request: Request) -> tuple[int, int]:
    """(people, messages they would get: more where rows of a list say different things to one number)."""
    return recipients.count(user, request.selection, by_row=not request.wording(user).is_shared)


def check_people(user: User, how_many: int) -> None:
    """What is wrong with the number of people. Raises MessagingError."""
    if how_many == 0:
        raise MessagingError("no_recipients", _("Nobody is left to write to."), field="to")
    if how_many > 1 and not user.may(Right.SEND_TO_GROUPS):
        raise MessagingError(
            "one_recipient_only", _("You may write to one recipient at a time only."), field="to", status=403
        )


def check_variables(user: User, request: Request) -> None:
    """Refuse a variable that nobody has a value for: no column of the lists, no field of the first 1,000 people.

    A variable that only some lack is no mistake of the text; those are blocked one by one. Raises MessagingError.
    """
    wording = request.wording(user)
    missing = {name for name in wording.template.names if not wording.has_column(name)}
    if not missing:
        return
    people = recipients.stream(user, request.selection, by_row=False, most=LOOKED_AT_FOR_VARIABLES)
    for one in (one for chunk in people for one in chunk):
        missing = {name for name in missing if not value_of(name, one.values)}
        if not missing:
            return
    raise MessagingError(
        "missing_variable",
        _("Nobody has a value for %(names)s. Check the spelling, or choose recipients who have this column.")
        % {"names": ", ".join(f"{{{name}}}" for name in wording.template.names if name in missing)},
        field="text",
    )


def router(user: User, category: str) -> Router:
    """Routes, ranges and prices as they are now, for this sender."""
    return router_of(user.department, category)


def router_of(department: Department, category: str) -> Router:
    """As `router`, for whoever sends from a department. Three queries over small tables, in one round trip."""
    store = raw_connection()
    with store.pipeline():
        kept = [store.execute(question) for question in (RULES, RANGES, PRICES)]
    of_rules, of_ranges, of_prices = (answer.fetchall() for answer in kept)
    rules = [rule_from_row(row) for row in of_rules]
    ranges = Ranges(dict(of_ranges))
    prices = Prices(Price(*row) for row in of_prices)
    above = frozenset(int(part) for part in department.path.split("/") if part)
    today = timezone.localdate(clock.now())
    return Router(rules, category=category, departments=above, ranges=ranges, prices=prices, on=today)


def ported(numbers: list[str]) -> dict[str, str]:
    """Of `numbers`, those that another carrier serves than their range says. One query for a chunk."""
    with connection.cursor() as cursor:
        cursor.execute(PORTED, {"numbers": arrays.texts(numbers)})
        return dict(cursor.fetchall())


LISTED = """
select number, false from messaging_blockednumber where number = any(%(numbers)s::text[])
union all
select number, true from messaging_optout where %(is_marketing)s and number = any(%(numbers)s::text[])
"""


def refusals(numbers: list[str], category: str) -> Refusals:
    """Of `numbers`, who is on a list. One query for a chunk; as an array, since thousands of parameters cost more than
    all other planning."""
    return _refusals(raw_connection().execute(LISTED, _listed(numbers, category)).fetchall())


def _listed(numbers: list[str], category: str) -> dict[str, Any]:
    return {"numbers": arrays.texts(numbers), "is_marketing": category == Category.MARKETING}


def _refusals(rows: list[tuple[str, bool]]) -> Refusals:
    return Refusals(
        frozenset(number for number, is_opted_out in rows if not is_opted_out),
        frozenset(number for number, is_opted_out in rows if is_opted_out),
    )


def _known_of(numbers: list[str], category: str) -> tuple[dict[str, str], Refusals]:
    """What `ported` and `refusals` say, in one round trip."""
    store = raw_connection()
    with store.pipeline():
        moved = store.execute(PORTED, {"numbers": arrays.texts(numbers)})
        listed = store.execute(LISTED, _listed(numbers, category))
    return dict(moved.fetchall()), _refusals(listed.fetchall())


def planned(
    user: User,
    request: Request,
    routes: Router,
    *,
    after: str = "",
    most: int | None = None,
    only: Sequence[str] | None = None,
) -> Iterator[tuple[list[Recipient], list[PlannedMessage]]]:
    """Chunks of recipients with what is planned for them, as the planner writes and the rehearsal counts it."""
    wording = request.wording(user)
    stream = recipients.stream(user, request.selection, by_row=not wording.is_shared, after=after, most=most, only=only)
    for chunk in stream:
        moved, listed = _known_of([one.number for one in chunk], request.category)
        routes.know(moved)
        yield chunk, list(screen(chunk, wording, listed, routes.choose))


def rehearse(user: User, request: Request) -> Rehearsal:
    """What `submit` would do, without doing it. Raises MessagingError for what would be refused."""
    check(user, request)
    people, rows = count(user, request)
    check_people(user, people)
    result = Rehearsal(people=people, recipients=rows)
    check_variables(user, request)
    wording = request.wording(user)
    shared = wording.render({}) if wording.is_shared else ""
    for chunk, messages in planned(user, request, router(user, request.category), most=SAMPLED_ABOVE):
        result.looked_at += len(chunk)
        by_number = {one.number: one for one in chunk}
        for message in messages:
            _count(result, message, by_number, shared)
    result.looked_at = max(result.looked_at, 1)
    return result


def _count(result: Rehearsal, message: PlannedMessage, by_number: dict[str, Recipient], shared: str) -> None:
    if message.blocked_because:
        result.blocked[message.blocked_because] += 1
        examples = result.blocked_examples.setdefault(message.blocked_because, [])
        if len(examples) < 5:
            examples.append(by_number[message.number])
        return
    result.sendable += 1
    result.segments[message.segments] += 1
    result.price_micros += message.price_micros
    if message.channel_id is not None:
        result.channels[message.channel_id] += 1
    text = message.text if message.text is not None else shared
    if len(result.first) < 10:
        result.first.append(Example(message.number, message.name, text, measure(text)))
    if result.longest is None or len(text) > len(result.longest.text):
        result.longest = Example(message.number, message.name, text, measure(text))
    if result.shortest is None or len(text) < len(result.shortest.text):
        result.shortest = Example(message.number, message.name, text, measure(text))
