"""Binary workbooks, record by record as Excel writes them (MS-XLSB)."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from hongyan.spreadsheets import Reading, SpreadsheetError, Trouble, look, read

KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def record(kind: int, content: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, length = b"", len(content)
    while True:
        size += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
        length >>= 7
        if not length:
            return head + size + content


def wide(text: str) -> bytes:
    content = text.encode("utf-16-le")
    return struct.pack("<I", len(content) // 2) + content


def row(line: int, *cells: bytes, is_hidden: bool = False) -> bytes:
    flags = bytes([0, 0x10 if is_hidden else 0, 0])
    return record(0, struct.pack("<IIH", line - 1, 0, 300) + flags + struct.pack("<I", 0)) + b"".join(cells)


def cell(kind: int, column: int, value: bytes, style: int = 0) -> bytes:
    return record(kind, struct.pack("<I", column) + style.to_bytes(3, "little") + b"\x00" + value)


def shared(column: int, at: int) -> bytes:
    return cell(7, column, struct.pack("<I", at))


def real(column: int, value: float, style: int = 0) -> bytes:
    return cell(5, column, struct.pack("<d", value), style)


def whole(column: int, value: int, style: int = 0, *, is_hundredths: bool = False) -> bytes:
    return cell(2, column, struct.pack("<i", value << 2 | 2 | is_hundredths), style)


def a_workbook(
    path: Path, *rows: bytes, texts: tuple[str, ...] = (), formats: tuple[str, ...] = (), since_1904: bool = False,
    behind: bytes = b"", sheets: tuple[tuple[str, int], ...] = (("名单", 0),),
) -> Path:  # fmt: skip
    """`formats[n]` is the look of style n + 1."""
    sheet = (
        record(129)
        + record(148, struct.pack("<4I", 0, 9, 0, 9))
        + record(145)
        + b"".join(rows)
        + record(146)
        + behind
        + record(130)
    )
    styles = record(278) + record(615, struct.pack("<I", len(formats)))
    styles += b"".join(record(44, struct.pack("<H", 164 + at) + wide(code)) for at, code in enumerate(formats))
    styles += record(616) + record(617, struct.pack("<I", 1 + len(formats)))
    for style in [0, *range(164, 164 + len(formats))]:
        styles += record(47, struct.pack("<HHHHHBBH", 0, style, 0, 0, 0, 0, 0, 0))
    styles += record(618) + record(279)
    book = record(131) + record(153, struct.pack("<II", int(since_1904), 0) + wide("")) + record(143)
    for at, (name, state) in enumerate(sheets):
        book += record(156, struct.pack("<II", state, at + 1) + wide(f"rId{at + 1}") + wide(name))
    book += record(144) + record(132)
    strings = record(159, struct.pack("<II", len(texts), len(texts)))
    strings += b"".join(record(19, b"\x00" + wide(text)) for text in texts) + record(160)
    related = [(f"rId{at + 1}", "worksheet", f"worksheets/sheet{at + 1}.bin") for at in range(len(sheets))]
    related += [("rId98", "styles", "styles.bin"), ("rId99", "sharedStrings", "sharedStrings.bin")]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.bin"'
            ' ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>',
        )
        for place, found in (("_rels/.rels", [("rId1", "officeDocument", "xl/workbook.bin")]),
                             ("xl/_rels/workbook.bin.rels", related)):  # fmt: skip
            inner = "".join(
                f'<Relationship Id="{i}" Type="{KIND}/{kind}" Target="{target}"/>' for i, kind, target in found
            )
            archive.writestr(
                place,
                f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}</Relationships>',
            )
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/styles.bin", styles)
        archive.writestr("xl/sharedStrings.bin", strings)
        for at in range(len(sheets)):
            archive.writestr(f"xl/worksheets/sheet{at + 1}.bin", sheet)
    return path


def cells(path: Path, reading: Reading | None = None) -> list[list[str]]:
    return [found for chunk in read(path, reading) for _line, found, _fault in chunk]


def test_numbers_are_read_as_their_cells_show_them(tmp_path: Path) -> None:
    path = a_workbook(
        tmp_path / "a.xlsb",
        row(1, shared(0, 0), shared(1, 1), shared(2, 2), shared(3, 3)),
        row(2, real(0, 13800138000.0), real(1, 1234.5, 1), whole(2, 42, 2), real(3, 46357.0, 3)),
        row(3, whole(0, 1), whole(1, 12345, 0, is_hundredths=True), whole(2, 85, 4, is_hundredths=True), real(3, 0.5, 5)),
        texts=("手机", "金额", "编号", "日期"), formats=("#,##0.00", "00000", "yyyy/m/d", "0%", "h:mm"),
    )  # fmt: skip
    assert cells(path) == [
        ["手机", "金额", "编号", "日期"],
        ["13800138000", "1,234.50", "00042", "2026/12/1"],
        ["1", "123.45", "85%", "12:00"],
    ]


def test_days_since_1904_are_the_days_that_are_shown(tmp_path: Path) -> None:
    path = a_workbook(
        tmp_path / "a.xlsb", row(1, real(0, 46357.0 - 1462, 1), cell(6, 1, wide("甲"))), formats=("yyyy-mm-dd",), since_1904=True
    )  # fmt: skip
    assert cells(path) == [["2026-12-01", "甲"]]


def test_hidden_rows_merged_cells_errors_and_short_cells_are_read(tmp_path: Path) -> None:
    path = a_workbook(
        tmp_path / "a.xlsb",
        row(1, shared(0, 0), shared(1, 1)),
        row(2, shared(0, 2), real(1, 13800138000.0), record(16, b"\x00\x00\x00\x00" + struct.pack("<d", 7.0))),
        row(3, real(1, 13800138001.0), is_hidden=True),
        row(4, cell(3, 0, b"\x2a"), cell(9, 1, struct.pack("<d", 13800138002.0) + b"\x00" * 10), cell(4, 2, b"\x01")),
        texts=("部门", "手机", "销售部"), behind=record(176, struct.pack("<4I", 1, 2, 0, 0)),
    )  # fmt: skip
    assert cells(path) == [
        ["部门", "手机"],
        ["销售部", "13800138000", "7"],
        ["销售部", "13800138001"],
        ["", "13800138002", "TRUE"],
    ]
    found = look(path)
    assert (found.hidden, found.errors, found.doubts) == (1, 1, ["hidden"])
    assert len(cells(path, Reading(has_hidden=False))) == 3


def test_rich_texts_give_their_text_and_hidden_sheets_are_passed_over(tmp_path: Path) -> None:
    path = a_workbook(
        tmp_path / "a.xlsb", row(1, cell(62, 0, b"\x01" + wide("张三") + struct.pack("<IHHHH", 2, 0, 0, 1, 1))),
        sheets=(("设置", 1), ("名单", 0)),
    )  # fmt: skip
    assert cells(path) == [["张三"]]
    assert look(path).sheets == ["名单"]


@pytest.mark.parametrize("kept", [950, 953, 3000])
def test_a_sheet_that_ends_in_the_middle_is_damaged_not_short(tmp_path: Path, kept: int) -> None:
    rows = [row(line, real(0, 13800138000.0 + line)) for line in range(1, 200)]
    path = a_workbook(tmp_path / "a.xlsb", *rows)
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "b.xlsb", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content[:kept] if "sheet1" in name else content)
    with pytest.raises(SpreadsheetError) as caught:
        cells(tmp_path / "b.xlsb")
    assert caught.value.trouble is Trouble.BROKEN
