"""Spreadsheets and text files, read row by row and written as a stream. Knows neither Django nor people."""

from hongyan.spreadsheets.errors import SpreadsheetError, Trouble
from hongyan.spreadsheets.reading import LIMITS, Limits, Row, Shape, find_header, look, read
from hongyan.spreadsheets.writing import write_csv, write_xlsx

__all__ = [
    "LIMITS",
    "Limits",
    "Row",
    "Shape",
    "SpreadsheetError",
    "Trouble",
    "find_header",
    "look",
    "read",
    "write_csv",
    "write_xlsx",
]
