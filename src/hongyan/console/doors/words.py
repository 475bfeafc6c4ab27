"""Why a customer's login or submit was refused, in words; a session's own sentence is shown as it is said."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Promise] = {
    "login": _("Unknown login"),
    "credentials": _("Wrong password"),
    "address": _("Not from an allowed address"),
    "connections": _("More connections than allowed"),
    "frequent": _("Refused unseen after five failures"),
    "strangers": _("Too many connections without login"),
    "source": _("Source number not allowed"),
    "number": _("Not a mobile number"),
    "groups": _("The user may write to one recipient at a time only"),
    "throttled": _("Faster than the door's speed"),
    "window": _("More unanswered than the window allows"),
    "busy": _("The database did not keep up"),
    "empty": _("The text is empty"),
    "too_long": _("The text is too long"),
    "binary": _("Not a text"),
}
KINDS: dict[str, Promise] = {
    "login": _("Logging in"),
    "submit": _("Submit"),
    "callback": _("Our call to the customer"),
}
