"""What can go wrong with people and their files: stable codes and sentences for whoever asked."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from hongyan.dispatch import numbers
from hongyan.spreadsheets.errors import WORDS as FILE_WORDS
from hongyan.spreadsheets.errors import SpreadsheetError

__all__ = ["ROW_REASONS", "ContactsError", "file_words", "reason_words"]


class ContactsError(Exception):
    """A verb that was refused: `code` for programs, `sentence` for people."""

    def __init__(self, code: str, sentence: str | Promise) -> None:
        super().__init__(str(sentence))
        self.code = code
        self.sentence = sentence


ROW_REASONS: dict[str, str | Promise] = {
    "number_twice_in_file": _("This number stands earlier in the file; the first row was used."),
    "too_long": _("This text is too long for its field."),
    "no_number_column": _("This row ends before the column of numbers."),
    "carrier_unknown": _("No carrier is called this."),
    "carrier_missing": _("The row names no carrier, and none was chosen for the file."),
    "ported_abroad": _("Only mainland numbers are ported between these carriers."),
}
"""Reasons of a row beside those of its number (`dispatch/numbers.py`)."""


def reason_words(code: str) -> str:
    """A row error's reason in the reader's language."""
    if code in ROW_REASONS:
        return str(ROW_REASONS[code])
    return gettext(numbers.WORDS[numbers.Reason(code)]) if code in set(numbers.Reason) else code


def file_words(error: SpreadsheetError) -> str:
    """A file's trouble in the reader's language, with the line where it was noticed."""
    words = gettext(FILE_WORDS[error.trouble])
    return f"{words} {pgettext_lazy('file', 'Line %(line)s.') % {'line': error.line}}" if error.line else words


def carrier_words(code: str) -> str:
    """A home carrier's name in the reader's language."""
    return gettext(numbers.CARRIER_WORDS[numbers.Carrier(code)]) if code in set(numbers.Carrier) else code
