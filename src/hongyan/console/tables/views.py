"""The tables themselves: all of them, a new one, what it is called, who may do what, its end."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Right, Role
from hongyan.console.access import me, needs
from hongyan.console.needed import linked
from hongyan.console.refusing import at, told
from hongyan.datasets import importing, storing
from hongyan.datasets import tables as verbs
from hongyan.datasets.models import Grant, Level, Table
from hongyan.datasets.rights import access_table, level_of
from hongyan.inputs import id_of
from hongyan.uploads.models import Upload

LEVELS = {
    Level.SEE: gettext_lazy("see"),
    Level.EDIT: gettext_lazy("see and edit rows"),
    Level.MANAGE: gettext_lazy("manage fields and rights"),
}


class TableForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the table"), max_length=80)
    purpose = forms.CharField(label=gettext_lazy("What it is for"), max_length=200, required=False)


@needs(Right.SEE_PEOPLE)
def tables(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    found = Table.objects.visible_to(user).select_related("owner").prefetch_related("fields")
    return render(
        request,
        "console/tables/tables.html",
        {
            "tables": [(one, *storing.size(one), len(one.fields.all()), LEVELS[level_of(user, one)]) for one in found],
            "may_create": verbs.may_create(user),
        },
    )  # fmt: skip


@needs(Right.SEND)
def new(request: HttpRequest) -> HttpResponseBase:
    """From a file, or by hand."""
    user = me(request)
    if given := request.FILES.get("file"):
        with told(request):
            return redirect("console:table_upload", importing.receive(user, given.name or "file", given.chunks()).pk)
        return redirect("console:new_table")
    form = TableForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with at(form):
            made = verbs.create(user, form.cleaned_data["name"], form.cleaned_data["purpose"])
            return redirect("console:new_table_field", made.pk)
    waiting = Upload.objects.visible_to(user).filter(
        purpose=Upload.Purpose.TABLE, state=Upload.State.UPLOADED, target__table=None
    )
    return render(request, "console/tables/new.html", {"form": form, "waiting": waiting[:5]})


@needs(Right.SEE_PEOPLE)
def settings(request: HttpRequest, table_id: int) -> HttpResponseBase:
    """Name and purpose; deleting it, with what stands against that."""
    view = access_table(me(request), table_id, Level.MANAGE)
    form = TableForm(request.POST or None, initial={"name": view.table.name, "purpose": view.table.purpose})
    if request.method == "POST" and request.POST.get("act") == "delete":
        if request.POST.get("sure", "").strip() != view.table.name:
            messages.error(request, _("Nothing was deleted: the name you entered is not the table's."))
        else:
            with told(request):
                verbs.delete(view.user, table_id)
                messages.success(request, _("The table “%(name)s” was deleted.") % {"name": view.table.name})
                return redirect("console:tables")
        return redirect("console:table_settings", table_id)
    if request.method == "POST" and form.is_valid():
        with at(form):
            verbs.rename(view.user, table_id, form.cleaned_data["name"], form.cleaned_data["purpose"])
            messages.success(request, _("Saved."))
            return redirect("console:table_settings", table_id)
    rows, is_about = storing.size(view.table)
    return render(
        request,
        "console/tables/settings.html",
        {
            "view": view, "table": view.table, "form": form, "rows": rows, "is_about": is_about,
            "needed": linked(verbs.needs(view.table)),
        },
    )  # fmt: skip


@needs(Right.SEE_PEOPLE)
def rights(request: HttpRequest, table_id: int) -> HttpResponseBase:
    """Who may do what with the table and with single fields."""
    view = access_table(me(request), table_id, Level.MANAGE)
    if request.method == "POST":
        with told(request):
            if request.POST.get("act") == "withdraw":
                verbs.withdraw(view.user, table_id, id_of(request.POST.get("id")))
            else:
                _grant(request, table_id)
            messages.success(request, _("Saved."))
        return redirect("console:table_rights", table_id)
    grants = Grant.objects.filter(table=view.table).select_related("user", "department", "field")
    return render(
        request,
        "console/tables/rights.html",
        {
            "view": view, "table": view.table, "of_table": [(one, LEVELS[Level(one.level)]) for one in grants if one.field is None],
            "of_fields": [(one, LEVELS[Level(one.level)]) for one in grants if one.field is not None],
            "users": User.objects.filter(is_active=True).exclude(pk=view.table.owner_id),
            "departments": Department.objects.order_by("path"), "roles": Role.choices, "levels": LEVELS.items(),
        },
    )  # fmt: skip


def _grant(request: HttpRequest, table_id: int) -> None:
    """`whom` is a kind and an id: "user-3", "department-4", "role-sender"."""
    kind, _dash, text = request.POST.get("whom", "").partition("-")
    view = access_table(me(request), table_id, Level.MANAGE)
    field_id = id_of(request.POST.get("field"))
    level = id_of(request.POST.get("level"))
    verbs.grant(
        view.user,
        table_id,
        Level(level) if level in set(Level) else Level.NONE,
        to_user=User.objects.filter(pk=id_of(text), is_active=True).first() if kind == "user" else None,
        to_department=Department.objects.filter(pk=id_of(text)).first() if kind == "department" else None,
        to_role=text if kind == "role" else "",
        field=view.field(field_id) if field_id else None,
    )
