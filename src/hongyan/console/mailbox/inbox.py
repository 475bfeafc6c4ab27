"""Replies beside their conversation: finding, answering, giving to a colleague, notes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Reach, Right
from hongyan.console import bulk
from hongyan.console.access import for_everybody, me, needs
from hongyan.console.consent.reading import LABELS
from hongyan.console.context import follow
from hongyan.console.mailbox.finding import REPLIES, found_replies
from hongyan.console.refusing import told
from hongyan.console.taking import take_away
from hongyan.contacts import phones
from hongyan.contacts.allowing import Doing
from hongyan.contacts.models import Contact
from hongyan.contacts.reach import Sight
from hongyan.dispatch.models import Message
from hongyan.dispatch.numbers import is_phone
from hongyan.inputs import id_of
from hongyan.mailbox import answering
from hongyan.mailbox import inbox as keeping
from hongyan.mailbox.models import Reply, ReplyNote
from hongyan.messaging import submissions, unseen
from hongyan.messaging.asking import Request
from hongyan.messaging.models import Category, Phrase, Signature, Submission

PAGE = 25
OFFERED = 30
"""Submissions that the filter offers: those answered last."""
FOLDERS = ("mine", "unread", "favourites", "unclaimed", "doubtful", "all")
FILTERS = ("folder", "meaning", "submission", "q", "from", "to", "page")


def _name_people(user: User, rows: list[Any]) -> None:
    """Put the name of who the user knows by this number, and how much of it is shown, onto each row."""
    unseen.look_at_replies(user, rows)
    known = phones.named(Contact.objects.open_to(user, Doing.SEE_NUMBERS), {row.number for row in rows})
    # By the name of a number that is hidden no number is told; by the name of one that is shown it would be.
    if hidden := {row.number for row in rows if row.sight <= Sight.MASKED}:
        known |= phones.named(Contact.objects.visible_to(user), hidden)
    for row in rows:
        row.person = known.get(row.number, "")


@for_everybody
def inbox(request: HttpRequest) -> HttpResponseBase:
    """The list; on a wide screen with room for a conversation beside it."""
    return _panes(request, me(request), None)


def _panes(request: HttpRequest, user: User, reply: Reply | None) -> HttpResponseBase:
    follow(request, f"mailbox-{user.pk}", *_unclaimed(user))
    talk = _conversation(user, reply) if reply else {}
    found = found_replies(user, request.GET, keep=reply.pk if reply else 0)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    _name_people(user, rows)
    context = {
        "page": page, "rows": rows, "folder": request.GET.get("folder", "mine"), "reply": reply, "found": found_replies(user, request.GET),
        "opens": None if reply else first_to_open(rows), "folders": folders_of(user),
        "doubtful": Reply.objects.visible_to(user).filter(needs_look=True, hidden_at=None).count(),
        "meanings": LABELS.items(), "meaning_names": LABELS,
        "answered": [
            (one.pk, f"{one} · {date_format(timezone.localtime(one.created_at), 'm-d')}") for one in _answered_lately(user, request.GET)
        ], "query": _kept(request.GET),
    }  # fmt: skip
    return render(request, "console/mailbox/inbox.html", context | talk)


def first_to_open(rows: list[Reply]) -> int | None:
    """The conversation that a wide window shows at first: the newest unread one of the list, else the newest."""
    return next((row.pk for row in rows if row.read_at is None), rows[0].pk if rows else None)


def folders_of(user: User) -> list[str]:
    return [name for name in FOLDERS if name != "unclaimed" or user.reach is Reach.EVERYTHING]


def _unclaimed(user: User) -> list[str]:
    return ["mailbox-unclaimed"] if user.reach is Reach.EVERYTHING else []


def _kept(query: QueryDict) -> str:
    """The list's filter, which every step from one conversation to another keeps."""
    kept = {name: query[name] for name in FILTERS if query.get(name)}
    return f"?{urlencode(kept)}" if kept else ""


def _answered_lately(user: User, query: QueryDict) -> list[Submission]:
    """What the filter by submission offers."""
    latest = Reply.objects.visible_to(user).filter(hidden_at=None).exclude(submission=None)
    ids = list(dict.fromkeys(latest.order_by("-received_at").values_list("submission", flat=True)[:1000]))[:OFFERED]
    chosen = id_of(query.get("submission") or "0")
    visible = Submission.objects.visible_to(user)
    return list(visible.filter(pk__in=[*ids, chosen]).order_by("-id"))


@for_everybody
def unread(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"unread": keeping.unread_count(me(request))})


@for_everybody
@require_POST
def act(request: HttpRequest) -> HttpResponseBase:
    """Read, delete or star what is ticked."""
    user = me(request)
    back = redirect(bulk.back_to(request, "/mailbox/", reverse("console:mailbox")))
    try:
        chosen = bulk.chosen(request, Reply.objects.visible_to(user), lambda query: found_replies(user, query))
    except bulk.ListChanged as error:
        messages.error(request, str(error))
        return back
    match request.POST.get("act"):
        case "read":
            keeping.mark_read(user, chosen)
        case "delete":
            count = keeping.delete(user, chosen)
            messages.success(request, _("%(count)d replies deleted.") % {"count": count})
        case "star":
            keeping.turn_favourite(user, chosen)
    return back


@for_everybody
def conversation(request: HttpRequest, reply_id: int) -> HttpResponseBase:
    """Everything between this phone and us that the user may see, beside the list."""
    user = me(request)
    reply = keeping.access_reply(user, reply_id)
    return _panes(request, user, reply)


