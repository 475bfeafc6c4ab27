"""What was shown is what is confirmed: a mark of it goes with the page and comes back with the button.

A draft saves itself from any tab, and what it stands for may change by itself: a group, the blocklist, prices, routes. So the
button is asked what its page showed; where that is no longer so, nothing is sent and the person sees it anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from django.core import signing
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.errors import Refused
from hongyan.messaging.asking import Rehearsal, Request

SALT = "hongyan.confirmation"
CHANGED: dict[str, Promise] = {
    "text": gettext_lazy("the text"),
    "to": gettext_lazy("whom it is for"),
    "time": gettext_lazy("the time"),
    "terms": gettext_lazy("the trial part, the validity or the kind of message"),
    "people": gettext_lazy("how many people that is"),
    "left_out": gettext_lazy("who is left out"),
    "values": gettext_lazy("what some of them will read"),
    "segments": gettext_lazy("the number of segments"),
    "price": gettext_lazy("the cost"),
    "channels": gettext_lazy("the channels"),
}
"""Parts of a mark, in the order in which they are told."""


class ChangedSince(Refused):
    """It is not what the page showed."""

    def __init__(self, parts: Sequence[str]) -> None:
        what = _(", ").join(str(CHANGED[part]) for part in parts)
        super().__init__(
            "changed_since",
            _("Nothing has been sent: this has changed since the page was opened: %(what)s.") % {"what": what},
            status=409,
        )
        self.parts = parts


def _digest(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:16]


def _parts(request: Request, rehearsal: Rehearsal) -> dict[str, str]:
    return {
        "text": _digest([request.text, request.signature, request.personal_signature, request.opt_out_tail]),
        "to": _digest(request.selection.to_json()),
        "time": request.scheduled_at.isoformat() if request.scheduled_at else "",
        "terms": _digest(
            [request.category, request.topic, request.validity_minutes, request.source_number, request.canary and request.canary.to_json()]
        ),
        "people": _at_most(rehearsal) if rehearsal.is_about else f"{rehearsal.people} {rehearsal.recipients}",
        "left_out": _digest([rehearsal.blocked, rehearsal.without_consent]),
        "values": _digest([(one.number, one.text) for _kind, one in rehearsal.examples]),
        "segments": str(rehearsal.total_segments),
        "price": str(rehearsal.price_micros),
        "channels": _digest(sorted(rehearsal.channels)),
    }  # fmt: skip


def _at_most(rehearsal: Rehearsal) -> str:
    return f"at most {rehearsal.basis}"


def mark(request: Request, rehearsal: Rehearsal) -> str:
    """What the page shows, signed, to come back with the button."""
    return signing.dumps(_parts(request, rehearsal), salt=SALT, compress=True)


def check(shown: str, request: Request, rehearsal: Rehearsal) -> None:
    """Raises ChangedSince unless `shown`, a mark, is of what would be done now."""
    try:
        before = signing.loads(shown, salt=SALT)
    except signing.BadSignature:
        raise ChangedSince(["text"]) from None
    now = _parts(request, rehearsal)
    if before.get("people") == _at_most(rehearsal):
        # Whoever agreed to no more than so many agrees to what was counted of the same meanwhile.
        now["people"] = before["people"]
    if parts := [part for part in CHANGED if before.get(part) != now[part]]:
        raise ChangedSince(parts)
