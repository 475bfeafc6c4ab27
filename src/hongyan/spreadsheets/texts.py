"""Text files: what parts their columns, and their rows as a stream. What is odd about a row is the row's fault alone.

Every step looks at each character a bounded number of times: a file is a stranger's, and its worst case is met.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hongyan.spreadsheets.cells import Row, trimmed
from hongyan.spreadsheets.encodings import is_damaged
from hongyan.spreadsheets.errors import Fault, SpreadsheetError, Trouble
from hongyan.spreadsheets.headings import LOOKED_AT, find_header, looks_like_number

SIGNS = "\t,;|，；^~:："
"""What parts columns. Beside them a layout is one of the words below."""
ANY, BLANK, ONCE, LIST, LINES = "any", "blank", "once:", "list", "lines"
"""Any of the signs; the first blank beside a number; the first of a sign only (`once:,`), since the text behind the
number may hold it too; each piece a number of its own; one column."""

_HEAD_LINES = 100
_LINES_OF_A_CELL = 300
_LONGEST_CELL = 32_767
"""A workbook's limits for one cell."""
_MARKED = frozenset("=+-@0123456789")
_ALL_SIGNS = str.maketrans(dict.fromkeys(SIGNS + "、", ","))


@dataclass(frozen=True, slots=True)
class Guess:
    """The likeliest layout, whether another is as likely, and what else it could be."""

    layout: str
    is_certain: bool = True
    others: tuple[str, ...] = ()


def is_known(layout: str) -> bool:
    return layout in {*SIGNS, ANY, BLANK, LIST, LINES} or (layout.startswith(ONCE) and layout[5:] in {*SIGNS})


