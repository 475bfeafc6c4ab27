"""What somebody asks for, checked, and what it would do: the same for page, API, command line and reply."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Right
from hongyan.consent import forbidding
from hongyan.consent.models import Policy, Topic
from hongyan.contacts.reach import Sight
from hongyan.dispatch import arrays
from hongyan.dispatch.planning import PlannedMessage
from hongyan.dispatch.prices import PRICES, Price, Prices
from hongyan.dispatch.routing import PORTED, RANGES, RULES, Ranges, Router, rule_from_row
from hongyan.inputs import is_too_far
from hongyan.messaging import canary, counting, of_audiences, recipients, unseen
from hongyan.messaging.canary import Terms
from hongyan.messaging.counting import Count
from hongyan.messaging.merge import parse, value_of
from hongyan.messaging.models import Category, Signature, Submission
from hongyan.messaging.recipients import Recipient, Selection
from hongyan.messaging.screening import LONGEST_TEXT, Wording, screen
from hongyan.protocols.text import Measure, measure
from hongyan.reachability import pausing
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection

OPT_OUT_TAIL = "拒收请回复R"
_TELLS_THE_WAY_OUT = re.compile(
    r"(?:拒收|退[订訂]|取消[订訂][阅閱]|不想接?收|谢绝)[^。；;\n]{0,8}?(?:回|[发發]|[输輸]入|[点點])|"
    r"(?:回|[发發])[复覆送]?\s*[A-Za-z]{1,4}\s*(?:即?可|就)?(?:拒收|退[订訂]|取消)|\b(?:STOP|UNSUBSCRIBE)\b",
    re.IGNORECASE,
)
LONGEST_VALIDITY_MIN = 28 * 24 * 60
SAMPLED_ABOVE = counting.AT_ONCE
"""Rehearsals of more recipients look at some of them and say so."""
SAMPLE = 3000
LOOKED_AT_FOR_VARIABLES = 1000

who_answered: list[Callable[[int, list[str]], frozenset[str]]] = []
"""Rooms above that know, of some numbers, which have answered a submission, its resends or its reminders."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request to send."""

    text: str
    selection: Selection
    category: str = Category.NOTICE
    topic: str = ""
    """Of marketing: the code of its `consent.Topic`."""
    title: str = ""
    signature: str = ""
    personal_signature: str = ""
    scheduled_at: datetime | None = None
    origin: str = Submission.Origin.CONSOLE
    idempotency_key: str = ""
    request_digest: str = ""
    resend_of: Submission | None = None
    answers_id: int | None = None
    reminds_id: int | None = None
    """Whoever has answered this submission does not get it."""
    api_key_id: int | None = None
    source_number: str = ""
    canary: Terms | None = None
    """A small part goes first, and the rest only if that went well."""
    validity_minutes: int | None = None
    """How long a message is worth sending and delivering; None: as long as its category says."""

    @property
    def opt_out_tail(self) -> str:
        return opt_out_tail(self.text, self.category)

    def wording(self, user: User) -> Wording:
        columns = tuple(column for one in recipients.lists_of(user, self.selection) for column in one.columns)
        return Wording(
            parse(self.text.replace("\r\n", "\n")), self.signature, self.personal_signature, self.opt_out_tail, columns
        )


def opt_out_tail(text: str, category: str) -> str:
    """What law wants behind marketing (communications ministry, order 31, section 20); nothing where the text says it."""
    told = category != Category.MARKETING or _TELLS_THE_WAY_OUT.search(unicodedata.normalize("NFKC", text))
    return "" if told else OPT_OUT_TAIL


def request_of(submission: Submission) -> Request:
    """The request as it was asked, for planning and for editing."""
    return Request(
        text=submission.text,
        selection=Selection.from_json(submission.recipients),
        category=submission.category,
        topic=submission.topic,
        title=submission.title,
        signature=submission.signature,
        personal_signature=submission.personal_signature,
        scheduled_at=submission.scheduled_at,
        origin=submission.origin,
        source_number=submission.source_number,
        canary=Terms.from_json(submission.canary_terms) if submission.canary_terms else None,
        validity_minutes=submission.validity_minutes,
        reminds_id=submission.reminds_id,
    )


@dataclass(slots=True)
class Example:
    """One rendered text as the preview shows it."""

    number: str
    name: str
    text: str
    measure: Measure
    contact_id: int | None
    sight: Sight = Sight.AS_ROLE
    """How much of the number is to be shown."""


