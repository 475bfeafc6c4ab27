"""What a grant on people allows: one thing each, with what goes with it."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Allows(models.TextChoices):
    """What one grant gives. Who needs two things gets two grants."""

    SEE = "see", _("see")
    SEE_MASKED = "see_masked", _("see with masked numbers")
    SEND = "send", _("see and send")
    SEND_UNSEEN = "send_unseen", _("send without seeing numbers")
    EDIT = "edit", _("see and change")
    EXPORT = "export", _("see and take away as a file")


class Doing(StrEnum):
    """One thing that somebody does with people, as it is asked about where it is done."""

    SEE_NAMES = "see_names"
    """That they are there, and everything about them but their numbers."""
    SEE_MASKED = "see_masked"
    """Their numbers as 138****1234."""
    SEE_NUMBERS = "see_numbers"
    """Their numbers as far as one's role lets one see numbers at all."""
    SEND = "send"
    EDIT = "edit"
    EXPORT = "export"


_SEEING = frozenset({Doing.SEE_NAMES, Doing.SEE_MASKED, Doing.SEE_NUMBERS})

GIVES: dict[Allows, frozenset[Doing]] = {
    Allows.SEE: _SEEING,
    Allows.SEE_MASKED: _SEEING - {Doing.SEE_NUMBERS},
    Allows.SEND: _SEEING | {Doing.SEND},
    Allows.SEND_UNSEEN: frozenset({Doing.SEE_NAMES, Doing.SEND}),
    Allows.EDIT: _SEEING | {Doing.EDIT},
    Allows.EXPORT: _SEEING | {Doing.EXPORT},
}
"""Rights of roles stay: SEND and EXPORT are still needed to send and to export, SEE_NUMBERS to see numbers in clear."""

STANDING = frozenset(Doing) - {Doing.EDIT}
"""What one may do with a book that is open to one without a grant; who may change it is asked apart."""


def giving(doing: Doing) -> list[str]:
    """The grants that allow it."""
    return [allows.value for allows, given in GIVES.items() if doing in given]