def lines_of(path: Path, encoding: str) -> Iterator[str]:
    """Physical lines with their ends, of at most a million characters: one endless line must not be held whole."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        while line := file.readline(1_000_001):
            if len(line) > 1_000_000:
                raise SpreadsheetError(Trouble.TOO_MANY_COLUMNS)
            # Files that were put together keep each one's mark.
            yield line.lstrip("\ufeff") if line[0] == "\ufeff" else line


def guess(path: Path, encoding: str) -> Guess:
    """What parts the columns, from the first lines."""
    head: list[str] = []
    size = 0
    for line in lines_of(path, encoding):
        if trimmed(line):
            head.append(line)
            size += len(line)
        if len(head) >= _HEAD_LINES or size > 200_000:
            break
    if not head:
        raise SpreadsheetError(Trouble.NO_ROWS)
    if said := said_sign(head[0]):
        return Guess(said, others=(LINES,))
    found = {layout: _evidence(head, layout) for layout in (*SIGNS, ANY, BLANK)}
    ranked = sorted((one for one in found if found[one] > 0), key=lambda one: -found[one])
    if not ranked:
        return Guess(LIST if _is_list(head) else LINES)
    best = ranked[0]
    others = tuple(one for one in ranked[1:] if one != ANY or best == BLANK)
    if _is_list(head):
        return Guess(LIST, others=(best,))
    if best in SIGNS and _varies(head, best):
        return Guess(ONCE + best, is_certain=False, others=(best, LINES))
    is_certain = len(ranked) < 2 or found[best] - found[ranked[1]] > 0.4 or {best, ranked[1]} & {ANY, BLANK} != set()
    return Guess(best, is_certain, (*others, LINES))


def said_sign(line: str) -> str:
    """The sign that a first line "sep=;" names, as Excel writes and reads it; such a line is no row."""
    line = trimmed(line).strip('"')
    return line[4:] if line[:4].lower() == "sep=" and len(line) == 5 and line[4] in SIGNS else ""


def _evidence(head: list[str], layout: str) -> float:
    """How much speaks for a layout: rows of several cells, how even they are, and cells that are phone numbers."""
    found = [cells for _line, cells, _fault in _split(iter(head), layout) if any(cells)]
    several = sum(len(cells) > 1 for cells in found)
    if not several or several * 2 < len(found):
        return 0.0
    widths = [len(cells) for cells in found]
    even = widths.count(max(set(widths), key=widths.count))
    numbers = sum(any(looks_like_number(cell) for cell in cells) for cells in found)
    bonus = {"\t": 0.1, ANY: -0.3, BLANK: -0.2}.get(layout, 0.0)
    return (several + even + 1.5 * numbers) / len(found) + bonus


def _is_list(head: list[str]) -> bool:
    """Whether every piece is a number, several in a line: the lines are no rows."""
    pieces = [piece for line in head for piece in _pieces(line)]
    lines = [line for line in head if any(char.isdigit() for char in line)]
    return len(pieces) > len(lines) and all(_is_number(piece) for piece in pieces)


def _pieces(line: str) -> list[str]:
    found: list[str] = []
    for piece in line.translate(_ALL_SIGNS).split(","):
        words = piece.split()
        # Blanks part whole numbers; inside of one they are part of how it is written.
        found += words if len(words) > 1 and all(_is_number(word) for word in words) else [trimmed(piece)]
    return [piece for piece in found if piece]


def _varies(head: list[str], sign: str) -> bool:
    """`number,text` whose text holds the sign too: no heading, no quotes, and hardly two lines with the same count."""
    found = [line.rstrip("\r\n").split(sign) for line in head]
    if any('"' in line for line in head) or not all(looks_like_number(cells[0]) for cells in found):
        return False
    counts = [len(cells) for cells in found]
    most = counts.count(max(set(counts), key=counts.count))
    return len(set(counts)) > 1 and min(counts) > 1 and most < 0.8 * len(counts)


def rows(lines: Iterable[str], layout: str, *, max_rows: int, max_columns: int, is_unicode: bool) -> Iterator[Row]:
    """Rows that are not blank: the line they begin in, their cells, their fault. Streams; line ends may be mixed.

    A row with more cells than its table has columns is at fault: one sign too many shifts all that follow.
    """
    waiting: list[Row] = []
    width = 0
    for line, cells, fault in _split(iter(lines), layout):
        if line > max_rows:
            raise SpreadsheetError(Trouble.TOO_MANY_ROWS, line)
        while cells and not cells[-1]:
            cells.pop()
        if (not cells and not fault) or (line == 1 and len(cells) == 1 and cells[0].lower() == "sep="):
            continue
        if len(cells) > max_columns and not width and not waiting:
            raise SpreadsheetError(Trouble.TOO_MANY_COLUMNS, line)
        is_lost = any(is_damaged(cell, is_unicode=is_unicode) for cell in cells)
        row = (line, cells, fault or (Fault.CHARACTERS_LOST if is_lost else ""))
        if width:
            yield _fitted(row, width)
            continue
        waiting.append(row)
        if len(waiting) == _HEAD_LINES:
            width = min(width_of(waiting), max_columns)
            yield from (_fitted(one, width) for one in waiting)
            waiting = []
    if waiting:
        width = min(width_of(waiting), max_columns)
        yield from (_fitted(one, width) for one in waiting)


def _fitted(row: Row, width: int) -> Row:
    line, cells, fault = row
    if len(cells) > width and not fault:
        return line, cells[: width + 1], Fault.TOO_MANY_CELLS
    return row


def width_of(found: list[Row]) -> int:
    """How many columns a table has: as many as its heading names, or as most of its rows have cells."""
    usable = [cells for _line, cells, fault in found if not fault]
    if not usable:
        return max(len(cells) for _line, cells, _fault in found)
    header = find_header(usable[: LOOKED_AT * 3])
    if header is None:
        widths = [len(cells) for cells in usable]
        return max(set(widths), key=lambda width: (widths.count(width), width))
    below = [len(cells) for cells in usable[header + 1 :]]
    # Where every row has more cells than there are headings, the further columns have none.
    return max(len(usable[header]), min(below, default=0))


def _split(lines: Iterator[str], layout: str) -> Iterator[Row]:
    if layout in SIGNS and layout:
        yield from _records(lines, layout)
        return
    if layout == BLANK:
        yield from _by_blanks(lines)
        return
    for line, content in enumerate(lines, start=1):
        clean = trimmed(content)
        if layout == LIST:
            yield from ((line, [_bare(piece)], "") for piece in _pieces(clean))
        elif layout == ANY:
            yield line, [_bare(cell) for cell in clean.translate(_ALL_SIGNS).split(",")], ""
        elif layout.startswith(ONCE):
            yield line, [_bare(cell) for cell in clean.split(layout[5:], 1)], ""
        else:
            yield line, [_bare(clean)], ""


def _bare(cell: str) -> str:
    return trimmed(trimmed(cell).strip('"'))


def _is_number(piece: str) -> bool:
    """A number and nothing else."""
    return looks_like_number(piece) and not any(char.isalpha() for char in piece)


def _beside_number(text: str) -> list[str]:
    """A number and what stands beside it, parted by blanks: the number comes first, as people's lists of it vary."""
    words = text.split(None, 1)
    if len(words) == 2 and _is_number(words[0]) and not _is_number(text):
        return [words[0], trimmed(words[1])]
    words = text.rsplit(None, 1)
    if len(words) == 2 and _is_number(words[1]) and not _is_number(text):
        return [words[1], trimmed(words[0])]
    return [text]


