"""The child process that opens one workbook: `python -m hongyan.spreadsheets.child PATH SHEET MEMORY SECONDS COLUMNS`.

The reader holds the whole sheet in memory and is not ours to interrupt, so it works where its memory and time are
bounded and where dying does no harm. Frames on standard output: four octets of length, then msgpack: first the sheets'
names, then chunks of rows, or an error's code.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from hongyan.spreadsheets.errors import Trouble

ROWS_A_FRAME = 2000
_FILLED_DOWN_AT_MOST = 100_000


def text_of(value: object) -> str:
    """A cell as a person sees it: whole numbers without .0, dates without a midnight."""
    if isinstance(value, str):
        return value if "\x00" not in value else value.replace("\x00", "")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, datetime):
        if value.time() == time():
            return value.date().isoformat()
        return value.strftime("%Y-%m-%d %H:%M:%S" if value.second else "%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M:%S" if value.second else "%H:%M")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    return "" if value is None else str(value)


def fillings(merged: list[tuple[tuple[int, int], tuple[int, int]]] | None) -> dict[int, list[tuple[int, int]]]:
    """Row -> (column, first row) of cells merged downward, which repeat the value above them.

    Cells merged sideways stay empty: a title over a table says nothing about its columns.
    """
    down: dict[int, list[tuple[int, int]]] = {}
    filled = 0
    for (top, left), (bottom, _) in merged or ():
        filled += bottom - top
        if filled > _FILLED_DOWN_AT_MOST:
            break
        for row in range(top + 1, bottom + 1):
            down.setdefault(row, []).append((left, top))
    return down


def is_repeatable(text: str) -> bool:
    """Whether a merged value goes for each row. A phone number does not: one person has it, the others lack one."""
    return sum(char.isdigit() for char in text) < 7


def rows(sheet: Any, max_columns: int) -> Iterator[tuple[int, list[str]]]:
    """Line and cells of each row that is not blank; raises OverflowError beyond `max_columns`."""
    down = fillings(sheet.merged_cell_ranges)
    tops: dict[tuple[int, int], str] = {}
    needed = {(first, column) for cells in down.values() for column, first in cells}
    rows_needed = {first for first, _ in needed}
    for line, values in enumerate(sheet.iter_rows(), start=1):
        cells = [value if type(value) is str and "\x00" not in value else text_of(value) for value in values]
        if line - 1 in rows_needed:
            tops.update({(line - 1, at): cell for at, cell in enumerate(cells) if (line - 1, at) in needed})
        blank = not any(cells)
        for column, first in down.get(line - 1, ()):
            above = tops.get((first, column), "")
            if not blank and column < len(cells) and not cells[column] and is_repeatable(above):
                cells[column] = above
        while cells and not cells[-1]:
            cells.pop()
        if len(cells) > max_columns:
            raise OverflowError
        if cells and any(not cell.isspace() for cell in cells):
            yield line, cells


def _send(frame: object) -> None:
    content = msgspec.msgpack.encode(frame)
    sys.stdout.buffer.write(len(content).to_bytes(4, "big") + content)
    sys.stdout.buffer.flush()


def _serve(path: str, name: str, max_columns: int) -> None:
    with open(path, "rb"):
        workbook = CalamineWorkbook.from_path(path)
    names = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
    ] or list(workbook.sheet_names)
    if name and name not in workbook.sheet_names:
        _send({"trouble": Trouble.NO_SHEET})
        return
    chosen = name
    sheet = workbook.get_sheet_by_name(chosen) if chosen else None
    for candidate in names if not name else ():
        sheet, chosen = workbook.get_sheet_by_name(candidate), candidate
        if sheet.height:
            break
    _send({"sheets": names, "sheet": chosen})
    chunk: list[tuple[int, list[str]]] = []
    sent = 0
    for row in rows(sheet, max_columns) if sheet is not None else ():
        chunk.append(row)
        # The first frame is small: whoever only looks need not wait.
        if len(chunk) >= (ROWS_A_FRAME if sent else 50):
            _send({"rows": chunk})
            sent += len(chunk)
            chunk = []
    if chunk:
        _send({"rows": chunk})
    _send({"end": True})


def main() -> None:
    path, name, max_memory, max_seconds, max_columns = sys.argv[1:6]
    resource.setrlimit(resource.RLIMIT_AS, (int(max_memory), int(max_memory)))
    resource.setrlimit(resource.RLIMIT_CPU, (int(max_seconds), int(max_seconds) + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        _serve(path, name, int(max_columns))
    except PasswordError:
        _send({"trouble": Trouble.PASSWORD})
    except OverflowError:
        _send({"trouble": Trouble.TOO_MANY_COLUMNS})
    except MemoryError:
        _send({"trouble": Trouble.BOMB})
    except CalamineError as error:
        _send({"trouble": Trouble.PASSWORD if "password" in str(error).lower() else Trouble.BROKEN})
    except BrokenPipeError:
        # Whoever only looked has seen enough; nothing more to flush.
        sys.stderr.close()
    except BaseException:  # the reader's panics are not Exceptions; the parent is told either way
        _send({"trouble": Trouble.BROKEN})


if __name__ == "__main__":
    main()
