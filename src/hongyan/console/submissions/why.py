"""Why somebody got it or did not: one message step by step, and a number looked up inside a submission."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from hongyan.console.access import for_everybody, me
from hongyan.dispatch.models import Message
from hongyan.dispatch.numbers import BadNumber, normalise
from hongyan.inputs import asked_of
from hongyan.messaging import submissions, unseen
from hongyan.messaging.explaining import Step, explain, explain_missing, explain_unreadable
from hongyan.messaging.models import Submission


@for_everybody
def why(request: HttpRequest, submission_id: int, message_id: int) -> HttpResponseBase:
    """What happened to one message: a drawer beside a list, or a page of its own."""
    user = me(request)
    submission = submissions.access_submission(user, submission_id)
    one = Message.objects.filter(pk=message_id, submission_id=submission.pk).select_related("channel").first()
    if one is None:
        raise Http404
    unseen.look(user, [one], [submission])
    context = {"message": one, "submission": submission, "steps": explain(user, submission, one)}
    part = request.headers.get("HX-Request") == "true"
    return render(request, f"console/submissions/{'why' if part else 'why_page'}.html", context)


@for_everybody
def look_up(request: HttpRequest, submission_id: int) -> HttpResponseBase:
    """Any number that was asked for, or was not: its messages, or why there is none."""
    user = me(request)
    submission = submissions.access_submission(user, submission_id)
    asked = asked_of(request.GET.get("number"))
    context: dict[str, Any] = {"submission": submission, "asked": asked}
    if asked:
        context |= _found(request, submission, asked)
    return render(request, "console/submissions/look_up.html", context)


def _found(request: HttpRequest, submission: Submission, asked: str) -> dict[str, Any]:
    user = me(request)
    try:
        number = normalise(asked)
    except BadNumber as error:
        steps = explain_unreadable(submission, asked)
        return {"steps": steps, "trouble": "" if steps else _(str(error))}
    messages = unseen.with_numbers(user, Message.objects.filter(submission_id=submission.pk)).to(number)
    messages = messages.select_related("channel")
    found: list[tuple[Message, list[Step]]] = [
        (one, explain(user, submission, one)) for one in messages.order_by("pk")[:20]
    ]
    return {"found": found, "steps": [] if found else explain_missing(user, submission, number), "number": number}
