"""Files that open without harm and keep every digit."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from hongyan.spreadsheets import read, write_csv, write_xlsx, writing


def test_numbers_are_text_cells_and_formulas_are_quoted(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    write_xlsx(
        path, ["姓名", "手机", "手机"],
        [["=cmd|' /C calc'!A0", "13800138000", "+85251234567"], ["@x", "-1+1", "\tx"], ["a\x00b\ud800", "", None]],
        title="客户[1]",
    )  # fmt: skip
    sheet = openpyxl.load_workbook(path)
    table = list(sheet.worksheets[0].iter_rows(values_only=True))
    assert sheet.sheetnames == ["客户 1"]
    assert table[0] == ("姓名", "手机", "手机 (2)")
    assert table[1] == ("'=cmd|' /C calc'!A0", "13800138000", "+85251234567")
    assert table[2] == ("'@x", "'-1+1", "'\tx")
    assert table[3][0] == "ab"
    assert sheet.worksheets[0]["A1"].font.bold
    assert [row for chunk in read(path) for row in chunk][1][1][1] == "13800138000"


def test_more_rows_than_a_sheet_takes_go_on_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "ROWS_A_SHEET", 10)
    write_xlsx(tmp_path / "out.xlsx", ["n"], ([at] for at in range(25)), expected=25, title="n")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert [sheet.max_row for sheet in book.worksheets] == [11, 11, 6]


def test_an_empty_table_still_has_its_headings(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "out.xlsx", ["姓名"], [])
    assert [row for chunk in read(tmp_path / "out.xlsx") for row in chunk] == [(1, ["姓名"], "")]


def test_csv_is_guarded_and_opens_as_chinese(tmp_path: Path) -> None:
    write_csv(tmp_path / "out.csv", ["姓名", "x"], [["=1+1", 5], ["张三,李四", None]])
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [["姓名", "x"], ["'=1+1", "5"], ["张三,李四", ""]]
