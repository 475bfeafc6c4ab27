"""The audit log: who did what to which record, when and from where."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from hongyan.accounts import audit
from hongyan.accounts.audit_words import ACTIONS, words
from hongyan.accounts.models import AuditEntry, User
from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.downloads import spreadsheet
from hongyan.console.settings.details import detail_words
from hongyan.spreadsheets import write_xlsx

MOST_EXPORTED = 1_000_000


def _day(text: str) -> datetime | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def _filtered(request: HttpRequest) -> QuerySet[AuditEntry]:
    """What the user may see, narrowed by the address's person, action, days, record and words."""
    found = AuditEntry.objects.visible_to(me(request)).select_related("user")
    asked = request.GET
    if text := asked.get("q", "").strip():
        found = found.filter(Q(summary__icontains=text) | Q(user__name__icontains=text) | Q(user__username=text))
    if (person := asked.get("person", "")).isdecimal():
        found = found.filter(user_id=int(person))
    if asked.get("action") in ACTIONS:
        found = found.filter(action=asked["action"])
    if since := _day(asked.get("since", "")):
        found = found.filter(at__gte=since)
    if until := _day(asked.get("until", "")):
        found = found.filter(at__lt=until + timedelta(days=1))
    kind, _colon, number = asked.get("object", "").partition(":")
    if kind:
        found = found.filter(object_type=kind)
    if number:
        found = found.filter(object_id=number)
    return found


@needs(Right.SEE_AUDIT)
def audit_log(request: HttpRequest) -> HttpResponseBase:
    page = Paginator(_filtered(request), 40).get_page(request.GET.get("page"))
    for one in page.object_list:
        one.detail_words = detail_words(one.detail)  # type: ignore[attr-defined]
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
    """What the filter shows, as a spreadsheet; this, too, is in the log."""
    found = _filtered(request)
    count = found.count()
    audit.record(
        me(request), "audit.exported", detail={"rows": count, "filter": request.GET.urlencode()[:300]},
        address=request.META.get("REMOTE_ADDR"),
    )  # fmt: skip

    def rows() -> Iterator[tuple[str, ...]]:
        for one in found[:MOST_EXPORTED].iterator(chunk_size=2000):
            yield (
                timezone.localtime(one.at).strftime("%Y-%m-%d %H:%M:%S"), one.user.name if one.user else "",
                one.user.username if one.user else "", words(one.action), one.summary,
                f"{one.object_type} {one.object_id}".strip(), detail_words(one.detail), one.address or "",
            )  # fmt: skip

    headings = [
        _("When"),
        _("Who"),
        _("Sign-in name"),
        _("Did"),
        _("What"),
        _("Record"),
        _("Details"),
        _("Network address"),
    ]

    def write(path: Path) -> None:
        write_xlsx(path, headings, rows(), title=_("Audit log"), expected=count)

    return spreadsheet(f"audit-{timezone.localdate():%Y%m%d}.xlsx", write)
