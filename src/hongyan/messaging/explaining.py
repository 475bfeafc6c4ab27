"""Why one person got a message or not: each gate it passed, with time, rule and value, in plain words.

A message row is narrow on purpose, so much of this is put together when somebody asks. What was written down at the time
is told as it was; what can only be worked out from today's books, lists and routes says so (`is_as_now`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from django.db import connection
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hongyan.accounts.models import User
from hongyan.consent import forbidding
from hongyan.consent.models import ConsentEvent, Listed, OptOut, Policy, Source
from hongyan.consent.policy import topic_names
from hongyan.contacts.people import shown_to
from hongyan.contacts.reach import Sight
from hongyan.dispatch import packed
from hongyan.dispatch.models import Batch, Channel, Message, Move
from hongyan.dispatch.moving import last_refusal
from hongyan.dispatch.numbers import CARRIER_WORDS, WORDS, Reason, home_carrier, read_many
from hongyan.messaging import canary, unreached, unseen
from hongyan.messaging.considering import considered
from hongyan.messaging.models import Category, Submission
from hongyan.messaging.origins import origins
from hongyan.messaging.reasons import words
from hongyan.protocols.registry import Protocol
from hongyan.protocols.text import measure
from hongyan.reachability import pausing
from hongyan.runtime.database import raw_connection

SCREENED = (
    "blocked_number",
    "vip_number",
    "opted_out",
    "no_consent",
    "grey_number",
    "marketing_limit",
    *pausing.REASONS,
    "answered",
    "missing_variable",
    "too_long",
    "no_route",
    "missing_signature",
)
"""The screens in their order: what comes before the one that stopped a message has let it pass."""


@dataclass(slots=True)
class Step:
    """One gate or event."""

    key: str
    title: str
    at: datetime | None = None
    tone: str = "good"
    """good: passed; bad: stopped here; info: happened; quiet: nothing to say; wait: not yet."""
    facts: list[tuple[str, str]] = field(default_factory=list)
    is_as_now: bool = False
    links: list[tuple[str, str, int]] = field(default_factory=list)
    """Words, kind ("submission" or "reply") and id of what belongs to it."""


OF_MARKETING = ("vip_number", "no_consent", "grey_number", "marketing_limit")
KINDS = {"blocked_number": "block", "vip_number": "vip", "grey_number": "grey", "opted_out": ""}
ALWAYS_TOLD = ("blocked_number", "opted_out")
"""Told also where they let a message pass."""

what_followed: list[Callable[[User, Message], Iterable[Step]]] = []
"""Rooms above that know what followed a message: answers, for whoever may see them."""


def explain(viewer: User, submission: Submission, message: Message) -> list[Step]:
    """The whole way of one message. About fifteen small queries."""
    # What was planned and then taken out has its own moment.
    is_withdrawn = message.state == "blocked" and message.done_at is not None
    is_screened = message.state == "blocked" and not is_withdrawn
    stopped = message.reason.partition(":")[0] if is_screened else ""
    steps = [
        _asked(submission),
        _came_in(viewer, submission, message.number, message.contact_id),
        _number(viewer, message.number, _sight(viewer, submission, message)),
    ]
    steps += _screens(submission, message, stopped)
    if not is_screened:
        steps.append(_text(viewer, submission, message))
        moves = moves_of(message)
        steps.append(_route(submission, message, moves[0].from_channel if moves else message.channel))
        steps += _trial(submission, message.number)
        steps += [_move(one) for one in moves]
        steps += _on_the_wire(message)
    if is_withdrawn:
        steps.append(_withdrawn(message))
    steps.append(_outcome(message))
    return [*steps, *_afterwards(viewer, submission, message)]


def explain_missing(viewer: User, submission: Submission, number: str) -> list[Step]:
    """Why there is no message for a number: never asked for, left out by choice, or not reached yet."""
    source = _came_in(viewer, submission, number)
    steps = [_asked(submission), source, _number(viewer, number)]
    if source.tone == "good":
        end = _("Not created yet") if not submission.is_planned else _("No message was written")
        steps.append(Step("missing", end, None, "wait" if not submission.is_planned else "bad"))
        steps += _trial(submission, number)
    return steps


def explain_unreadable(submission: Submission, text: str) -> list[Step]:
    """What is known of an entry that is no number."""
    typed = read_many(str(submission.recipients.get("typed", ""))).bad
    steps = [_asked(submission)]
    for one in typed:
        if text.strip() and text.strip() in one.value:
            facts = [(_("Line"), str(one.line)), (_("Reason"), _(WORDS[Reason(one.reason)]))]
            steps.append(Step("number", _("Not a mobile number: dropped before sending"), None, "bad", facts))
    return steps if len(steps) > 1 else []


def _time(at: datetime | None) -> str:
    return date_format(localtime(at), "DATETIME_FORMAT") if at else "–"


def _asked(submission: Submission) -> Step:
    facts = [
        (_("Requested by"), f"{submission.owner.name} · {submission.department.name}"),
        (_("Requested through"), submission.get_origin_display()),
        (_("Category"), submission.get_category_display()),
    ]
    if submission.scheduled_at:
        facts.append((_("To be sent at"), _time(submission.scheduled_at)))
    links = (
        [(_("Resend of an earlier submission"), "submission", submission.resend_of_id)]
        if submission.resend_of_id
        else []
    )
    if submission.answers_id:
        links.append((_("Reply to a message"), "reply", submission.answers_id))
    return Step("asked", _("Sending requested"), submission.created_at, "info", facts, links=links)


def _came_in(viewer: User, submission: Submission, number: str, contact_id: int | None = None) -> Step:
    found = origins(viewer, submission, number, contact_id)
    chosen = [one for one in found if not one.is_exclusion]
    left_out = [one for one in found if one.is_exclusion]
    as_now = any(one.is_as_now for one in found)
    facts = [(_("Source") if place == 0 else _("Also from"), one.words) for place, one in enumerate(chosen)]
    facts += [(_("But it was"), one.words) for one in left_out]
    if left_out:
        return Step("source", _("Left out by choice"), None, "bad", facts, as_now)
    if not chosen:
        return Step("source", _("Nothing that was chosen holds this number"), None, "bad", [], is_as_now=True)
    return Step("source", _how_often(submission, number, len(chosen)), None, "good", facts, as_now)


def _how_often(submission: Submission, number: str, count: int) -> str:
    """One number is one message, but for rows of a list that say different things (`recipients`)."""
    if count == 1:
        return _("Chosen")
    messages = Message.objects.filter(submission_id=submission.pk).to(number).count()
    if messages > 1:
        return _("Requested %(count)d times with different values: %(messages)d messages") % {
            "count": count, "messages": messages,
        }  # fmt: skip
    return ngettext("Requested %(count)d time, sent once", "Requested %(count)d times, sent once", count) % {
        "count": count
    }


def _sight(viewer: User, submission: Submission, message: Message) -> Sight:
    unseen.look(viewer, [message], [submission])
    found: Sight = message.sight  # type: ignore[attr-defined]
    return found


def _number(viewer: User, number: str, sight: Sight = Sight.AS_ROLE) -> Step:
    carrier = home_carrier(number)
    facts = [
        (_("Number"), shown_to(viewer, number, sight)),
        (_("Home carrier by its range"), _(CARRIER_WORDS[carrier])),
    ]
    return Step("number", _("Number understood"), None, "good", facts)


def _entry_facts(entry: Listed | OptOut) -> list[tuple[str, str]]:
    facts = [(_("On the list since"), _time(entry.at))]
    if isinstance(entry, Listed):
        facts.append((_("Entered by"), entry.added_by.name if entry.added_by else "–"))
        if entry.reason:
            facts.append((_("Reason"), entry.reason))
    else:
        facts.append((_("Came by"), _came_by(entry.source)))
        if entry.topic or entry.signature:
            facts.append((_("Only of"), topic_names().get(entry.topic, entry.topic) or f"【{entry.signature}】"))
        if entry.evidence:
            facts.append((_("In their words"), entry.evidence))
    return facts


def _list_screen(submission: Submission, message: Message, key: str, stopped: str) -> Step:
    """A list that forbids sending, as it was when planning looked: an entry made later did not count."""
    names = {
        "blocked_number": _("The company's block list"), "vip_number": _("The VIP list, which gets no marketing"),
        "grey_number": _("The grey list, one marketing message at a time"),
        "opted_out": _("People who opted out of marketing"),
    }  # fmt: skip
    name, entry = names[key], _entry(submission, message.number, key)
    if stopped == key:
        facts = _entry_facts(entry) if entry else [(_("Entry"), _("has since been removed from the list"))]
        return Step(key, _("%(list)s: blocked") % {"list": name}, message.planned_at, "bad", facts)
    if entry and entry.at > message.planned_at:
        facts = [*_entry_facts(entry), (_("Note"), _("The entry was made after this message had been planned."))]
        return Step(key, _("%(list)s: passed") % {"list": name}, message.planned_at, "good", facts)
    return Step(key, _("%(list)s: passed") % {"list": name}, message.planned_at, "good")


def _withdrawn(message: Message) -> Step:
    """A list that it came on while it waited."""
    code = message.reason.partition(":")[0]
    entry = _entry(_submission_of(message), message.number, code)
    if code == "no_consent":
        facts = _consent_facts(_submission_of(message), message.number)
    else:
        facts = _entry_facts(entry) if entry else [(_("Entry"), _("has since been removed from the list"))]
    return Step(
        "withdrawn",
        _("Withdrawn while waiting: %(why)s") % {"why": words(message.reason)},
        message.done_at,
        "bad",
        facts,
    )


def _came_by(source: str) -> str:
    known = {"reply": _("a reply"), "console": _("an entry in the console"), "api": _("the API")}
    return known.get(source) or str(dict(Source.choices).get(source, source))


def _entry(submission: Submission, number: str, key: str) -> Listed | OptOut | None:
    """The entry that `key` is about, as it stands now."""
    if key == "opted_out":
        scopes = Q(topic="", signature="")
        scopes |= Q(topic=submission.topic) & ~Q(topic="") | Q(signature=submission.signature) & ~Q(signature="")
        return OptOut.objects.filter(scopes, number=number).first()
    return Listed.objects.filter(number=number, kind=KINDS[key]).first() if key in KINDS else None


def _consent_facts(submission: Submission, number: str) -> list[tuple[str, str]]:
    """What the ledger says of a number now, as far as it is about this submission."""
    names = topic_names()
    about = names.get(submission.topic, submission.topic) or _("All marketing")
    last = ConsentEvent.objects.filter(number=number, topic__in=["", submission.topic]).order_by("-pk").first()
    facts = [(_("Purpose"), about)]
    if last is None:
        return [*facts, (_("Ledger"), _("has no consent of this number for it"))]
    facts += [(str(last.get_act_display()), _time(last.at)), (_("Came by"), _came_by(last.source))]
    if last.until:
        facts.append((_("Until"), date_format(last.until)))
    return [*facts, (_("Evidence"), last.evidence)] if last.evidence else facts


def _consent_screen(submission: Submission, message: Message, stopped: str) -> list[Step]:
    """Nothing where no consent is asked for."""
    facts = _consent_facts(submission, message.number)
    if stopped == "no_consent":
        return [Step("no_consent", words(message.reason), message.planned_at, "bad", facts)]
    if forbidding.policy().consent == Policy.Consent.OFF:
        return []
    return [Step("no_consent", _("Consent to marketing: passed"), message.planned_at, "good", facts, is_as_now=True)]


def _submission_of(message: Message) -> Submission:
    return Submission.objects.get(pk=message.submission_id)


def _screens(submission: Submission, message: Message, stopped: str) -> list[Step]:
    """Those that were looked at: up to the one that stopped it."""
    steps: list[Step] = []
    for key in SCREENED:
        if key == "opted_out" and submission.category != Category.MARKETING:
            steps.append(Step(key, _("Marketing opt-outs: not checked, this is not marketing"), None, "quiet"))
        elif key in OF_MARKETING and submission.category != Category.MARKETING:
            continue
        elif key == "no_consent":
            steps += _consent_screen(submission, message, stopped)
        elif key in KINDS and (key in ALWAYS_TOLD or key == stopped):
            steps.append(_list_screen(submission, message, key, stopped))
        elif key == stopped:
            facts = unreached.facts(message.number) if key in pausing.REASONS else []
            code = (_("Code"), message.reason)
            steps.append(Step(key, words(message.reason), message.planned_at, "bad", [code, *facts], bool(facts)))
            if key == "no_route":
                steps.append(_route(submission, message, None))
        if key == stopped:
            return steps
    if stopped:
        # A screen that this list does not know by name has its words in `reasons`.
        steps.append(Step("screen", words(message.reason), message.planned_at, "bad", [(_("Code"), message.reason)]))
    return steps


def _text(viewer: User, submission: Submission, message: Message) -> Step:
    text = message.text if message.text is not None else _shared_text(submission, message)
    mainland = Protocol(message.channel.protocol).facts.is_mainland if message.channel else True
    size = measure(text, mainland=mainland)
    facts = [
        (_("Text"), submission.told_to(viewer, text)),
        (_("Segments"), _("%(n)d (%(characters)d characters)") % {"n": message.segments, "characters": len(text)}),
        (_("Price"), f"¥{message.price_micros / 1_000_000:.4f}".rstrip("0").rstrip(".")),
    ]
    if size.segments != message.segments:
        facts.append((_("Note"), _("Counted by the rules of the channel it was planned for.")))
    return Step("text", _("Text rendered, no variable missing, not too long"), message.planned_at, "good", facts)


def _shared_text(submission: Submission, message: Message) -> str:
    """The one text of all, from the batch, which keeps it as it went out."""
    kept = Batch.objects.filter(pk=message.pk // 1000).values_list("text", flat=True).first()
    return kept if kept is not None else submission.text


def _route(submission: Submission, message: Message, channel: Channel | None) -> Step:
    """`channel` is the one that planning chose."""
    found = considered(submission.owner, submission.category, message.number)
    facts = [(f"{one.name} → {one.channel}", one.words) for one in found]
    chosen = next((one.channel for one in found if one.is_chosen), None)
    if channel is None:
        return Step("route", _("Routes"), message.planned_at, "bad", facts, True)
    if chosen != channel.name:
        facts.append((_("Note"), _("The routes have changed since: today another channel would be chosen, or none.")))
    title = _("Channel chosen: %(name)s") % {"name": channel.name}
    return Step("route", title, message.planned_at, "good", facts, True)


def moves_of(message: Message) -> list[Move]:
    """What took the message to another channel or another time, first to last: from batch to batch, back to its first."""
    found: list[Move] = []
    batch_id = message.pk // 1000
    while True:
        here = list(
            Move.objects.select_related("from_channel", "to_channel").filter(batch_id=batch_id).order_by("-at", "-pk")
        )
        found += here
        came_from = next((one.was_batch_id for one in here if one.was_batch_id != batch_id), None)
        # A batch comes from an older one, so this ends.
        if came_from is None or came_from > batch_id:
            break
        batch_id = came_from
    found.reverse()
    # A refused one first leaves its batch, then finds its channel: told as one, with the channel it found.
    return [
        one
        for one, after in pairwise([*found, None])
        if one and (one.to_channel or not after or after.why != "refused")
    ]


def _move(one: Move) -> Step:
    titles = {
        "down": _("Its channel had no connection: moved to the next route"),
        "refused": _("Refused by the carrier: moved to the next route"),
        "retry": _("Refused by the carrier: will be retried"),
    }
    facts = [(_("From channel"), one.from_channel.name)]
    if one.why != "retry":
        facts.append((_("To channel"), one.to_channel.name if one.to_channel else _("the next route, yet to be found")))
    if one.code:
        protocol = one.from_channel.protocol
        facts += [(_("Code"), one.code), (_("Meaning"), words(last_refusal(protocol, one.code), protocol) or "–")]
    return Step("moved", titles[one.why], one.at, "info", facts)


def _trial(submission: Submission, number: str) -> list[Step]:
    one = canary.of(submission)
    if one is None:
        return []
    if number in one.numbers:
        title = _("Part of the trial: went first")
        return [Step("trial", title, one.began_at, "info", [(_("Trial part"), one.get_state_display())])]
    title = _("Waited for the trial part")
    tone = "wait" if one.state in (canary.State.WAITING, canary.State.HALTED) else "info"
    return [Step("trial", title, one.judged_at, tone, [(_("Trial part"), one.get_state_display())])]


LANES = list(Category)


def _batch(message: Message) -> Step | None:
    one = Batch.objects.filter(pk=message.pk // 1000).first()
    if one is None:
        return None
    states = {
        "ready": _("waits for a gateway"), "held": _("held back"), "leased": _("with a gateway"),
        "sent": _("all sent"), "cancelled": _("cancelled"),
    }  # fmt: skip
    lane = LANES[one.lane].label if one.lane < len(LANES) else one.lane
    facts = [
        (_("Batch"), f"{one.pk} · {message.pk % 1000 + 1}/{one.size}"),
        (_("Lane"), str(lane)),
        (_("State"), states.get(one.state, one.state)),
    ]
    if one.not_before:
        facts.append((_("Not before"), _time(one.not_before)))
    if one.leased_by:
        facts.append((_("Gateway"), one.leased_by))
    with connection.cursor() as cursor:
        cursor.execute("select attempts from dispatch_batch where id = %s", [one.pk])
        facts.append((_("Times taken by a gateway"), str(cursor.fetchone()[0])))
    tone = "wait" if message.state == "queued" else "info"
    return Step("batch", _("Put into a batch"), one.created_at, tone, facts)


def _on_the_wire(message: Message) -> list[Step]:
    """Batch, then each segment with the carrier's answer and its receipt."""
    batch = _batch(message)
    steps = [batch] if batch else []
    protocol = message.channel.protocol if message.channel else ""
    rows = packed.segments_of(raw_connection(), message.pk)
    for _id, segment, of, _channel, carrier_id, submitted_at, state, code, reported_at, found_by in rows:
        name = message.channel.name if message.channel else "–"
        facts = [(_("Channel"), name), (_("Carrier's id"), carrier_id)]
        title = _("Segment %(n)d of %(of)d accepted by the carrier") % {"n": segment, "of": of}
        if found_by == "number":
            title = _("No answer came from the carrier; its id is that of the receipt")
        steps.append(Step("submit", title, submitted_at, "info" if found_by == "number" else "good", facts))
        if reported_at and state == "submitted":
            steps.append(_said(segment, of, code, reported_at))
        # Of a single segment the message itself keeps what was reported.
        if of == 1 and message.state in ("delivered", "failed", "expired"):
            state, code, reported_at = message.state, message.reason, message.done_at  # noqa: PLW2901
        if reported_at and state != "submitted":
            steps.append(_receipt(segment, of, state, code, reported_at, protocol, found_by))
    if not rows and message.state in ("failed", "uncertain"):
        facts = [(_("Code"), message.reason or "–"), (_("Meaning"), words(message.reason, protocol) or "–")]
        title = _("Not accepted by the carrier") if message.state == "failed" else _("No answer came from the carrier")
        steps.append(Step("submit", title, message.submitted_at, "bad", facts))
    elif rows and message.state == "submitted":
        steps.append(Step("receipt", _("No receipt yet"), None, "wait"))
    return steps