@dataclass(slots=True)
class Rehearsal:
    """What would happen: looked at everybody, or at 3,000 of more than 20,000 and then `is_sampled`."""

    people: int = 0
    recipients: int = 0
    """As many as people, or more: each row of a list that says something else to one number counts."""
    is_about: bool = False
    """These two are no more than a bound; the exact ones are being counted."""
    basis: str = ""
    """Of what they were counted: `counting.Count.basis`."""
    looked_at: int = 0
    sendable: int = 0
    blocked: Counter[str] = field(default_factory=Counter)
    blocked_examples: dict[str, list[Recipient]] = field(default_factory=dict)
    without_consent: int = 0
    """Sent all the same, because the policy only warns."""
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


def check_time(at: datetime) -> None:
    """Whether something may be scheduled for `at`. Raises Refused."""
    now = clock.now()
    if at <= now:
        raise Refused("time_has_passed", _("This time has passed already."), field="scheduled_at")
    if is_too_far(at, now):
        raise Refused(
            "time_too_far",
            _("This time is more than two years ahead, so it is probably a mistake."),
            field="scheduled_at",
        )


def _check_kind(request: Request) -> None:
    if request.category not in Category.values:
        raise Refused("unknown_category", _("There is no such category."), field="category")
    if request.topic and not Topic.objects.filter(code=request.topic).exists():
        raise Refused("unknown_topic", _("There is no such topic."), field="topic")


def check(user: User, request: Request) -> None:
    """What is wrong before anybody is looked at. Raises Refused."""
    if not user.may(Right.SEND):
        raise Refused("not_allowed", _("You may not send messages."), status=403)
    if not request.text.strip():
        raise Refused("empty_text", _("The text is empty."), field="text")
    if len(request.text) > LONGEST_TEXT:
        raise Refused(
            "text_too_long",
            _("The text has %(count)d characters; %(most)d are allowed.")
            % {"count": len(request.text), "most": LONGEST_TEXT},
            field="text",
        )
    if "【" in request.text and request.signature and request.text.lstrip().startswith("【"):
        raise Refused(
            "two_signatures", _("The text already begins with a signature, and another would be added."), field="text"
        )
    if request.signature and not Signature.objects.filter(text=request.signature).exists():
        raise Refused("unknown_signature", _("This signature is not on the company's list."), field="signature")
    _check_kind(request)
    if request.selection.is_empty:
        raise Refused("no_recipients", _("Nobody has been chosen."), field="to")
    if request.selection.audience_ids and (
        wrong := of_audiences.unusable(user, request.selection.audience_ids, request.scheduled_at)
    ):
        raise Refused("audience_unusable", wrong, field="to")
    if request.scheduled_at is not None:
        check_time(request.scheduled_at)
    if request.canary is not None:
        canary.check(request.canary)
        if request.category == Category.VERIFICATION:
            raise Refused(
                "canary_of_codes", _("Verification codes go out at once, without a trial part."), field="canary"
            )
    if request.validity_minutes is not None and not 1 <= request.validity_minutes <= LONGEST_VALIDITY_MIN:
        raise Refused(
            "validity",
            _("The validity must be from 1 to %(most)d minutes.") % {"most": LONGEST_VALIDITY_MIN},
            field="validity_minutes",
        )


def count(user: User, request: Request) -> Count:
    """How many people, and how many messages they would get. No more than a bound where it says `is_about`."""
    return counting.count(user, request.selection, by_row=not request.wording(user).is_shared)


def check_people(user: User, how_many: int) -> None:
    """What is wrong with the number of people. Raises Refused."""
    if how_many == 0:
        raise Refused("no_recipients", _("Nobody is left to send to."), field="to")
    if how_many > 1 and not user.may(Right.SEND_TO_GROUPS):
        raise Refused("one_recipient_only", _("You may send to only one recipient at a time."), field="to", status=403)


