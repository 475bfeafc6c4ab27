"""A table's rows: the list, one of them, what is done with many."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from hongyan.accounts import preferences
from hongyan.accounts.rights import Right
from hongyan.console import bulk
from hongyan.console.access import me, needs
from hongyan.console.refusing import told
from hongyan.console.tables.finding import ROWS, conditions_of, wanted_of
from hongyan.console.taking import take_away
from hongyan.datasets import finding, links, telling
from hongyan.datasets import rows as verbs
from hongyan.datasets.finding import Wanted
from hongyan.datasets.models import Field, Level, Row
from hongyan.datasets.rights import View, access_table
from hongyan.datasets.rows import Conflict, Faulty
from hongyan.fields import Kind, load, show
from hongyan.inputs import id_of, ids_of, query_of


@needs(Right.SEE_PEOPLE)
def table(request: HttpRequest, table_id: int) -> HttpResponseBase:
    view = access_table(me(request), table_id)
    wanted = wanted_of(view, request.GET)
    page = finding.page_of(view, wanted, after=id_of(request.GET.get("after")), before=id_of(request.GET.get("before")))
    left_out = preferences.of(view.user).columns.get(_list_of(view), ())
    shown = [one for one in view.fields if one.key not in left_out] or list(view.fields[:1])
    sorts = {
        one.pk: "" if not finding.may_ask(view, one) or one.kind is Kind.LINK
        else f"-{one.pk}" if wanted.sort == one and not wanted.is_down else str(one.pk)
        for one in shown
    }  # fmt: skip
    conditions = conditions_of(view, request.GET)
    return render(
        request,
        "console/tables/table.html",
        {
            "view": view, "table": view.table, "page": page, "count": finding.count(view, wanted), "wanted": wanted,
            "heads": [(one, sorts[one.pk], wanted.sort == one) for one in shown],
            "lines": [
                (line, list(zip(cells, (one.kind in (Kind.NUMBER, Kind.MONEY) for one in shown), strict=True)))
                for line, cells in zip(page.lines, telling.cells(view, page.lines, shown), strict=True)
            ],
            "columns": [(one, one.key not in left_out) for one in view.fields],
            "conditions": conditions, "askable": view.fields,
            "numbered": telling.carriers_of_numbers(view) if view.user.may(Right.SEND) else [],
            "is_filtered": not wanted.is_all,
        },
    )  # fmt: skip


def _list_of(view: View) -> str:
    return f"table-{view.table.pk}"


@needs(Right.SEE_PEOPLE)
@require_POST
def columns(request: HttpRequest, table_id: int) -> HttpResponseBase:
    """Keep which fields are shown: `column` names each that is ticked."""
    view = access_table(me(request), table_id)
    ticked = request.POST.getlist("column")
    preferences.leave_out(view.user, _list_of(view), [one.key for one in view.fields if one.key not in ticked])
    return redirect(bulk.back_to(request, "/people/tables/", reverse("console:table", args=[table_id])))


@needs(Right.SEE_PEOPLE, Right.EXPORT)
def export(request: HttpRequest, table_id: int) -> HttpResponseBase:
    access_table(me(request), table_id)
    return take_away(request, ROWS, table_id)


@needs(Right.SEE_PEOPLE)
@require_POST
def act(request: HttpRequest, table_id: int) -> HttpResponseBase:
    """Send to, or delete, what is ticked, or all that the filter finds."""
    view = access_table(me(request), table_id)
    back = bulk.back_to(request, "/people/tables/", reverse("console:table", args=[table_id]))
    query = QueryDict(query_of(back))
    wanted = wanted_of(view, query)
    what = request.POST.get("act")
    if what != "send_all":
        wanted = Wanted(sort=wanted.sort, is_down=wanted.is_down, ids=ids_of(request.POST.getlist("id")))
    with told(request):
        if what in ("send", "send_all"):
            return _send(request, view, wanted)
        if what == "delete":
            done = verbs.delete(view.user, table_id, wanted.ids or ())
            messages.success(request, ngettext("%(n)d row deleted.", "%(n)d rows deleted.", done) % {"n": done})
    return redirect(back)


def _send(request: HttpRequest, view: View, wanted: Wanted) -> HttpResponseBase:
    by = next((one for one in telling.carriers_of_numbers(view) if one.pk == id_of(request.POST.get("by"))), None)
    if by is None:
        raise Http404
    made, without = telling.recipients(view, wanted, by)
    if without:
        messages.warning(
            request,
            ngettext(
                "%(n)d row has no mobile number and is left out.", "%(n)d rows have no mobile number and are left out.", without
            ) % {"n": without},
        )  # fmt: skip
    return redirect(f"{reverse('console:write')}?list={made.pk}")


@needs(Right.SEE_PEOPLE)
def suggest(request: HttpRequest, table_id: int, field_id: int) -> HttpResponseBase:
    """What a link's field offers for what was typed."""
    view = access_table(me(request), table_id)
    one = view.field(field_id)
    asked = request.GET.get(one.key) or request.GET.get("value") or ""
    return render(request, "console/tables/suggestions.html", {"suggestions": links.suggest(view.user, one, asked)})


