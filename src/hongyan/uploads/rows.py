"""A file's rows of data, read as its upload says."""

from __future__ import annotations

from collections.abc import Iterator

from hongyan.spreadsheets import Fault, Row, read
from hongyan.uploads.guesses import reading_of
from hongyan.uploads.models import Upload
from hongyan.uploads.receiving import the_file


def rows_of(upload: Upload) -> Iterator[list[Row]]:
    """Chunks of rows below the headings. A row with more cells than there are columns is at fault: dropping the cells
    would hide that they may stand in the wrong columns. Raises SpreadsheetError."""
    reading = reading_of(upload)
    width = len(upload.columns)
    with the_file(upload) as path:
        for chunk in read(path, reading, takes_vcards=upload.purpose == Upload.Purpose.CONTACTS):
            yield [
                (line, cells, fault or (Fault.TOO_MANY_CELLS if width and len(cells) > width else ""))
                for line, cells, fault in chunk
                if line > reading.header_line
            ]
