"""Resending: the messages that did not arrive, as they were, in a submission of its own that is linked to the first.

A message says what its person was told, so what goes again is taken from the messages, not from books and lists, which may
have changed: each gets the values that its text was made of, two messages to one number are two, and who got theirs is not
among them.
"""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.contacts import lists
from hongyan.contacts.reach import Sight
from hongyan.dispatch.models import Channel, Message, Removal
from hongyan.messaging import unseen
from hongyan.messaging.accounting import balance
from hongyan.messaging.asking import Request
from hongyan.messaging.merge import parse
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from hongyan.messaging.screening import Wording
from hongyan.messaging.submissions import locked, submit, told

State = Submission.State
NOT_DELIVERED = ("failed", "expired", "uncertain")
WHOLE_TEXT = "正文"
"""The one variable of a text that cannot be taken apart any more."""


def still_without(submission: Submission, states: tuple[str, ...] = NOT_DELIVERED) -> QuerySet[Message]:
    """The messages that did not arrive and are not being sent again: not at all, or by a resend that was stopped before."""
    stopped = submission.resends.filter(state__in=[State.CANCELLED, State.FAILED]).values_list("pk", flat=True)
    again = Message.objects.filter(submission_id=OuterRef("resent_as")).to_the_same(OuterRef("number"))
    went = again.exclude(state__in=["cancelled", "blocked"])
    is_free = Q(resent_as=None) | Q(Q(resent_as__in=list(stopped)), ~Exists(went))
    return Message.objects.filter(is_free, submission_id=submission.pk, state__in=states)


def count_without(submission: Submission) -> int:
    """How many `resend` would take. The sums know it until something has been resent."""
    if submission.resends.exists() or Removal.objects.filter(pk=submission.pk).exists():
        return still_without(submission).count()
    return balance(submission).not_delivered


def reasons_without(submission: Submission) -> list[tuple[str, str, int | None, int]]:
    """State, reason, channel and how many of them `resend` would take."""
    found = still_without(submission).order_by().values_list("state", "reason", "channel_id")
    return list(found.annotate(n=Count("pk")))


def resend(
    user: User,
    submission: Submission,
    states: tuple[str, ...] = NOT_DELIVERED,
    *,
    only: tuple[int, ...] = (),
    reason: str | None = None,
    protocols: tuple[str, ...] = (),
) -> Submission:
    """Send again to who did not get it; a resend may itself be resent.

    `only` narrows to some messages, `reason` to what ended with this code (in these `protocols`). Who got it meanwhile is not among them: the messages are locked and looked at now.
    Each message is on its way again once at most. Raises Refused.
    """
    if submission.origin == Submission.Origin.DOOR:
        raise Refused("of_a_door", _("The customer's system decides what is sent again."), status=409)
    if not set(states) <= set(NOT_DELIVERED):
        raise Refused("wrong_state", _("Only what did not arrive can be sent again."), status=409)
    with transaction.atomic():
        row = locked(user, submission, State.FINISHED, State.CANCELLED, State.RUNNING, State.PAUSED)
        found = still_without(row, states).select_for_update()
        if only:
            found = found.filter(pk__in=only)
        if reason is not None:
            found = found.filter(reason=reason)
        if protocols:
            found = found.filter(channel__in=Channel.objects.filter(protocol__in=protocols))
        messages = list(found.only("id", "submission_id", "number", "name", "contact_id", "text").order_by("id"))
        if not messages:
            raise Refused("nobody_left", _("Nobody is left to resend to."), status=409)
        text, selection = as_they_were(user, row, messages)
        again = submit(
            user,
            Request(
                text=text,
                selection=selection,
                category=row.category,
                topic=row.topic,
                title=_("Resend: %(title)s") % {"title": str(row)},
                signature=row.signature,
                personal_signature=row.personal_signature,
                origin=Submission.Origin.RESEND,
                resend_of=row,
                source_number=row.source_number,
                validity_minutes=row.validity_minutes,
            ),
        )
        Message.objects.filter(submission_id=row.pk, pk__in=[one.pk for one in messages]).update(resent_as=again.pk)
        audit.record(user, "submission.resent", row, detail={"as": again.pk, "messages": len(messages)})
        told(row)
    return again


def as_they_were(user: User, submission: Submission, messages: list[Message]) -> tuple[str, Selection]:
    """The text, and who gets it with which values, so that each gets again what they were to get.

    Whose number is kept from the user is named as the person, who gets the text with the values of now: a list of numbers
    would be the user's own to look at. Who is not open to the user any more does not get it again.
    """
    unseen.look(user, messages, [submission])
    kept = {one.contact_id for one in messages if one.sight < Sight.AS_ROLE}  # type: ignore[attr-defined]
    if kept:
        people = tuple(sorted(filter(None, kept)))
        rest = [one for one in messages if one.contact_id not in kept]
        if not rest:
            return submission.text, Selection(contact_ids=people)
        text, selection = _as_they_were(user, submission, rest)
        return text if text.strip("{}") != WHOLE_TEXT else submission.text, replace(selection, contact_ids=people)
    return _as_they_were(user, submission, messages)


def _as_they_were(user: User, submission: Submission, messages: list[Message]) -> tuple[str, Selection]:
    template = parse(submission.text)
    if not template.variables and not any(one.name and one.contact_id is None for one in messages):
        return submission.text, Selection(numbers=tuple(dict.fromkeys(one.number for one in messages)))
    dressed = Wording(template, submission.signature, submission.personal_signature, submission.opt_out_tail)
    bodies = [dressed.body_of(one.text or dressed.unfilled) for one in messages]
    known = [{"姓名": one.name} if one.name else {} for one in messages]
    text, values = submission.text, [template.values_in(*pair) for pair in zip(bodies, known, strict=True)]
    rows = [found for found in values if found is not None]
    if len(rows) < len(messages):
        text, rows = f"{{{WHOLE_TEXT}}}", [{WHOLE_TEXT: body} for body in bodies]
    named = [name | row for name, row in zip(known, rows, strict=True)]
    columns = list(dict.fromkeys(name for row in named for name in row))
    made = lists.from_rows(
        user, str(submission)[:100], columns,
        ((line, one.number, row) for line, (one, row) in enumerate(zip(messages, named, strict=True), start=1)),
    )  # fmt: skip
    return text, Selection(list_ids=(made.pk,))
