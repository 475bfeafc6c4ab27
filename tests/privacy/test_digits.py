"""A number is found however people and programs write it, and nothing else is taken for it."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from hongyan.privacy import Digits, is_sealed, seal

HERS = Digits("+8613800138000")
FORMS = (
    "13800138000", "+8613800138000", "8613800138000", "008613800138000", "013800138000", "+86 138 0013 8000",
    "138-0013-8000", "１３８００１３８０００", "138\u00a00013\u00a08000", "tel:13800138000。",
)  # fmt: skip
OTHERS = ("13800138001", "138001380001", "9913800138000", "20138001380001234", "1380013800", "138****8000")


@pytest.mark.parametrize("text", FORMS)
def test_every_form_is_found_and_taken_out(text: str) -> None:
    assert HERS.are_in(f"请打{text}，谢谢")
    left = HERS.out_of(f"请打{text}，谢谢")
    assert not HERS.are_in(left)
    assert "8000" not in left
    assert left.startswith("请打")


@pytest.mark.parametrize("text", OTHERS)
def test_other_digits_stay(text: str) -> None:
    assert HERS.out_of(text) == text


def test_a_number_abroad_is_found_with_its_country() -> None:
    abroad = Digits("+85291234567")
    assert abroad.out_of("call +852 9123 4567 or 0085291234567") == "call *** or ***"
    assert abroad.out_of("91234567") == "91234567"


def test_values_lose_the_number_wherever_it_stands() -> None:
    value = {
        "numbers": ["+8613800138000", "+8613900139000"],
        "a": {"b": 13800138000, "c": "x 13800138000"},
        "13800138000": 1,
    }
    assert HERS.out_of_value(value) == {"numbers": ["+8613900139000"], "a": {"b": None, "c": "x ***"}, "***": 1}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_does_not_name_it_stays_as_it_is(value: object) -> None:
    assert HERS.out_of_value(value) == value or HERS.are_in(str(value))


@pytest.mark.django_db
@pytest.mark.parametrize("text", [*FORMS, *OTHERS])
def test_the_database_finds_what_we_find(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select %s ~ %s", [text, HERS.pattern])
        assert cursor.fetchone()[0] is HERS.are_in(text)


def _packed(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("xl/worksheets/sheet1.xml", content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "holds"),
    [
        (b"name,number\n\xd5\xc5\xce\xb0,13800138000\n", True),
        ("张伟\t13800138000".encode("utf-16-le"), True),
        ("张伟\t13800138000".encode("utf-16"), True),
        (b"\xd0\xcf\x11\xe0" + struct.pack("<d", 13800138000.0), True),
        (_packed(b"<c><v>13800138000</v></c>"), True),
        (_packed(b"<c><v>13800138001</v></c>"), False),
        (b"PK\x03\x04 torn 13800138001", False),
        (b"", False),
    ],
)
def test_files_are_looked_into(content: bytes, holds: bool) -> None:
    assert HERS.are_in_file(content) is holds


@given(st.binary(max_size=200))
def test_no_file_is_too_odd(content: bytes) -> None:
    HERS.are_in_file(content)
    HERS.are_in_file(b"PK\x03\x04" + content)


def test_a_seal_is_the_same_for_the_same_number_and_says_nothing() -> None:
    assert seal("+8613800138000") == seal("+8613800138000") != seal("+8613800138001")
    assert is_sealed(seal("+8613800138000"))
    assert len(seal("+8613800138000")) <= 20
    assert not is_sealed("+8613800138000")
