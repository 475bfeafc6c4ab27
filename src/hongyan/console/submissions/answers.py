"""The answers to a submission: brief on its page, and as a roll call with each person's state."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts.errors import Refused
from hongyan.accounts.rights import Right
from hongyan.console.access import for_everybody, me, needs
from hongyan.console.context import follow
from hongyan.console.refusing import told
from hongyan.console.submissions.people import ROLL_CALL, answered, chosen, silent
from hongyan.console.taking import take_away
from hongyan.inputs import id_of
from hongyan.mailbox import reminding, rollcall
from hongyan.mailbox.models import Reply
from hongyan.mailbox.rollcall import RollCall
from hongyan.messaging import submissions
from hongyan.messaging.models import Submission

PAGE = 50
BRIEF = 5
"""So many answers stand on the submission's own page."""
SPARE_GROUPS = 2
"""Empty lines in the form of groups."""


@dataclass(frozen=True, slots=True)
class Tab:
    key: str
    label: str
    count: int
    tone: str = ""


def _tabs(found: RollCall) -> list[Tab]:
    named = [Tab(f"g{place}", group.name, found.count(place)) for place, group in enumerate(found.groups)]
    return [
        *named,
        Tab("other", _("Other replies"), found.count(rollcall.OTHER)),
        Tab("silent", _("No reply yet"), found.silent),
        Tab("unreached", _("Not reached"), found.unreached),
    ]


@for_everybody
def brief(request: HttpRequest, submission_id: int) -> HttpResponseBase:
    """The latest answers and how many of each kind, for the submission's page; nothing before the first answer."""
    user = me(request)
    submission = submissions.access_submission(user, submission_id)
    related = rollcall.family(submission.pk)
    if not Reply.objects.filter(submission__in=related).exists():
        return render(request, "console/submissions/answers.html", {"submission": submission, "people": []})
    found = rollcall.call(submission)
    people = answered(user, submission, found, chosen(found, "")[:BRIEF])
    return render(
        request,
        "console/submissions/answers.html",
        {"submission": submission, "tabs": _tabs(found), "people": people, "all": len(found.answers)},
    )


@for_everybody
def replies(request: HttpRequest, submission_id: int) -> HttpResponseBase:
    """The roll call: everybody who answered, or one group, or who has not; each with what became of their message."""
    user = me(request)
    submission = submissions.access_submission(user, submission_id)
    follow(request, f"submission-{submission.pk}")
    found, group = rollcall.call(submission), request.GET.get("group", "")
    tabs = _tabs(found)
    group = group if group in {tab.key for tab in tabs} else ""
    after = id_of(request.GET.get("after", "0"))
    if group in ("silent", "unreached"):
        ids = rollcall.without_answer(submission, got=group == "silent", after=after, most=PAGE + 1)
        people, further = silent(user, submission, ids[:PAGE]), ids[PAGE - 1] if len(ids) > PAGE else None
    else:
        numbers = chosen(found, group)
        people = answered(user, submission, found, numbers[after : after + PAGE])
        further = after + PAGE if len(numbers) > after + PAGE else None
    steers = submissions.may_steer(user, submission) and submission.origin != Submission.Origin.DOOR
    return render(
        request,
        "console/submissions/replies.html",
        {
            "submission": submission, "call": found, "tabs": tabs, "group": group, "people": people, "further": further,
            "all": len(found.answers), "steers": steers, "is_own": submission.answer_groups is not None,
            "words": [(one.name, " ".join(one.words)) for one in found.groups] + [("", "")] * SPARE_GROUPS,
        },
    )  # fmt: skip


def _page(submission: Submission) -> str:
    return reverse("console:submission_replies", args=[submission.pk])


@needs(Right.SEND)
@require_POST
def regroup(request: HttpRequest, submission_id: int) -> HttpResponseBase:
    """Keep the words by which answers are sorted, or go back to the usual ones."""
    user = me(request)
    submission = submissions.access_submission(user, submission_id)
    with told(request):
        if not submissions.may_steer(user, submission):
            raise Refused("not_allowed", _("You may not change this submission."), status=403)
        names, words = request.POST.getlist("name"), request.POST.getlist("words")
        rollcall.set_groups(user, submission, None if "usual" in request.POST else rollcall.read_groups(names, words))
    return redirect(_page(submission))


@needs(Right.SEND)
@require_POST
def remind(request: HttpRequest, submission_id: int) -> HttpResponseBase:
    """A draft to those who have not answered, on the compose page."""
    user = me(request)
    submission = submissions.access_submission(user, submission_id)
    with told(request):
        draft = reminding.remind(user, submission)
        return redirect(f"{reverse('console:write')}?draft={draft.pk}")
    return redirect(_page(submission))


@needs(Right.EXPORT)
def export(request: HttpRequest, submission_id: int) -> HttpResponseBase:
    """The whole roll call as a file: who answered first, then who did not."""
    return take_away(request, ROLL_CALL, submission_id)
