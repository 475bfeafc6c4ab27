"""Submissions: what runs, what ran, who got it, who did not and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Exists, IntegerField, OuterRef, QuerySet
from django.db.models.functions import Mod
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts import audit
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.console.access import for_everybody, me, needs
from hongyan.console.components.states import STATES
from hongyan.console.context import follow
from hongyan.console.downloads import spreadsheet
from hongyan.console.search import Hit, provider
from hongyan.console.submissions import account
from hongyan.console.submissions.listing import MESSAGE_STATES
from hongyan.dispatch.flow import LARGE, moments
from hongyan.dispatch.models import Batch, Channel, Message
from hongyan.dispatch.numbers import mask
from hongyan.dispatch.sums import held_back
from hongyan.messaging import accounting, drafts, submissions
from hongyan.messaging.errors import MessagingError
from hongyan.messaging.models import Submission
from hongyan.messaging.reasons import words
from hongyan.messaging.store import raw_connection
from hongyan.runtime import clock
from hongyan.spreadsheets.writing import write_xlsx

PAGE = 25


def _shown(user: User, submission: Submission) -> dict[str, Any]:
    """What the live part of the page shows."""
    context = account.shown(submission)
    balance = context["sheet"].balance
    return context | {
        "submission": submission,
        "balance": balance,
        "parts": [(state, balance.by_state[state]) for state in MESSAGE_STATES],
        "whole": balance.total + accounting.unplanned(submission, balance),
        "tiles": [
            (STATES[state], state, balance.by_state[state])
            for state in MESSAGE_STATES
            if balance.by_state[state] or state in ("delivered", "failed")
        ],
        "replies": submission.replies.filter(hidden_at=None).count(),
        "steers": submissions.may_steer(user, submission),
        "resendable": balance.not_delivered,
        "is_live": submission.state in ("planning", "running", "paused", "scheduled"),
        "error_words": _error_words(submission.error),
        "held": held_back(raw_connection(), [submission.pk], clock.now()).get(submission.pk),
    }


def _error_words(error: str) -> str:
    return {
        "too_late": _("It was due while the service was down, more than ten minutes ago. Resume it or cancel it."),
        "owner_inactive": _("The person who asked for it may no longer sign in."),
        # The trial part's own banner says it, with its figures.
        "canary_halted": "",
    }.get(error, error)


@for_everybody
def detail(request: HttpRequest, submission_id: int) -> HttpResponseBase:
    user = me(request)
    submission = submissions.access_submission(user, submission_id)
    if submission.state == "draft":
        return redirect(f"{reverse('console:write')}?draft={submission.pk}")
    follow(request, f"submission-{submission.pk}")
    context = _shown(user, submission) | _rows(request, submission)
    context["timeline"] = submissions.timeline(submission)
    return render(request, "console/submissions/detail.html", context)


@for_everybody
def live(request: HttpRequest, submission_id: int) -> HttpResponseBase:
    """The part that changes: state, progress, counts."""
    user = me(request)
    return render(
        request, "console/submissions/live.html", _shown(user, submissions.access_submission(user, submission_id))
    )


@for_everybody
def flow(request: HttpRequest, submission_id: int) -> HttpResponseBase:
    """The plot of what was handed over and delivered by time."""
    submission = submissions.access_submission(me(request), submission_id)
    found = moments(raw_connection(), submission.pk, is_large=submission.expected >= LARGE)
    option = account.flow_option(submission, found)
    return render(request, "console/submissions/flow.html", {"submission": submission, "option": option})


@for_everybody
def verify(request: HttpRequest, submission_id: int) -> HttpResponseBase:
    """Count every message again and say whether the sheet is right."""
    submission = submissions.access_submission(me(request), submission_id)
    verdict = accounting.prove(submission)
    return render(request, "console/submissions/verdict.html", {"verdict": verdict, "submission": submission})


@for_everybody
def rows(request: HttpRequest, submission_id: int) -> HttpResponseBase:
    submission = submissions.access_submission(me(request), submission_id)
    return render(request, "console/submissions/rows.html", {"submission": submission, **_rows(request, submission)})


def _on_the_wire(found: QuerySet[Message]) -> QuerySet[Message]:
    """Of what is queued: below the watermark of a leased batch."""
    sending = Batch.objects.filter(
        state="leased", pk=OuterRef("pk") / 1000, watermark__gt=Mod(OuterRef("pk"), 1000, output_field=IntegerField())
    )
    return found.filter(Exists(sending), state="queued")


def _filtered(request: HttpRequest, submission: Submission) -> Any:
    found = Message.objects.filter(submission_id=submission.pk)
    outcome, asked, code = (request.GET.get(name, "").strip() for name in ("outcome", "q", "code"))
    if outcome == "not_delivered":
        found = found.filter(state__in=submissions.NOT_DELIVERED)
    elif outcome == "in_flight":
        found = _on_the_wire(found)
    elif outcome in MESSAGE_STATES:
        found = found.filter(state=outcome)
    if code:
        found = found.filter(reason=code)
    column = "done_at" if request.GET.get("by") == "done" else "submitted_at"
    for name, condition in (("from", "gte"), ("to", "lt")):
        if at := _time(request.GET.get(name, "")):
            found = found.filter(**{f"{column}__{condition}": at})
    if asked:
        found = found.filter(number__contains=asked) if asked.isdecimal() else found.filter(name__icontains=asked)
    return found.order_by("id")


def _time(text: str) -> datetime | None:
    """A time of a link of ours; what is none filters nothing."""
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return at if at.tzinfo else timezone.make_aware(at)


def _rows(request: HttpRequest, submission: Submission) -> dict[str, Any]:
    """A page of recipients, in key order beyond `after`."""
    after = request.GET.get("after", "")
    found = _filtered(request, submission)
    if after.isdecimal():
        found = found.filter(pk__gt=int(after))
    page = list(found[: PAGE + 1])
    protocols = dict(Channel.objects.values_list("pk", "protocol"))
    for one in page:
        one.words = words(one.reason, protocols.get(one.channel_id or 0, ""))
    return {
        "rows": page[:PAGE],
        "next_after": page[PAGE - 1].pk if len(page) > PAGE else None,
        "outcome": request.GET.get("outcome", ""),
        "states": [(state, STATES[state].label) for state in (*MESSAGE_STATES, "in_flight")],
        "code": request.GET.get("code", ""),
        "by": request.GET.get("by", ""),
        "since": _time(request.GET.get("from", "")),
        "until": _time(request.GET.get("to", "")),
        "submission": submission,
    }


@needs(Right.SEND)
@require_POST
def do(request: HttpRequest, submission_id: int, verb: str) -> HttpResponseBase:
    """Pause, resume, cancel, resend, reschedule, delete a draft."""
    user = me(request)
    submission = submissions.access_submission(user, submission_id)
    try:
        match verb:
            case "pause":
                submissions.pause(user, submission)
            case "resume":
                submissions.resume(user, submission)
            case "cancel":
                stopped = submissions.cancel(user, submission)
                messages.success(request, _("Cancelled; %(count)d messages did not leave.") % {"count": stopped})
            case "resend":
                again = submissions.resend(user, submission)
                messages.success(request, _("Sent again to those who did not get it."))
                return redirect("console:submission", again.pk)
            case "reschedule":
                at = datetime.fromisoformat(request.POST.get("at", ""))
                submissions.reschedule(user, submission, timezone.make_aware(at))
                messages.success(request, _("The time has been changed."))
            case "delete":
                drafts.delete(user, drafts.access_draft(user, submission_id))
                messages.success(request, _("The draft has been deleted."))
                return redirect("console:submissions")
            case _:
                raise Http404
    except MessagingError as error:
        messages.error(request, str(error))
    except ValueError:
        messages.error(request, _("This is not a time."))
    return redirect("console:submission", submission_id)


@needs(Right.EXPORT)
def export(request: HttpRequest, submission_id: int) -> HttpResponseBase:
    """The recipients as they are filtered, as xlsx; streamed to disk, so memory stays flat."""
    user = me(request)
    submission = submissions.access_submission(user, submission_id)
    found = _filtered(request, submission)
    audit.record(user, "submission.exported", submission, detail={"filter": request.GET.dict()})
    headings = [
        _("Name"), _("Mobile number"), _("State"), _("Code"), _("Reason"), _("Segments"), _("Sent"), _("Outcome at"), _("Text"),
    ]  # fmt: skip
    name = f"{submission.pk}-{timezone.localtime():%Y%m%d}.xlsx"
    return spreadsheet(name, lambda path: write_xlsx(path, headings, _export_rows(user, submission, found)))


def _export_rows(user: User, submission: Submission, found: Any) -> Iterator[list[str]]:
    in_clear = user.may(Right.SEE_NUMBERS)
    protocols = dict(Channel.objects.values_list("pk", "protocol"))

    def time(at: datetime | None) -> str:
        return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S") if at else ""

    for one in found.iterator(chunk_size=2000):
        yield [
            one.name, one.number if in_clear else mask(one.number), str(STATES[one.state].label), one.reason,
            words(one.reason, protocols.get(one.channel_id or 0, "")), str(one.segments), time(one.submitted_at),
            time(one.done_at), one.text or submission.text,
        ]  # fmt: skip


@provider
def _search(user: User, query: str) -> list[Hit]:
    found = Submission.objects.visible_to(user).filter(title__icontains=query).order_by("-id")[:5]
    return [
        Hit(str(one), one.get_state_display(), reverse("console:submission", args=[one.pk]), "list-details")
        for one in found
    ]