def _by_blanks(lines: Iterator[str]) -> Iterator[Row]:
    """Numbers with what stands beside them; headings above in the order of the first number's line."""
    above: list[tuple[int, str]] | None = []
    for line, content in enumerate(lines, start=1):
        clean = trimmed(content)
        cells = _beside_number(clean)
        if above is not None:
            if len(cells) == 1 and not _is_number(clean) and len(above) < LOOKED_AT:
                above.append((line, clean))
                continue
            is_first = clean.startswith(cells[0])
            for at, heading in above:
                words = heading.split(None, 1) if is_first else heading.rsplit(None, 1)[::-1]
                yield at, [trimmed(word) for word in words], ""
            above = None
        yield line, cells, ""
    for at, heading in above or ():
        yield at, [heading], ""


def _said(cell: str) -> str:
    """A cell without what only told a spreadsheet that it is a text: ="00042", '00042 and '00042'."""
    cell = trimmed(cell)
    if cell.startswith('="') and cell.endswith('"') and len(cell) > 2:
        return trimmed(cell[2:-1])
    if cell.startswith("'") and cell[1:2] in _MARKED and "'" not in cell[1:]:
        return trimmed(cell[1:])
    # Some programs quote so.
    if len(cell) > 2 and cell[0] == cell[-1] == "'" and "'" not in cell[1:-1]:
        return trimmed(cell[1:-1])
    return cell


def _records(lines: Iterator[str], sign: str) -> Iterator[Row]:
    """Rows of quoted cells (RFC 4180), which may go on in the next lines.

    A quotation that no line closes where a cell may end is the fault of the line that opens it; reading goes on with
    the next.
    """
    ahead: list[str] = []
    line = 0
    width = 0
    while True:
        if ahead:
            content = ahead.pop()
        else:
            try:
                content = next(lines)
            except StopIteration:
                return
        line += 1
        if '"' not in content:
            cells = [_said(cell) for cell in content.split(sign)]
            width = max(width, len(cells))
            yield line, cells, ""
            continue
        cells, is_open, _ = _cells(content, sign)
        if not is_open:
            width = max(width, len(cells))
            yield line, cells, ""
            continue
        taken, whole = _continued(content, sign, lines, ahead, width)
        if whole is None:
            ahead += reversed(taken)
            yield line, [trimmed(cell.replace('"', "")) for cell in content.split(sign)], Fault.OPEN_QUOTE
        else:
            yield line, whole, ""
            line += len(taken)


def _continued(
    content: str, sign: str, lines: Iterator[str], ahead: list[str], width: int
) -> tuple[list[str], list[str] | None]:
    """Lines that belong to a quotation opened in `content`, and the cells of all; None if it is not closed in time."""
    taken: list[str] = []
    size = len(content)
    parts = [content]
    while len(taken) < _LINES_OF_A_CELL and size < 2 * _LONGEST_CELL:
        following = ahead.pop() if ahead else next(lines, None)
        if following is None:
            return taken, None
        taken.append(following)
        parts.append(following)
        size += len(following)
        if '"' in following:
            cells, is_open, is_odd = _cells("".join(parts), sign)
            if is_odd:
                return taken, None
            if not is_open:
                return taken, cells
            # Parsed once for each line with a quotation mark: bounded by the lines a cell may have.
        elif _is_row_of_its_own(following, sign, width):
            return taken, None
    return taken, None


def _is_row_of_its_own(line: str, sign: str, width: int) -> bool:
    """Whether a line inside a quotation looks like a row: as many cells as rows have, with a number among them."""
    cells = line.split(sign)
    return len(cells) > 1 and len(cells) >= width and any(looks_like_number(cell) for cell in cells)


def _cells(text: str, sign: str) -> tuple[list[str], bool, bool]:
    """(cells, whether a quotation is open at the end, whether one that went over lines closed where no cell ends)."""
    cells: list[str] = []
    at, end = 0, len(text)
    is_odd = False
    while True:
        start = at
        while start < end and text[start] in " \u3000" and sign != text[start]:
            start += 1
        if start < end and text[start] == '"':
            pieces: list[str] = []
            at = start + 1
            while True:
                close = text.find('"', at)
                if close < 0:
                    return cells, True, is_odd
                pieces.append(text[at:close])
                if text[close + 1 : close + 2] == '"':
                    pieces.append('"')
                    at = close + 2
                elif text[close - 1] == "\\" and text[close + 1 : close + 2] not in ("", "\r", "\n", sign):
                    # Databases write a quotation mark inside of one with a backslash.
                    pieces[-1] = pieces[-1][:-1] + '"'
                    at = close + 1
                else:
                    at = close + 1
                    break
            inside = "".join(pieces)
            following = text.find(sign, at)
            tail = trimmed(text[at : following if following >= 0 else end])
            is_odd |= bool(tail) and "\n" in inside.replace("\r", "\n")
            cells.append(trimmed(inside.replace("\r\n", "\n").replace("\r", "\n") + tail))
        else:
            following = text.find(sign, at)
            cells.append(_said(text[at : following if following >= 0 else end]))
        if following < 0:
            return cells, False, is_odd
        at = following + 1
