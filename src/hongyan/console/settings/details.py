"""Words for what an audit entry says further; what has none is shown as it is kept."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.models import AuditEntry
from hongyan.accounts.rights import Role
from hongyan.contacts.allowing import Allows
from hongyan.inputs import moment_of
from hongyan.messaging.models import Category, Submission
from hongyan.messaging.reasons import STOPPED

NAMES: dict[str, str | Promise] = {
    "answers": gettext_lazy("replies"),
    "after": gettext_lazy("after"),
    "as": gettext_lazy("as submission"),
    "bad": gettext_lazy("with errors"),
    "before": gettext_lazy("before"),
    "bytes": gettext_lazy("bytes"),
    "category": gettext_lazy("category"),
    "contacts": gettext_lazy("people"),
    "count": gettext_lazy("how many"),
    "duplicate": gettext_lazy("duplicate"),
    "fields": gettext_lazy("changed fields"),
    "filter": gettext_lazy("filter"),
    "found": gettext_lazy("found"),
    "first": gettext_lazy("first ids"),
    "for": gettext_lazy("for the user"),
    "from": gettext_lazy("from"),
    "good": gettext_lazy("usable"),
    "ids": gettext_lazy("ids"),
    "kind": gettext_lazy("kind"),
    "list": gettext_lazy("list"),
    "messages": gettext_lazy("messages"),
    "months": gettext_lazy("months"),
    "numbers": gettext_lazy("numbers"),
    "origin": gettext_lazy("via"),
    "password": gettext_lazy("password changed"),
    "purpose": gettext_lazy("purpose"),
    "recipients": gettext_lazy("recipients"),
    "removed": gettext_lazy("removed"),
    "role": gettext_lazy("role"),
    "rows": gettext_lazy("rows"),
    "secret": gettext_lazy("secret changed"),
    "restored": gettext_lazy("given old values back"),
    "stayed": gettext_lazy("left as they are"),
    "size": gettext_lazy("size"),
    "stopped": gettext_lazy("messages held back"),
    "to": gettext_lazy("to"),
    "updated": gettext_lazy("changed"),
    "carrier": gettext_lazy("home carrier"),
    "source": gettext_lazy("source"),
    "limited": gettext_lazy("categories with hours"),
    "rest": gettext_lazy("day of rest"),
    "micros": gettext_lazy("price of a segment"),
    "until": gettext_lazy("until"),
    "text": gettext_lazy("text"),
    "signature": gettext_lazy("signature"),
    "time": gettext_lazy("time"),
    "action": gettext_lazy("what happens"),
    "after_s": gettext_lazy("after seconds"),
    "most": gettext_lazy("at most"),
    "of": gettext_lazy("of"),
    "reason": gettext_lazy("reason"),
    "version": gettext_lazy("audience version"),
    "field": gettext_lazy("field"),
    "level": gettext_lazy("right"),
    "allows": gettext_lazy("right"),
    "new": gettext_lazy("new"),
    "consent": gettext_lazy("consent"),
    "days": gettext_lazy("days"),
    "grey_days": gettext_lazy("days of the grey list"),
    "hash": "hash",
    "label": gettext_lazy("meaning"),
    "line": gettext_lazy("line"),
    "lines": gettext_lazy("lines"),
    "wrong": gettext_lazy("wrong lines"),
}
_VALUES: dict[str, dict[str, str | Promise]] = {
    "category": {one.value: one.label for one in Category},
    "role": {one.value: one.label for one in Role},
    "allows": {one.value: one.label for one in Allows},
    "origin": {one.value: one.label for one in Submission.Origin},
    "numbers": {"clear": gettext_lazy("in clear"), "masked": gettext_lazy("masked")},
    "purpose": {
        "contacts": gettext_lazy("into an address book"),
        "recipients": gettext_lazy("recipients of a message"),
        "ported": gettext_lazy("Ported numbers"),
        "users": gettext_lazy("Users"),
    },
    "reason": dict(STOPPED),
}


def detail_words(detail: dict[str, Any]) -> str:
    """The further facts of an entry on one line, in the reader's language."""
    return _("; ").join(
        f"{NAMES.get(name, name)}{_(': ')}{_value(name, value)}" if value is not True else str(NAMES.get(name, name))
        for name, value in detail.items()
        if value not in ("", None, [], {}, False) and name != "changes"
    )


def changes_in_words(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """What an entry changed of a submission: which of its facts, what it was, what it became."""
    before, after = entry.detail.get("before"), entry.detail.get("after")
    if isinstance(before, str) and isinstance(after, str):
        kind = "time" if entry.action == "submission.rescheduled" else "text"
        before, after = {kind: before}, {kind: after}
    if not isinstance(before, dict) or not isinstance(after, dict):
        return []
    return [
        (str(CHANGES[name]), _said(name, before.get(name)), _said(name, after.get(name)))
        for name in CHANGES
        if name in after
    ]


CHANGES: dict[str, str | Promise] = {
    "time": gettext_lazy("Time"),
    "recipients": gettext_lazy("Recipients"),
    "category": gettext_lazy("Category"),
    "signature": gettext_lazy("Signature"),
    "text": gettext_lazy("Text"),
}


def _said(name: str, value: Any) -> str:
    if name == "time" and (at := moment_of(str(value or ""), timezone.get_current_timezone())):
        return date_format(localtime(at), "SHORT_DATETIME_FORMAT")
    return _value(name, value) or "–"


def _value(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}={one}" for key, one in value.items() if one)
    if name == "micros":
        return f"¥{value / 1_000_000:.6f}".rstrip("0").rstrip(".")
    if isinstance(value, int):
        return f"{value:,}"
    if name in ("before", "after", "until") and (at := moment_of(str(value), timezone.get_current_timezone())):
        return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
    return str(_VALUES.get(name, {}).get(str(value), value))
