"""What a sender confirmed before is taken without asking; of that sender alone, and until it is contradicted."""

from __future__ import annotations

import pytest

from hongyan.understanding.field_reports import Habits, Status, confirmed, contradicted, nicknamed, read_report
from hongyan.understanding.field_reports.learning import MOST
from tests.understanding.field_reports.shops import a_world
from tests.understanding.field_reports.test_reading import CODES, GT7, SENDER, STOCK, WORLD


@pytest.mark.parametrize(
    "text",
    [f"XL HY304 {GT7[0]}", "PD HY24 GT7x2", "PDD HY204 GT7x2", "存伙 HY204 GT7x2", "麻烦补10台E20", "PD HY204 GT8x2"],
)
def test_a_confirmed_slip_is_taken_from_the_second_time_on(text: str) -> None:
    first = read_report(text, SENDER, WORLD)
    assert first.status is Status.CONFIRM
    habits = confirmed(Habits(), first)
    second = read_report(text, SENDER, WORLD, habits)
    assert (second.status, second.problems) == (Status.ACCEPT, ())
    assert (second.dealer, second.units, second.items) == (first.dealer, first.units, first.items)
    assert second.habits
    assert read_report(text, SENDER, WORLD, contradicted(habits, second)) == first


def test_a_slip_in_an_imei_or_an_odd_price_is_no_habit() -> None:
    swapped = GT7[1][:10] + GT7[1][11] + GT7[1][10] + GT7[1][12:]
    for text in (f"XL HY204 {swapped}", f"XL HY204 {GT7[0]} 1"):
        report = read_report(text, SENDER, WORLD)
        assert report.status is Status.CONFIRM
        assert confirmed(Habits(), report) == Habits()


def test_a_nickname_of_a_model_is_read_in_either_script() -> None:
    habits = nicknamed(nicknamed(Habits(), "小七", "GT7"), "SEVEN", "GT7")
    for text in ("PD 小七5台", "PD SEVENx5", "PD seven 5"):
        assert [(one.model, one.quantity) for one in read_report(text, SENDER, WORLD, habits).items] == [("GT7", 5)]


def test_a_habit_ends_where_the_code_becomes_a_dealer_or_its_dealer_is_gone() -> None:
    habits = confirmed(Habits(), read_report(f"XL HY304 {GT7[0]}", SENDER, WORLD))
    taken = a_world(["HY204", "HY900", "HY304"], STOCK)
    assert read_report(f"XL HY304 {GT7[0]}", "+86", taken, habits).dealer == "HY304"
    gone = a_world(["HY999"], [])
    assert read_report(f"XL HY304 {GT7[0]}", SENDER, gone, habits).status is Status.REJECT


def test_who_said_no_to_the_own_code_means_the_other_dealer() -> None:
    world = a_world(["HY204", "HY205"], STOCK)
    report = read_report("YH HY205 GT7x2", SENDER, world)
    again = read_report("YH HY205 GT7x2", SENDER, world, contradicted(Habits(), report))
    assert (again.status, again.dealer) == (Status.ACCEPT, "HY205")


def test_the_oldest_habits_go_first() -> None:
    habits = Habits()
    for at in range(MOST + 5):
        habits = nicknamed(habits, f"N{at}", CODES[0])
    assert list(habits.models) == [f"N{at}" for at in range(5, MOST + 5)]
