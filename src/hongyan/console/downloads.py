"""Spreadsheets to take away: written to disk row by row, so that memory stays flat, and gone once they are sent."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from django.http import FileResponse
from django.utils.translation import gettext as _

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.dispatch.numbers import mask
from hongyan.spreadsheets.writing import write_xlsx
from hongyan.uploads.errors import reason_words
from hongyan.uploads.models import Upload, UploadError


def spreadsheet(name: str, write: Callable[[Path], object]) -> FileResponse:
    """The file that `write` fills, offered as `name`: for what has a few thousand rows at most."""
    with tempfile.TemporaryDirectory(prefix="hongyan-export-") as folder:
        path = Path(folder) / "export.xlsx"
        write(path)
        # The name goes with the folder, the open file lives until the response has been sent and closes it.
        return FileResponse(path.open("rb"), as_attachment=True, filename=name)


def first_errors(upload: Upload, viewer: User, most: int = 10) -> list[tuple[UploadError, str, str]]:
    """The first rows of a file that could not be used, as components/row_errors.html shows them: value and reason."""
    in_clear = viewer.may(Right.SEE_NUMBERS)
    found = upload.errors.all()[:most]
    return [(one, shown_value(one.value, in_clear=in_clear), reason_words(one.reason)) for one in found]


def row_errors(upload: Upload, viewer: User) -> FileResponse:
    """All rows of a file that could not be used, with line, column, value and reason."""
    in_clear = viewer.may(Right.SEE_NUMBERS)
    rows = (
        [str(error.line), error.column, shown_value(error.value, in_clear=in_clear), reason_words(error.reason)]
        for error in upload.errors.iterator(chunk_size=2000)
    )
    headings = [_("Line"), _("Column"), _("Value"), _("Reason")]
    return spreadsheet(f"errors-{upload.pk}.xlsx", lambda path: write_xlsx(path, headings, rows))


def shown_value(value: str, *, in_clear: bool) -> str:
    """A bad cell as its list shows it: what looks like a number is masked for those who may not see numbers."""
    if in_clear or sum(char.isdigit() for char in value) < 7:
        return value
    return mask("+86" + "".join(char for char in value if char.isdigit()))
