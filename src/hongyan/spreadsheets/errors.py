"""Why a file cannot be read, each with a stable code and a sentence for the person who gave it."""

from __future__ import annotations

from enum import StrEnum


def N_(text: str) -> str:  # noqa: N802 - the extractor's customary mark for words translated where they are shown
    return text


class Trouble(StrEnum):
    """What is wrong with a whole file."""

    EMPTY = "file_empty"
    NO_ROWS = "file_without_rows"
    NOT_A_TABLE = "file_not_a_table"
    """A picture, a PDF, a program: nothing with rows, whatever its name says."""
    WEB_PAGE = "file_is_a_web_page"
    PASSWORD = "file_has_password"  # noqa: S105 - a code, not a password
    BROKEN = "file_broken"
    BOMB = "file_unpacks_too_large"
    TOO_LARGE = "file_too_large"
    TOO_MANY_ROWS = "file_too_many_rows"
    TOO_MANY_COLUMNS = "file_too_many_columns"
    TOO_SLOW = "file_takes_too_long"
    ENCODING = "file_encoding_unknown"
    QUOTE = "file_quote_open"
    NO_SHEET = "file_without_such_sheet"


WORDS: dict[Trouble, str] = {
    Trouble.EMPTY: N_("The file is empty."),
    Trouble.NO_ROWS: N_("The file has no rows."),
    Trouble.NOT_A_TABLE: N_(
        "This is not a spreadsheet or a text file, whatever its name says. Use xlsx, xls, csv or txt."
    ),
    Trouble.WEB_PAGE: N_("This is a web page with a spreadsheet's name. Open it in Excel or WPS and save it as xlsx."),
    Trouble.PASSWORD: N_("The file is protected by a password. Remove the password and try again."),
    Trouble.BROKEN: N_(
        "The file is damaged and cannot be read. Open it in Excel or WPS, save it again and try once more."
    ),
    Trouble.BOMB: N_("The file unpacks to far more than its size; it was not opened."),
    Trouble.TOO_LARGE: N_("The file is too large. Split it into several files."),
    Trouble.TOO_MANY_ROWS: N_("The file has too many rows. Split it into several files."),
    Trouble.TOO_MANY_COLUMNS: N_("The file has too many columns. Delete those you do not need."),
    Trouble.TOO_SLOW: N_("Reading the file takes too long. Split it into several files."),
    Trouble.ENCODING: N_("The characters of this file cannot be made out. Save it as UTF-8 or as xlsx."),
    Trouble.QUOTE: N_("A quotation mark is opened and never closed, so the rows cannot be told apart."),
    Trouble.NO_SHEET: N_("The file has no sheet of this name."),
}


class SpreadsheetError(Exception):
    """A file that cannot be read. `trouble` is the stable code, `line` where it was noticed (0: the whole file)."""

    def __init__(self, trouble: Trouble, line: int = 0) -> None:
        super().__init__(WORDS[trouble])
        self.trouble = trouble
        self.line = line