def _said(segment: int, of: int, code: str, at: datetime) -> Step:
    """A word of the carrier's that is none of those with a meaning: it is waited for the next."""
    title = _("Receipt for segment %(n)d of %(of)d is not the last word: waiting for the next") % {
        "n": segment,
        "of": of,
    }
    return Step("receipt", title, at, "wait", [(_("Code"), code or "–")])


def _receipt(
    segment: int, of: int, state: str, code: str, at: datetime, protocol: str, found_by: str | None = None
) -> Step:
    facts = [(_("Code"), code or ("DELIVRD" if state == "delivered" else "–"))]
    if state != "delivered":
        facts.append((_("Meaning"), words(code, protocol) or "–"))
    if found_by == "group":
        facts.append((_("Found by"), _("its number: the carrier gave it another id of the same submit")))
    elif found_by == "number":
        facts.append((_("Found by"), _("its number: this was the only message to it whose answer had been lost")))
    title = _("Receipt for segment %(n)d of %(of)d") % {"n": segment, "of": of}
    return Step("receipt", title, at, "good" if state == "delivered" else "bad", facts)


def _outcome(message: Message) -> Step:
    protocol = message.channel.protocol if message.channel else ""
    tones = {"delivered": "good", "queued": "wait", "submitted": "wait", "cancelled": "quiet"}
    facts = []
    if message.reason:
        facts = [(_("Code"), message.reason), (_("Meaning"), words(message.reason, protocol) or "–")]
    at = message.done_at or (message.planned_at if message.state == "blocked" else message.submitted_at)
    state = message.get_state_display()
    return Step("outcome", _("Outcome: %(state)s") % {"state": state}, at, tones.get(message.state, "bad"), facts)


def _afterwards(viewer: User, submission: Submission, message: Message) -> list[Step]:
    """A resend, and what rooms above know to have followed."""
    steps = []
    if message.resent_as:
        again = Submission.objects.filter(pk=message.resent_as).first()
        at = again.created_at if again else None
        link = [(_("Open the resend"), "submission", message.resent_as)]
        steps.append(Step("resent", _("Sent again"), at, "info", links=link))
    return steps + [step for known in what_followed for step in known(viewer, message)]
