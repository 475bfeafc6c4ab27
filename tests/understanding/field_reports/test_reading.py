"""What a shop's report says: the contract, and what the shared cases do not hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.understanding.field_reports import (
    Action,
    Code,
    Item,
    Policy,
    Report,
    State,
    Status,
    Unit,
    read_report,
    reply_to,
    settled,
)
from tests.understanding.field_reports.shops import a_world, with_check_digit

GT7 = [with_check_digit(f"3580000000{at:04}") for at in range(1000, 10000, 1000)]
SOLD = with_check_digit("35800000077777")
ELSEWHERE = with_check_digit("35800000088888")
TWIN, SECOND = with_check_digit("35800000099999"), with_check_digit("35900000099999")
CODES = ["HY204", "HY512", "HY736"]
STOCK = [
    *(Unit(one, "GT7", "HY204", State.RECEIVED) for one in GT7),
    Unit(SOLD, "GT7", "HY204", State.SOLD, "", "2026-03-01"),
    Unit(ELSEWHERE, "GT7", "HY736", State.RECEIVED),
    Unit(TWIN, "E20", "HY204", State.RECEIVED, SECOND),
]
WORLD = a_world(CODES, STOCK)
SENDER = "+8614200000000"


def read(text: str, sender: str = SENDER) -> Report:
    return read_report(text, sender, WORLD)


SIGNS = f"0123456789OIlXHYhy xX*=-,.，。、:\n¥元台个价格退订卖出报单存货下单返货一二三百千GT7PLUSE20? {SECOND}"


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=300) | st.text(st.sampled_from(SIGNS), max_size=80), st.sampled_from([SENDER, "", "+86"]))
def test_any_text_has_a_reading_and_an_answer(text: str, sender: str) -> None:
    report = read(text, sender)
    units = WORLD.units(report.units)
    assert all(one in units and units[one].dealer == report.dealer for one in report.units)
    assert bool(report.units or report.items) or report.status not in (Status.ACCEPT, Status.PARTIAL, Status.CONFIRM)
    assert report.problems or report.status not in (Status.CONFIRM, Status.REJECT, Status.PARTIAL)
    assert not report.problems or report.status not in (Status.ACCEPT, Status.NOT_A_REPORT)
    assert bool(reply_to(report, WORLD)) is (report.status is not Status.NOT_A_REPORT)


@pytest.mark.parametrize(
    "text", ["\ud800", "", "X", "\x00" * 9, "9" * 5000, "XL" * 2000, "HY" * 999, "1x" * 900, "一" * 900, "O" * 900]
)
def test_no_text_is_too_odd(text: str) -> None:
    read(text)


@pytest.mark.parametrize(
    "text",
    [
        f"XL HY204 {GT7[0]} 1999",
        f"1999元 {GT7[0]} HY204 卖出",
        f"HY204\t{GT7[0]}\t一千九百九十九元",
        f"您好！卖出HY204，串号{GT7[0]}，售价1,999元，谢谢🙏",
        f"3月5日卖出 {GT7[0]} 价格：1999.00",
        f"XL HY2O4 {GT7[0]} l999",
        f"xl hy2o4 {GT7[0].replace('0', 'o')} 价格l999",
        f"XLHY204{GT7[0]} ¥1999",
        f"XL HY204 {GT7[0]}1999元",
        f"XL HY204 GT7 {GT7[0]} 1台 1999",
        f"XL HY204 {GT7[0]} 1pc 1999RMB",
        f"XL HY204 {GT7[0]} 8+256 RMB1999",
        f"XL HY204 IMEI1:{GT7[0]} 1999 张三 139 1234 5678",
        f"今天卖出一台GT7，串码{GT7[0]}，一千九百九十九块",
        f"XL HY204 {GT7[0]} 1999 XL HY204 {GT7[0]} 1999",
        f"1. XL HY204 {GT7[0][:5]}-{GT7[0][5:10]}-{GT7[0][10:]} 卖了1999",
    ],
)
def test_a_sale_may_be_written_in_any_order_and_dress(text: str) -> None:
    assert read(text) == Report(Status.ACCEPT, Action.SALE, "HY204", (GT7[0],), "1999")


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        (f"XL HY204 {GT7[0]} {GT7[1]} 3台", Code.COUNT_DIFFERS, Status.CONFIRM),
        (f"XL HY204 E20 {GT7[0]}", Code.MODEL_DIFFERS, Status.CONFIRM),
        (f"XL HY204 {GT7[0]} 1899 {GT7[1]} 1999", Code.PRICE_SEVERAL, Status.REJECT),
        (f"XL HY204 HY512 {GT7[0]}", Code.DEALER_SEVERAL, Status.REJECT),
        (f"XL FH HY204 {GT7[0]}", Code.KEYWORD_UNKNOWN, Status.REJECT),
        (f"HY204 退一台 {SOLD}", Code.KEYWORD_UNKNOWN, Status.CONFIRM),
        (f"XL HY204 {GT7[0]} {GT7[0]}", Code.TWICE, Status.PARTIAL),
        (f"XL HY204 {GT7[0]} {SOLD}", Code.ALREADY_SOLD, Status.PARTIAL),
        (f"XL HY204 {ELSEWHERE}", Code.NOT_YOURS, Status.REJECT),
        (f"FH HY204 {GT7[0]}", Code.NOT_SOLD, Status.REJECT),
        (f"XL HY204 {GT7[0]}" + " " * 2000 + GT7[1], Code.TOO_LONG, Status.REJECT),
        (f"YH HY204 GT7x2 {GT7[0]}", Code.KEYWORD_UNKNOWN, Status.REJECT),
        ("YH HY204 GT7x1.5", Code.QUANTITY, Status.REJECT),
        ("YH HY204 GT7x2 E20x301", Code.QUANTITY, Status.PARTIAL),
        ("YH HY204 GT7", Code.QUANTITY_MISSING, Status.REJECT),
        ("YH HY204 GT7x2 5", Code.QUANTITY, Status.CONFIRM),
        ("PD HY204 GT7x2 GT7x3", Code.TWICE, Status.PARTIAL),
        ("PD HY204 GT7 2 E20 3 合计6台", Code.COUNT_DIFFERS, Status.CONFIRM),
        ("PD HY204 GT7x3 CloMAXxl", Code.MODEL_UNKNOWN, Status.PARTIAL),
        ("PD HY304 GT7x2", Code.DEALER_UNKNOWN, Status.CONFIRM),
        ("BJ LITE9", Code.MODEL_UNKNOWN, Status.CONFIRM),
    ],
)
def test_what_does_not_fit_is_never_booked_silently(text: str, code: Code, status: Status) -> None:
    report = read(text)
    assert code in {one.code for one in report.problems}
    assert report.status is status


@pytest.mark.parametrize(
    "text",
    [
        f"XL HY204 {GT7[0]} 报错了，取消",
        f"{GT7[0]} 这台能退吗",
        f"{GT7[0]} 是哪家店的？",
        f"卖出 {GT7[0]} 作废",
        f"XL {GT7[0]} 没卖",
        "你们什么时候来店里",
        "我是HY204的店员，卖出怎么报",
        "新款GT7什么时候到货",
        "我的电话13912345678",
        "好的收到",
    ],
)
def test_talk_is_left_to_people(text: str) -> None:
    assert read(text) == Report(Status.NOT_A_REPORT)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("PD HY204 GT7 3 GT7PLUS 0", (("GT7", 3), ("GT7PLUS", 0))),
        ("PD HY204 GT7 PLUS x3", (("GT7PLUS", 3),)),
        ("PD HY204 GT7 X10 E20 X2", (("GT7", 10), ("E20", 2))),
        ("PD HY204 C10MAXx5,Y5=6；Y55 七台", (("C10MAX", 5), ("Y5", 6), ("Y55", 7))),
        ("PDHY204GT7x3", (("GT7", 3),)),
        ("PD HY204 GT7 2 E20 3 合计5台", (("GT7", 2), ("E20", 3))),
        ("PD GT7 E20 各5台", (("GT7", 5), ("E20", 5))),
        ("PD GT7 5pcs E20 3pcs", (("GT7", 5), ("E20", 3))),
        ("存货 3台GT7 2个E20S", (("GT7", 3), ("E20S", 2))),
    ],
)
def test_models_are_paired_with_their_numbers(text: str, items: tuple[tuple[str, int], ...]) -> None:
    assert read(text) == Report(Status.ACCEPT, Action.STOCK, "HY204", items=tuple(Item(*one) for one in items))


def test_ten_phones_in_one_text_of_several_segments() -> None:
    stock = [*GT7, TWIN]
    text = (
        "您好，今天的销售报一下：卖出，商家HY204\n"
        + "\n".join(f"{at}、{one}" for at, one in enumerate(stock, 1))
        + "\n谢谢"
    )
    assert len(text) > 2 * 67
    assert read(text) == Report(Status.ACCEPT, Action.SALE, "HY204", tuple(stock))


def test_a_price_in_letters_alone_is_a_price() -> None:
    assert read(f"XL {GT7[0]} 价格llll 谢谢").price == "1111"


def test_both_imeis_of_a_phone_are_one_unit() -> None:
    assert (
        read(f"XL {SECOND}").units == read(f"XL {TWIN} {SECOND}").units == read(f"XL {SECOND} {TWIN}").units == (TWIN,)
    )


def test_another_dealers_code_one_slip_from_the_senders_own_is_asked_about() -> None:
    world = a_world(["HY204", "HY205"], STOCK)
    report = read_report("YH HY205 GT7x2", SENDER, world)
    assert (report.status, report.dealer) == (Status.CONFIRM, "HY204")


def test_a_sender_of_two_dealers_is_asked_for_which_unless_the_phone_says_so() -> None:
    world = a_world(CODES, STOCK)
    world._dealers_of[SENDER].append("HY736")
    assert read_report(f"XL {ELSEWHERE}", SENDER, world).dealer == "HY736"
    report = read_report("YH GT7x2", SENDER, world)
    assert (report.status, report.problems[0].code) == (Status.REJECT, Code.DEALER_SEVERAL)


def test_a_yes_books_only_what_is_still_for_sale() -> None:
    report = read(f"XL HY205 {GT7[0]} {GT7[1]}")
    assert (report.status, report.units) == (Status.CONFIRM, (GT7[0], GT7[1]))
    assert settled(report, WORLD).status is Status.ACCEPT
    sold = [Unit(GT7[0], "GT7", "HY204", State.SOLD), *STOCK[1:]]
    later = settled(report, a_world(CODES, sold))
    assert (later.status, later.units, later.problems[0].code) == (Status.PARTIAL, (GT7[1],), Code.ALREADY_SOLD)
    assert settled(report, a_world(CODES, [])).status is Status.REJECT


@pytest.mark.parametrize("mask", ["#####", "hy###", "", "H", "D-###"])
def test_a_code_that_could_be_a_price_or_is_no_code_is_refused(mask: str) -> None:
    with pytest.raises(ValueError, match="dealer code"):
        Policy((mask,))
