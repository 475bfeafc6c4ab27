"""A table's fields: their list and order, one of them, and what becomes of values that a change does not fit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.errors import Refused
from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.refusing import told
from hongyan.datasets import defining as verbs
from hongyan.datasets.defining import Misfits, Wish
from hongyan.datasets.models import Field, Level, Table
from hongyan.datasets.rights import access_table
from hongyan.fields import Kind, kind_words
from hongyan.inputs import id_of


class FieldForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the field"), max_length=60)
    kind = forms.ChoiceField(label=gettext_lazy("What it holds"))
    choices = forms.CharField(
        label=gettext_lazy("Choices"), required=False, widget=forms.Textarea({"rows": 5}),
        help_text=gettext_lazy("One in each line, in the order in which they are offered."),
    )  # fmt: skip
    target = forms.ModelChoiceField(
        Table.objects.none(),
        label=gettext_lazy("Links to"),
        required=False,
        empty_label=gettext_lazy("People (address books)"),
    )
    is_required = forms.BooleanField(label=gettext_lazy("Required: a row cannot be saved without it"), required=False)
    is_unique = forms.BooleanField(label=gettext_lazy("Unique: no two rows may have the same value"), required=False)
    default = forms.CharField(
        label=gettext_lazy("Default"), required=False, max_length=200,
        help_text=gettext_lazy("What a new row begins with. For a date, “today” is the day on which the row is made."),
    )  # fmt: skip
    help = forms.CharField(label=gettext_lazy("Hint below the field"), required=False, max_length=120)

    def __init__(self, tables: Any, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["kind"].choices = [(str(one), kind_words(one)) for one in Kind]  # type: ignore[attr-defined]
        self.fields["target"].queryset = tables  # type: ignore[attr-defined]

    def wish(self) -> Wish:
        facts = self.cleaned_data
        return Wish(
            facts["name"], Kind(facts["kind"]), facts["choices"].splitlines(), facts["target"], facts["is_required"],
            facts["is_unique"], facts["default"], facts["help"],
        )  # fmt: skip


@needs(Right.SEE_PEOPLE)
def fields(request: HttpRequest, table_id: int) -> HttpResponseBase:
    view = access_table(me(request), table_id, Level.MANAGE)
    if request.method == "POST":
        field_id = id_of(request.POST.get("id"))
        view.field(field_id)
        with told(request):
            if request.POST.get("act") == "remove":
                verbs.remove(view.user, field_id)
                messages.success(request, _("The field was removed."))
            else:
                verbs.move(view.user, field_id, -1 if request.POST.get("act") == "up" else 1)
        return redirect("console:table_fields", table_id)
    return render(request, "console/tables/fields.html", {"view": view, "table": view.table, "fields": view.fields})


@needs(Right.SEE_PEOPLE)
def field(request: HttpRequest, table_id: int, field_id: int | None = None) -> HttpResponseBase:
    """One field; where a change does not fit its values, which ones, why, and what becomes of them."""
    view = access_table(me(request), table_id, Level.MANAGE)
    found = view.field(field_id) if field_id else None
    form = FieldForm(Table.objects.visible_to(view.user), request.POST or None, _initial(found))
    misfits: Misfits | None = None
    if request.method == "POST" and form.is_valid():
        try:
            if found is None:
                verbs.add(view.user, table_id, form.wish())
            else:
                verbs.change(view.user, found.pk, form.wish(), misfits=request.POST.get("misfits", ""))
            messages.success(request, _("Saved."))
            return redirect("console:new_table_field" if "again" in request.POST else "console:table_fields", table_id)
        except Misfits as error:
            misfits = error
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
    return render(
        request,
        "console/tables/field.html",
        {"view": view, "table": view.table, "field": found, "form": form, "misfits": misfits},
    )


def _initial(found: Field | None) -> dict[str, Any]:
    if found is None:
        return {"kind": str(Kind.TEXT)}
    return {
        "name": found.name, "kind": found.kind_code, "choices": "\n".join(found.choices), "target": found.target_id,
        "is_required": found.is_required, "is_unique": found.is_unique, "default": found.default, "help": found.help,
    }  # fmt: skip
