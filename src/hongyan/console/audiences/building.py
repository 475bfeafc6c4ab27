"""The builder: conditions put together by form, with count, sentence and a sample beside them while one does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.audiences import conditions, evaluating, keeping, nesting, sentences, sources
from hongyan.audiences.conditions import Branch, Joined, Test
from hongyan.audiences.evaluating import TakesTooLong
from hongyan.audiences.keeping import Facts
from hongyan.audiences.models import Audience
from hongyan.console.access import me, needs
from hongyan.console.audiences import reading
from hongyan.console.refusing import at
from hongyan.contacts import reach
from hongyan.inputs import ids_of, whole_of
from hongyan.runtime import clock


class AudienceForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Audience name"), max_length=80)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)
    sharing = forms.ChoiceField(label=gettext_lazy("Who can use it"))

    def __init__(self, user: User, audience: Audience | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Who was only let change it does not say who else has it.
        rules = audience is None or Audience.objects.ruled_by(user).contains(audience)
        choices = list(keeping.sharings_for(user)) if rules else []
        if audience is not None and audience.sharing not in choices:
            choices.append(Audience.Sharing(audience.sharing))
        self.fields["sharing"].choices = [(one.value, one.label) for one in choices]  # type: ignore[attr-defined]


@needs(Right.SEE_PEOPLE)
def edit(request: HttpRequest, audience_id: int | None = None) -> HttpResponseBase:
    """A new audience, or one as it is."""
    user = me(request)
    found = keeping.access_changeable_audience(user, audience_id) if audience_id else None
    known = sources.attributes(user)
    if request.method == "POST":
        tree = reading.tree_of(request.POST, known)
        form = AudienceForm(user, found, request.POST)
        if form.is_valid():
            facts = Facts(form.cleaned_data["name"], tree, form.cleaned_data["note"], form.cleaned_data["sharing"])
            with at(form):
                if found is None:
                    made = keeping.create(user, facts)
                else:
                    made = keeping.change(user, found, facts, seen=whole_of(request.POST.get("version")))
                messages.success(request, _("Saved."))
                return redirect("console:audience", made.pk)
    else:
        tree, initial = _begun(request, user, found)
        form = AudienceForm(user, found, initial=initial)
    return render(
        request,
        "console/audiences/edit.html",
        {
            "form": form, "audience": found, "version": found.version if found else 0,
            **_shown(user, tree, known),
        },
    )  # fmt: skip


def _begun(request: HttpRequest, user: User, found: Audience | None) -> tuple[Branch, dict[str, Any]]:
    """What the form begins with: what is kept, or the audiences, groups or books that a link names."""
    if found is not None:
        facts = {"name": found.name, "note": found.note, "sharing": found.sharing}
        return sentences.read_stored(found.conditions), facts
    tests: list[Test] = []
    for name, key in (("with", nesting.KEY), ("group", "person.groups"), ("book", "person.books")):
        if ids := ids_of(request.GET.getlist(name)):
            tests.append(Test(key, "one_of", tuple(map(str, ids))))
    if copied := request.GET.get("copy", ""):
        (pk,) = ids_of([copied]) or (0,)
        other = keeping.access_audience(user, pk)
        name = _("Copy of %(name)s") % {"name": other.name}
        return sentences.read_stored(other.conditions), {"name": name[:80], "note": other.note}
    return Branch(Joined.ALL, tuple(tests) or (Test(),)), {}


def _shown(user: User, tree: Branch, known: dict[str, Any]) -> dict[str, Any]:
    return {
        "root": reading.shown(user, tree, known),
        "joins": [(one.value, sentences.head(one)) for one in Joined],
    }  # fmt: skip


@needs(Right.SEE_PEOPLE)
@require_POST
def conditions_part(request: HttpRequest) -> HttpResponseBase:
    """The conditions after a button or another attribute."""
    user = me(request)
    known = sources.attributes(user)
    tree = reading.acted(reading.tree_of(request.POST, known), request.POST.get("act", ""))
    if not tree.parts:
        tree = replace(tree, parts=(Test(),))
    return render(request, "console/audiences/conditions.html", _shown(user, tree, known))


def _asked(request: HttpRequest, user: User) -> tuple[Branch, Branch, dict[str, Any]]:
    """(the form's tree, what of it can be asked, attributes)."""
    known = sources.attributes(user)
    tree = reading.tree_of(request.POST, known)
    return tree, reading.finished(user, tree, known), known


@needs(Right.SEE_PEOPLE)
@require_POST
def count(request: HttpRequest) -> HttpResponseBase:
    """How many that is, and the conditions in words."""
    user = me(request)
    tree, asked, known = _asked(request, user)
    context: dict[str, Any] = {
        "sentence": sentences.of_tree(user, asked, known),
        "is_partial": sum(1 for _one in conditions.tests(asked)) < sum(1 for _one in conditions.tests(tree)),
    }
    try:
        context["count"] = evaluating.count(user, asked, clock.now())
    except TakesTooLong:
        context["is_late"] = True
    except Refused as error:
        context["trouble"] = str(error)
    return render(request, "console/audiences/count.html", context)


@needs(Right.SEE_PEOPLE)
@require_POST
def sample(request: HttpRequest) -> HttpResponseBase:
    """Twenty of them."""
    user = me(request)
    _tree, asked, _known = _asked(request, user)
    context: dict[str, Any] = {"people": []}
    try:
        context["people"] = evaluating.sample(user, asked, clock.now())
        reach.look(user, context["people"])
    except TakesTooLong:
        context["is_late"] = True
    except Refused:
        # The count tells it.
        context["people"] = []
    return render(request, "console/audiences/sample.html", context)
