"""Replies and sent messages as a filter asks for them, on screen and in a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.models import User
from hongyan.accounts.rights import Reach, Right
from hongyan.console.components.states import STATES
from hongyan.console.mailbox.looking import NEWEST, Between
from hongyan.contacts import people
from hongyan.contacts.allowing import Doing
from hongyan.contacts.models import Contact, ContactQuerySet, Phone
from hongyan.contacts.people import shown_to
from hongyan.dispatch.models import Batch, Channel, Message, MessageQuerySet
from hongyan.dispatch.numbers import is_found_by_its_end, sought
from hongyan.dispatch.planning import first_id
from hongyan.exports.tables import Kind, Sheet, Table, register
from hongyan.inputs import asked_of, days_of, id_of, ids_of
from hongyan.mailbox import rollcall
from hongyan.mailbox.models import Reply, ReplyQuerySet
from hongyan.messaging import resending, unseen
from hongyan.messaging.models import Submission
from hongyan.messaging.reasons import words


def found_replies(user: User, query: QueryDict, *, keep: int = 0) -> ReplyQuerySet:
    """Replies that the user may see and the filter bar asks for; `keep` stays in the list when reading it would take it off."""
    folder, asked = query.get("folder", "mine"), asked_of(query.get("q"))
    found = Reply.objects.visible_to(user).filter(hidden_at=None)
    if folder == "unread":
        found = found.filter(Q(read_at=None) | Q(pk=keep), owner=user)
    elif folder == "favourites":
        found = found.filter(owner=user, is_favourite=True)
    elif folder == "doubtful":
        found = found.filter(needs_look=True)
    elif folder == "unclaimed":
        found = found.filter(owner=None)
    elif folder != "all":
        found = found.filter(owner=user)
    if meaning := query.get("meaning", ""):
        found = found.filter(meaning=meaning[:16])
    if part := sought(asked):
        by_number = unseen.with_numbers_of_replies(user, Reply.objects.filter(number__contains=part))
        found = found.filter(_holding("text", asked) | Q(pk__in=by_number.order_by().values("pk")))
    elif asked:
        named = people.matching(user, Contact.objects.open_to(user, Doing.SEE_NUMBERS), asked)
        # Who is found by a name whose number is hidden must be hidden too.
        kept = people.matching(user, Contact.objects.visible_to(user), asked).order_by().values("number")
        by_name = Q(number__in=_numbers(named)) | Q(submission__hides_numbers=True, number__in=kept)
        found = found.filter(_holding("text", asked) | by_name)
    if submission := id_of(query.get("submission") or "0"):
        found = found.filter(submission__in=rollcall.family(submission))
    dated: ReplyQuerySet = _between(query, found, "received_at")
    return dated.select_related("submission", "owner")


def _numbers(named: ContactQuerySet) -> Any:
    """All that these people have."""
    further = Phone.objects.filter(contact__in=named.order_by()).values("number")
    return named.order_by().values("number").union(further)


def _between(query: QueryDict, found: Any, field: str) -> Any:
    """Days from and to in the filter bar."""
    since, until = days_of(query.get("from"), query.get("to"), timezone.get_current_timezone())
    if since:
        found = found.filter(**{f"{field}__gte": since})
    return found.filter(**{f"{field}__lt": until}) if until else found


def found_sent(user: User, query: QueryDict) -> MessageQuerySet:
    """Single messages that the user may see and the filter bar asks for; `state=failed` is all that did not arrive.

    Plots lead here too, with `department`, `category`, `channel` and `code`, any number of each.
    """
    found, asked = _narrowed(user, query), asked_of(query.get("q"))
    if part := sought(asked):
        return unseen.with_numbers(user, found).by_number(part, anywhere=_is_anywhere(query))
    return _saying(found, asked, Submission.objects.filter(_holding("text", asked))) if asked else found


def wanted(user: User, query: QueryDict) -> MessageQuerySet | Between:
    """The same as a page asks for it: where no index leads to them, to be looked for between two ids (`looking.py`)."""
    narrowed, asked = _narrowed(user, query), asked_of(query.get("q"))
    part = sought(asked)
    if is_found_by_its_end(part) and not _is_anywhere(query):
        return unseen.with_numbers(user, narrowed).by_number(part)

    def between(low: int, high: int) -> MessageQuerySet:
        found = narrowed.filter(pk__gte=low, pk__lt=high)
        if not asked:
            return found
        if part:
            return unseen.with_numbers(user, found).by_number(part, anywhere=True)
        batches = Batch.objects.filter(pk__gte=low // 1000, pk__lte=(high - 1) // 1000)
        own = Submission.objects.filter(_holding("text", asked), pk__in=batches.values("submission_id"))
        return _saying(found, asked, list(own.values_list("pk", flat=True)))

    return between


def last_digits(query: QueryDict) -> str:
    """The four digits that numbers are looked for to end in, if the address asks for some."""
    part = sought(asked_of(query.get("q")))
    return part if is_found_by_its_end(part) and part.isdecimal() and not _is_anywhere(query) else ""


def _is_anywhere(query: QueryDict) -> bool:
    return bool(query.get("anywhere"))


def ids_looked_at(query: QueryDict) -> tuple[int, int]:
    """Between which ids the days of the filter bar can lie: an id begins with the month that it was made in.

    What was put off has a later one, of the next month at the latest.
    """
    since, until = days_of(query.get("from"), query.get("to"), timezone.get_current_timezone())
    lowest = first_id(since) if since else 0
    return lowest, first_id(until + timedelta(days=62)) if until else NEWEST


def _saying(found: MessageQuerySet, asked: str, own: Any) -> MessageQuerySet:
    """Those whose name or text holds the words; of texts that were the same for all, `own` are the submissions."""
    holding = _holding("name", asked) | _holding("text", asked)
    return found.filter(holding | Q(text=None, submission_id__in=own))


def _holding(column: str, asked: str) -> Q:
    """Chinese has no capitals: looking for the octets alone takes half the time."""
    how = "contains" if asked.upper() == asked.lower() else "icontains"
    return Q(**{f"{column}__{how}": asked})


def _narrowed(user: User, query: QueryDict) -> MessageQuerySet:
    """By everything but words and numbers."""
    visible = Submission.objects.visible_to(user).filter(pk=OuterRef("submission_id"))
    departments, categories = numbers_of(query, "department"), query.getlist("category")
    if departments:
        visible = visible.filter(department_id__in=departments)
    if categories:
        visible = visible.filter(category__in=categories)
    found = Message.objects.filter(hidden_at=None)
    if departments or categories or user.reach is not Reach.EVERYTHING:
        found = found.filter(Exists(visible))
    if channels := numbers_of(query, "channel"):
        found = found.filter(channel_id__in=channels)
    if codes := query.getlist("code"):
        found = found.filter(reason__in=codes)
    state = query.get("state", "")
    if state == "failed":
        found = found.filter(state__in=resending.NOT_DELIVERED)
    elif state:
        found = found.filter(state=state)
    dated: MessageQuerySet = _between(query, found, "planned_at")
    return dated


def numbers_of(query: QueryDict, name: str) -> tuple[int, ...]:
    return ids_of(query.getlist(name))


def say_why(user: User, rows: list[Message]) -> None:
    """Put its submission, its outcome in words and how much of its number is shown onto each row; two queries."""
    subs = Submission.objects.in_bulk({one.submission_id for one in rows})
    unseen.look(user, rows, subs.values())
    protocols = dict(Channel.objects.values_list("pk", "protocol"))
    for one in rows:
        one.submission = subs[one.submission_id]  # type: ignore[attr-defined]
        one.words = words(one.reason, protocols.get(one.channel_id or 0, ""))  # type: ignore[attr-defined]


def replies_table(user: User, query: QueryDict, _subject_id: int | None) -> Table:
    found = found_replies(user, query)

    def sheet() -> Sheet:
        rows = (
            [timezone.localtime(one.received_at).strftime("%Y-%m-%d %H:%M:%S"),
             shown_to(user, one.number, one.sight, as_stored=True), one.text, str(one.submission or "")]
            for one in unseen.in_chunks(found.iterator(chunk_size=2000), lambda some: unseen.look_at_replies(user, some))
        )  # fmt: skip
        return [_("Received"), _("Mobile number"), _("Text"), _("Answers")], rows

    name = f"replies-{timezone.localdate()}.xlsx"
    return Table(_("Replies"), name, found, sheet)


def sent_table(user: User, query: QueryDict, _subject_id: int | None) -> Table:
    found = found_sent(user, query)

    def sheet() -> Sheet:
        return [
            _("Name"), _("Mobile number"), _("Text"), _("State"), _("Code"), _("Reason"), _("Sent"), _("Submission"),
        ], _sent_rows(user, found)  # fmt: skip

    name = f"messages-{timezone.localdate()}.xlsx"
    return Table(_("Sent messages"), name, found, sheet)


def _sent_rows(user: User, found: MessageQuerySet) -> Iterator[list[str]]:
    below = None
    while True:
        page = found.filter(pk__lt=below) if below else found
        rows = list(page.order_by("-id")[:1000])
        if not rows:
            return
        below = rows[-1].pk
        say_why(user, rows)
        for one in rows:
            at = timezone.localtime(one.submitted_at or one.planned_at).strftime("%Y-%m-%d %H:%M:%S")
            yield [
                one.name, shown_to(user, one.number, one.sight, as_stored=True), one.submission.told_to(user, one.text or one.submission.text),  # type: ignore[attr-defined]
                str(STATES[one.state].label), one.reason, one.words, at, str(one.submission),  # type: ignore[attr-defined]
            ]  # fmt: skip


REPLIES = register(
    Kind("replies", gettext_lazy("Replies"), "reply.exported", (Right.EXPORT,), replies_table, "console:mailbox")
)
SENT_MESSAGES = register(
    Kind(
        "sent_messages", gettext_lazy("Sent messages"), "message.exported", (Right.EXPORT,), sent_table,
        "console:mailbox_sent",
    )
)  # fmt: skip
