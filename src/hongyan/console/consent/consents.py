"""The ledger of consents, its proof, and everything about one number."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hongyan.accounts.errors import Refused
from hongyan.accounts.rights import Right
from hongyan.consent import importing, ledger
from hongyan.consent import proof as proving
from hongyan.consent.models import ConsentEvent, Listed, OptOut, Source, Standing, Topic
from hongyan.consent.policy import topic_names
from hongyan.console.access import me, needs
from hongyan.console.consent.finding import CONSENTS, lines
from hongyan.console.consent.lists import address
from hongyan.console.consent.tokens import number_of, token_of
from hongyan.console.context import follow
from hongyan.console.refusing import not_numbers, told
from hongyan.console.taking import take_away
from hongyan.contacts.models import Contact
from hongyan.dispatch.numbers import read_many
from hongyan.inputs import asked_of, day_of
from hongyan.uploads.models import Upload

WRONG = {
    "changed": gettext_lazy("was changed"),
    "missing": gettext_lazy("follows on lines that are missing"),
    "unchained": gettext_lazy("does not fit the line before it"),
    "standing": gettext_lazy("is not what screening reads"),
    "rewritten": gettext_lazy("is not the line that the last proof noted"),
}
GIVEN_BY = [one for one in Source.choices if one[0] not in (Source.MOVED, Source.API, Source.FILE)]


@needs(Right.MANAGE_PEOPLE)
def consents(request: HttpRequest) -> HttpResponseBase:
    """Lines of the ledger; adding, importing, proving."""
    follow(request, f"uploads-{me(request).pk}")
    if request.method == "POST":
        with told(request):
            return _change(request)
        return redirect("console:consents")
    page = Paginator(lines(request.GET), 30).get_page(request.GET.get("page"))
    _dress(list(page.object_list))
    template = "console/consent/consents.html"
    return render(
        request,
        f"{template}#rows" if request.htmx else template,  # type: ignore[attr-defined]
        {
            "page": page, "asked": asked_of(request.GET.get("q")), "topics": Topic.objects.all(), "sources": GIVEN_BY,
            "topic_choices": [("*", _("All marketing")), *topic_names().items()],
            "standing": Standing.objects.filter(is_given=True).count(),
            "uploads": Upload.objects.filter(purpose=importing.PURPOSE, target__list=importing.CONSENTS)[:5],
        },
    )  # fmt: skip


def _dress(rows: list[ConsentEvent]) -> None:
    """Put words for topic and source, and the number's address, onto each row."""
    names, sources = topic_names(), dict(Source.choices)
    for one in rows:
        one.about = names.get(one.topic, one.topic)  # type: ignore[attr-defined]
        one.came_by = sources.get(one.source, one.source)  # type: ignore[attr-defined]
        one.token = token_of(one.number)  # type: ignore[attr-defined]


def _change(request: HttpRequest) -> HttpResponseBase:
    user, back = me(request), redirect("console:consents")
    match request.POST.get("act"):
        case "verify":
            tell_verdict(request, ledger.verify(user, address=address(request)))
            return back
        case "import":
            given = request.FILES.get("file")
            if given is None:
                messages.error(request, _("Choose a file first."))
                return back
            upload = importing.receive(user, given.name or "file", given.chunks(), {"list": importing.CONSENTS})
            return redirect("console:list_upload", upload.pk)
    shown = request.FILES.get("proof")
    file = (shown.name or "file", shown.read(ledger.LARGEST_FILE + 1)) if shown else None
    count, read = ledger.give(
        user, request.POST.get("numbers", ""), _terms(request), file=file, address=address(request)
    )
    if count:
        text = ngettext("%(n)d consent entered.", "%(n)d consents entered.", count)
        messages.success(request, text % {"n": count})
    if read.bad or not read.good:
        messages.error(request, not_numbers(read.bad) if read.bad else _("Enter at least one mobile number."))
    return back


def _terms(request: HttpRequest) -> ledger.Terms:
    """Raises Refused."""
    said = {name: request.POST.get(name, "") for name in ("topic", "source", "evidence", "wording", "frequency")}
    if said["source"] not in dict(GIVEN_BY):
        raise Refused("no_source", _("Say how the consent was given."), field="source")
    if said["topic"] and said["topic"] not in topic_names():
        raise Refused("unknown_topic", _("There is no such topic."), field="topic")
    until = request.POST.get("until", "").strip()
    day = day_of(until)
    if until and day is None:
        raise Refused("until", _("This is not a date."), field="until")
    return ledger.Terms(**said, until=day)


def tell_verdict(request: HttpRequest, verdict: ledger.Verdict) -> None:
    """What the proof found, each wrong line by its number."""
    if verdict.agrees:
        text = ngettext(
            "%(n)d line proved: nothing was changed.", "%(n)d lines proved: nothing was changed.", verdict.lines
        )
        messages.success(request, text % {"n": verdict.lines})
        return
    for one in verdict.wrong[:5]:
        messages.error(request, _("Line %(n)d %(why)s.") % {"n": one.line, "why": WRONG[one.why]})


@needs(Right.MANAGE_PEOPLE, Right.EXPORT)
def export(request: HttpRequest) -> HttpResponseBase:
    return take_away(request, CONSENTS)


@needs(Right.MANAGE_PEOPLE)
def find(request: HttpRequest) -> HttpResponseBase:
    """To the page of a number that somebody typed; a POST, so that no log holds it."""
    read = read_many(request.POST.get("number", "")[:40])
    if not read.good:
        messages.error(request, _("Enter at least one mobile number."))
        return redirect("console:consents")
    return redirect("console:number", token_of(read.good[0]))


@needs(Right.MANAGE_PEOPLE)
def number(request: HttpRequest, token: str) -> HttpResponseBase:
    """What permits and forbids writing to one number, and how that came about."""
    asked = number_of(token)
    if request.method == "POST":
        with told(request):
            topic = request.POST.get("topic", "")
            ledger.take_back(me(request), asked, topic, request.POST.get("evidence", ""), address=address(request))
            messages.success(request, _("The consent has been taken back."))
        return redirect("console:number", token)
    rows = list(ConsentEvent.objects.filter(number=asked).select_related("file").order_by("-pk")[:200])
    _dress(rows)
    names = topic_names()
    contact = Contact.objects.visible_to(me(request)).filter(number=asked).first()
    return render(
        request, "console/consent/number.html",
        {
            "number": asked, "token": token, "rows": rows, "contact": contact,
            "standing": [(one, names.get(one.topic, one.topic)) for one in Standing.objects.filter(number=asked, is_given=True)],
            "outs": [(one, names.get(one.topic, one.topic) or one.signature) for one in OptOut.objects.filter(number=asked)],
            "listed": Listed.objects.filter(number=asked),
        },
    )  # fmt: skip


@needs(Right.MANAGE_PEOPLE, Right.SEE_NUMBERS, Right.EXPORT)
def proof(request: HttpRequest, token: str) -> HttpResponseBase:
    """The proof pack, as a zip."""
    asked = number_of(token)
    if not asked.startswith("+"):
        raise Http404
    answer = HttpResponse(proving.pack(me(request), asked, address=address(request)), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="consent-proof-{asked[-4:]}.zip"'
    return answer
