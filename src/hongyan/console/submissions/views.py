"""Submissions: what runs, what ran, who got it, who did not and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import connection
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
from hongyan.console.submissions.listing import MESSAGE_STATES
from hongyan.dispatch.models import Channel, Message
from hongyan.dispatch.numbers import mask
from hongyan.messaging import drafts, submissions
from hongyan.messaging.errors import MessagingError
from hongyan.messaging.models import Submission
from hongyan.messaging.reasons import words
from hongyan.spreadsheets.writing import write_xlsx

PAGE = 25


def _shown(user: User, submission: Submission) -> dict[str, Any]:
    """What the live part of the page shows."""
    balance = submissions.balance(submission)
    elapsed = (
        ((submission.finished_at or timezone.now()) - submission.started_at).total_seconds()
        if submission.started_at
        else 0
    )
    speed = balance.left / elapsed if elapsed > 0.5 else 0
    rest = max(0, submission.expected - balance.done)
    return {
        "submission": submission,
        "balance": balance,
        "parts": [(state, balance.by_state[state]) for state in MESSAGE_STATES],
        "whole": max(balance.total, submission.expected, 1),
        "tiles": [
            (STATES[state], state, balance.by_state[state])
            for state in MESSAGE_STATES
            if balance.by_state[state] or state in ("delivered", "failed")
        ],
        "reasons": _reasons(balance.reasons),
        "speed": speed,
        "finishes_in": rest / speed if speed and rest and submission.state in ("planning", "running") else None,
        "replies": submission.replies.filter(hidden_at=None).count(),
        "steers": submissions.may_steer(user, submission),
        "resendable": balance.not_delivered,
        "is_live": submission.state in ("planning", "running", "paused", "scheduled"),
        "error_words": _error_words(submission.error),
    }


def _error_words(error: str) -> str:
    return {
        "too_late": _("It was due while the service was down, more than ten minutes ago. Resume it or cancel it."),
        "owner_inactive": _("The person who asked for it may no longer sign in."),
    }.get(error, error)


def _reasons(found: list[tuple[str, str, str, int]]) -> list[dict[str, Any]]:
    """The commonest reasons first; the same code with the same meaning is one, whichever channels it came from."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for state, protocol, reason, count in found:
        counts[state, reason, words(reason, protocol)] += count
    return [
        {"state": state, "code": reason, "words": meaning, "count": count}
        for (state, reason, meaning), count in counts.most_common(12)
    ]


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
def rows(request: HttpRequest, submission_id: int) -> HttpResponseBase:
    submission = submissions.access_submission(me(request), submission_id)
    return render(request, "console/submissions/rows.html", {"submission": submission, **_rows(request, submission)})


def _filtered(request: HttpRequest, submission: Submission) -> Any:
    found = Message.objects.filter(submission_id=submission.pk)
    outcome, asked = request.GET.get("outcome", ""), request.GET.get("q", "").strip()
    if outcome == "not_delivered":
        found = found.filter(state__in=submissions.NOT_DELIVERED)
    elif outcome in MESSAGE_STATES:
        found = found.filter(state=outcome)
    if asked:
        found = found.filter(number__contains=asked) if asked.isdecimal() else found.filter(name__icontains=asked)
    return found.order_by("id")


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
        "states": [(state, STATES[state].label) for state in MESSAGE_STATES],
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


@for_everybody
def why(request: HttpRequest, submission_id: int, message_id: int) -> HttpResponseBase:
    """What happened to one message, step by step."""
    submission = submissions.access_submission(me(request), submission_id)
    one = Message.objects.filter(pk=message_id, submission_id=submission.pk).select_related("channel").first()
    if one is None:
        raise Http404
    with connection.cursor() as cursor:
        cursor.execute(
            """select segment, of, carrier_id, state, code, submitted_at, reported_at from dispatch_segment
               where message_id = %s order by segment""",
            [message_id],
        )
        segments = cursor.fetchall()
    protocol = one.channel.protocol if one.channel else ""
    return render(
        request,
        "console/submissions/why.html",
        {"message": one, "submission": submission, "segments": segments, "words": words(one.reason, protocol)},
    )


@provider
def _search(user: User, query: str) -> list[Hit]:
    found = Submission.objects.visible_to(user).filter(title__icontains=query).order_by("-id")[:5]
    return [
        Hit(str(one), one.get_state_display(), reverse("console:submission", args=[one.pk]), "list-details")
        for one in found
    ]
