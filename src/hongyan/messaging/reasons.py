"""Why a message was blocked, or how it ended, in words that office staff understand; codes are stable and stored."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.protocols.codes import explain

SCREENS: dict[str, Promise] = {
    "blocked_number": gettext_lazy("On the company's block list"),
    "opted_out": gettext_lazy("Has refused marketing messages"),
    "missing_variable": gettext_lazy("A variable has no value"),
    "too_long": gettext_lazy("The text is too long"),
    "no_route": gettext_lazy("No route leads to this number"),
    "unanswered": gettext_lazy("The carrier did not answer; it may have been sent"),
    "gateway_lost": gettext_lazy("The gateway stopped while sending; it may have been sent"),
    "line_lost": gettext_lazy("The connection broke while sending; it may have been sent"),
    "owner_inactive": gettext_lazy("Whoever it would be sent for may no longer send"),
    "missing_signature": gettext_lazy("The text has no signature"),
    "unknown_signature": gettext_lazy("The signature is not on the company's list"),
    "validity_over": gettext_lazy("It waited longer than it was worth sending"),
    "no_report": gettext_lazy("The carrier took it but never reported what became of it"),
    "not_sendable": gettext_lazy("The text does not fit the carrier's protocol"),
}


def words(reason: str, protocol: str = "") -> str:
    """What `reason` means: a screen of ours, or a carrier's code in its protocol."""
    if not reason:
        return ""
    if reason in SCREENS:
        return str(SCREENS[reason])
    if reason.startswith("missing_variable:"):
        return _("The variable {%(name)s} has no value") % {"name": reason.partition(":")[2]}
    return _(explain(protocol, reason))
