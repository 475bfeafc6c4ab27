"""Why a customer's login or submit was refused, in words; a session's own sentence is shown as it is said."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Promise] = {
    "login": _("Unknown login"),
    "credentials": _("Wrong password"),
    "address": _("Not from an allowed address"),
    "connections": _("More connections than allowed"),
    "frequent": _("Refused after five failures"),
    "strangers": _("Too many connections without login"),
    "source": _("Source number not allowed"),
    "number": _("Not a mobile number"),
    "groups": _("The user may send to only one recipient at a time"),
    "throttled": _("Faster than the door's speed"),
    "window": _("Too many unanswered for the window"),
    "busy": _("The database did not keep up"),
    "empty": _("The text is empty"),
    "too_long": _("The text is too long"),
    "schedule": _("The scheduled time is not valid"),
    "validity": _("The validity is not valid, or ends before the scheduled time"),
    "binary": _("Not a text"),
}
KINDS: dict[str, Promise] = {
    "login": _("Logging in"),
    "submit": _("Submit"),
    "callback": _("Our connection to the customer"),
}
