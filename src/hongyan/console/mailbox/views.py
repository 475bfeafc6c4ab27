"""Sent and failed messages, one by one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Right
from hongyan.console import bulk
from hongyan.console.access import for_everybody, me, needs
from hongyan.console.mailbox.finding import (
    SENT_MESSAGES,
    found_sent,
    ids_looked_at,
    last_digits,
    numbers_of,
    say_why,
    wanted,
)
from hongyan.console.mailbox.inbox import folders_of
from hongyan.console.mailbox.looking import how_many, look_back
from hongyan.console.refusing import told
from hongyan.console.taking import take_away
from hongyan.dispatch.models import Channel, Message
from hongyan.inputs import id_of
from hongyan.messaging import resending, submissions
from hongyan.messaging.models import Category

PAGE = 40
MOST_AT_ONCE = 10_000
"""Messages that one click resends or deletes."""


def _narrowed(user: User, query: QueryDict) -> list[dict[str, Any]]:
    """What narrows the list beside the filter bar's own fields: parameter, values, in words, and the list without it."""
    shown = {
        "department": ", ".join(
            map(str, Department.objects.visible_to(user).filter(pk__in=numbers_of(query, "department")))
        ),
        "channel": ", ".join(map(str, Channel.objects.filter(pk__in=numbers_of(query, "channel")))),
        "category": ", ".join(str(Category(one).label) for one in query.getlist("category") if one in Category.values),
        "code": ", ".join(query.getlist("code")),
    }
    found = []
    for kind, in_words in shown.items():
        if values := query.getlist(kind):
            without = query.copy()
            for gone in (kind, "after"):
                without.pop(gone, None)
            found.append(
                {"kind": kind, "values": values, "words": in_words or ", ".join(values), "without": without.urlencode()}
            )
    return found


@for_everybody
def sent(request: HttpRequest) -> HttpResponseBase:
    """Sent messages, newest first, in key order below `after`."""
    user = me(request)
    after, (lowest, newest) = request.GET.get("after", ""), ids_looked_at(request.GET)
    looked_for = wanted(user, request.GET)
    looked = look_back(looked_for, min(id_of(after), newest) if after else newest, PAGE + 1, lowest=lowest)
    is_more = len(looked.rows) > PAGE
    rows: list[Message] = looked.rows[:PAGE]
    say_why(user, rows)
    whole = how_many(looked_for, newest, MOST_AT_ONCE + 1, lowest=lowest) if rows and looked.until is None else None
    return render(
        request,
        "console/mailbox/sent.html",
        {
            "rows": rows,
            "found": found_sent(user, request.GET),
            "next_after": rows[-1].pk if is_more else None,
            "looked": looked,
            "last_digits": last_digits(request.GET),
            "state": request.GET.get("state", ""),
            "narrowed": _narrowed(user, request.GET),
            "folders": folders_of(user),
            "asked_for_nothing": not any(request.GET.values()),
            "whole": whole,
            "may_take_all": whole is not None and whole <= MOST_AT_ONCE,
        },
    )


@needs(Right.EXPORT)
def export_sent(request: HttpRequest) -> HttpResponseBase:
    """The listed messages as a file."""
    return take_away(request, SENT_MESSAGES)


@needs(Right.SEND)
@require_POST
def act_sent(request: HttpRequest) -> HttpResponseBase:
    """Resend or delete what is ticked, or all that was found; each message's submission is checked."""
    user = me(request)
    chosen: dict[int, list[int]] = {}
    try:
        found = bulk.chosen(request, found_sent(user, QueryDict("")), lambda query: found_sent(user, query))
    except bulk.ListChanged as error:
        messages.error(request, str(error))
        return redirect(bulk.back_to(request, "/mailbox/", reverse("console:mailbox_sent")))
    for pk, submission_id in found.order_by("-id").values_list("pk", "submission_id")[:MOST_AT_ONCE]:
        chosen.setdefault(submission_id, []).append(pk)
    done = 0
    for submission_id, members in chosen.items():
        submission = submissions.access_submission(user, submission_id)
        with told(request, str(submission)):
            if request.POST.get("act") == "resend":
                done += resending.resend(user, submission, only=tuple(members)).expected
            elif submissions.may_steer(user, submission):
                done += submissions.hide_messages(user, submission, members)
    if done:
        messages.success(request, _("%(count)d messages updated.") % {"count": done})
    return redirect(bulk.back_to(request, "/mailbox/", reverse("console:mailbox_sent")))