class RowForm(forms.Form):
    """A field for each the user may see; what is read is text, and the verb parses it."""

    data: QueryDict

    def __init__(self, view: View, initial: dict[str, str], data: Any = None) -> None:
        super().__init__(data, initial=initial)
        for one in view.fields:
            self.fields[one.key] = _form_field(view, one)

    def given(self, view: View) -> dict[int, str]:
        """What was typed, by field; only of fields that the user may change."""
        found = {}
        for one in view.fields:
            if not self.fields[one.key].disabled:
                if one.kind is Kind.CHOICES:
                    found[one.pk] = "、".join(self.data.getlist(one.key))
                else:
                    found[one.pk] = self.data.get(one.key, "")
        return found


_UNCHOSEN: tuple[str, str | Promise] = ("", "–")
_YES_NO = [_UNCHOSEN, ("1", gettext_lazy("yes")), ("0", gettext_lazy("no"))]


def _form_field(view: View, one: Field) -> forms.Field:
    widget: forms.Widget
    match one.kind:
        case Kind.LONG_TEXT:
            widget = forms.Textarea({"rows": 3})
        case Kind.DATE:
            widget = forms.DateInput({"type": "date"})
        case Kind.TIME:
            widget = forms.TimeInput({"type": "time", "step": "1"})
        case Kind.YES_NO:
            widget = forms.Select(choices=_YES_NO)
        case Kind.CHOICE:
            widget = forms.Select(choices=[_UNCHOSEN, *((choice, choice) for choice in one.choices)])
        case Kind.CHOICES:
            widget = forms.CheckboxSelectMultiple(choices=[(choice, choice) for choice in one.choices])
        case Kind.PHONE:
            widget = forms.TextInput({"type": "tel"})
        case Kind.LINK:
            address = reverse("console:table_suggest", args=[view.table.pk, one.pk])
            widget = forms.TextInput(
                {
                    "list": f"list-{one.key}", "autocomplete": "off", "hx-get": address, "hx-target": f"#list-{one.key}",
                    "hx-trigger": "focus once, input changed delay:250ms", "hx-sync": "this:replace",
                }
            )  # fmt: skip
        case Kind.NUMBER | Kind.MONEY:
            widget = forms.TextInput({"inputmode": "decimal"})
        case _:
            widget = forms.TextInput()
    if one.is_required:
        widget.attrs["aria-required"] = "true"
    made = forms.Field(required=one.is_required, label=one.name, help_text=one.help, widget=widget)
    # Whom numbers are masked for must not save stars.
    made.disabled = one.pk not in view.changeable or not finding.may_ask(view, one)
    made.choices = getattr(widget, "choices", [])  # type: ignore[attr-defined]
    return made


