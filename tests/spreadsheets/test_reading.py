"""Files as offices have them, and files made to do harm."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from hongyan.spreadsheets import LIMITS, Fault, Limits, Reading, SpreadsheetError, Trouble, find_header, look, read
from hongyan.spreadsheets.kinds import MIB

FILES = Path(__file__).parent / "files"


def rows(path: Path, sheet: str = "") -> list[tuple[int, list[str]]]:
    """Lines and cells of a file that has no faults."""
    found = [row for chunk in read(path, Reading(sheet=sheet)) for row in chunk]
    assert not [row for row in found if row[2]]
    return [(line, cells) for line, cells, _fault in found]


def trouble(path: Path, limits: Limits = LIMITS) -> Trouble:
    with pytest.raises(SpreadsheetError) as caught:
        list(read(path, limits=limits))
    return caught.value.trouble


def text(folder: Path, content: str | bytes, encoding: str = "utf-8", name: str = "people.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
def test_chinese_text_of_any_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    path = text(
        tmp_path, "姓名,手机,备注\r\n张三,13800138000,老客户\n李四,13800138001,\r王五,13800138002,新\n", encoding
    )
    assert rows(path) == [
        (1, ["姓名", "手机", "备注"]),
        (2, ["张三", "13800138000", "老客户"]),
        (3, ["李四", "13800138001"]),
        (4, ["王五", "13800138002", "新"]),
    ]


@pytest.mark.parametrize("sign", [",", "\t", ";", "|", "，"])
def test_the_delimiter_is_found(tmp_path: Path, sign: str) -> None:
    path = text(tmp_path, f"姓名{sign}手机\n张三{sign}13800138000\n")
    assert rows(path)[1] == (2, ["张三", "13800138000"])


def test_quoted_cells_keep_delimiters_and_line_ends(tmp_path: Path) -> None:
    path = text(tmp_path, '姓名,手机,备注\n张三,13800138000,"北京,\n朝阳"\n李四,13800138001,x\n')
    assert rows(path)[1:] == [(2, ["张三", "13800138000", "北京,\n朝阳"]), (4, ["李四", "13800138001", "x"])]


def test_a_text_behind_its_number_may_hold_the_delimiter(tmp_path: Path) -> None:
    path = text(tmp_path, "13800138000,您好,张三,请来\n13800138001,您好,李四\n", name="one.txt")
    assert rows(path)[0] == (1, ["13800138000", "您好,张三,请来"])


def test_numbers_written_along_the_line_are_a_row_each(tmp_path: Path) -> None:
    path = text(tmp_path, "13800138000,13800138001\n13800138002,\n", name="flat.txt")
    assert rows(path) == [(1, ["13800138000"]), (1, ["13800138001"]), (2, ["13800138002"])]


def test_a_long_text_file_with_mixed_line_ends_keeps_its_line_numbers(tmp_path: Path) -> None:
    ends = ("\n", "\r\n", "\r")
    path = text(tmp_path, "".join(f"1380{at:07}{ends[at % 3]}" for at in range(30_000)), name="n.txt")
    found = rows(path)
    assert len(found) == 30_000
    assert found[-1] == (30_000, ["13800029999"])


def test_an_old_workbook_and_an_open_document_are_read() -> None:
    assert rows(FILES / "customers.xls") == [
        (1, ["姓名", "手机", "入会日期"]),
        (2, ["张三", "13800138000", "2026-01-02", "华东"]),
        (3, ["李四", "138-0013-8001", "", "华东"]),
        (4, ["王五", "13800138002", "", "华东"]),
    ]
    assert rows(FILES / "customers.ods")[1] == (2, ["张三", "13800138000"])


def workbook(folder: Path, table: list[list[object]], merge: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in table:
        sheet.append(row)
    for cells in merge:
        sheet.merge_cells(cells)
    path = folder / "people.xlsx"
    book.save(path)
    return path


def test_cells_are_texts_as_a_person_sees_them(tmp_path: Path) -> None:
    path = workbook(tmp_path, [[13800138000, 1.5, 3.0, True, date(2026, 1, 2), datetime(2026, 1, 2, 8, 30), None, "x"]])  # noqa: DTZ001
    assert rows(path) == [(1, ["13800138000", "1.5", "3", "TRUE", "2026-01-02", "2026-01-02 8:30:00", "", "x"])]


def test_merged_cells_repeat_what_goes_for_each_row_and_leave_numbers_single(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        [
            ["客户名单"],
            ["公司", "姓名", "手机"],
            ["云帆", "张三", 13800138000],
            [None, "李四", None],
            [None, "王五", 13800138002],
        ],
        ("A1:C1", "A3:A5", "C3:C4"),
    )
    shape = look(path)
    assert shape.header == 1
    assert rows(path)[2:] == [
        (3, ["云帆", "张三", "13800138000"]),
        (4, ["云帆", "李四"]),
        (5, ["云帆", "王五", "13800138002"]),
    ]


def test_a_look_shows_sheets_and_takes_the_first_with_rows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("说明").sheet_state = "hidden"
    book.create_sheet("客户").append(["手机"])
    book.save(tmp_path / "s.xlsx")
    shape = look(tmp_path / "s.xlsx")
    assert (shape.sheets, shape.sheet, shape.rows) == (["Sheet", "客户"], "客户", [(1, ["手机"], "")])
    with pytest.raises(SpreadsheetError):
        look(tmp_path / "s.xlsx", Reading(sheet="没有"))


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("empty.xlsx", b"", Trouble.EMPTY),
        ("blank.txt", b" \n\r\n\n", Trouble.NO_ROWS),
        ("picture.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, Trouble.PICTURE),
        ("photo.csv", b"\xff\xd8\xff\xe0" + bytes(range(256)) * 9, Trouble.PICTURE),
        ("program.txt", b"\x01\x02\x03\x04\x05\x06" * 99, Trouble.NOT_A_TABLE),
        ("page.xls", b"<html><table><tr><td>1</td></tr></table></html>", Trouble.WEB_PAGE),
        ("half.xlsx", b"PK\x03\x04" + b"\x00" * 500, Trouble.BROKEN),
        (
            "secret.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + b"\x00" * 600
            + "EncryptedPackage".encode("utf-16-le")
            + b"\x00" * 600,
            Trouble.PASSWORD,
        ),
        ("noise.csv", (b"a,b\n" + b"\xff\xfa\xfb,\xff\xff\n") * 3, Trouble.ENCODING),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(
    tmp_path: Path, name: str, content: bytes, expected: Trouble
) -> None:
    assert trouble(text(tmp_path, content, name=name)) is expected


def a_zip(folder: Path, parts: dict[str, bytes]) -> Path:
    path = folder / "book.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_a_zip_bomb_is_not_opened(tmp_path: Path) -> None:
    bomb = a_zip(tmp_path, {"xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": b" " * (40 * MIB)})
    assert bomb.stat().st_size < MIB
    assert trouble(bomb) is Trouble.BOMB


def test_another_zip_and_a_broken_workbook_are_told_apart(tmp_path: Path) -> None:
    assert trouble(a_zip(tmp_path, {"word/document.xml": b"<x/>"})) is Trouble.DOCUMENT
    assert trouble(a_zip(tmp_path, {"照片/1.jpg": b"x", "名单.xlsx": b"y"})) is Trouble.ARCHIVE
    assert trouble(a_zip(tmp_path, {"xl/workbook.xml": b"<x"})) in (Trouble.BROKEN, Trouble.NO_ROWS)


def test_one_cell_in_the_last_corner_is_one_row_at_fault(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"] = "手机"
    book.active["XFD1048576"] = "x"
    book.save(tmp_path / "corner.xlsx")
    limits = Limits(max_memory_bytes=400 * MIB)
    found = [row for chunk in read(tmp_path / "corner.xlsx", limits=limits) for row in chunk]
    assert [(line, fault) for line, _cells, fault in found] == [(1, ""), (1_048_576, Fault.TOO_MANY_CELLS)]
    assert look(tmp_path / "corner.xlsx").width == 1


def test_limits_hold(tmp_path: Path) -> None:
    assert trouble(text(tmp_path, "a\n" * 50), Limits(max_rows=40)) is Trouble.TOO_MANY_ROWS
    assert trouble(text(tmp_path, "a,b,c\n" * 5), Limits(max_columns=2)) is Trouble.TOO_MANY_COLUMNS
    assert trouble(text(tmp_path, "a\n" * 50), Limits(max_bytes=10)) is Trouble.TOO_LARGE
    assert trouble(text(tmp_path, "x" * 2_000_000)) is Trouble.TOO_MANY_COLUMNS


def test_stopping_early_leaves_no_child(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["手机"], *[[13800138000 + at] for at in range(5000)]])
    stream = read(path)
    next(stream)
    stream.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("table", "header"),
    [
        ([["姓名", "手机"], ["张三", "13800138000"]], 0),
        ([["张三", "13800138000"], ["李四", "1.38E+10"]], None),
        ([["客户名单"], [], ["姓名", "手机"], ["张三", "13800138000"]], 2),
        ([["13800138000"], ["13800138001"]], None),
        ([["手机号"], ["13800138001"]], 0),
        ([], None),
    ],
)
def test_the_heading_row_is_found(table: list[list[str]], header: int | None) -> None:
    assert find_header(table) == header
