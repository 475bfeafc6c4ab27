"""The audit log as a filter asks for it, on screen and in a file."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.audit_words import ACTIONS, words
from hongyan.accounts.models import AuditEntry, User
from hongyan.accounts.rights import Right
from hongyan.console.settings.changed import changes_of
from hongyan.console.settings.details import detail_words
from hongyan.exports.tables import Kind, Sheet, Table, register
from hongyan.inputs import asked_of, days_of, id_of


def found_entries(user: User, asked: QueryDict) -> QuerySet[AuditEntry]:
    """What the user may see, narrowed by the address's person, action, days, record and words."""
    found = AuditEntry.objects.visible_to(user).select_related("user")
    if text := asked_of(asked.get("q")):
        found = found.filter(Q(summary__icontains=text) | Q(user__name__icontains=text) | Q(user__username=text))
    if person := asked.get("person"):
        found = found.filter(user_id=id_of(person))
    if asked.get("action") in ACTIONS:
        found = found.filter(action=asked["action"])
    since, until = days_of(asked.get("since"), asked.get("until"), timezone.get_current_timezone())
    if since:
        found = found.filter(at__gte=since)
    if until:
        found = found.filter(at__lt=until)
    kind, _colon, number = asked.get("object", "").partition(":")
    if kind:
        found = found.filter(object_type=kind)
    if number:
        found = found.filter(object_id=number)
    return found


def audit_table(user: User, query: QueryDict, _subject_id: int | None) -> Table:
    found = found_entries(user, query)

    def rows() -> Iterator[tuple[str, ...]]:
        for one in found.iterator(chunk_size=2000):
            changes = changes_of(one)
            yield (
                timezone.localtime(one.at).strftime("%Y-%m-%d %H:%M:%S"), one.user.name if one.user else "",
                one.user.username if one.user else "", words(one.action), one.summary,
                f"{one.object_type} {one.object_id}".strip(), detail_words(one.detail), one.address or "",
                *("\n".join(lines) for lines in ([c.field for c in changes], [c.old for c in changes], [c.new for c in changes])),
            )  # fmt: skip

    def sheet() -> Sheet:
        return [
            _("When"), _("Who"), _("Sign-in name"), _("Action taken"), _("Object"), _("Record"), _("Details"), _("Network address"),
            _("Field"), _("Old value"), _("New value"),
        ], rows()  # fmt: skip

    name = f"audit-{timezone.localdate():%Y%m%d}.xlsx"
    return Table(_("Audit log"), name, found, sheet)


AUDIT = register(
    Kind(
        "audit", gettext_lazy("Audit log"), "audit.exported", (Right.SEE_AUDIT, Right.EXPORT), audit_table,
        "console:audit",
    )
)  # fmt: skip
