"""Words for what an audit entry says further; what has none is shown as it is kept."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.rights import Role
from hongyan.messaging.models import Category, Submission

NAMES: dict[str, str | Promise] = {
    "answers": gettext_lazy("answers"),
    "after": gettext_lazy("after"),
    "as": gettext_lazy("as submission"),
    "bad": gettext_lazy("with errors"),
    "before": gettext_lazy("before"),
    "bytes": gettext_lazy("octets"),
    "category": gettext_lazy("category"),
    "contacts": gettext_lazy("people"),
    "count": gettext_lazy("how many"),
    "duplicate": gettext_lazy("double"),
    "fields": gettext_lazy("changed fields"),
    "filter": gettext_lazy("filter"),
    "first": gettext_lazy("first ids"),
    "for": gettext_lazy("for the user"),
    "from": gettext_lazy("from"),
    "good": gettext_lazy("usable"),
    "ids": gettext_lazy("ids"),
    "kind": gettext_lazy("kind"),
    "list": gettext_lazy("list"),
    "messages": gettext_lazy("messages"),
    "numbers": gettext_lazy("numbers"),
    "origin": gettext_lazy("by way of"),
    "password": gettext_lazy("password changed"),
    "purpose": gettext_lazy("purpose"),
    "recipients": gettext_lazy("recipients"),
    "removed": gettext_lazy("removed"),
    "role": gettext_lazy("role"),
    "rows": gettext_lazy("rows"),
    "secret": gettext_lazy("secret changed"),
    "size": gettext_lazy("size"),
    "stopped": gettext_lazy("messages stopped"),
    "to": gettext_lazy("to"),
    "updated": gettext_lazy("changed"),
    "carrier": gettext_lazy("home carrier"),
    "source": gettext_lazy("source"),
    "limited": gettext_lazy("categories with hours"),
    "rest": gettext_lazy("day of rest"),
    "micros": gettext_lazy("price in millionths"),
    "until": gettext_lazy("until"),
    "action": gettext_lazy("what happens"),
    "after_s": gettext_lazy("after seconds"),
    "most": gettext_lazy("at most"),
    "of": gettext_lazy("of"),
    "reason": gettext_lazy("reason"),
}
_VALUES: dict[str, dict[str, str | Promise]] = {
    "category": {one.value: one.label for one in Category},
    "role": {one.value: one.label for one in Role},
    "origin": {one.value: one.label for one in Submission.Origin},
    "numbers": {"clear": gettext_lazy("in clear"), "masked": gettext_lazy("masked")},
    "purpose": {
        "contacts": gettext_lazy("into an address book"),
        "recipients": gettext_lazy("recipients of a message"),
    },
}


def detail_words(detail: dict[str, Any]) -> str:
    """The further facts of an entry on one line, in the reader's language."""
    return _("; ").join(
        f"{NAMES.get(name, name)}{_(': ')}{_value(name, value)}" if value is not True else str(NAMES.get(name, name))
        for name, value in detail.items()
        if value not in ("", None, [], {}, False)
    )


def _value(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}={one}" for key, one in value.items() if one)
    if isinstance(value, int):
        return f"{value:,}"
    return str(_VALUES.get(name, {}).get(str(value), value))
