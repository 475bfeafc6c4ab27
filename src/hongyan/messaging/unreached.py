"""What the explainer says of a number that its own history keeps from messages."""

from __future__ import annotations

from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from hongyan.messaging.reasons import words
from hongyan.reachability.models import Number


def facts(number: str) -> list[tuple[str, str]]:
    """As it stands now; a number that has been reached since says so."""
    row = Number.objects.filter(number=number).select_related("confirmed_by").first()
    if row is None:
        return []
    found: list[tuple[str, str]] = []
    if row.state:
        found += [(_("State of the number"), str(row.get_state_display())), (_("Since"), _time(row.since))]
    else:
        found.append((_("State of the number"), _("works again")))
    if row.failures:
        found.append((_("Failures in a row"), f"{row.failures} · {_time(row.failed_at)}"))
    if row.code:
        found.append((_("The carrier's last word"), f"{row.code} · {words(row.code, row.protocol)}"))
    if row.confirmed_until and row.confirmed_by:
        said = _("by %(who)s until %(when)s") % {"who": row.confirmed_by.name, "when": _time(row.confirmed_until)}
        found.append((_("Said to be right"), said))
    return found


def _time(at: datetime | None) -> str:
    return date_format(localtime(at), "DATETIME_FORMAT") if at else "–"
