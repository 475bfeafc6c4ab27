"""The compose page: write, see what it will do, confirm."""

from __future__ import annotations

import itertools
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.audiences.models import Audience
from hongyan.console.access import me, needs
from hongyan.console.context import follow
from hongyan.console.refusing import at
from hongyan.console.strips import answers_of, strip
from hongyan.console.write import picking
from hongyan.console.write.forms import KINDS, WriteForm, initial_of
from hongyan.console.write.words import how_many
from hongyan.contacts import importing
from hongyan.contacts.models import RecipientList
from hongyan.dispatch.models import Channel
from hongyan.inputs import id_of, ids_of, whole_of
from hongyan.mailbox import answering, inbox
from hongyan.messaging import asking, drafts, recipients, surveying, unseen
from hongyan.messaging.asking import request_of
from hongyan.messaging.merge import MissingVariable, parse
from hongyan.messaging.models import Phrase, Signature, Submission
from hongyan.messaging.recipients import Selection
from hongyan.messaging.screening import LONGEST_TEXT, Wording
from hongyan.messaging.surveying import Survey
from hongyan.protocols.text import measure
from hongyan.uploads import guesses, receiving
from hongyan.uploads.models import Upload


def _prefilled(user: User, query: QueryDict) -> tuple[dict[str, Any], Selection, int | None]:
    """What a link from elsewhere already says: ?group=3, ?contacts=1,2, ?reply=9, ?text=..."""
    chosen: dict[str, Any] = {}
    for name, field in KINDS.items():
        values = [part for value in (*query.getlist(name), *query.getlist(f"{name}s")) for part in value.split(",")]
        chosen[field] = ids_of(values)
    initial: dict[str, Any] = {"text": query.get("text", ""), "numbers": query.get("number", "")}
    answers = None
    if replied := query.get("reply"):
        reply = inbox.access_reply(user, id_of(replied))
        answers, whom = reply.pk, answering.whom(user, reply)
        initial["numbers"] = "\n".join(whom.numbers)
        chosen["contact_ids"] = [*chosen["contact_ids"], *whom.contact_ids]
    default = Signature.objects.filter(is_default=True).first()
    initial["signature"] = default.text if default else ""
    initial["personal"] = user.uses_personal_signature
    return initial, Selection.from_json(chosen), answers


@needs(Right.SEND)
def write(request: HttpRequest) -> HttpResponseBase:
    """Show the page; a POST saves the draft and goes on to the confirmation."""
    user = me(request)
    draft = _draft(user, request.POST.get("draft") or request.GET.get("draft"), is_typed=request.method == "POST")
    if request.method == "POST":
        form = WriteForm(user, request.POST)
        is_valid = form.is_valid()
        draft = drafts.save(user, draft, **form.facts(), **_answers(user, request))
        if is_valid:
            with at(form):
                asked = request_of(draft)
                asking.check(user, asked)
                _check_rows(user, draft, asked, form, request.POST.get("counted", ""))
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
    chips = picking.chosen(user, selection)
    phrases = Phrase.objects.filter(owner=None) | Phrase.objects.filter(owner=user)
    return render(
        request,
        "console/write/write.html",
        {
            "form": form, "draft": draft, "chips": chips, "blank": picking.BLANK, "phrases": phrases,
            # Where there are numbers and nobody chosen, the numbers are what one came for.
            "opens_numbers": bool(form["numbers"].value()) and not chips,
            "may_groups": user.may(Right.SEND_TO_GROUPS),
            "audiences": picking.of_audiences(user, Audience.objects.sendable_by(user).select_related("owner")[:200])
            if user.may(Right.SEND_TO_GROUPS) else [],
            "lists": RecipientList.objects.filter(owner=user, is_kept=True)[:50],
        },
    )  # fmt: skip


def _check_rows(user: User, draft: Submission, asked: asking.Request, form: WriteForm, counted: str) -> None:
    """Where rows of one number say different things, somebody says what is meant. Raises Refused."""
    if form.rows or not asked.selection.list_ids or asked.wording(user).is_shared:
        return
    found, _mark = surveying.kept(user, draft, asked, counted)
    if found.differing > found.people:
        raise Refused("rows", _("Some numbers appear in several rows: choose one message per number or one per row."))


def _draft(user: User, draft_id: str | None, *, is_typed: bool) -> Submission | None:
    """The draft of that id. What is typed into one that another tab has sent or deleted becomes a new one."""
    if not draft_id:
        return None
    return drafts.find(user, id_of(draft_id)) if is_typed else drafts.access_draft(user, id_of(draft_id))


def _answers(user: User, request: HttpRequest) -> dict[str, Any]:
    reply = request.POST.get("answers", "")
    return {"answers_id": inbox.access_reply(user, id_of(reply)).pk} if reply else {}


