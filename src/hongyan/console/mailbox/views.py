"""Replies at a glance, with the message they answer; answering; sent and failed messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts import audit
from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Reach, Right
from hongyan.console import bulk
from hongyan.console.access import for_everybody, me, needs
from hongyan.console.components.states import STATES
from hongyan.console.context import follow
from hongyan.console.downloads import spreadsheet
from hongyan.contacts.models import Contact
from hongyan.dispatch.models import Channel, Message
from hongyan.dispatch.numbers import mask
from hongyan.messaging import mailbox, submissions
from hongyan.messaging.asking import Request
from hongyan.messaging.errors import MessagingError
from hongyan.messaging.models import Category, Reply, ReplyQuerySet, Signature, Submission
from hongyan.messaging.reasons import words
from hongyan.messaging.recipients import Selection
from hongyan.spreadsheets.writing import write_xlsx

PAGE = 25
MOST_AT_ONCE = 10_000
"""Messages that one click resends or deletes."""
FOLDERS = ("mine", "unread", "favourites", "unclaimed", "all")


def _replies(user: User, query: QueryDict) -> ReplyQuerySet:
    """Replies that the user may see and the filter bar asks for."""
    folder, asked = query.get("folder", "mine"), query.get("q", "").strip()
    found = Reply.objects.visible_to(user).filter(hidden_at=None)
    if folder == "unread":
        found = found.filter(owner=user, read_at=None)
    elif folder == "favourites":
        found = found.filter(owner=user, is_favourite=True)
    elif folder == "unclaimed":
        found = found.filter(owner=None)
    elif folder != "all":
        found = found.filter(owner=user)
    if asked:
        named = Contact.objects.visible_to(user).filter(name__icontains=asked).values("number")
        found = found.filter(Q(text__icontains=asked) | Q(number__contains=asked) | Q(number__in=named))
    dated: ReplyQuerySet = _between(query, found, "received_at")
    return dated.select_related("submission", "owner")


def _between(query: QueryDict, found: Any, field: str) -> Any:
    """Days from and to in the filter bar."""
    for name, lookup in (("from", "date__gte"), ("to", "date__lte")):
        try:
            day = datetime.fromisoformat(query.get(name, "")).date()
        except ValueError:
            continue
        found = found.filter(**{f"{field}__{lookup}": day})
    return found


def _name_people(user: User, rows: list[Any]) -> None:
    """Put the name of who the user knows by this number onto each row; one query."""
    numbers = {row.number for row in rows}
    known = dict(Contact.objects.visible_to(user).filter(number__in=numbers).values_list("number", "name"))
    for row in rows:
        row.person = known.get(row.number, "")


@for_everybody
def inbox(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    follow(request, f"mailbox-{user.pk}")
    page = Paginator(_replies(user, request.GET), PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    _name_people(user, rows)
    folders = [name for name in FOLDERS if name != "unclaimed" or user.reach is Reach.EVERYTHING]
    return render(
        request,
        "console/mailbox/inbox.html",
        {"page": page, "rows": rows, "folder": request.GET.get("folder", "mine"), "folders": folders},
    )


@for_everybody
def unread(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"unread": mailbox.unread_count(me(request))})


@for_everybody
@require_POST
def act(request: HttpRequest) -> HttpResponseBase:
    """Read, delete or star what is ticked."""
    user = me(request)
    chosen = bulk.chosen(request, Reply.objects.visible_to(user), lambda query: _replies(user, query))
    match request.POST.get("act"):
        case "read":
            mailbox.mark_read(user, chosen)
        case "delete":
            count = mailbox.delete(user, chosen)
            messages.success(request, _("%(count)d replies deleted.") % {"count": count})
        case "star":
            mailbox.turn_favourite(user, chosen)
    return redirect(bulk.back_to(request, "/mailbox/", reverse("console:mailbox")))


@for_everybody
def conversation(request: HttpRequest, reply_id: int) -> HttpResponseBase:
    """Everything between this phone and us that the user may see, oldest first."""
    user = me(request)
    reply = mailbox.access_reply(user, reply_id)
    follow(request, f"mailbox-{user.pk}")
    replies = mailbox.conversation(user, reply.number)
    mailbox.mark_read(user, Reply.objects.filter(pk__in=[one.pk for one in replies]))
    visible = Submission.objects.visible_to(user).filter(pk=OuterRef("submission_id"))
    sent = list(
        Message.objects.filter(Exists(visible), number=reply.number, hidden_at=None)
        .exclude(state__in=["blocked", "cancelled"])
        .order_by("-id")[:100]
    )
    texts = dict(Submission.objects.filter(pk__in={one.submission_id for one in sent}).values_list("pk", "text"))
    items: list[dict[str, Any]] = [
        {"at": one.submitted_at or one.planned_at, "text": one.text or texts.get(one.submission_id, ""), "mine": True,
         "state": one.state, "submission": one.submission_id}
        for one in sent
    ] + [{"at": one.received_at, "text": one.text, "mine": False, "id": one.pk, "opt_out": one.is_opt_out} for one in replies]  # fmt: skip
    items.sort(key=lambda item: item["at"])
    _name_people(user, [reply])
    return render(
        request,
        "console/mailbox/conversation.html",
        {"reply": reply, "items": items, "may_answer": user.may(Right.SEND)},
    )


@needs(Right.SEND)
@require_POST
def answer(request: HttpRequest, reply_id: int) -> HttpResponseBase:
    """Write back, from the number that was written to."""
    user = me(request)
    reply = mailbox.access_reply(user, reply_id)
    if reply.owner_id is None:
        mailbox.claim(user, reply)
    default = Signature.objects.filter(is_default=True).first()
    try:
        submissions.submit(
            user,
            Request(
                text=request.POST.get("text", ""), selection=Selection(numbers=(reply.number,)),
                category=Category.INTERACTIVE, title=_("Answer: %(text)s") % {"text": reply.text[:20]},
                signature=default.text if default else "", origin=Submission.Origin.REPLY, answers_id=reply.pk,
                source_number=reply.service_number,
            ),
        )  # fmt: skip
    except MessagingError as error:
        messages.error(request, str(error))
    return redirect("console:reply", reply_id)


@needs(Right.EXPORT)
def export(request: HttpRequest) -> HttpResponseBase:
    """The listed replies as xlsx."""
    user = me(request)
    found = _replies(user, request.GET)
    audit.record(user, "reply.exported", detail={"filter": request.GET.dict(), "count": found.count()})
    in_clear = user.may(Right.SEE_NUMBERS)
    rows = (
        [timezone.localtime(one.received_at).strftime("%Y-%m-%d %H:%M:%S"), one.number if in_clear else mask(one.number),
         one.text, str(one.submission or "")]
        for one in found.iterator(chunk_size=2000)
    )  # fmt: skip
    return spreadsheet(
        f"replies-{timezone.localdate()}.xlsx",
        lambda path: write_xlsx(path, [_("Received"), _("Mobile number"), _("Text"), _("Answers")], rows),
    )


def _sent(user: User, query: QueryDict) -> QuerySet[Message]:
    """Single messages that the user may see and the filter bar asks for; `state=failed` is all that did not arrive.

    Plots lead here too, with `department`, `category`, `channel` and `code`, any number of each.
    """
    visible = Submission.objects.visible_to(user).filter(pk=OuterRef("submission_id"))
    if departments := _numbers(query, "department"):
        visible = visible.filter(department_id__in=departments)
    if categories := query.getlist("category"):
        visible = visible.filter(category__in=categories)
    found = Message.objects.filter(Exists(visible), hidden_at=None)
    if channels := _numbers(query, "channel"):
        found = found.filter(channel_id__in=channels)
    if codes := query.getlist("code"):
        found = found.filter(reason__in=codes)
    state, asked = query.get("state", ""), query.get("q", "").strip()
    if state == "failed":
        found = found.filter(state__in=submissions.NOT_DELIVERED)
    elif state:
        found = found.filter(state=state)
    if asked.lstrip("+").isdecimal():
        found = found.filter(number__contains=asked)
    elif asked:
        own = Submission.objects.filter(pk=OuterRef("submission_id"), text__icontains=asked)
        found = found.filter(Q(name__icontains=asked) | Q(text__icontains=asked) | Q(text=None) & Exists(own))
    dated: QuerySet[Message] = _between(query, found, "planned_at")
    return dated


def _narrowed(user: User, query: QueryDict) -> list[dict[str, Any]]:
    """What narrows the list beside the filter bar's own fields: parameter, values, in words, and the list without it."""
    shown = {
        "department": ", ".join(
            map(str, Department.objects.visible_to(user).filter(pk__in=_numbers(query, "department")))
        ),
        "channel": ", ".join(map(str, Channel.objects.filter(pk__in=_numbers(query, "channel")))),
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


def _numbers(query: QueryDict, name: str) -> list[int]:
    return [int(one) for one in query.getlist(name) if one.isdecimal()]


@for_everybody
def sent(request: HttpRequest) -> HttpResponseBase:
    """Sent messages, newest first, in key order below `after`."""
    user = me(request)
    found = _sent(user, request.GET)
    after = request.GET.get("after", "")
    page = found.filter(pk__lt=int(after)) if after.isdecimal() else found
    rows = list(page.order_by("-id")[: PAGE + 1])
    _say_why(rows)
    return render(
        request,
        "console/mailbox/sent.html",
        {
            "rows": rows[:PAGE],
            "next_after": rows[PAGE - 1].pk if len(rows) > PAGE else None,
            "state": request.GET.get("state", ""),
            "narrowed": _narrowed(user, request.GET),
            "whole": found[: MOST_AT_ONCE + 1].count() if rows else 0,
            "most": MOST_AT_ONCE,
        },
    )


def _say_why(rows: list[Message]) -> None:
    """Put its submission and its outcome in words onto each row; two queries."""
    subs = Submission.objects.in_bulk({one.submission_id for one in rows})
    protocols = dict(Channel.objects.values_list("pk", "protocol"))
    for one in rows:
        one.submission = subs[one.submission_id]  # type: ignore[attr-defined]
        one.words = words(one.reason, protocols.get(one.channel_id or 0, ""))  # type: ignore[attr-defined]


@needs(Right.EXPORT)
def export_sent(request: HttpRequest) -> HttpResponseBase:
    """The listed messages as xlsx, in portions of a thousand."""
    user = me(request)
    found = _sent(user, request.GET)
    audit.record(user, "message.exported", detail={"filter": request.GET.dict()})
    headings = [
        _("Name"), _("Mobile number"), _("Text"), _("State"), _("Code"), _("Reason"), _("Sent"), _("Submission"),
    ]  # fmt: skip
    return spreadsheet(
        f"messages-{timezone.localdate()}.xlsx", lambda path: write_xlsx(path, headings, _sent_rows(user, found))
    )


def _sent_rows(user: User, found: QuerySet[Message]) -> Iterator[list[str]]:
    in_clear, below = user.may(Right.SEE_NUMBERS), None
    while True:
        page = found.filter(pk__lt=below) if below else found
        rows = list(page.order_by("-id")[:1000])
        if not rows:
            return
        below = rows[-1].pk
        _say_why(rows)
        for one in rows:
            at = timezone.localtime(one.submitted_at or one.planned_at).strftime("%Y-%m-%d %H:%M:%S")
            yield [
                one.name, one.number if in_clear else mask(one.number), one.text or one.submission.text,  # type: ignore[attr-defined]
                str(STATES[one.state].label), one.reason, one.words, at, str(one.submission),  # type: ignore[attr-defined]
            ]  # fmt: skip


@needs(Right.SEND)
@require_POST
def act_sent(request: HttpRequest) -> HttpResponseBase:
    """Resend or delete what is ticked, or all that was found; each message's submission is checked."""
    user = me(request)
    chosen: dict[int, list[int]] = {}
    found = bulk.chosen(request, _sent(user, QueryDict("")), lambda query: _sent(user, query))
    for pk, submission_id in found.order_by("-id").values_list("pk", "submission_id")[:MOST_AT_ONCE]:
        chosen.setdefault(submission_id, []).append(pk)
    done = 0
    for submission_id, members in chosen.items():
        submission = submissions.access_submission(user, submission_id)
        try:
            if request.POST.get("act") == "resend":
                submissions.resend(user, submission, only=tuple(members))
                done += len(members)
            elif submissions.may_steer(user, submission):
                done += submissions.hide_messages(user, submission, members)
        except MessagingError as error:
            messages.error(request, f"{submission}: {error}")
    if done:
        messages.success(request, _("Done for %(count)d messages.") % {"count": done})
    return redirect(bulk.back_to(request, "/mailbox/", reverse("console:mailbox_sent")))
