"""Files that other programs read wrongly, by their reporters' accounts: the value that a person sees is the right one."""

from __future__ import annotations

from pathlib import Path

import pytest

from hongyan.spreadsheets import Fault, SpreadsheetError, Trouble, look, read, write_xlsx
from hongyan.spreadsheets.formats import shower


def rows(path: Path, content: str | bytes) -> list[list[str]]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [cells for chunk in read(path) for _line, cells, _fault in chunk]


@pytest.mark.parametrize(
    ("content", "second"),
    [
        ('\ufeff\ufeff"手机",姓名\n13800138000,甲\n', ["13800138000", "甲"]),
        ('手机,编号\n="13800138000",="00042"\n', ["13800138000", "00042"]),
        ("手机,编号\n'13800138000,'00042\n", ["13800138000", "00042"]),
        ('手机,备注\n13800138000,"说 \\"好\\" 吗"\n', ["13800138000", '说 "好" 吗']),
        ('手机,路径\n13800138000,"C:\\新\\"\n', ["13800138000", "C:\\新\\"]),
        ("手机:姓名\n13800138000:甲\n13800138001:乙\n", ["13800138000", "甲"]),
        ("姓名：手机\n甲：13800138000\n乙：13800138001\n", ["甲", "13800138000"]),
        ("手机^姓名\n13800138000^甲\n", ["13800138000", "甲"]),
        ("手机;网址;时间\n13800138000;https://a.b/c;10:20:30\n", ["13800138000", "https://a.b/c", "10:20:30"]),
        ("手机,备注\n13800138000,a\u2028b\x85c\x0bd\n", ["13800138000", "a\nb\nc\nd"]),
        ("手机　姓名\n13800138000　甲\n13800138001　乙\n", ["13800138000", "甲"]),
        ("姓名 手机\n甲 13800138000\n乙 13800138001\n", ["13800138000", "甲"]),
    ],
)
def test_a_cell_is_what_its_writer_meant(tmp_path: Path, content: str, second: list[str]) -> None:
    found = rows(tmp_path / "a.csv", content)
    assert found[1] == second
    assert look(tmp_path / "a.csv").header == 0
    assert {"手机", "姓名"} & set(found[0])


def test_an_end_of_file_mark_is_no_row(tmp_path: Path) -> None:
    assert rows(tmp_path / "a.csv", b"phone,name\r\n13800138000,A\r\n\x1a") == [["phone", "name"], ["13800138000", "A"]]


def test_a_mark_in_the_middle_of_files_put_together_is_no_part_of_a_cell(tmp_path: Path) -> None:
    found = rows(tmp_path / "a.csv", '手机,姓名\n13800138000,甲\n\ufeff"13800138001",乙\n')
    assert found[2] == ["13800138001", "乙"]


def test_of_headings_in_two_rows_the_one_above_the_data_names_the_columns(tmp_path: Path) -> None:
    rows(tmp_path / "a.csv", "基本信息,,账单\n手机,姓名,金额\n13800138000,甲,1\n13800138001,乙,2\n")
    assert look(tmp_path / "a.csv").header == 1
    rows(tmp_path / "a.csv", "手机,姓名,金额\n必填,选填,选填\n13800138000,甲,1\n")
    assert look(tmp_path / "a.csv").header == 0


@pytest.mark.parametrize(
    "content", ['[{"phone":"13800138000"}]', '{"phone": "13800138000"}\n{"phone": "13800138001"}\n']
)
def test_json_is_named_for_what_it_is(tmp_path: Path, content: str) -> None:
    with pytest.raises(SpreadsheetError) as caught:
        rows(tmp_path / "a.csv", content)
    assert caught.value.trouble is Trouble.JSON


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("0%", -0.05, "-5%"), ("[$$-409]#,##0.00", 1234.5, "$1,234.50"), ("0.00", 1.005, "1.01"), (".00", 5, "5.00"),
        ("yyyy-mm-dd", 46357.999999, "2026-12-01"), ("yyyy-mm-dd", 46356.9999999999, "2026-12-01"),
        ("yyyy-mm-dd", -1, "-1"), ("000-0000-0000", 13800138000, "138-0013-8000"), ("0.00E+00", 13800138000, "13800138000"),
        ("[h]:mm", 1.5, "36:00"), ('0;-0;;@', 0, ""), ("+0", 8613800138000, "+8613800138000"),
    ],
)  # fmt: skip
def test_numbers_look_as_their_format_says(code: str, value: float, shown: str) -> None:
    show = shower(code)
    assert show is not None
    assert show(float(value)) == shown


def test_headings_that_would_collide_keep_a_column_each(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "a.xlsx", ["a", "a", "a (2)"], [["1", "2", "3"]])
    assert [cells for chunk in read(tmp_path / "a.xlsx") for _line, cells, _fault in chunk] == [
        ["a", "a (2)", "a (2) (2)"],
        ["1", "2", "3"],
    ]


def test_a_quoted_comma_of_single_quotes_is_a_fault_not_a_shift(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("手机,备注\n'13800138000','甲,乙'\n'13800138001','丙'\n", "utf-8")
    assert [fault for chunk in read(tmp_path / "a.csv") for _line, _cells, fault in chunk] == [
        "",
        Fault.TOO_MANY_CELLS,
        "",
    ]
