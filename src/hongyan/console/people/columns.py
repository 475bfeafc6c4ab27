"""Further columns of people: their page, their inputs on a person's page, and the filter by any of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hongyan import fields as kinds
from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.people.opening import for_who_reaches_people
from hongyan.console.refusing import at, told
from hongyan.contacts import fields
from hongyan.contacts.models import KINDS, Field, Tag
from hongyan.fields import Kind, Takes
from hongyan.inputs import id_of


@dataclass(frozen=True, slots=True)
class Input:
    """How a column's value is asked for."""

    column: Field
    value: str
    kind: str
    """text, number, date, time, yes_no, choice or choices."""
    options: list[tuple[str, str]] = field(default_factory=list)
    chosen: tuple[str, ...] = ()


def inputs(given: dict[str, str]) -> dict[str, Any]:
    """The defined columns as inputs, and what else a person has."""
    known = fields.defined()
    return {
        "inputs": [_input(one, given.get(one.name, "")) for one in known.values()],
        "others": {name: value for name, value in given.items() if name not in known},
    }  # fmt: skip


def _input(column: Field, value: str) -> Input:
    kind = Kind(column.kind)
    try:
        stored = fields.store(column, value)
    except kinds.Unfit:
        # Shown as it stands, so that it can be put right.
        return Input(column, value, "text")
    if kind is Kind.YES_NO:
        options = [("1", kinds.show(kind, True)), ("0", kinds.show(kind, False))]
        return Input(column, value, "yes_no", options, ("" if stored is None else "1" if stored else "0",))
    if kind in (Kind.CHOICE, Kind.CHOICES):
        chosen = tuple(stored) if isinstance(stored, list) else (str(stored or ""),)
        return Input(column, value, kind.value, [(one, one) for one in column.choices], chosen)
    shown = "" if stored is None else str(stored)
    return Input(column, shown, {Kind.DATE: "date", Kind.TIME: "time"}.get(kind, "text"))


def filters(query: QueryDict) -> dict[str, Any]:
    """Tags and columns that the people's list can be filtered by, and how the chosen column is."""
    column = Field.objects.filter(pk=id_of(query.get("column"))).first()
    return {"tags": Tag.objects.all()[:300], "columns": Field.objects.all(), "column": column, **_ways(column, query)}


def _ways(column: Field | None, query: QueryDict) -> dict[str, Any]:
    if column is None:
        return {}
    kind = Kind(column.kind)
    ways = [(one.value, kinds.operator_words(kind, one)) for one in kinds.OPERATORS[kind]]
    chosen = query.get("way") or ways[0][0]
    takes = next((kinds.TAKES[one] for one in kinds.OPERATORS[kind] if one.value == chosen), Takes.ONE)
    options = [(one, one) for one in column.choices]
    if kind is Kind.YES_NO:
        options = [("1", kinds.show(kind, True)), ("0", kinds.show(kind, False))]
    values = query.getlist("value")
    return {
        "ways": ways, "chosen_way": chosen, "takes": takes.value, "options": options, "values": values,
        "first_value": values[0] if values else "", "second_value": values[1] if len(values) > 1 else "",
        "input_kind": "number" if takes is Takes.DAYS else "date" if kind is Kind.DATE else "text",
    }  # fmt: skip


@for_who_reaches_people
def way(request: HttpRequest) -> HttpResponseBase:
    """How the column that was chosen in the filter can be compared."""
    column = Field.objects.filter(pk=id_of(request.GET.get("column"))).first()
    return render(request, "console/people/column_way.html", {"column": column, **_ways(column, request.GET)})


class ColumnForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Column name"),
        max_length=40,
        help_text=gettext_lazy("Texts use it as a variable of this name."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"))
    choices = forms.CharField(
        label=gettext_lazy("Choices"), required=False, widget=forms.Textarea({"rows": 5}),
        help_text=gettext_lazy("One a line; only for columns with choices."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(one.value, kinds.kind_words(one)) for one in KINDS]  # type: ignore[attr-defined]

    def facts(self) -> tuple[str, str, list[str]]:
        given = self.cleaned_data
        return given["name"], given["kind"], given["choices"].splitlines()


@needs(Right.MANAGE_PEOPLE)
def columns(request: HttpRequest) -> HttpResponseBase:
    """All columns, and a new one."""
    user = me(request)
    form = ColumnForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with at(form):
            fields.create(user, *form.facts())
            messages.success(request, _("Saved."))
            return redirect("console:people_columns")
    rows = [(one, kinds.kind_words(Kind(one.kind))) for one in Field.objects.all()]
    return render(request, "console/people/columns.html", {"form": form, "rows": rows})


@needs(Right.MANAGE_PEOPLE)
def column(request: HttpRequest, field_id: int) -> HttpResponseBase:
    """One column: rename it, give it another kind, take it away."""
    user = me(request)
    found = Field.objects.filter(pk=field_id).first()
    if found is None:
        raise Http404
    if request.POST.get("act") == "delete":
        with told(request):
            fields.delete(user, found)
            messages.success(request, _("The column has been deleted."))
            return redirect("console:people_columns")
        return redirect("console:people_column", field_id)
    initial = {"name": found.name, "kind": found.kind, "choices": "\n".join(found.choices)}
    form = ColumnForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with at(form):
            unfit = fields.change(user, found, *form.facts())
            messages.success(request, _("Saved."))
            if unfit:
                messages.warning(request, _unfit(unfit))
            return redirect("console:people_columns")
    return render(request, "console/people/column.html", {"form": form, "column": found})


def _unfit(count: int) -> str:
    return ngettext(
        "%(n)d different value does not fit this kind. It stays as it stands, and conditions take it for empty.",
        "%(n)d different values do not fit this kind. They stay as they stand, and conditions take them for empty.",
        count,
    ) % {"n": count}
