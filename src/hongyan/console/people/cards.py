"""The listed people as vCards, for a phone or a mail program."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.bulk import came_from
from hongyan.console.people.finding import CONTACTS
from hongyan.console.taking import AT_ONCE, rows_if_few
from hongyan.exports.tables import note
from hongyan.spreadsheets.vcards import card


@needs(Right.EXPORT)
def export(request: HttpRequest) -> HttpResponseBase:
    """As the address filters them. A number that is masked for the reader is left out of its card."""
    user = me(request)
    table = CONTACTS.table(user, request.GET, None)
    rows = rows_if_few(table.found)
    if rows is None:
        messages.error(
            request,
            _("Up to %(most)d people can be taken away as vCards. Narrow the list down, or take it away for Excel.") % {"most": AT_ONCE},
        )  # fmt: skip
        return redirect(came_from(request, reverse("console:people")))
    note(user, CONTACTS, table, request.GET, rows=rows, address=request.META.get("REMOTE_ADDR"))
    _headings, people = table.sheet()
    return StreamingHttpResponse(
        (card(*map(str, person[:6])) for person in people),
        content_type="text/vcard; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="contacts.vcf"'},
    )
