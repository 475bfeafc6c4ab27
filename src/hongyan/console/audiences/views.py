"""Audiences: the list, one with its figures and history, its people, what is drawn from it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.audiences import drawing, evaluating, grants, keeping, needing, sentences, sources
from hongyan.audiences.evaluating import TakesTooLong
from hongyan.audiences.models import Audience, Version
from hongyan.console.access import me, needs
from hongyan.console.audiences.finding import AUDIENCE_PEOPLE
from hongyan.console.refusing import told
from hongyan.console.taking import take_away
from hongyan.contacts import reach
from hongyan.inputs import asked_of, id_of, whole_of
from hongyan.runtime import clock

PAGE = 50
MOST_SHOWN = 300


@needs(Right.SEE_PEOPLE)
def audiences(request: HttpRequest) -> HttpResponseBase:
    user, asked = me(request), asked_of(request.GET.get("q"))
    found = Audience.objects.visible_to(user).select_related("owner", "department")
    if asked:
        found = found.filter(name__icontains=asked)
    known = sources.attributes(user)
    rows = [(one, _in_words(user, one, known)) for one in found[:MOST_SHOWN]]
    sendable = set(Audience.objects.sendable_by(user).values_list("pk", flat=True))
    return render(request, "console/audiences/list.html", {"rows": rows, "asked": asked, "sendable": sendable})


def _in_words(user: User, one: Audience, known: dict[str, Any]) -> str:
    if one.is_static:
        return _origin(one)
    return sentences.of_tree(user, sentences.read_stored(one.conditions), known)


def _origin(one: Audience) -> str:
    """How a static audience came about."""
    made_of = one.origin
    if not made_of:
        return ""
    facts = {
        "name": made_of.get("name", ""), "n": made_of.get("drawn", ""), "of": made_of.get("of", ""),
        "seed": made_of.get("seed", ""), "percent": made_of.get("percent", ""), "nth": made_of.get("part", ""),
    }  # fmt: skip
    if "part" in made_of:
        return _("Part %(nth)s of “%(name)s”: %(percent)s %%, %(n)s of %(of)s people, seed %(seed)s") % facts
    if "seed" in made_of:
        return _("Random sample of “%(name)s”: %(n)s of %(of)s people, seed %(seed)s") % facts
    return _("Everybody who was in “%(name)s” at that time") % facts


@needs(Right.SEE_PEOPLE)
def audience(request: HttpRequest, audience_id: int) -> HttpResponseBase:
    """What it is, how many, its history."""
    user = me(request)
    found = keeping.access_audience(user, audience_id)
    known = sources.attributes(user)
    return render(
        request,
        "console/audiences/audience.html",
        {
            "audience": found, "words": _in_words(user, found, known), "may_change": keeping.may_change(user, found),
            "may_delete": grants.may_give(user, found), "may_send": Audience.objects.sendable_by(user).contains(found),
            "history": _history(user, found, known), "needed_by": list(dict.fromkeys(needing.who_needs(found))),
            "seed": drawing.new_seed(),
        },
    )  # fmt: skip


def _history(user: User, found: Audience, known: dict[str, Any]) -> list[tuple[Version, list[sentences.Line]]]:
    """Each version with what it changed, the newest first."""
    versions = list(found.versions.select_related("by")[:50])
    told_of = []
    for nth, one in enumerate(versions):
        before = versions[nth + 1] if nth + 1 < len(versions) else None
        lines = sentences.difference(
            user,
            sentences.read_stored(before.conditions) if before else None,
            sentences.read_stored(one.conditions),
            known,
        )
        if before is not None and before.name != one.name:
            lines = [sentences.Line("-", before.name), sentences.Line("+", one.name), *lines]
        told_of.append((one, lines))
    return told_of


@needs(Right.SEE_PEOPLE)
def figures(request: HttpRequest, audience_id: int) -> HttpResponseBase:
    """How many it is now, and some of them: fetched by its page, which need not wait for it."""
    user = me(request)
    found = keeping.access_audience(user, audience_id)
    context: dict[str, Any] = {"audience": found, "people": []}
    try:
        context["count"] = keeping.noted(user, found)
        context["people"] = evaluating.sample(user, found, clock.now())
        reach.look(user, context["people"])
    except TakesTooLong:
        context["is_late"] = True
    except Refused as error:
        context["trouble"] = str(error)
    return render(request, "console/audiences/figures.html", context)


@needs(Right.SEE_PEOPLE)
def people(request: HttpRequest, audience_id: int) -> HttpResponseBase:
    """Everybody in it, page by page."""
    user, after = me(request), id_of(request.GET.get("after") or "0")
    found = keeping.access_audience(user, audience_id)
    rows: list[Any] = []
    try:
        with told(request):
            rows = evaluating.page(user, found, clock.now(), after=after, most=PAGE + 1)
            reach.look(user, rows)
    except TakesTooLong:
        messages.error(request, _("This takes too long: make the conditions simpler."))
    is_more = len(rows) > PAGE
    rows = rows[:PAGE]
    return render(
        request,
        "console/audiences/people.html",
        {"audience": found, "people": rows, "after": rows[-1].pk if is_more else None, "is_later": bool(after)},
    )


@needs(Right.SEE_PEOPLE, Right.EXPORT)
def export(request: HttpRequest, audience_id: int) -> HttpResponseBase:
    """Its people as a file."""
    return take_away(request, AUDIENCE_PEOPLE, audience_id)


@needs(Right.SEE_PEOPLE)
@require_POST
def act(request: HttpRequest, audience_id: int) -> HttpResponseBase:
    """Draw, split, freeze, go back to an earlier version, delete."""
    user, what = me(request), request.POST.get("act")
    found = keeping.access_audience(user, audience_id)
    try:
        with told(request):
            return _acted(request, user, found, what)
    except TakesTooLong:
        messages.error(request, _("This takes too long: make the conditions simpler."))
    return redirect("console:audience", audience_id)


def _acted(request: HttpRequest, user: User, found: Audience, what: str | None) -> HttpResponse:
    now, seed = clock.now(), request.POST.get("seed", "")
    if what == "draw":
        made = drawing.draw(user, found, whole_of(request.POST.get("size")), seed, now)
        messages.success(
            request,
            _("%(n)d people have been drawn with the seed %(seed)s.")
            % {"n": made.size or 0, "seed": made.origin["seed"]},
        )
        return redirect("console:audience", made.pk)
    if what == "split":
        given = request.POST.get("percents", "").replace("，", ",").replace("%", "").split(",")
        parts = drawing.split(user, found, [whole_of(one) for one in given if one.strip()], seed, now)
        messages.success(request, _("It has been split into %(n)d parts.") % {"n": len(parts)})
        return redirect(f"{reverse('console:audiences')}?q={found.name[:40]}")
    if what == "freeze":
        made = drawing.freeze(user, found, now)
        messages.success(request, _("%(n)d people are kept as they are now.") % {"n": made.size or 0})
        return redirect("console:audience", made.pk)
    if what == "back":
        keeping.go_back(user, found, whole_of(request.POST.get("version")))
        messages.success(request, _("Saved."))
    if what == "delete":
        keeping.delete(user, found)
        messages.success(request, _("The audience has been deleted."))
        return redirect("console:audiences")
    return redirect("console:audience", found.pk)
