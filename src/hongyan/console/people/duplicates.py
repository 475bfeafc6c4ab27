"""People who may stand twice: the pairs, two of them side by side, what was merged, and taking that back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from procrastinate.contrib.django import app

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.components.side_by_side import Line
from hongyan.console.people.numbers import judged
from hongyan.console.refusing import told
from hongyan.contacts import birthdays, fields
from hongyan.contacts.models import Contact, Field
from hongyan.contacts.people import shown_to
from hongyan.duplicates import choosing, finding, merging, snapshots
from hongyan.duplicates.merging import FACTS, Wish, facts_of
from hongyan.duplicates.models import Merge, Pair
from hongyan.inputs import ids_of

MOST_AT_ONCE = 100
"""Merged while somebody waits; more in the background."""
COUNTED_UP_TO = 1000


@needs(Right.SEE_PEOPLE)
def duplicates(request: HttpRequest) -> HttpResponseBase:
    """Pairs to decide, clear ones first, and the last merges."""
    user = me(request)
    found = Pair.objects.visible_to(user).filter(state=Pair.State.OPEN)
    if request.method == "POST":
        with told(request):
            _act(request, user, found)
        return redirect("console:duplicates")
    kind = request.GET.get("kind", "")
    shown = found.filter(kind=kind) if kind in Pair.Kind.values else found
    page = Paginator(shown, 30).get_page(request.GET.get("page"))
    rows = _with_people(list(page.object_list))
    return render(
        request,
        "console/people/duplicates.html",
        {
            "page": page, "rows": rows, "total": page.paginator.count, "kind": kind, "kinds": Pair.Kind.choices,
            "clear": found.filter(is_clear=True).count(), "looked_at": finding.last_look(), "is_looking": finding.is_looking(),
            "merges": Merge.objects.visible_to(user).select_related("by", "undone_by")[:20],
        },
    )  # fmt: skip


def _act(request: HttpRequest, user: User, found: QuerySet[Pair]) -> None:
    what = request.POST.get("act")
    if what == "look":
        finding.ask()
        messages.success(request, _("Everybody is being looked through. Come back in a moment."))
        return
    clear = found.filter(is_clear=True)
    chosen = clear if what == "all" else clear.filter(pk__in=ids_of(request.POST.getlist("id")))
    if what == "all" and chosen.count() > MOST_AT_ONCE:
        app.configure_task("duplicates.merge_clear", allow_unknown=False).defer(user_id=user.pk)
        messages.success(request, _("They are being merged in the background; the list grows shorter."))
        return
    done, left = merging.merge_clear(user, list(chosen))
    if done:
        messages.success(request, ngettext("%(n)d pair merged.", "%(n)d pairs merged.", done) % {"n": done})
    if left or not done:
        messages.warning(request, _("What is not clear was left for you to look at."))


def _with_people(pairs: list[Pair]) -> list[Pair]:
    people = Contact.objects.select_related("book").in_bulk(
        {pk for one in pairs for pk in (one.first_id, one.second_id)}
    )
    judged(people.values())
    for one in pairs:
        one.first, one.second = people[one.first_id], people[one.second_id]  # type: ignore[attr-defined]
    return pairs


@needs(Right.SEE_PEOPLE)
def pair(request: HttpRequest, pair_id: int) -> HttpResponseBase:
    """Two people, fact by fact."""
    user = me(request)
    found = merging.access_pair(user, pair_id)
    if request.method == "POST":
        with told(request):
            if request.POST.get("act") == "apart":
                merging.keep_apart(user, found)
                messages.success(request, _("They stay two people and are not offered again."))
                return redirect("console:duplicates")
            taken = {
                name: value for name, value in request.POST.items() if value in ("first", "second") and name != "keep"
            }
            wish = Wish(
                "second" if request.POST.get("keep") == "second" else "first", taken, "keeps_number" in request.POST
            )
            made = merging.merge(user, found, wish)
            messages.success(request, _("Merged. You can undo it on this page."))
            return redirect("console:merge_done", made.pk)
    _with_people([found])
    first, second = found.first, found.second  # type: ignore[attr-defined]
    prefers = "fullest" if request.GET.get("prefers") == "fullest" else "latest"
    wish = merging.usual(first, second, found.kind, prefers)
    return render(
        request,
        "console/people/pair.html",
        {
            "pair": found, "prefers": prefers, "wish": wish, "lines": _lines(user, first, second, dict(wish.taken or {})),
            "sides": [
                (side, one, wish.keep == side, merging.lost_groups(one, other))
                for side, one, other in (("first", first, second), ("second", second, first))
            ],
        },
    )  # fmt: skip


@needs(Right.SEE_PEOPLE)
def merged(request: HttpRequest, merge_id: int) -> HttpResponseBase:
    """What a merge chose, and its undoing."""
    user = me(request)
    found = merging.access_merge(user, merge_id)
    if request.method == "POST":
        with told(request):
            returned = merging.undo(user, found, keeps_newer="keeps_newer" in request.POST)
            messages.success(request, _("They are two people again."))
            return redirect("console:contact", returned.pk)
        return redirect("console:merge_done", found.pk)
    labels = _labels()
    newer = [] if found.undone_at else merging.changed_since(found)
    return render(
        request,
        "console/people/merged.html",
        {
            "merge": found, "contact": Contact.objects.visible_to(user).filter(pk=found.survivor_id).first(),
            "lines": [
                Line(name, labels.get(name, name.removeprefix("field:")), _said(user, name, a), _said(user, name, b), side == "second")
                for name, (a, b, side) in found.chosen.items() if a or b
            ],
            "newer": [labels.get(name, name) for name in newer if name in labels] or [_("Other facts")] * bool(newer),
        },
    )  # fmt: skip


def _labels() -> dict[str, str]:
    return {
        one.name: str(one.verbose_name)
        for one in Contact._meta.concrete_fields
        if one.name in {*FACTS, *snapshots.PLAIN}
    }


def _lines(user: User, first: Contact, second: Contact, taken: dict[str, str]) -> list[Line]:
    labels, a, b = _labels(), facts_of(first), facts_of(second)
    return [
        Line(
            name, labels.get(name, name.removeprefix("field:")), _said(user, name, a.get(name)), _said(user, name, b.get(name)),
            taken.get(name) == "second",
        )
        for name in dict.fromkeys([*a, *b])
        if choosing.filled({name: a.get(name)}) or choosing.filled({name: b.get(name)})
    ]  # fmt: skip


def _said(user: User, name: str, value: Any) -> str:
    """A fact as a person reads it."""
    if name == "number":
        return shown_to(user, str(value))
    if name == "birthday" and value:
        return str(birthdays.Birthday.of(str(value)))
    if name.startswith("field:"):
        known = {one.name: one for one in Field.objects.filter(name=name.removeprefix("field:"))}
        return fields.shown(known.get(name.removeprefix("field:")), value) if value is not None else ""
    return str(value or "")
