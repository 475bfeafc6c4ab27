"""Spreadsheets to take away: written to disk row by row, so that memory stays flat, and gone once they are sent."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from django.http import FileResponse


def spreadsheet(name: str, write: Callable[[Path], object]) -> FileResponse:
    """The file that `write` fills, offered as `name`."""
    with tempfile.TemporaryDirectory(prefix="hongyan-export-") as folder:
        path = Path(folder) / "export.xlsx"
        write(path)
        # The name goes with the folder, the open file lives until the response has been sent and closes it.
        return FileResponse(path.open("rb"), as_attachment=True, filename=name)