def _typed(view: View, data: dict[str, Any]) -> dict[str, Any]:
    """A row's values as its form shows them; readable again by `parse`."""
    shown: dict[str, Any] = {}
    for one in view.fields:
        value = load(one.kind, data.get(one.key))
        match value:
            case None:
                shown[one.key] = "" if data.get(one.key) is None else verbs.told(view, one, data[one.key])
            case bool():
                shown[one.key] = "1" if value else "0"
            case tuple():
                shown[one.key] = list(value)
            case int() if one.kind is Kind.LINK:
                name = links.labels(view.user, one, [value]).get(value, "")
                shown[one.key] = f"{name} #{value}".strip()
            case _ if one.kind in (Kind.DATE, Kind.TIME):
                shown[one.key] = str(data[one.key])
            case _ if one.kind is Kind.PHONE:
                shown[one.key] = verbs.told(view, one, data[one.key])
            case _:
                shown[one.key] = show(one.kind, value)
    return shown


@needs(Right.SEE_PEOPLE)
def row(request: HttpRequest, table_id: int, row_id: int | None = None) -> HttpResponseBase:
    """One row with its history; a form for who may change it."""
    view = access_table(me(request), table_id, Level.SEE if row_id else Level.EDIT)
    found = verbs.access_row(view, row_id) if row_id else None
    data = found.data if found else {one.key: _default(one) for one in view.fields}
    initial = _typed(view, data) if found else data
    form = RowForm(view, initial, request.POST if request.method == "POST" else None)
    version, theirs = found.version if found else 0, []
    if request.method == "POST":
        access_table(view.user, table_id, Level.EDIT)
        form.is_valid()
        form.errors.clear()
        try:
            if found is None:
                made = verbs.add(view.user, table_id, form.given(view))
            else:
                made = verbs.change(
                    view.user, table_id, found.pk, form.given(view), version=id_of(request.POST.get("version"))
                )
            messages.success(request, _("Saved."))
            if "again" in request.POST:
                return redirect("console:new_table_row", table_id)
            return redirect("console:table_row", table_id, made.pk)
        except Conflict as error:
            form.add_error(None, str(error))
            version, theirs = error.row.version, _differences(view, form, error.row)
        except Faulty as error:
            for pk, sentence in error.errors.items():
                key = f"f{pk}"
                form.add_error(key if key in form.fields else None, sentence)
    elif found is not None and not view.may_edit:
        for one in form.fields.values():
            one.disabled = True
    return render(
        request,
        "console/tables/row.html",
        {
            "view": view, "table": view.table, "row": found, "form": form, "version": version, "theirs": theirs,
            "title": telling.cells(view, [finding.Line(found.pk, found.data)])[0][0] if found and view.fields else "",
            "events": verbs.history(view, found.pk) if found else [],
            "links": [one for one in view.fields if one.kind is Kind.LINK],
            "linked": _linked(view, found) if found else [],
        },
    )  # fmt: skip


def _default(one: Field) -> Any:
    text = verbs.default_of(one)
    return text.split("、") if one.kind is Kind.CHOICES and text else text


def _differences(view: View, form: RowForm, now: Row) -> list[tuple[str, str, str]]:
    """(field, what stands there now, what was typed) where they differ."""
    there, typed = _typed(view, now.data), form.given(view)
    found = []
    for one in view.fields:
        if one.pk in typed:
            old = "、".join(there[one.key]) if isinstance(there[one.key], list) else str(there[one.key])
            if old != typed[one.pk].strip():
                found.append((one.name, old, typed[one.pk]))
    return found


def _linked(view: View, found: Row) -> list[tuple[str, str, str]]:
    """(field, words, address) of the records that the row links to and the user may see."""
    links_of = []
    for one in view.fields:
        pk = found.data.get(one.key)
        if one.kind is Kind.LINK and isinstance(pk, int):
            words = links.labels(view.user, one, [pk]).get(pk)
            if words:
                address = (
                    reverse("console:contact", args=[pk]) if one.target_id is None
                    else reverse("console:table_row", args=[one.target_id, pk])
                )  # fmt: skip
                links_of.append((one.name, words, address))
    return links_of
