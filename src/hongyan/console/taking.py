"""Take a list away: a short one at once, a long one by a job whose file is fetched later."""

from __future__ import annotations

from pathlib import Path

from django.contrib import messages
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from hongyan.console.access import me
from hongyan.console.bulk import came_from
from hongyan.console.downloads import spreadsheet
from hongyan.console.refusing import told
from hongyan.exports import jobs
from hongyan.exports.tables import Kind, note
from hongyan.exports.tasks import write_export
from hongyan.spreadsheets.writing import write_xlsx

AT_ONCE = 5_000
"""Rows of a list that is written while its reader waits."""
LOOKS_FOR_S = 2.0
"""So long may it take to see whether there are more."""


def take_away(request: HttpRequest, kind: Kind, subject_id: int | None = None) -> HttpResponseBase:
    """The list as the address filters it; or back to it, with a word on where its file will be."""
    user, address = me(request), request.META.get("REMOTE_ADDR")
    query = request.GET.copy()
    for place in ("page", "after"):
        query.pop(place, None)
    table = kind.table(user, query, subject_id)
    rows = rows_if_few(table.found)
    if rows is not None:

        def fill(path: Path) -> None:
            note(user, kind, table, query, rows=rows, address=address)
            headings, cells = table.sheet()
            write_xlsx(path, headings, cells, title=table.title)

        return spreadsheet(table.file_name, fill)
    asked = None
    with told(request):
        asked = jobs.ask(
            user, kind, table, query, subject_id, begin=lambda pk: write_export.defer(export_id=pk), address=address
        )
    if asked is None:
        return redirect("console:exports")
    messages.success(
        request,
        format_html(
            '<span>{} <a class="text-decoration-underline" href="{}">{}</a></span>',
            _("This list is long. It is being exported and will be kept for seven days under"), reverse("console:exports"), _("Exports"),
        ),
    )  # fmt: skip
    return redirect(came_from(request, reverse("console:exports")))


def rows_if_few(found: QuerySet) -> int | None:  # type: ignore[type-arg]
    """How many rows; None for many, and for a list whose end is not seen soon."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select set_config('statement_timeout', %s, true)", [f"{int(LOOKS_FOR_S * 1000)}ms"])
            rows = found.order_by()[: AT_ONCE + 1].count()
    except OperationalError:
        return None
    return rows if rows <= AT_ONCE else None
