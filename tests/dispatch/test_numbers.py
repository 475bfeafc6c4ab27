"""Numbers as people, spreadsheets and other systems write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.dispatch.numbers import (
    WORDS,
    BadNumber,
    Carrier,
    Reason,
    e164,
    home_carrier,
    mask,
    normalise,
    read_many,
    sender,
    shown,
)

NUMBER = "+8613800138000"


@pytest.mark.parametrize(
    "text",
    [
        "13800138000", "+8613800138000", "008613800138000", "8613800138000", "+86 138 0013 8000", "86-138-0013-8000",
        "138-0013-8000", "138.0013.8000", "(138)00138000", "【138】0013 8000", "１３８００１３８０００", "＋８６１３８００１３８０００",
        "'13800138000", "’13800138000", '="13800138000"', "\ufeff13800138000", "138\u00a00013\u00a08000",
        "\u200b13800138000\u200b", "\u202d13800138000\u202c", "\t13800138000 \r\n", "013800138000",
        "13800138000.0", "13800138000.", "13800138000.00", "13,800,138,000", "13,800,138,000.00", "13，800，138，000",
        "1.3800138000E+10", "1.3800138E10", "1.3800138e+10", "tel:+86-138-0013-8000", "138 0013\u30008000",
        "138–0013–8000", "+86(138)0013-8000",
    ],
)  # fmt: skip
def test_every_form_of_a_mainland_number_is_the_same_number(text: str) -> None:
    assert normalise(text) == NUMBER


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.EMPTY), ("  \u200b ", Reason.EMPTY), ("'", Reason.EMPTY),
        ("张三", Reason.NOT_A_NUMBER), ("1380013800O", Reason.NOT_A_NUMBER), ("13800138000#1", Reason.NOT_A_NUMBER),
        ("1380013800", Reason.TOO_SHORT), ("138001380001", Reason.TOO_LONG), ("+86138001380", Reason.TOO_SHORT),
        ("12800138000", Reason.WRONG_PREFIX), ("23800138000", Reason.WRONG_PREFIX),
        ("010-62770334", Reason.LANDLINE), ("0755 8377 0334", Reason.LANDLINE), ("400-810-8888", Reason.LANDLINE),
        ("1.38E+10", Reason.DIGITS_LOST), ("1.38001E+10", Reason.DIGITS_LOST), ("1E+99", Reason.DIGITS_LOST),
        ("13800138000/13900139000", Reason.SEVERAL), ("13800138000 13900139000", Reason.SEVERAL),
        ("+1 555 000", Reason.ABROAD_INVALID), ("+999 1234 5678", Reason.ABROAD_INVALID), ("13800138000.5", Reason.TOO_LONG),
        ("٠١٢٣٤٥٦٧٨٩٠", Reason.NOT_A_NUMBER),
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused_with_its_reason(text: str, reason: Reason) -> None:
    with pytest.raises(BadNumber) as caught:
        normalise(text)
    assert caught.value.reason is reason


def test_every_reason_has_words() -> None:
    assert set(WORDS) == set(Reason)


@pytest.mark.parametrize(
    ("text", "number"),
    [("+852 5123 4567", "+85251234567"), ("00852-51234567", "+85251234567"), ("+1 (650) 253-0000", "+16502530000")],
)
def test_foreign_numbers_need_their_country(text: str, number: str) -> None:
    assert normalise(text) == number


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        number = normalise(text)
    except BadNumber:
        return
    assert normalise(number) == number
    assert normalise(shown(number)) == number


@given(st.text(alphabet="0123456789+-,，;；、 \t\n\r.Ee张三\ufeff"))
def test_pasted_text_is_good_bad_or_set_aside_and_never_breaks(text: str) -> None:
    found = read_many(text)
    assert len(set(found.good)) == len(found.good)
    assert all(normalise(number) == number for number in found.good)
    assert all(1 <= bad.line <= len(text.splitlines()) for bad in found.bad)


def test_pasted_numbers_are_parted_by_what_people_put_between() -> None:
    found = read_many(
        "13800138000,13800138001;13800138002，13800138003；13800138004、13800138005\n"
        "13800138006\t13800138007 13800138008\r\n"
        "138 0013 8009 138 0013 8010\r"
        "+86 138-0013-8011  +852 5123 4567|13800138012"
    )
    assert found.bad == []
    assert found.good == [*(f"+861380013{8000 + at}" for at in range(12)), "+85251234567", "+8613800138012"]


def test_pasted_text_tells_what_is_wrong_with_line_and_reason() -> None:
    found = read_many("13800138000\n1380013800\n\n13800138000，abc\n138 0013 800\n12345678901 12345678902\nabc")
    assert found.good == [NUMBER]
    assert [(bad.line, bad.value, bad.reason) for bad in found.bad] == [
        (2, "1380013800", Reason.TOO_SHORT),
        (5, "138 0013 800", Reason.TOO_SHORT),
        (6, "12345678901", Reason.WRONG_PREFIX),
        (6, "12345678902", Reason.WRONG_PREFIX),
        (7, "abc", Reason.NOT_A_NUMBER),
    ]
    assert [(one.line, one.number) for one in found.duplicates] == [(4, NUMBER)]
    assert found.words == 1


def test_names_beside_numbers_are_set_aside() -> None:
    found = read_many("张三\t13800138000\n李四 13800138001\n13,800,138,002，王五")
    assert found.good == ["+8613800138000", "+8613800138001", "+8613800138002"]
    assert (found.bad, found.words) == ([], 3)


def test_a_hundred_thousand_pasted_lines_half_of_them_wrong() -> None:
    lines = [str(13800000000 + at) if at % 2 else f"1380000{at:03}x" for at in range(100_000)]
    found = read_many("\r\n".join(lines))
    assert (len(found.good), len(found.bad)) == (50_000, 50_000)


@pytest.mark.parametrize(
    ("prefix", "carrier"),
    [
        ("138", Carrier.MOBILE), ("1348", Carrier.MOBILE), ("1349", Carrier.TELECOM), ("1703", Carrier.MOBILE),
        ("1705", Carrier.MOBILE), ("1704", Carrier.UNICOM), ("1709", Carrier.UNICOM), ("1700", Carrier.TELECOM),
        ("186", Carrier.UNICOM), ("189", Carrier.TELECOM), ("1740", Carrier.TELECOM), ("192", Carrier.BROADNET),
        ("162", Carrier.TELECOM), ("165", Carrier.MOBILE), ("167", Carrier.UNICOM), ("171", Carrier.UNICOM),
        ("142", Carrier.UNKNOWN), ("194", Carrier.UNKNOWN),
    ],
)  # fmt: skip
def test_the_range_tells_the_home_carrier(prefix: str, carrier: Carrier) -> None:
    assert home_carrier(normalise(prefix.ljust(11, "1"))) is carrier


def test_masks_hide_the_middle() -> None:
    assert mask(NUMBER) == "138****8000"
    assert mask("+85251234567") == "+852****4567"
    assert "1234" not in mask("+1234567")
    assert home_carrier("+85251234567") is Carrier.ABROAD


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("13800138000", NUMBER), ("8613800138000", NUMBER), ("+8613800138000", NUMBER), ("008613800138000", NUMBER),
        ("1064812345678", "+861064812345678"), ("861064812345678", "+861064812345678"),
        # A plus says that a country code follows; without one mainland forms come first.
        ("+14155552671", "+14155552671"), ("14155552671", "+8614155552671"), ("0014155552671", "+14155552671"),
        # No such number in America: a peer marks all its numbers as international.
        ("+13800138000", NUMBER),
        ("85298765432", "+85298765432"), ("+447400123456", "+447400123456"), ("9592123456", "+9592123456"),
        ("02088886666", "+862088886666"), ("862088886666", "+862088886666"),
        # Services, which nobody can write to.
        ("10086", "10086"), ("8610086", "10086"), ("106900011001", "106900011001"), ("86106900011001", "106900011001"),
        ("95588", "95588"), ("12345", "12345"), ("+10086", "10086"), ("", ""), ("WeChat", ""),
    ],
)  # fmt: skip
def test_a_carriers_way_of_writing_a_phone_is_read(written: str, stored: str) -> None:
    assert e164(written) == stored


def test_a_senders_name_is_kept() -> None:
    assert sender("WeChat", is_name=True) == "WeChat"
    assert sender("10690001", is_name=True) == "10690001"
    assert [mask(one) for one in ("WeChat", "10086", "13800138000")] == ["WeChat", "10086", "138****8000"]


@pytest.mark.parametrize(
    "text",
    [
        "张三：13800138000", "张三:138-0013-8000", "张三<13800138000>", "张三(13800138000)", "13800138000（张三）",
        "姓名\t手机\n张三\t13800138000", "手机号码：\n13800138000", "姓名 手机\n张三 13800138000", "联系人/手机\n\n13800138000",
    ],
)  # fmt: skip
def test_a_name_beside_a_number_and_headings_above_are_words_however_they_are_parted(text: str) -> None:
    found = read_many(text)
    assert (found.good, found.bad) == (["+8613800138000"], [])
    assert found.words


def test_two_numbers_beside_a_stroke_are_two_and_brackets_inside_of_one_stay() -> None:
    assert read_many("13800138000/13800138001\n+86 138 0013 8002 / +852 5123 4567").good == [
        "+8613800138000", "+8613800138001", "+8613800138002", "+85251234567",
    ]  # fmt: skip
    assert read_many("+1 (415) 555-2671").good == ["+14155552671"]
    assert read_many("+44 (0)20 7946 0958").good == ["+442079460958"]


def test_text_without_any_number_is_no_heading() -> None:
    assert len(read_many("姓名\n张三").bad) == 2