def check_variables(user: User, request: Request) -> None:
    """Refuse a variable that nobody has a value for: no column of the lists, no field of a thousand of the people.

    A variable that only some lack is no mistake of the text; those are blocked one by one. Raises Refused.
    """
    wording = request.wording(user)
    missing = {name for name in wording.template.needed if not wording.has_column(name)}
    if not missing:
        return
    people = recipients.stream(user, request.selection, by_row=False, sample=LOOKED_AT_FOR_VARIABLES)
    for one in (one for chunk in people for one in chunk):
        missing = {name for name in missing if not value_of(name, one.values)}
        if not missing:
            return
    raise Refused(
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


def forbids(numbers: list[str], category: str, *, topic: str = "", signature: str = "") -> forbidding.Forbidden:
    """Of `numbers`, who must not get a message of this kind, and why. One round trip for a chunk."""
    return _known_of(numbers, category, topic, signature)[1]


def _known_of(
    numbers: list[str], category: str, topic: str, signature: str
) -> tuple[dict[str, str], forbidding.Forbidden]:
    """Who was ported where, and what `forbids` says, in one round trip."""
    store = raw_connection()
    is_marketing = category == Category.MARKETING
    asked = forbidding.asked(numbers, is_marketing=is_marketing, topic=topic, signature=signature)
    with store.pipeline():
        moved = store.execute(PORTED, {"numbers": asked["numbers"]})
        listed = store.execute(forbidding.FORBIDDEN, asked)
        limited = store.execute(forbidding.LIMITED, asked) if is_marketing else None
        paused = store.execute(pausing.PAUSED, pausing.asked(numbers, category))
    rows = listed.fetchall() + (limited.fetchall() if limited else [])
    found = forbidding.judged(rows, topic)
    # What a person or the company wishes is said before what the number is like.
    return dict(moved.fetchall()), replace(found, why=dict(paused.fetchall()) | found.why)


def planned(
    user: User,
    request: Request,
    routes: Router,
    *,
    after: str = "",
    sample: int | None = None,
    only: Sequence[str] | None = None,
) -> Iterator[tuple[list[Recipient], list[PlannedMessage]]]:
    """Chunks of recipients with what is planned for them, as the planner writes and the rehearsal counts it."""
    wording = request.wording(user)
    stream = recipients.stream(
        user, request.selection, by_row=not wording.is_shared, after=after, sample=sample, is_spread=True, only=only
    )
    for chunk in stream:
        yield chunk, screened(chunk, request, wording, routes)


def screened(chunk: list[Recipient], request: Request, wording: Wording, routes: Router) -> list[PlannedMessage]:
    """What is planned for a chunk."""
    numbers = [one.number for one in chunk]
    moved, found = _known_of(numbers, request.category, request.topic, request.signature)
    routes.know(moved)
    why = found.why
    if request.reminds_id:
        answered: frozenset[str] = frozenset().union(*(known(request.reminds_id, numbers) for known in who_answered))
        why = dict.fromkeys(answered, "answered") | why
    return list(screen(chunk, wording, why, routes.choose))


def rehearse(user: User, request: Request) -> Rehearsal:
    """What `submit` would do, without doing it. Raises Refused for what would be refused."""
    check(user, request)
    found = count(user, request)
    check_people(user, found.people)
    result = Rehearsal(people=found.people, recipients=found.messages, is_about=found.is_about, basis=found.basis)
    check_variables(user, request)
    wording = request.wording(user)
    shared = wording.render({}) if wording.is_shared else ""
    sample = min(SAMPLE, SAMPLED_ABOVE) if found.messages > SAMPLED_ABOVE else None
    is_warned = request.category == Category.MARKETING and forbidding.policy().consent == Policy.Consent.WARN
    for chunk, messages in planned(user, request, router(user, request.category), sample=sample):
        result.looked_at += len(chunk)
        by_number = {one.number: one for one in chunk}
        if is_warned:
            result.without_consent += len(forbids(list(by_number), request.category, topic=request.topic).unasked)
        for message in messages:
            _count(result, message, by_number, shared)
    result.looked_at = max(result.looked_at, 1)
    _hide(user, result)
    return result


def _hide(user: User, result: Rehearsal) -> None:
    """Say of the people who are shown one by one whose numbers are kept from the user."""
    left_out = [one for some in result.blocked_examples.values() for one in some]
    shown = [one for one in (*result.first, result.longest, result.shortest) if one is not None]
    ids = [one.contact_id for one in left_out] + [one.contact_id for one in shown]
    sights = unseen.of_chosen(user, user, ids)
    if sights:
        for one in shown:
            one.sight = sights.get(one.contact_id, Sight.AS_ROLE)
        for reason, some in result.blocked_examples.items():
            result.blocked_examples[reason] = [
                replace(one, sight=sights.get(one.contact_id, Sight.AS_ROLE)) for one in some
            ]


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
        result.first.append(Example(message.number, message.name, text, measure(text), message.contact_id))
    if result.longest is None or len(text) > len(result.longest.text):
        result.longest = Example(message.number, message.name, text, measure(text), message.contact_id)
    if result.shortest is None or len(text) < len(result.shortest.text):
        result.shortest = Example(message.number, message.name, text, measure(text), message.contact_id)
