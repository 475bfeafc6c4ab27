"""The audit log: who did what to which record, when and from where."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from hongyan.accounts.audit_words import ACTIONS
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.settings.changed import changes_of
from hongyan.console.settings.details import detail_words
from hongyan.console.settings.finding import AUDIT, found_entries
from hongyan.console.taking import take_away

MOST_EXPORTED = 1_000_000


@needs(Right.SEE_AUDIT)
def audit_log(request: HttpRequest) -> HttpResponseBase:
    page = Paginator(found_entries(me(request), request.GET), 40).get_page(request.GET.get("page"))
    for one in page.object_list:
        one.detail_words = detail_words(one.detail)  # type: ignore[attr-defined]
        one.changes = changes_of(one)  # type: ignore[attr-defined]
    template = "console/settings/audit.html"
    return render(
        request,
        f"{template}#rows" if request.htmx else template,  # type: ignore[attr-defined]
        {
            "page": page,
            "actions": sorted(((code, str(label)) for code, label in ACTIONS.items()), key=lambda one: one[0]),
            "people": User.objects.visible_to(me(request)),
            "is_filtered": any(value for name, value in request.GET.items() if name != "page"),
            "query": request.GET.urlencode(),
        },
    )


@needs(Right.SEE_AUDIT, Right.EXPORT)
def export_audit(request: HttpRequest) -> HttpResponseBase:
    """What the filter shows, as a file; this, too, is in the log."""
    return take_away(request, AUDIT)
