"""Why a message was blocked, or how it ended, in words that office staff understand; codes are stable and stored."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.consent.policy import topic_names
from hongyan.protocols.codes import explain

SCREENS: dict[str, Promise] = {
    "blocked_number": gettext_lazy("On the company's block list"),
    "erased": gettext_lazy("Withdrawn: the person asked to be erased"),
    "vip_number": gettext_lazy("On the VIP list, which gets no marketing"),
    "opted_out": gettext_lazy("Has refused marketing messages"),
    "no_consent": gettext_lazy("Has not agreed to marketing"),
    "grey_number": gettext_lazy("On the grey list, and has had its one marketing message"),
    "marketing_limit": gettext_lazy("Has had as many marketing messages as one may get in this time"),
    "number_dead": gettext_lazy("The number no longer exists, by its own history"),
    "number_off": gettext_lazy("The phone has been off or suspended for days"),
    "number_full": gettext_lazy("The phone's inbox is full"),
    "number_suspect": gettext_lazy("The number may belong to somebody else now"),
    "answered": gettext_lazy("Has replied in the meantime, so no reminder is needed"),
    "missing_variable": gettext_lazy("A variable has no value"),
    "too_long": gettext_lazy("The text is too long"),
    "no_route": gettext_lazy("No route leads to this number"),
    "unanswered": gettext_lazy("The carrier did not answer; it may have been sent"),
    "unanswered_yet": gettext_lazy("The carrier did not answer in time; it may have been sent"),
    "gateway_lost": gettext_lazy("The gateway stopped while sending; it may have been sent"),
    "line_lost": gettext_lazy("The connection broke while sending; it may have been sent"),
    "owner_inactive": gettext_lazy("Its user may no longer send"),
    "missing_signature": gettext_lazy("The text has no signature"),
    "unknown_signature": gettext_lazy("The signature is not on the company's list"),
    "validity_over": gettext_lazy("It waited longer than its validity and was not sent"),
    "no_report": gettext_lazy("The carrier accepted it but never reported the outcome"),
    "not_sendable": gettext_lazy("The text does not fit the carrier's protocol"),
}

STOPPED: dict[str, Promise] = {
    "too_late": gettext_lazy(
        "It was due while the service was down, more than ten minutes ago. Resume it or cancel it."
    ),
    "owner_inactive": gettext_lazy("The person who requested it may no longer sign in."),
    "owner_may_not": gettext_lazy("The person who requested it may no longer send."),
    "signature_gone": gettext_lazy("Its signature is no longer on the company's list."),
    "recipients_gone": gettext_lazy(
        "A list, group or book that it was for has been deleted or is no longer open to its owner."
    ),
    "grant_ended": gettext_lazy("The right to send to these people had ended when its time came."),
    "nobody_left": gettext_lazy("None of its recipients are left."),
    # The trial part's own banner says it, with its figures.
    "canary_halted": "",  # type: ignore[dict-item]
}
"""Why a submission stands still or was not sent at all."""


def stopped_words(error: str) -> str:
    return str(STOPPED.get(error, error))


def words(reason: str, protocol: str = "") -> str:
    """What `reason` means: a screen of ours, or a carrier's code in its protocol."""
    if not reason:
        return ""
    if reason in SCREENS:
        return str(SCREENS[reason])
    if reason.startswith("no_consent:"):
        code = reason.partition(":")[2]
        return _("Has not agreed to marketing about “%(topic)s”") % {"topic": topic_names().get(code, code)}
    if reason.startswith("missing_variable:"):
        return _("The variable {%(name)s} has no value") % {"name": reason.partition(":")[2]}
    return _(explain(protocol, reason))
