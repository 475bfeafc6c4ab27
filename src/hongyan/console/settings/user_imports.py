"""Users from a file: its columns, what it would do, the import in the background, errors and invitations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hongyan.accounts.models import Department
from hongyan.accounts.needs import Need
from hongyan.accounts.rights import Right, Role
from hongyan.accounts.users import RANK
from hongyan.console.access import me, needs
from hongyan.console.context import follow
from hongyan.console.downloads import first_errors, row_errors, spreadsheet
from hongyan.console.needed import linked
from hongyan.console.refusing import told
from hongyan.console.strips import answers_of, strip
from hongyan.enrolment import importing, loading
from hongyan.enrolment.columns import LABELS
from hongyan.enrolment.planning import Acts, Terms
from hongyan.inputs import id_of
from hongyan.spreadsheets.writing import write_xlsx
from hongyan.uploads.models import Upload

LISTED = 12
"""People without a link whom the page names."""


@needs(Right.MANAGE_USERS)
def upload(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    if request.method == "POST":
        given = request.FILES.get("file")
        if given is None:
            messages.error(request, _("Choose a file first."))
            return redirect("console:user_import")
        with told(request):
            one = importing.receive(user, given.name or "file", given.chunks())
            return redirect("console:user_import_file", one.pk)
        return redirect("console:user_import")
    recent = Upload.objects.visible_to(user).filter(purpose=Upload.Purpose.USERS)[:10]
    return render(request, "console/settings/user_import.html", {"recent": recent})


@needs(Right.MANAGE_USERS)
def one_file(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """Which column is what and what the file would do; then how far it is; then what it did."""
    user = me(request)
    one = importing.access_upload(user, upload_id)
    follow(request, f"uploads-{user.pk}")
    if request.method == "POST":
        with told(request):
            _act(request, one)
        return redirect("console:user_import_file", one.pk)
    terms = importing.terms_of(one)
    new = loading.uninvited(one) if one.state == Upload.State.FINISHED else []
    check = one.target.get("check")
    return render(
        request, "console/settings/user_import_file.html",
        {
            "upload": one, "strip": strip(one, needs_number=False) if one.columns else None, "terms": terms,
            "fields": [(field, label, one.mapping.get(field, "")) for field, label in LABELS.items()],
            "roles": [(role, label) for role, label in Role.choices if RANK[Role(role)] <= RANK[Role(user.role)]],
            "places": Department.objects.visible_to(user).order_by("path"),
            "check": check, "rows": [_row(row) for row in check["rows"]] if check else [],
            "needed": linked(Need(**need) for need in check["needs"]) if check else [],
            "errors": first_errors(one, user),
            "uninvited": new[:LISTED], "uninvited_count": len(new),
            "reachable": sum(bool(person.phone) for person in new), "created": len(one.target.get("created", [])),
        },
    )  # fmt: skip


def _act(request: HttpRequest, one: Upload) -> None:
    user, address = me(request), request.META.get("REMOTE_ADDR")
    site = request.build_absolute_uri("/")
    match request.POST.get("act"):
        case "check":
            mapping = {field: request.POST.get(f"map-{field}", "") for field in LABELS}
            terms = Terms(
                acts=next((act for act in Acts if act == request.POST.get("acts")), Acts.BOTH),
                department=id_of(request.POST.get("department")), role=request.POST.get("role", ""),
                makes_departments="makes_departments" in request.POST, invites="invites" in request.POST,
            )  # fmt: skip
            importing.check(user, one, mapping, terms)
        case "start":
            importing.start(user, one, shown=request.POST.get("shown", ""), site=site, address=address)
        case "invite":
            sent = loading.invite(user, one, address=address)
            if why := one.target.get("uninvited_why"):
                messages.error(request, why)
            else:
                text = ngettext("%(n)d link is on its way.", "%(n)d links are on their way.", sent)
                messages.success(request, text % {"n": sent})
        case _:
            importing.answer(user, one, **answers_of(request.POST))


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the check as the page shows it."""

    line: int
    is_new: bool
    user: int | None
    username: str
    name: str
    changes: list[tuple[str, str, str]]
    """(column, before, after)."""
    is_needed: bool


def _row(row: dict[str, Any]) -> Row:
    changes = [
        (str(LABELS[one["column"]]), _said(one["column"], one["old"]), _said(one["column"], one["new"]))
        for one in row["changes"]
    ]
    return Row(row["line"], row["act"] == "new", row["user"], row["username"], row["name"], changes, row["is_needed"])


def _said(column: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(Role(value).label) if column == "role" and value else str(value)


@needs(Right.MANAGE_USERS)
def errors(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """All rows that cannot be used, with line, column, value and reason, as xlsx."""
    return row_errors(importing.access_upload(me(request), upload_id), me(request))


@needs(Right.MANAGE_USERS)
def template(request: HttpRequest) -> HttpResponseBase:
    """A file to fill in, its headings in the reader's language."""
    place = f"{_('Sales')}/{_('East')}"
    example = [
        "wangfang",
        "王芳",
        place,
        str(Role.SENDER.label),
        "13800138000",
        "wangfang@example.com",
        "1001",
        _("yes"),
        _("yes"),
    ]
    return spreadsheet("users.xlsx", lambda path: write_xlsx(path, [str(one) for one in LABELS.values()], [example]))