def _conversation(user: User, reply: Reply) -> dict[str, Any]:
    """What passed, oldest first, and what the user may do; the phone's replies are read by this."""
    replies = keeping.conversation(user, reply.number)
    keeping.mark_read(user, Reply.objects.filter(pk__in=[one.pk for one in replies]))
    visible = Submission.objects.visible_to(user).filter(pk=OuterRef("submission_id"))
    # What a reply answers belongs to it, also for the colleague who was given the reply alone.
    answered = [one.message_id for one in replies if one.message_id]
    sent = list(
        Message.objects.to(reply.number)
        .filter(Q(pk__in=answered) | Q(Exists(visible)), hidden_at=None)
        .exclude(state__in=["blocked", "cancelled"])
        .order_by("-id")[:100]
    )
    about = Submission.objects.in_bulk({one.submission_id for one in sent})
    links = set(Submission.objects.visible_to(user).filter(pk__in=about).values_list("pk", flat=True))
    items: list[dict[str, Any]] = [
        {"at": one.submitted_at or one.planned_at, "kind": "mine", "state": one.state,
         "text": about[one.submission_id].told_to(user, one.text if one.text is not None else about[one.submission_id].text),
         "submission": one.submission_id if one.submission_id in links else None}
        for one in sent
    ]  # fmt: skip
    items += [
        {"at": one.received_at, "text": one.text, "kind": "theirs", "opt_out": one.is_opt_out, "opt_in": one.is_opt_in}
        for one in replies
    ]
    items += [
        {"at": one.at, "text": one.text, "kind": "note", "author": one.author.name}
        for one in ReplyNote.objects.filter(reply__in=replies).select_related("author")
    ]
    items.sort(key=lambda item: item["at"])
    _name_people(user, [reply])
    may_send = user.may(Right.SEND)
    return {
        "items": items,
        "is_phone": is_phone(reply.number),
        "may_answer": may_send and is_phone(reply.number),
        "phrases": (Phrase.objects.filter(owner=None) | Phrase.objects.filter(owner=user))[:100] if may_send else [],
        "colleagues": keeping.colleagues(user)[:500] if may_send else [],
        "may_add": not getattr(reply, "person", "")
        and reply.sight is Sight.AS_ROLE  # type: ignore[attr-defined]
        and user.may(Right.SEE_PEOPLE)
        and user.may(Right.SEE_NUMBERS),
        "next_unread": keeping.next_unread(user, reply.pk),
    }


def _back(request: HttpRequest, reply_id: int) -> HttpResponseBase:
    """To the conversation, in the list that it was opened from."""
    return redirect(f"{reverse('console:reply', args=[reply_id])}{_kept(request.GET)}")


@needs(Right.SEND)
@require_POST
def refusal(request: HttpRequest, reply_id: int) -> HttpResponseBase:
    """Say of a reply whether it is a refusal."""
    user = me(request)
    reply = keeping.access_reply(user, reply_id)
    with told(request):
        if request.POST.get("act") == "refuse":
            keeping.refuse_for(user, reply, address=request.META.get("REMOTE_ADDR"))
            messages.success(request, _("Opted out. Nothing that waits will go to this number as marketing."))
        else:
            keeping.no_refusal(user, reply, address=request.META.get("REMOTE_ADDR"))
            messages.success(request, _("Noted: this is no refusal."))
    return _back(request, reply_id)


@needs(Right.SEND)
@require_POST
def answer(request: HttpRequest, reply_id: int) -> HttpResponseBase:
    """Write back, from the number that was written to."""
    user = me(request)
    reply = keeping.access_reply(user, reply_id)
    if not is_phone(reply.number):
        messages.error(request, _("A name or a service number cannot be replied to."))
        return _back(request, reply_id)
    if reply.owner_id is None:
        keeping.claim(user, reply)
    default = Signature.objects.filter(is_default=True).first()
    with told(request):
        submissions.submit(
            user,
            Request(
                text=request.POST.get("text", ""), selection=answering.whom(user, reply),
                category=Category.INTERACTIVE, title=_("Answer: %(text)s") % {"text": reply.text[:20]},
                signature=default.text if default else "", origin=Submission.Origin.REPLY, answers_id=reply.pk,
                source_number=reply.service_number,
            ),
        )  # fmt: skip
    return _back(request, reply_id)


@needs(Right.SEND)
@require_POST
def assign(request: HttpRequest, reply_id: int) -> HttpResponseBase:
    """Give the conversation to a colleague."""
    user = me(request)
    reply = keeping.access_reply(user, reply_id)
    to = User.objects.filter(pk=id_of(request.POST.get("to"))).first()
    with told(request):
        if to is None:
            raise Refused("no_colleague", _("This person cannot take replies."), field="to")
        keeping.assign(user, reply, to, held_by=id_of(request.POST.get("held_by")))
        messages.success(request, _("Handed over to %(name)s.") % {"name": to.name})
    return redirect(f"{reverse('console:mailbox')}{_kept(request.GET)}")


@needs(Right.SEND)
@require_POST
def note(request: HttpRequest, reply_id: int) -> HttpResponseBase:
    """Write a note beside the conversation; the phone never sees it."""
    user = me(request)
    with told(request):
        keeping.note(user, keeping.access_reply(user, reply_id), request.POST.get("note", ""))
    return _back(request, reply_id)


@for_everybody
@require_POST
def claim(request: HttpRequest, reply_id: int) -> HttpResponseBase:
    """Take an unclaimed reply into one's own mailbox."""
    user = me(request)
    if not keeping.claim(user, keeping.access_reply(user, reply_id)):
        messages.error(request, _("Someone else has taken it in the meantime."))
    return _back(request, reply_id)


@needs(Right.EXPORT)
def export(request: HttpRequest) -> HttpResponseBase:
    """The listed replies as a file."""
    return take_away(request, REPLIES)
