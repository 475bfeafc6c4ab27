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
    """Nothing with rows, whatever its name says, and nothing we know by name."""
    WEB_PAGE = "file_is_a_web_page"
    XML_TABLE = "file_is_an_xml_spreadsheet"
    PICTURE = "file_is_a_picture"
    PDF = "file_is_a_pdf"
    DOCUMENT = "file_is_a_document"
    SLIDES = "file_is_a_presentation"
    NUMBERS = "file_is_of_numbers"
    ARCHIVE = "file_is_an_archive"
    PROGRAM = "file_is_a_program"
    DATABASE = "file_is_a_database"
    MEDIA = "file_is_sound_or_film"
    MAIL = "file_is_a_mail"
    VCARD = "file_is_a_vcard"
    JSON = "file_is_json"
    PASSWORD = "file_has_password"  # noqa: S105 - a code, not a password
    BROKEN = "file_broken"
    BOMB = "file_unpacks_too_large"
    TOO_LARGE = "file_too_large"
    TOO_MANY_ROWS = "file_too_many_rows"
    TOO_MANY_COLUMNS = "file_too_many_columns"
    TOO_SLOW = "file_takes_too_long"
    ENCODING = "file_encoding_unknown"
    NO_SHEET = "file_without_such_sheet"


class Fault(StrEnum):
    """What is wrong with one row; its other rows stay usable. Stored with row errors: never rename one."""

    OPEN_QUOTE = "quote_open"
    TOO_MANY_CELLS = "too_many_cells"
    CHARACTERS_LOST = "characters_lost"


WORDS: dict[Trouble, str] = {
    Trouble.EMPTY: N_("The file is empty."),
    Trouble.NO_ROWS: N_("The file has no rows."),
    Trouble.NOT_A_TABLE: N_(
        "This is not a spreadsheet or a text file, whatever its name says. Use xlsx, xls, csv or txt."
    ),
    Trouble.WEB_PAGE: N_("This is a web page named as a spreadsheet. Open it in Excel or WPS and save it as xlsx."),
    Trouble.XML_TABLE: N_("This is an XML spreadsheet of 2003. Open it in Excel or WPS and save it as xlsx."),
    Trouble.PICTURE: N_("This is a picture. Numbers in a picture cannot be read; use xlsx, xls, csv or txt."),
    Trouble.PDF: N_("This is a PDF document. Save the table as xlsx, xls, csv or txt."),
    Trouble.DOCUMENT: N_(
        "This is a text document (such as Word). Copy its table into Excel or WPS and save it as xlsx."
    ),
    Trouble.SLIDES: N_("This is a presentation. Copy its table into Excel or WPS and save it as xlsx."),
    Trouble.NUMBERS: N_("This is a file of Apple Numbers. Export it from Numbers as Excel and try again."),
    Trouble.ARCHIVE: N_("This is an archive. Unpack it and upload the spreadsheet inside."),
    Trouble.PROGRAM: N_("This is a program, not a spreadsheet."),
    Trouble.DATABASE: N_("This is a database file. Export the table as xlsx or csv."),
    Trouble.MEDIA: N_("This is a sound or a film, not a spreadsheet."),
    Trouble.MAIL: N_("This is an e-mail. Save the attached spreadsheet and upload that."),
    Trouble.JSON: N_("This is a JSON file, which has no rows and columns. Save it as xlsx or csv first."),
    Trouble.VCARD: N_("These are contacts of a phone (vCard). Import them under People; then choose them here."),
    Trouble.PASSWORD: N_("The file is protected by a password. Remove the password and try again."),
    Trouble.BROKEN: N_(
        "The file is damaged and cannot be read. Open it in Excel or WPS, save it again and try once more."
    ),
    Trouble.BOMB: N_("The file unpacks to far more than its size; it was not opened."),
    Trouble.TOO_LARGE: N_("The file is too large. Split it into several files."),
    Trouble.TOO_MANY_ROWS: N_("The file has too many rows. Split it into several files."),
    Trouble.TOO_MANY_COLUMNS: N_("The file has too many columns. Delete those you do not need."),
    Trouble.TOO_SLOW: N_("Reading the file takes too long. Split it into several files."),
    Trouble.ENCODING: N_("The encoding of this file cannot be recognised. Save it as UTF-8 or xlsx."),
    Trouble.NO_SHEET: N_("The file has no sheet of this name."),
}

FAULT_WORDS: dict[Fault, str] = {
    Fault.OPEN_QUOTE: N_("A quotation mark is opened in this row and not closed."),
    Fault.TOO_MANY_CELLS: N_(
        "This row has more cells than there are columns, so its values may stand in the wrong ones."
    ),
    Fault.CHARACTERS_LOST: N_("Some characters in this row cannot be read."),
}


class SpreadsheetError(Exception):
    """A file that cannot be read. `trouble` is the stable code, `line` where it was noticed (0: the whole file)."""

    def __init__(self, trouble: Trouble, line: int = 0) -> None:
        super().__init__(WORDS[trouble])
        self.trouble = trouble
        self.line = line