@needs(Right.SEND)
@require_POST
def preview(request: HttpRequest) -> HttpResponseBase:
    """Save the draft, once it is touched, and show phone, counter and totals: answered to every pause in typing."""
    user = me(request)
    form = WriteForm(user, request.POST)
    form.is_valid()
    draft = _draft(user, request.POST.get("draft"), is_typed=True)
    facts = form.facts()
    is_worth_keeping = facts["text"].strip() or not form.selection().is_empty
    if draft is not None or (request.POST.get("touched") and is_worth_keeping):
        draft = drafts.save(user, draft, **facts, **_answers(user, request))
    asked = request_of(draft or Submission(owner=user, **facts))
    wording = asked.wording(user)
    found, counted = surveying.kept(
        user, draft or Submission(owner=user, **facts), asked, request.POST.get("counted", "")
    )
    people, count = found.people, found.messages
    at = whole_of(request.POST.get("at"))
    sample = [one for chunk in recipients.stream(user, asked.selection, by_row=False, sample=20) for one in chunk]
    person = sample[at % len(sample)] if sample else None
    sights = unseen.of_chosen(user, user, [person.contact_id]) if person else {}
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
            "draft": draft, "found": found, "counted": counted, "rows": form.rows, "said": _said(found, asked.wording(user)),
            "people": people, "people_shown": how_many(people, is_about=found.is_about), "count": count, "person": person,
            "sight": sights.get(person.contact_id, "") if person else "", "text": text, "measure": shown, "missing": missing,
            "at": at, "sample": len(sample), "typed": form.typed, "variables": recipients.variables_of(user, asked.selection),
            "price": price * shown.segments * count if price is not None else None, "pieces": _pieces(text, shown.cuts),
            "too_long": LONGEST_TEXT if max(len(asked.text), len(text)) > LONGEST_TEXT else 0,
            "too_many": people > 1 and not user.may(Right.SEND_TO_GROUPS), "unknown": parse(asked.text).names if not sample else [],
        },
    )  # fmt: skip


def _said(found: Survey, wording: Wording) -> list[tuple[str, int, str | None]]:
    """(variable, how many lack it, what is read instead or None)."""
    defaults = {one.name: one.default for one in wording.template.defaults}
    needed = set(wording.template.needed)
    return [(name, count, None if name in needed else defaults.get(name)) for name, count in found.lacking]


def _pieces(text: str, cuts: tuple[int, ...]) -> list[str]:
    edges = [0, *cuts, len(text)]
    return [text[start:end] for start, end in itertools.pairwise(edges)]


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
    except Refused as error:
        return _upload_trouble(request, str(error))
    return redirect("console:write_upload_state", one.pk)


def _upload_trouble(request: HttpRequest, sentence: str) -> HttpResponse:
    return render(request, "console/write/upload.html", {"trouble": sentence})


@needs(Right.SEND)
def upload_state(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """How far the file is; a POST says how it is read otherwise, or that it is to be used as shown."""
    user = me(request)
    one = receiving.access_upload(user, upload_id)
    trouble, replaced = "", request.GET.get("replaced", "")
    replaced = replaced if replaced.isascii() and replaced.isdecimal() else ""
    if request.method == "POST":
        try:
            one, replaced = _answered(user, one, request, replaced)
        except Refused as error:
            trouble = str(error)
    made = RecipientList.objects.filter(upload=one).first()
    return render(
        request,
        "console/write/upload.html",
        {
            "upload": one, "list": made, "trouble": trouble, "strip": strip(one) if one.columns else None,
            "replaced": replaced, "missing": _missing(one),
            "url": reverse("console:write_upload_state", args=[one.pk]) + (f"?replaced={replaced}" if replaced else ""),
            "can_change": one.state != Upload.State.RUNNING and (one.state == Upload.State.UPLOADED or one.parts.exists()),
        },
    )  # fmt: skip


def _answered(user: User, one: Upload, request: HttpRequest, replaced: str) -> tuple[Upload, str]:
    """The upload after an answer, and the list that another reading of the file takes the place of.

    Which column holds the numbers is the last question: where nothing else is in doubt, its answer begins the reading.
    """
    answers = answers_of(request.POST)
    if one.state == Upload.State.FINISHED and answers:
        before = RecipientList.objects.filter(upload=one).first()
        one, replaced = receiving.again(user, one), str(before.pk) if before else ""
        answers = {"header_line": one.reading.get("header_line", -1)} | answers if "number" in answers else answers
    if answers:
        one = importing.answer(user, one, **answers)
    if request.POST.get("start") or ("number" in answers and guesses.is_plain(one)):
        one = importing.start(user, one, one.mapping)
    return one, replaced


def _missing(one: Upload) -> list[str]:
    """How many rows of a file that was read lack which value."""
    told = []
    for column, rows in one.found.get("missing", {}).items():
        text = ngettext("%(n)d row lacks %(column)s.", "%(n)d rows lack %(column)s.", rows)
        told.append(text % {"n": rows, "column": column})
    if told:
        told.append(_("A row that lacks a value used in the text gets no message; the check page counts them."))
    return told
