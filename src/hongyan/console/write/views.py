"""The compose page: write, see what it will do, confirm."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.context import follow
from hongyan.console.write.forms import KINDS, WriteForm, initial_of
from hongyan.contacts import groups, importing, people
from hongyan.contacts.errors import ContactsError
from hongyan.contacts.models import AddressBook, Contact, Group, RecipientList, Upload
from hongyan.dispatch.models import Channel
from hongyan.dispatch.numbers import read_many
from hongyan.messaging import accounting, asking, drafts, mailbox, recipients
from hongyan.messaging.errors import MessagingError
from hongyan.messaging.merge import MissingVariable, parse
from hongyan.messaging.models import Phrase, Signature, Submission
from hongyan.messaging.reasons import words
from hongyan.messaging.recipients import Selection
from hongyan.messaging.screening import LONGEST_TEXT
from hongyan.messaging.submissions import request_of
from hongyan.protocols.text import measure

MOST_FOUND = 12


@dataclass(frozen=True, slots=True)
class Chip:
    """Somebody chosen, or left out."""

    kind: str
    id: int
    label: str

    @property
    def is_exclusion(self) -> bool:
        return self.kind.startswith("x")


def _chips(user: User, selection: Selection) -> list[Chip]:
    """The chosen things with their names, as far as the user may see them."""
    books = AddressBook.objects.visible_to(user)
    named: list[Chip] = [Chip("book", one.pk, one.name) for one in books.filter(pk__in=selection.book_ids)]
    for kind, ids in (("group", selection.group_ids), ("xgroup", selection.excluded_group_ids)):
        named += [Chip(kind, one.pk, one.name) for one in Group.objects.visible_to(user).filter(pk__in=ids)]
    for kind, ids in (("contact", selection.contact_ids), ("xcontact", selection.excluded_contact_ids)):
        named += [Chip(kind, one.pk, one.name) for one in Contact.objects.visible_to(user).filter(pk__in=ids)[:300]]
    lists = RecipientList.objects.filter(owner=user, pk__in=selection.list_ids)
    named += [Chip("list", one.pk, f"{one.name} ({one.size})") for one in lists]
    return named


def _prefilled(user: User, query: QueryDict) -> tuple[dict[str, Any], Selection, int | None]:
    """What a link from elsewhere already says: ?group=3, ?contacts=1,2, ?reply=9, ?text=..."""
    chosen: dict[str, Any] = {}
    for name, field in KINDS.items():
        values = [part for value in (*query.getlist(name), *query.getlist(f"{name}s")) for part in value.split(",")]
        chosen[field] = tuple(int(value) for value in values if value.isdecimal())
    initial: dict[str, Any] = {"text": query.get("text", ""), "numbers": query.get("number", "")}
    answers = None
    if query.get("reply", "").isdecimal():
        reply = mailbox.access_reply(user, int(query.get("reply", "0")))
        answers, initial["numbers"] = reply.pk, reply.number
    default = Signature.objects.filter(is_default=True).first()
    initial["signature"] = default.text if default else ""
    initial["personal"] = user.uses_personal_signature
    return initial, Selection.from_json(chosen), answers


@needs(Right.SEND)
def write(request: HttpRequest) -> HttpResponseBase:
    """Show the page; a POST saves the draft and goes on to the confirmation."""
    user = me(request)
    draft = _draft(user, request.POST.get("draft") or request.GET.get("draft"))
    if request.method == "POST":
        form = WriteForm(user, request.POST)
        is_valid = form.is_valid()
        draft = drafts.save(user, draft, **form.facts(), **_answers(user, request))
        if is_valid:
            try:
                asking.check(user, request_of(draft))
            except MessagingError as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
            else:
                return redirect("console:write_confirm", draft.pk)
        selection = form.selection()
    elif draft is not None:
        form = WriteForm(user, initial=initial_of(draft))
        selection = Selection.from_json(draft.recipients)
    else:
        initial, selection, answers = _prefilled(user, request.GET)
        form = WriteForm(user, initial=initial)
        if answers:
            draft = drafts.save(user, None, answers_id=answers, category="interactive")
            form.initial["category"] = "interactive"
    follow(request, f"uploads-{user.pk}")
    chips = _chips(user, selection)
    phrases = Phrase.objects.filter(owner=None) | Phrase.objects.filter(owner=user)
    return render(
        request,
        "console/write/write.html",
        {
            "form": form, "draft": draft, "chips": chips, "phrases": phrases,
            # Where there are numbers and nobody chosen, the numbers are what one came for.
            "opens_numbers": bool(form["numbers"].value()) and not chips,
            "may_groups": user.may(Right.SEND_TO_GROUPS), "tree": _tree(user),
            "lists": RecipientList.objects.filter(owner=user, is_kept=True)[:50],
        },
    )  # fmt: skip


def _draft(user: User, draft_id: str | None) -> Submission | None:
    return drafts.access_draft(user, int(draft_id)) if draft_id and draft_id.isdecimal() else None


def _answers(user: User, request: HttpRequest) -> dict[str, Any]:
    reply = request.POST.get("answers", "")
    return {"answers_id": mailbox.access_reply(user, int(reply)).pk} if reply.isdecimal() else {}


def _tree(user: User) -> list[tuple[AddressBook, list[groups.Node]]]:
    books = list(AddressBook.objects.visible_to(user))
    tops = groups.tree([book.pk for book in books])
    return [(book, [node for node in tops if node.book_id == book.pk]) for book in books]


@needs(Right.SEND)
@require_POST
def preview(request: HttpRequest) -> HttpResponseBase:
    """Save the draft, once it is touched, and show phone, counter and totals: answered to every pause in typing."""
    user = me(request)
    form = WriteForm(user, request.POST)
    form.is_valid()
    draft = _draft(user, request.POST.get("draft"))
    facts = form.facts()
    is_worth_keeping = facts["text"].strip() or not form.selection().is_empty
    if draft is not None or (request.POST.get("touched") and is_worth_keeping):
        draft = drafts.save(user, draft, **facts, **_answers(user, request))
    asked = request_of(draft or Submission(owner=user, **facts))
    wording = asked.wording(user)
    people, count = asking.count(user, asked)
    at = int(request.POST.get("at", "0") or 0) if request.POST.get("at", "0").isdecimal() else 0
    sample = [one for chunk in recipients.stream(user, asked.selection, by_row=False, most=20) for one in chunk]
    person = sample[at % len(sample)] if sample else None
    missing = ""
    try:
        text = wording.render(person.values) if person else wording.unfilled
    except MissingVariable as error:
        missing, text = error.variable, asked.text
    price = (
        Channel.objects.filter(is_enabled=True, removed_at=None)
        .order_by("pk")
        .values_list("price_micros", flat=True)
        .first()
    )
    shown = measure(text, mainland=person is None or person.number.startswith("+86"))
    return render(
        request,
        "console/write/preview.html",
        {
            "draft": draft, "people": people, "count": count, "person": person, "text": text, "measure": shown, "missing": missing,
            "at": at, "sample": len(sample), "typed": form.typed, "variables": recipients.variables_of(user, asked.selection),
            "price": price * shown.segments * count if price is not None else None, "pieces": _pieces(text, shown.cuts),
            "too_long": LONGEST_TEXT if len(asked.text) > LONGEST_TEXT else 0,
            "too_many": people > 1 and not user.may(Right.SEND_TO_GROUPS), "unknown": parse(asked.text).names if not sample else [],
        },
    )  # fmt: skip


def _pieces(text: str, cuts: tuple[int, ...]) -> list[str]:
    edges = [0, *cuts, len(text)]
    return [text[start:end] for start, end in itertools.pairwise(edges)]


@needs(Right.SEND)
def picker(request: HttpRequest) -> HttpResponseBase:
    """People and groups that match what was typed."""
    user, asked = me(request), request.GET.get("who", "").strip()[:40]
    found: list[Contact] = []
    named: list[Group] = []
    if asked:
        found = list(people.matching(Contact.objects.visible_to(user), asked).select_related("book")[:MOST_FOUND])
        named = list(Group.objects.visible_to(user).filter(name__icontains=asked).select_related("book")[:MOST_FOUND])
    return render(request, "console/write/picker.html", {"people": found, "groups": named, "asked": asked})


@needs(Right.SEND)
@require_POST
def upload(request: HttpRequest) -> HttpResponseBase:
    """Take a file: where a column of numbers is plain it is read at once, else the page asks which it is."""
    user = me(request)
    given = request.FILES.get("file")
    if given is None:
        return _upload_trouble(request, _("Choose a file first."))
    try:
        one = importing.receive(user, given.name or "file", given.chunks(), purpose=Upload.Purpose.RECIPIENTS)
        importing.look_or_defer(one)
    except ContactsError as error:
        return _upload_trouble(request, str(error))
    return redirect("console:write_upload_state", one.pk)


def _upload_trouble(request: HttpRequest, sentence: str) -> HttpResponse:
    return render(request, "console/write/upload.html", {"trouble": sentence})


@needs(Right.SEND)
def upload_state(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """How far the file is; a POST names the column of the numbers."""
    user = me(request)
    one = importing.access_upload(user, upload_id)
    trouble = ""
    if request.method == "POST":
        try:
            one = importing.start(user, one, {"number": request.POST.get("number", "")})
        except ContactsError as error:
            trouble = str(error)
    made = RecipientList.objects.filter(upload=one).first()
    return render(request, "console/write/upload.html", {"upload": one, "list": made, "trouble": trouble})


@needs(Right.SEND)
def confirm(request: HttpRequest, draft_id: int) -> HttpResponseBase:
    """The exact effect, before anything happens."""
    user = me(request)
    draft = drafts.access_draft(user, draft_id)
    back = f"{reverse('console:write')}?draft={draft.pk}"
    asked = request_of(draft)
    try:
        rehearsal = asking.rehearse(user, asked)
    except MessagingError as error:
        messages.error(request, str(error))
        return redirect(back)
    typed = read_many(draft.recipients.get("typed", ""))
    files = [one for one in accounting.files_of(user, asked.selection) if one.rows_bad]
    channels = dict(Channel.objects.values_list("pk", "name"))
    return render(
        request,
        "console/write/confirm.html",
        {
            "draft": draft, "rehearsal": rehearsal, "back": back, "typed": typed, "files": files,
            "left_out": rehearsal.scaled(rehearsal.blocked.total()) + len(typed.bad) + sum(one.rows_bad for one in files),
            "total": rehearsal.scaled(rehearsal.sendable), "segments": rehearsal.scaled(rehearsal.total_segments),
            "price": rehearsal.scaled(rehearsal.price_micros),
            "trial": asked.canary.size(rehearsal.recipients) if asked.canary else 0, "terms": asked.canary,
            "blocked": [
                (words(reason), rehearsal.scaled(count), rehearsal.blocked_examples[reason])
                for reason, count in rehearsal.blocked.most_common()
            ],
            "channels": [(channels.get(pk, "?"), rehearsal.scaled(count)) for pk, count in rehearsal.channels.most_common()],
            "per_message": [(size, rehearsal.scaled(count)) for size, count in sorted(rehearsal.segments.items())],
        },
    )  # fmt: skip


@needs(Right.SEND)
@require_POST
def send(request: HttpRequest, draft_id: int) -> HttpResponseBase:
    user = me(request)
    draft = Submission.objects.filter(pk=draft_id, owner=user).first() or drafts.access_draft(user, draft_id)
    try:
        submission = drafts.send(user, draft, address=request.META.get("REMOTE_ADDR"))
    except MessagingError as error:
        messages.error(request, str(error))
        return redirect(f"{reverse('console:write')}?draft={draft.pk}")
    return redirect("console:submission", submission.pk)
