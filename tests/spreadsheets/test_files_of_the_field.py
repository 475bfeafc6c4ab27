"""The smallest forms of files that were read wrongly once: each with what is right about it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from hongyan.spreadsheets import Fault, Reading, Shape, SpreadsheetError, Trouble, look, read
from tests.beside import PATIENCE_S

FILES = Path(__file__).parent / "files"


def cells(name: str, reading: Reading | None = None, **options: bool) -> list[list[str]]:
    return [cells for chunk in read(FILES / name, reading, **options) for _line, cells, _fault in chunk]  # type: ignore[arg-type]


def faults(path: Path) -> dict[int, str]:
    return {line: fault for chunk in read(path) for line, _cells, fault in chunk if fault}


def shape(name: str, **answers: object) -> Shape:
    return look(FILES / name, Reading(**answers))  # type: ignore[arg-type]


def test_an_unclosed_quotation_mark_is_the_fault_of_its_own_line() -> None:
    assert faults(FILES / "csv_open_quote.csv") == {3: Fault.OPEN_QUOTE}
    assert [row[0] for row in cells("csv_open_quote.csv")[3:]] == ["13800130003", "13800130004", "13800130005"]


def test_a_quotation_mark_that_would_swallow_rows_up_to_the_next_one_swallows_none(tmp_path: Path) -> None:
    rows = [f"1380013{at:04},客{at},{at}" for at in range(200)]
    rows[1] = '13800130001,"乙,2'
    rows[150] = '13800130150,丙",3'
    (tmp_path / "a.csv").write_text("手机,姓名,金额\n" + "\n".join(rows), "utf-8")
    assert faults(tmp_path / "a.csv") == {3: Fault.OPEN_QUOTE}
    assert look(tmp_path / "a.csv").total == 201


def test_a_big5_file_is_a_question_with_the_first_rows_under_each_encoding() -> None:
    found = shape("csv_big5.csv")
    assert found.doubts == ["encoding"]
    offered = dict(found.encodings)
    assert [codec for codec, _rows in found.encodings[:2]] == ["big5hkscs", "gb18030"]
    assert offered["big5hkscs"][1] == ["13800138000", "陳志明"]
    assert {"gb18030", "cp932", "cp1252"} <= set(offered)
    answered = shape("csv_big5.csv", encoding="gb18030")
    assert (answered.doubts, answered.reading.encoding) == ([], "gb18030")
    assert answered.faults == {Fault.CHARACTERS_LOST: 3}


def test_names_in_gb18030_are_not_asked_about_where_they_speak_for_themselves(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("姓名,手机\n王璐,13800138000\n欧阳娜娜,13800138001\n".encode("gb18030"))
    found = look(tmp_path / "a.csv")
    assert (found.doubts, found.reading.encoding) == ([], "gb18030")


def test_accented_names_of_a_western_file_are_not_taken_for_chinese(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("name,phone\nJosé Müller,+4915123456789\nRenée,+33612345678\n".encode("cp1252"))
    found = look(tmp_path / "a.csv")
    assert (found.reading.encoding, found.doubts, found.rows[1][1][0]) == ("cp1252", ["encoding"], "José Müller")


@pytest.mark.parametrize(
    ("codec", "text"),
    [("euc_jp", "電話,名前\n13800138000,田中太郎さん\n"), ("cp1251", "телефон,имя\n+79161234567,Иван Петров\n")],
)
def test_other_scripts_are_a_question_too(tmp_path: Path, codec: str, text: str) -> None:
    (tmp_path / "a.csv").write_bytes(text.encode(codec))
    found = look(tmp_path / "a.csv")
    assert (found.reading.encoding, found.doubts) == (codec, ["encoding"])
    assert ",".join(found.rows[1][1]) == text.splitlines()[1]


def test_a_first_line_that_names_the_separator_is_no_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sep=;\n手机;金额\n13800138000;1,5\n", "utf-8")
    assert [row[1] for row in look(tmp_path / "a.csv").rows] == [["手机", "金额"], ["13800138000", "1,5"]]


def test_cells_in_single_quotation_marks_are_without_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("手机,姓名\n'13800138000','张三'\n'13900139000',O'Neil\n", "utf-8")
    assert [row[1] for row in look(tmp_path / "a.csv").rows[1:]] == [["13800138000", "张三"], ["13900139000", "O'Neil"]]


def test_broken_characters_are_the_fault_of_their_row(tmp_path: Path) -> None:
    good = "".join(f"客户名单{at},1380013800{at}\n" for at in range(9)).encode()
    (tmp_path / "a.csv").write_bytes("姓名,手机\n".encode() + good + b"\xd5\xc5\xc8\xfd,13900139000\n")
    assert faults(tmp_path / "a.csv") == {11: Fault.CHARACTERS_LOST}


def test_quoted_cells_of_several_lines_are_cells() -> None:
    assert cells("csv_cells_of_three_lines.csv")[1] == ["13800138000", "甲", "北京\n海淀\n一号"]
    assert len(cells("csv_cells_of_three_lines.csv")) == 3


@pytest.mark.parametrize(("name", "line"), [("csv_extra_comma_in_row_60.csv", 60), ("csv_unquoted_thousands.csv", 7)])
def test_a_comma_too_many_is_a_fault_wherever_it_stands(name: str, line: int) -> None:
    assert faults(FILES / name) == {line: Fault.TOO_MANY_CELLS}
    assert shape(name).fault_lines == {Fault.TOO_MANY_CELLS: line}


def test_semicolons_part_columns_whose_amounts_have_commas() -> None:
    assert cells("csv_semicolon_decimal_comma.csv")[0] == ["13800138000", "甲", "1,50"]


@pytest.mark.parametrize("blank", [" ", "   ", "\t", "\u3000"])
def test_number_and_name_are_parted_by_any_blank_in_either_order(tmp_path: Path, blank: str) -> None:
    (tmp_path / "a.txt").write_text(f"13800138000{blank}甲\n乙{blank}138-0013-8001\n13800138002{blank}丙 丁\n", "utf-8")
    found = [row for chunk in read(tmp_path / "a.txt") for row in chunk]
    numbers = [next(cell for cell in cells if cell[0] == "1") for _line, cells, _fault in found]
    assert numbers == ["13800138000", "138-0013-8001", "13800138002"]
    assert cells("txt_number_blank_name.txt") == [["13800138000", "甲"], ["13800138001", "乙"]]


def test_hidden_rows_are_counted_asked_about_and_left_out_when_asked_to() -> None:
    found = shape("filtered_rows.xlsx")
    assert (found.hidden, found.doubts, found.total) == (5, ["hidden"], 11)
    assert {row[2] for row in cells("filtered_rows.xlsx", Reading(has_hidden=False))[1:]} == {"北京"}
    assert shape("filtered_rows.xlsx", has_hidden=False).doubts == []


def test_a_merged_value_fills_its_own_column_wherever_the_table_begins() -> None:
    assert cells("merged_table_from_column_b.xlsx")[1:] == [
        ["", "销售部", "王经理", "13800138000"],
        ["", "销售部", "", "13800138001"],
        ["", "销售部", "李女士", "13800138002"],
    ]


def test_numbers_are_read_as_their_cells_show_them() -> None:
    assert cells("number_formats.xlsx")[1:] == [
        ["13800138000", "¥1,234.50", "85%", "00042", "12月1日", "9:30", "1.23457E+17"],
        ["13800138001", "1234.50", "12.5%", "NO.0007", "2026-12-02", "14:30:00"],
    ]


def test_old_workbooks_and_odd_archives_are_opened() -> None:
    assert cells("xls_stream_in_capitals.xls")[1] == ["13800138000", "甲"]
    assert cells("xlsx_backslash_entries.xlsx")[1] == ["13800138000", "甲"]


def test_a_workbook_in_another_place_with_prefixed_names_is_opened(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["手机"])
    book.active.append([13800138000])
    book.save(tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as old, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as new:
        for name in old.namelist():
            content = old.read(name).replace(b"xl/workbook.xml", b"XL/Book.xml").replace(b"/xl/", b"/XL/")
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"<", b"<x:").replace(b"<x:/", b"</x:").replace(b"xmlns=", b"xmlns:x=")
            new.writestr(
                name.replace("xl/workbook", "XL/Book")
                .replace("xl/_rels/workbook", "XL/_rels/Book")
                .replace("xl/", "XL/"),
                content,
            )
    assert [row[1] for chunk in read(tmp_path / "b.xlsx") for row in chunk] == [["手机"], ["13800138000"]]


def test_a_cell_of_blanks_is_an_empty_cell() -> None:
    assert cells("xlsx_blank_values.xlsx") == [
        ["手机", "姓名"],
        ["13800138000"],
        ["13800138001"],
        ["13800138002", "甲"],
    ]


def test_dates_head_columns() -> None:
    found = shape("xlsx_date_headings.xlsx")
    assert found.header == 0
    assert found.rows[0][1] == ["姓名", "手机", "2026-11-29", "2026-11-30"]


def test_a_blank_far_away_costs_nothing() -> None:
    assert (shape("xlsx_stray_blank_far_away.xlsx").total, shape("xlsx_stray_blank_far_away.xlsx").width) == (2, 2)


def test_other_sheets_with_numbers_are_offered() -> None:
    found = shape("xlsx_two_sheets.xlsx")
    assert (found.sheet, found.other_sheets, found.doubts) == ("一月", ["二月"], ["sheet"])
    assert shape("xlsx_two_sheets.xlsx", sheet="二月").doubts == []
    assert cells("xlsx_two_sheets.xlsx", Reading(sheet="二月"))[1] == ["13800138010", "乙"]


def test_a_vcard_is_named_and_read_where_people_are_imported(tmp_path: Path) -> None:
    with pytest.raises(SpreadsheetError) as caught:
        shape("contacts.vcf")
    assert caught.value.trouble is Trouble.VCARD
    assert cells("contacts.vcf", takes_vcards=True) == [
        ["姓名", "手机", "职务", "公司", "邮箱", "备注"],
        ["甲", "13800138000", "", "", "", ""],
    ]
    (tmp_path / "old.vcf").write_text(
        "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E7=8E=8B;=\n=E8=8A=B3;;;\n"
        "TEL;CELL:138 0013 8000\nTEL;WORK;FAX:010-12345678\nTEL;CELL:13900139000\nEND:VCARD\n", "utf-8"
    )  # fmt: skip
    found = [row[1][:2] for chunk in read(tmp_path / "old.vcf", takes_vcards=True) for row in chunk]
    assert found[1:] == [["王芳", "138 0013 8000"], ["王芳", "13900139000"]]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"%PDF-1.7\n" + b"\x00" * 50, Trouble.PDF),
        (b"Rar!\x1a\x07\x01\x00" + b"\x00" * 50, Trouble.ARCHIVE),
        (b"{\\rtf1 a}", Trouble.DOCUMENT),
        (b"SQLite format 3\x00" + b"\x00" * 50, Trouble.DATABASE),
        (b"\x00\x00\x00\x1cftypheic" + b"\x00" * 50, Trouble.PICTURE),
        (b'<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', Trouble.XML_TABLE),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related; text/html\n", Trouble.WEB_PAGE),
    ],
)
def test_what_we_do_not_read_is_named_for_what_it_is(tmp_path: Path, content: bytes, expected: Trouble) -> None:
    (tmp_path / "名单.xlsx").write_bytes(content)
    with pytest.raises(SpreadsheetError) as caught:
        list(read(tmp_path / "名单.xlsx"))
    assert caught.value.trouble is expected


def test_cells_that_show_an_error_or_were_never_calculated_are_empty_and_counted(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["手机", "应付", "合计"])
    book.active.append([13800138000, "#N/A", "=B2*2"])
    book.save(tmp_path / "a.xlsx")
    found = look(tmp_path / "a.xlsx")
    assert (found.errors, found.formulas) == (1, 1)
    assert found.rows[1][1] == ["13800138000", "", ""]


def test_a_sheet_that_ends_in_the_middle_is_damaged_not_short(tmp_path: Path) -> None:
    with zipfile.ZipFile(FILES / "filtered_rows.xlsx") as old, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content[: len(content) // 2] if "sheet1" in name else content)
    with pytest.raises(SpreadsheetError) as caught:
        list(read(tmp_path / "a.xlsx"))
    assert caught.value.trouble is Trouble.BROKEN


def test_the_child_ends_with_its_parent(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("手机\n" + "13800138000\n" * 300_000, "utf-8")
    code = (
        "import os, sys; from pathlib import Path; from hongyan.spreadsheets import read\n"
        "stream = read(Path(sys.argv[1])); next(stream)\n"
        "tasks = Path(f'/proc/{os.getpid()}/task/{os.getpid()}/children').read_text().split()\n"
        "print(*tasks, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.csv")], capture_output=True, text=True, check=False
    )
    (child,) = done.stdout.split()
    gone = subprocess.run(["tail", f"--pid={child}", "-f", "/dev/null"], timeout=PATIENCE_S, check=False)
    assert gone.returncode == 0
