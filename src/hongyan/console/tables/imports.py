"""Files into tables: a new table or one that is there; kinds or mapping, trial, progress, result, undo."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.context import follow
from hongyan.console.downloads import first_errors, row_errors
from hongyan.console.refusing import told
from hongyan.console.strips import answers_of, strip
from hongyan.datasets import importing, rows, undoing
from hongyan.datasets.defining import Wish
from hongyan.datasets.importing import Order
from hongyan.datasets.models import Filling, Level
from hongyan.datasets.rights import View, access_table
from hongyan.fields import Kind, kind_words
from hongyan.inputs import id_of
from hongyan.uploads import receiving, running
from hongyan.uploads.models import Upload
from hongyan.uploads.orders import Mode

MODES = {
    Mode.CREATE: gettext_lazy("Add every row as a new one"),
    Mode.BOTH: gettext_lazy("Update rows that are there, add the others"),
    Mode.UPDATE: gettext_lazy("Only update rows that are there"),
}
GUESSED = [one for one in Kind if one is not Kind.LINK]


@needs(Right.SEE_PEOPLE)
def upload(request: HttpRequest, table_id: int) -> HttpResponseBase:
    """A file for this table; what was read into it before."""
    user = me(request)
    view = access_table(user, table_id, Level.EDIT)
    if request.method == "POST":
        given = request.FILES.get("file")
        if given is None:
            messages.error(request, _("Choose a file first."))
        else:
            with told(request):
                one = importing.receive(user, given.name or "file", given.chunks(), table_id)
                return redirect("console:table_upload", one.pk)
        return redirect("console:table_import", table_id)
    fillings = Filling.objects.filter(table=view.table).select_related("user")[:20]
    return render(request, "console/tables/import.html", {"view": view, "table": view.table, "fillings": fillings})


@needs(Right.SEE_PEOPLE)
def mapping(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """What each column is; then a trial, progress, the result."""
    user = me(request)
    one = receiving.access_upload(user, upload_id)
    if one.purpose != Upload.Purpose.TABLE:
        raise Http404
    follow(request, f"uploads-{user.pk}")
    view = importing.view_of(one) if "table" in one.target else None
    if request.method == "POST":
        with told(request):
            if request.POST.get("act") == "stop":
                running.stop(user, one)
            elif answers := answers_of(request.POST):
                importing.answer(user, one, **answers)
            elif view is None:
                importing.create_table(user, one, request.POST.get("name", ""), _wishes(request, one))
            else:
                importing.start(user, one, _mapping(request, view), _order(request))
        return redirect("console:table_upload", upload_id)
    return render(request, "console/tables/mapping.html", _facts(user, one, view))


def _facts(user: User, one: Upload, view: View | None) -> dict[str, Any]:
    filling = Filling.objects.filter(pk=one.target.get("filling") or 0).first()
    order = one.target.get("order", {})
    return {
        "upload": one, "view": view, "table": view.table if view else None, "strip": strip(one) if one.columns else None,
        "proposed": importing.proposed(one), "kinds": [(str(kind), kind_words(kind)) for kind in GUESSED],
        "fields": [(field, one.mapping.get(str(field.pk), "")) for field in view.fields if field.pk in view.changeable] if view else [],
        "modes": [(str(mode), words) for mode, words in MODES.items()], "order": order,
        "errors": first_errors(one, user), "filling": filling,
        "trial": one.target.get("trial"), "changes": _changes(one, view) if view else [],
    }  # fmt: skip


def _changes(one: Upload, view: View) -> list[tuple[int, bool, list[tuple[str, str, str]]]]:
    """(line, is new, [(field, old, new)]) of the first changes that a trial found."""
    found = []
    for sample in one.target.get("trial", {}).get("samples", []):
        values = [
            (field.name, rows.told(view, field, sample["old"].get(field.key)), rows.told(view, field, sample["new"].get(field.key)))
            for field in view.fields
            if field.key in sample["new"] and sample["new"][field.key] != sample["old"].get(field.key)
        ]  # fmt: skip
        found.append((sample["line"], sample["row"] is None, values))
    return found


def _wishes(request: HttpRequest, one: Upload) -> list[tuple[str, Wish]]:
    """The columns that become fields, as corrected."""
    found = []
    for place, proposed in enumerate(importing.proposed(one)):
        if request.POST.get(f"take-{place}"):
            kind = request.POST.get(f"kind-{place}", "")
            chosen = Kind(kind) if kind in GUESSED else Kind.TEXT
            choices = (
                request.POST.get(f"choices-{place}", "").splitlines() if chosen in (Kind.CHOICE, Kind.CHOICES) else ()
            )
            name = request.POST.get(f"name-{place}", "") or proposed.column
            found.append((proposed.column, Wish(name, chosen, tuple(choices))))
    return found


def _mapping(request: HttpRequest, view: View) -> dict[str, str]:
    given = {str(field.pk): request.POST.get(f"map-{field.pk}", "") for field in view.fields}
    return {pk: column for pk, column in given.items() if column}


def _order(request: HttpRequest) -> Order:
    mode = request.POST.get("mode", "")
    return Order(
        Mode(mode) if mode in set(Mode) else Mode.CREATE,
        id_of(request.POST.get("key")),
        is_whole=bool(request.POST.get("is_whole")),
        is_dry=request.POST.get("act") == "try",
    )


@needs(Right.SEE_PEOPLE)
def errors(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """All rows that could not be used, with line, column, value and reason, as xlsx."""
    user = me(request)
    one = receiving.access_upload(user, upload_id)
    return row_errors(one, user)


@needs(Right.SEE_PEOPLE)
@require_POST
def undo(request: HttpRequest, table_id: int, filling_id: int) -> HttpResponseBase:
    access_table(me(request), table_id, Level.EDIT)
    if undoing.access_filling(me(request), filling_id).table_id != table_id:
        raise Http404
    with told(request):
        found = undoing.undo(me(request), filling_id)
        messages.success(request, _("The import of %(file)s was undone.") % {"file": found.file_name})
    return redirect("console:table_import", table_id)
