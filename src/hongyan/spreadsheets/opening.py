"""Inside the child: a file opened as a table, and what a first look at the whole of it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path

from hongyan.spreadsheets import encodings, sheets, texts, vcards
from hongyan.spreadsheets.cells import Row
from hongyan.spreadsheets.errors import SpreadsheetError, Trouble
from hongyan.spreadsheets.headings import find_header, is_doubtful, looks_like_number
from hongyan.spreadsheets.kinds import Kind, Limits, kind_of
from hongyan.spreadsheets.reading import GUESSED, LOOKED_AT, Reading, Shape

_SHOWN_OF_ALTERNATIVES = 4
_PEEKED = 100


@dataclass(frozen=True, slots=True)
class Order:
    """What the child is to do."""

    is_look: bool
    reading: Reading
    limits: Limits
    takes_vcards: bool = False


@dataclass(slots=True)
class Table:
    """A file opened in one way."""

    kind: Kind
    reading: Reading
    """Complete but for the heading."""
    rows: Callable[[], Iterator[Row]]
    left: sheets.Left = field(default_factory=sheets.Left)
    sheets: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    """Further sheets that hold phone numbers."""
    encoding: encodings.Guess | None = None
    layout: texts.Guess | None = None


def opened(path: Path, order: Order) -> Table:
    """The file as a table. Raises SpreadsheetError, and whatever a reader raises."""
    kind = kind_of(path, order.limits)
    if kind is Kind.TEXT:
        return _text(path, order)
    if kind is Kind.VCARD:
        if not order.takes_vcards:
            raise SpreadsheetError(Trouble.VCARD)
        return _vcards(path, order)
    return _workbook(path, kind, order)


def _encoding(path: Path, reading: Reading) -> tuple[str, encodings.Guess]:
    guess = encodings.guess(path)
    return reading.encoding if encodings.is_known(reading.encoding) else guess.codec, guess


def _text(path: Path, order: Order) -> Table:
    encoding, guess = _encoding(path, order.reading)
    layout = texts.guess(path, encoding)
    chosen = order.reading.layout if texts.is_known(order.reading.layout) else layout.layout
    return Table(
        Kind.TEXT, replace(order.reading, encoding=encoding, layout=chosen),
        lambda: _rows_of_text(path, encoding, chosen, order.limits), encoding=guess, layout=layout,
    )  # fmt: skip


def _rows_of_text(path: Path, encoding: str, layout: str, limits: Limits) -> Iterator[Row]:
    return texts.rows(
        texts.lines_of(path, encoding), layout, max_rows=limits.max_rows, max_columns=limits.max_columns,
        is_unicode=encoding.startswith("utf"),
    )  # fmt: skip


def _vcards(path: Path, order: Order) -> Table:
    encoding, guess = _encoding(path, order.reading)
    return Table(
        Kind.VCARD, replace(order.reading, encoding=encoding),
        lambda: vcards.rows(texts.lines_of(path, encoding)), encoding=guess,
    )  # fmt: skip


def _book(path: Path, kind: Kind) -> Iterator[sheets.Book]:
    """The workbook by its own reader, which knows formats, and by the one that opens what that one cannot."""
    if kind is Kind.XLSX:
        from hongyan.spreadsheets import xlsx as own
    elif kind is Kind.ODS:
        from hongyan.spreadsheets import ods as own  # type: ignore[no-redef]
    elif kind is Kind.XLS:
        from hongyan.spreadsheets import xls as own  # type: ignore[no-redef]
    elif kind is Kind.XLSB:
        from hongyan.spreadsheets import xlsb as own  # type: ignore[no-redef]
    else:
        own = None  # type: ignore[assignment]
    if own is not None:
        try:
            yield own.Book(path)
        except (SpreadsheetError, MemoryError):
            raise
        except Exception:  # noqa: S110 - whatever it stumbled over, the other may not
            pass
    from hongyan.spreadsheets import others

    yield others.Book(path)


def _workbook(path: Path, kind: Kind, order: Order) -> Table:
    """Tried with each reader until one gives its first row."""
    books = _book(path, kind)
    table: Table | None = None
    for book in books:
        try:
            table = _sheet(book, kind, order)
            stream = table.rows()
            first = list(islice(stream, 1))
        except (SpreadsheetError, MemoryError):
            raise
        except Exception:  # the last reader's failure is the file's
            if type(book).__module__.endswith("others"):
                raise
            continue
        # What has been read is not read again.
        table.rows = chain(first, stream).__iter__
        return table
    raise SpreadsheetError(Trouble.BROKEN)


def _sheet(book: sheets.Book, kind: Kind, order: Order) -> Table:
    names = [one.name for one in book.sheets if one.is_visible] or [one.name for one in book.sheets]
    if not names:
        raise SpreadsheetError(Trouble.NO_ROWS)
    wanted = order.reading.sheet
    if wanted and wanted not in names:
        raise SpreadsheetError(Trouble.NO_SHEET)
    chosen = wanted or next((name for name in names if next(iter(book.rows(name)), None) is not None), names[0])
    others = (
        [name for name in names if name != chosen and _has_numbers(book.rows(name))] if order.is_look else []
    )  # fmt: skip
    has_hidden = order.reading.has_hidden is not False
    left = sheets.Left()
    return Table(
        kind, replace(order.reading, sheet=chosen, has_hidden=has_hidden),
        lambda: sheets.rows(
            book.rows(chosen), book.merges(chosen), max_columns=order.limits.max_columns, has_hidden=has_hidden, left=left
        ),
        left=left, sheets=names, others=others,
    )  # fmt: skip


def _has_numbers(raw: Iterable[sheets.RawRow]) -> bool:
    return any(looks_like_number(cell) for row in islice(raw, _PEEKED) for cell in row.cells.values())


def looked_at(path: Path, order: Order) -> Shape:
    """The whole file, read once: its first rows, how they were read, and what is in doubt."""
    table = opened(path, order)
    first: list[Row] = []
    faults: Counter[str] = Counter()
    fault_lines: dict[str, int] = {}
    filled: Counter[int] = Counter()
    total = 0
    for row in table.rows():
        total += 1
        if len(first) < LOOKED_AT:
            first.append(row)
        line, cells, fault = row
        if fault:
            faults[fault] += 1
            fault_lines.setdefault(fault, line)
        if len(cells) > 1:
            filled[len(cells)] += 1
        elif total > 1:
            continue
    if not first:
        raise SpreadsheetError(Trouble.NO_ROWS)
    usable = [cells for _line, cells, fault in first if not fault]
    header = _header(table, first)
    reading = replace(table.reading, header_line=first[header][0] if header is not None else 0)
    doubts = _doubts(table, order.reading, first, header)
    if table.left.hidden and order.reading.has_hidden is None:
        doubts.append("hidden")
    return Shape(
        kind=table.kind, reading=reading, rows=first, header=header, width=_width(table.kind, usable or [first[0][1]], filled),
        total=total, sheets=table.sheets, other_sheets=table.others, doubts=doubts,
        encodings=_encodings(path, table, order), layouts=_layouts(path, table, order), faults=dict(faults),
        fault_lines=fault_lines, hidden=table.left.hidden, errors=table.left.errors, formulas=table.left.formulas,
    )  # fmt: skip


def _header(table: Table, first: list[Row]) -> int | None:
    wanted = table.reading.header_line
    if table.kind is Kind.VCARD:
        return 0
    if wanted == GUESSED:
        return find_header([cells if not fault else [] for _line, cells, fault in first])
    return next((at for at, (line, _cells, _fault) in enumerate(first) if line == wanted), None) if wanted else None


def _doubts(table: Table, asked: Reading, first: list[Row], header: int | None) -> list[str]:
    """Which guesses another reader might make otherwise, and nobody has answered yet."""
    doubts = []
    if table.encoding is not None and not table.encoding.is_certain and not asked.encoding:
        doubts.append("encoding")
    if table.layout is not None and not table.layout.is_certain and not asked.layout:
        doubts.append("layout")
    if table.others and not asked.sheet:
        doubts.append("sheet")
    if (
        header is not None
        and table.kind is not Kind.VCARD
        and asked.header_line == GUESSED
        and is_doubtful(first[header][1])
    ):
        doubts.append("header")
    return doubts


def _width(kind: Kind, first: list[list[str]], filled: Counter[int]) -> int:
    """How many columns the table has. A single cell far away makes none: its row is told as at fault."""
    width = max(len(cells) for cells in first)
    if kind.has_sheets:
        return max(width, max((many for many, rows in filled.items() if rows > 1), default=0))
    return min(width, max((len(cells) for cells in first), default=width))


def _encodings(path: Path, table: Table, order: Order) -> list[tuple[str, list[list[str]]]]:
    """First rows in each encoding it could be, the one used first; none where the file leaves no doubt."""
    guess = table.encoding
    if guess is None or not guess.others:
        return []
    codecs = dict.fromkeys((table.reading.encoding, guess.codec, *guess.others))
    return [(codec, _first(path, replace(table.reading, encoding=codec), order, is_telling=True)) for codec in codecs]


def _layouts(path: Path, table: Table, order: Order) -> list[tuple[str, list[list[str]]]]:
    guess = table.layout
    if guess is None or not guess.others:
        return []
    layouts = dict.fromkeys((table.reading.layout, guess.layout, *guess.others))
    return [(layout, _first(path, replace(table.reading, layout=layout), order)) for layout in layouts]


def _first(path: Path, reading: Reading, order: Order, *, is_telling: bool = False) -> list[list[str]]:
    """First rows under another guess; `is_telling`: those that the encodings differ about."""
    if order.takes_vcards and not reading.layout:
        rows = vcards.rows(texts.lines_of(path, reading.encoding))
    else:
        rows = _rows_of_text(path, reading.encoding, reading.layout, order.limits)
    telling = (
        [cell[:40] for cell in cells[:8]] for _line, cells, _fault in islice(rows, 2000)
        if not is_telling or not all(cell.isascii() for cell in cells)
    )  # fmt: skip
    return list(islice(telling, _SHOWN_OF_ALTERNATIVES))
