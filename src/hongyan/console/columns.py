"""The columns of each long list that a user may leave out; remembered with the user."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from hongyan.accounts import preferences
from hongyan.console.access import for_everybody, me
from hongyan.console.preferences import back


@dataclass(frozen=True, slots=True)
class Column:
    place: int
    """Its place in the table, from 1."""
    key: str
    label: str | Promise
    """That of its head."""


LISTS: dict[str, tuple[Column, ...]] = {
    "submissions": (
        Column(2, "state", _("State")), Column(3, "recipients", _("Recipients")), Column(4, "outcome", _("Outcome")),
        Column(5, "by", _("By")), Column(6, "when", _("When")),
    ),
    "recipients": (
        Column(2, "state", _("State")), Column(3, "reason", _("Reason")), Column(4, "text", _("Text")), Column(5, "when", _("When")),
    ),
    "mailbox_sent": (
        Column(3, "text", _("Text")), Column(4, "submission", _("Submission")), Column(5, "state", _("State")),
        Column(6, "reason", _("Reason")), Column(7, "when", _("When")),
    ),
    "people": (
        Column(3, "number", _("Mobile number")), Column(4, "address", _("Form of address")), Column(5, "company", _("Company")),
        Column(6, "book", _("Address book")),
    ),
    "customers": (
        Column(3, "type", _("Type")), Column(4, "region", _("Region")), Column(5, "person", _("Person")),
        Column(6, "classes", _("Classes")), Column(7, "salesperson", _("Salesperson")),
    ),
    "audit": (Column(4, "object", _("Object")), Column(5, "details", _("Details")), Column(6, "network", _("Network address"))),
}  # fmt: skip
"""What a row cannot do without (who, which) is not named."""


@for_everybody
@require_POST
def choose(request: HttpRequest) -> HttpResponseBase:
    """Keep which columns of a list are shown: `column` names each that is ticked."""
    page = request.POST.get("page", "")
    if page not in LISTS:
        raise Http404
    shown = request.POST.getlist("column")
    preferences.leave_out(me(request), page, [one.key for one in LISTS[page] if one.key not in shown])
    return back(request)
