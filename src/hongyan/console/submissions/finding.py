"""A submission's recipients as a filter asks for them, on screen and in a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Exists, IntegerField, OuterRef
from django.db.models.functions import Mod
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.console.components.states import STATES
from hongyan.console.submissions.listing import MESSAGE_STATES
from hongyan.contacts.people import shown_to
from hongyan.dispatch.models import Batch, Channel, Message, MessageQuerySet
from hongyan.dispatch.numbers import sought
from hongyan.exports.tables import Kind, Sheet, Table, register
from hongyan.inputs import asked_of, moment_of
from hongyan.messaging import resending, submissions, unseen
from hongyan.messaging.models import Submission
from hongyan.messaging.reasons import words


def _on_the_wire(found: MessageQuerySet) -> MessageQuerySet:
    """Of what is queued: below the watermark of a leased batch."""
    sending = Batch.objects.filter(
        state="leased", pk=OuterRef("pk") / 1000, watermark__gt=Mod(OuterRef("pk"), 1000, output_field=IntegerField())
    )
    return found.filter(Exists(sending), state="queued")


def found_recipients(user: User, query: QueryDict, submission: Submission) -> Any:
    found = Message.objects.filter(submission_id=submission.pk)
    outcome, asked, code = (asked_of(query.get(name)) for name in ("outcome", "q", "code"))
    if outcome == "not_delivered":
        found = found.filter(state__in=resending.NOT_DELIVERED)
    elif outcome == "in_flight":
        found = _on_the_wire(found)
    elif outcome == "handed_over":
        found = found.exclude(state__in=["queued", "blocked", "cancelled"])
    elif outcome in MESSAGE_STATES:
        found = found.filter(state=outcome)
    if code:
        found = found.filter(reason=code)
        if protocols := [one for one in query.getlist("protocol") if one]:
            found = found.filter(channel__in=Channel.objects.filter(protocol__in=protocols))
    column = "done_at" if query.get("by") == "done" else "submitted_at"
    for name, condition in (("from", "gte"), ("to", "lt")):
        if at := moment_of(query.get(name), timezone.get_current_timezone()):
            found = found.filter(**{f"{column}__{condition}": at})
    if asked:
        part = sought(asked)
        found = unseen.with_numbers(user, found).by_number(part) if part else found.filter(name__icontains=asked)
    return found.order_by("id")


def recipients_table(user: User, query: QueryDict, submission_id: int | None) -> Table:
    submission = submissions.access_submission(user, submission_id or 0)
    found = found_recipients(user, query, submission)

    def sheet() -> Sheet:
        return [
            _("Name"), _("Mobile number"), _("State"), _("Code"), _("Reason"), _("Segments"), _("Sent"), _("Finished at"),
            _("Text"),
        ], _rows(user, submission, found)  # fmt: skip

    name = f"{submission.pk}-{timezone.localtime():%Y%m%d}.xlsx"
    return Table(str(submission), name, found, sheet, subject=submission)


def _rows(user: User, submission: Submission, found: Any) -> Iterator[list[str]]:
    protocols = dict(Channel.objects.values_list("pk", "protocol"))

    def time(at: datetime | None) -> str:
        return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S") if at else ""

    looked_at = unseen.in_chunks(found.iterator(chunk_size=2000), lambda some: unseen.look(user, some, [submission]))
    for one in looked_at:
        yield [
            one.name, shown_to(user, one.number, one.sight, as_stored=True), str(STATES[one.state].label), one.reason,
            words(one.reason, protocols.get(one.channel_id or 0, "")), str(one.segments), time(one.submitted_at),
            time(one.done_at), submission.told_to(user, one.text or submission.text),
        ]  # fmt: skip


RECIPIENTS = register(
    Kind(
        "recipients", gettext_lazy("Recipients"), "submission.exported", (Right.EXPORT,), recipients_table,
        "console:submission",
    )
)  # fmt: skip
