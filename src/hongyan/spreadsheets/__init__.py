"""Spreadsheets and text files, read row by row and written as a stream. Knows neither Django nor people."""

from hongyan.spreadsheets.cells import Row, trimmed
from hongyan.spreadsheets.errors import Fault, SpreadsheetError, Trouble
from hongyan.spreadsheets.headings import find_header
from hongyan.spreadsheets.kinds import LIMITS, Kind, Limits
from hongyan.spreadsheets.reading import Reading, Shape, look, read
from hongyan.spreadsheets.writing import write_csv, write_xlsx

__all__ = [
    "LIMITS",
    "Fault",
    "Kind",
    "Limits",
    "Reading",
    "Row",
    "Shape",
    "SpreadsheetError",
    "Trouble",
    "find_header",
    "look",
    "read",
    "trimmed",
    "write_csv",
    "write_xlsx",
]
