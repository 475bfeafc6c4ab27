"""Why a list that was asked for is not there."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FAILURES: dict[str, str | Promise] = {
    "no_right": _("You may no longer export this list."),
    "gone": _("What was to be exported no longer exists, or you may no longer see it."),
    "fault": _("The file could not be created. Please export it again."),
}
"""Why a file was not written."""
