"""My exports: what is being written, what can be fetched and until when."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts.rights import Right
from hongyan.console.access import key_of, me, needs
from hongyan.console.context import follow
from hongyan.console.refusing import told
from hongyan.exports import jobs
from hongyan.exports.models import Export
from hongyan.exports.tables import KINDS


@dataclass(frozen=True, slots=True)
class _Row:
    export: Export
    label: str | Promise
    page: str
    """The list itself, filtered as it was."""


@needs(Right.EXPORT)
def exports(request: HttpRequest) -> HttpResponseBase:
    """The user's own, newest first; the page follows what is under way."""
    user = me(request)
    follow(request, f"exports-{user.pk}")
    rows = [_row(one) for one in Export.objects.visible_to(user)]
    return render(
        request,
        "console/exports/index.html",
        {"rows": rows, "is_under_way": any(row.export.is_under_way for row in rows)},
    )


def _row(export: Export) -> _Row:
    kind = KINDS[export.kind]
    page = reverse(kind.page, args=[export.subject_id] if export.subject_id else [])
    return _Row(export, kind.label, f"{page}?{export.query}" if export.query else page)


@needs(Right.EXPORT)
def fetch(request: HttpRequest, export_id: int) -> HttpResponseBase:
    """The file."""
    user = me(request)
    export = jobs.access_export(user, export_id)
    with told(request), jobs.fetched(user, export, KINDS, address=request.META.get("REMOTE_ADDR")) as path:
        # The name goes with the folder, the open file lives until the response has been sent and closes it.
        return FileResponse(path.open("rb"), as_attachment=True, filename=export.file_name)
    return redirect("console:exports")


@needs(Right.EXPORT)
@require_POST
def discard(request: HttpRequest) -> HttpResponseBase:
    """Throw a file away, or stop its being written."""
    jobs.discard(me(request), key_of(request))
    messages.success(request, _("The export has been removed."))
    return redirect("console:exports")
