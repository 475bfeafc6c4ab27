"""The SMS that answers a report."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from hongyan.understanding.field_reports import Status, read_report, reply_to, segments
from tests.understanding.field_reports.corpus import corpus
from tests.understanding.field_reports.corpus import world as shared_world
from tests.understanding.field_reports.test_reading import ELSEWHERE, GT7, SENDER, SOLD, WORLD

SWAPPED = GT7[1][:10] + GT7[1][11] + GT7[1][10] + GT7[1][12:]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (f"XL {GT7[0]} {GT7[1]} 1999", "收到：HY204销售2台，单价1999元，今日累计15台"),
        (f"XL HY304 {GT7[0]}", "您是指HY204吗？回复Y确认"),
        (f"XL HY204 {SWAPPED}", f"您是指{GT7[1]}吗？回复Y确认"),
        (f"XL HY204 {GT7[0]} 199", "单价199元，对吗？回复Y确认"),
        (f"XL {GT7[0]} {SOLD}", f"收到：HY204销售1台，今日累计15台。未登记：{SOLD}已报过销售(2026-03-01)"),
        (f"XL {ELSEWHERE}", f"{ELSEWHERE}不属于本店。例：XL HY204 490154203237518"),
        ("XL HY204", "缺串号。例：XL HY204 490154203237518"),
        ("PD HY204 GT7x2 E20x0", "收到：HY204库存GT7 2台、E20 0台"),
        ("YH GT7x999", "数量999不对，应为1至300。例：YH HY204 C10MAXx2"),
        ("HY204 GT7x2", "请先写PD(库存)或YH(订货)。例：PD HY204 GT7x2"),
        ("BJ GT7,E20", "GT7 1999元、E20 799元"),
        ("好的", ""),
    ],
)
def test_an_answer_says_exactly_what_is_so(text: str, answer: str) -> None:
    assert reply_to(read_report(text, SENDER, WORLD), WORLD, running=15) == answer


def test_a_price_is_that_of_the_sender() -> None:
    report = read_report("BJ GT7,E20", SENDER, WORLD)
    assert reply_to(report, WORLD, prices={"GT7": Decimal("1850.00")}) == "GT7 1850元、E20暂无价格"


def test_an_answer_never_says_who_has_a_strangers_phone() -> None:
    assert "HY736" not in reply_to(read_report(f"XL HY204 {ELSEWHERE} {GT7[0]}", SENDER, WORLD), WORLD)


def test_many_bad_imeis_are_named_by_their_ends_where_that_saves_a_segment() -> None:
    wrong = [f"86{at}4567890123{at}1" for at in range(1, 5)]
    answer = reply_to(read_report(f"XL HY204 {GT7[0]} {' '.join(wrong)}", SENDER, WORLD), WORLD)
    assert segments(answer) == 1
    assert all(f"尾号{one[-6:]}" in answer for one in wrong)


def test_every_answer_to_the_shared_reports_fits_one_segment_and_its_example_is_correct() -> None:
    world = shared_world()
    examples = 0
    for case in corpus()["cases"]:
        report = read_report(case["text"], case["sender"], world)
        answer = reply_to(report, world, running=1234)
        assert segments(answer) <= 1, answer
        if report.status is Status.CONFIRM:
            assert "回复Y确认" in answer
        if example := re.search("例：(.+)", answer):
            examples += 1
            again = read_report(example[1], case["sender"], world)
            # The IMEI of the example is nobody's, and its dealer may be one that does not exist: the form is right.
            assert {one.code.value for one in again.problems} <= {"imei_unknown", "dealer_unknown"}, (answer, again)
    assert examples > 40
