"""Submissions: what runs, what ran, who got it, who did not and why."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.console.access import for_everybody, me, needs
from hongyan.console.components.states import STATES
from hongyan.console.context import follow
from hongyan.console.refusing import told
from hongyan.console.search import Hit, provider
from hongyan.console.settings.details import changes_in_words
from hongyan.console.submissions import account
from hongyan.console.submissions.finding import RECIPIENTS, found_recipients
from hongyan.console.submissions.listing import MESSAGE_STATES
from hongyan.console.submissions.problems import problems
from hongyan.console.taking import take_away
from hongyan.dispatch.flow import LARGE, moments
from hongyan.dispatch.models import Channel, Removal
from hongyan.dispatch.sums import held_back
from hongyan.inputs import Unreadable, id_of, moment_of, read_moment
from hongyan.messaging import accounting, drafts, resending, submissions, unseen
from hongyan.messaging.models import Submission
from hongyan.messaging.reasons import stopped_words, words
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection

PAGE = 40


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
        "problems": problems(user, submission, context["lines"]),
        # Those that retention has emptied count on.
        "replies": submission.replies.filter(Q(hidden_at=None) | Q(number="")).count(),
        "steers": submissions.may_steer(user, submission),
        "resendable": resending.count_without(submission) if balance.not_delivered else 0,
        "is_live": submission.state in ("planning", "running", "paused", "scheduled"),
        "error_words": stopped_words(submission.error),
        "outlook": account.outlook(submission),
        "removal": Removal.objects.filter(pk=submission.pk).first(),
        "held": held_back(raw_connection(), [submission.pk], clock.now()).get(submission.pk),
    }


@for_everybody
def detail(request: HttpRequest, submission_id: int) -> HttpResponseBase:
    user = me(request)
    submission = submissions.access_submission(user, submission_id)
    if submission.state == "draft":
        return redirect(f"{reverse('console:write')}?draft={submission.pk}")
    follow(request, f"submission-{submission.pk}")
    context = _shown(user, submission) | _rows(request, submission)
    context["timeline"] = submissions.timeline(submission)
    for entry in context["timeline"]:
        entry.changes = changes_in_words(entry)
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
    # Of fewer the figures say all that a plot could.
    is_large = submission.expected >= LARGE
    option = (
        account.flow_option(submission, moments(raw_connection(), submission.pk, is_large=True)) if is_large else None
    )
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


def _rows(request: HttpRequest, submission: Submission) -> dict[str, Any]:
    """A page of recipients, in key order beyond `after`."""
    after = request.GET.get("after", "")
    found = found_recipients(me(request), request.GET, submission)
    if after:
        found = found.filter(pk__gt=id_of(after))
    page = list(found[: PAGE + 1])
    unseen.look(me(request), page, [submission])
    protocols = dict(Channel.objects.values_list("pk", "protocol"))
    for one in page:
        one.words = words(one.reason, protocols.get(one.channel_id or 0, ""))
    return {
        "rows": page[:PAGE],
        "next_after": page[PAGE - 1].pk if len(page) > PAGE else None,
        "is_removed": not page and Removal.objects.filter(pk=submission.pk).exists(),
        "outcome": request.GET.get("outcome", ""),
        "states": [(state, STATES[state].label) for state in (*MESSAGE_STATES, "in_flight")],
        "code": request.GET.get("code", ""),
        "by": request.GET.get("by", ""),
        "protocols": request.GET.getlist("protocol"),
        "since": moment_of(request.GET.get("from"), timezone.get_current_timezone()),
        "until": moment_of(request.GET.get("to"), timezone.get_current_timezone()),
        "submission": submission,
    }


@needs(Right.SEND)
@require_POST
def do(request: HttpRequest, submission_id: int, verb: str) -> HttpResponseBase:
    """Pause, resume, cancel, resend, reschedule, change, copy, delete a draft."""
    user = me(request)
    submission = submissions.access_submission(user, submission_id)
    with told(request):
        match verb:
            case "pause":
                submissions.pause(user, submission)
            case "resume":
                submissions.resume(user, submission)
            case "cancel":
                stopped = submissions.cancel(user, submission)
                messages.success(request, _("Cancelled; %(count)d messages did not leave.") % {"count": stopped})
            case "resend":
                state, reason = request.POST.get("state", ""), request.POST.get("reason")
                states = (state,) if state else resending.NOT_DELIVERED
                protocols = tuple(request.POST.getlist("protocol"))
                again = resending.resend(user, submission, states, reason=reason, protocols=protocols)
                messages.success(request, _("Resent to those not reached."))
                return redirect("console:submission", again.pk)
            case "reschedule":
                try:
                    at = read_moment(request.POST.get("at"), timezone.get_current_timezone())
                except Unreadable as error:
                    raise Refused("no_moment", _("This is not a time."), field="at") from error
                submissions.reschedule(user, submission, at)
                messages.success(request, _("The time has been changed."))
            case "copy":
                return redirect(f"{reverse('console:write')}?draft={drafts.copy(user, submission).pk}")
            case "edit":
                return redirect(f"{reverse('console:write')}?draft={drafts.edit(user, submission).pk}")
            case "delete":
                drafts.delete(user, drafts.access_draft(user, submission_id))
                messages.success(request, _("The draft has been deleted."))
                return redirect("console:submissions")
            case _:
                raise Http404
    return redirect("console:submission", submission_id)


@needs(Right.EXPORT)
def export(request: HttpRequest, submission_id: int) -> HttpResponseBase:
    """The recipients as they are filtered, as a file."""
    return take_away(request, RECIPIENTS, submission_id)


@provider
def _search(user: User, query: str) -> list[Hit]:
    found = Submission.objects.visible_to(user).filter(title__icontains=query).order_by("-id")[:5]
    return [
        Hit(
            str(one),
            one.get_state_display(),
            reverse("console:submission", args=[one.pk]),
            "list-details",
            _("Submissions"),
        )
        for one in found
    ]
