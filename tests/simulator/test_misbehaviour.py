"""A simulated carrier that behaves as badly as it is told, and what its customer's session makes of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hongyan.protocols.events import (
    AnsweredLate,
    DeliveryReport,
    ReportClass,
    ReportReceived,
    SubmitAnswered,
    SubmitUnanswered,
    Verdict,
)
from hongyan.protocols.registry import Protocol
from hongyan.simulator.accounts import BadSetting, Behaviour, has_setting
from tests.simulator.wire import PROTOCOLS, Customer, a_carrier

NUMBER = "13500000001"
LONG = "长" * 100


def reports(customer: Customer) -> list[DeliveryReport]:
    return [event.report for event in customer.all(ReportReceived)]


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_an_answer_may_come_later_than_the_customer_waits(protocol: str) -> None:
    async with a_carrier(protocol, late=1.0, late_s=2.0) as carrier:
        # Who hears nothing three times as long hangs up.
        customer = await Customer(carrier, answer_limit_s=1.0).log_in()
        customer.submit("晚", NUMBER)
        await customer.until(lambda: customer.all(AnsweredLate))
        assert [type(one) for one in customer.events if isinstance(one, SubmitUnanswered | AnsweredLate)] == [
            SubmitUnanswered, AnsweredLate,
        ]  # fmt: skip
        (report,) = await customer.reported()
        (late,) = customer.all(AnsweredLate)
        assert report.carrier_id in late.answer.carrier_ids


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_submits_may_be_taken_and_never_answered(protocol: str) -> None:
    async with a_carrier(protocol, unanswered=1.0) as carrier:
        customer = await Customer(carrier, answer_limit_s=0.05).log_in()
        customer.submit("无", NUMBER)
        await customer.until(lambda: customer.all(SubmitUnanswered))
        await customer.reported()
        assert customer.all(SubmitAnswered) == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_an_answer_that_comes_twice_counts_once(protocol: str) -> None:
    async with a_carrier(protocol, answered_twice=1.0) as carrier:
        customer = await Customer(carrier).log_in()
        customer.submit("两", NUMBER)
        customer.submit("次", NUMBER)
        await customer.reported(2)
        assert len(customer.all(SubmitAnswered)) == 2
        assert customer.line.session.window_free == 200


@pytest.mark.parametrize("protocol", ["cmpp20", "cmpp30", "smgp30"])
@pytest.mark.parametrize("one_for_all", [True, False], ids=["one id", "ids that count up"])
async def test_ids_of_a_group_count_up_or_are_one_for_all(protocol: str, one_for_all: bool) -> None:
    async with a_carrier(protocol, one_id_for_all=one_for_all) as carrier:
        customer = await Customer(carrier).log_in()
        numbers = [str(13500000000 + place) for place in range(10)]
        customer.submit("群", *numbers)
        found = await customer.reported(10)
        assert len({report.carrier_id for report in found}) == (1 if one_for_all else 10)
        assert {report.number for report in found} == set(numbers)


@pytest.mark.parametrize("protocol", ["cmpp20", "cmpp30"])
@pytest.mark.parametrize("octets", [60, 71])
async def test_reports_of_either_length_are_read_in_either_version(protocol: str, octets: int) -> None:
    async with a_carrier(protocol, report_octets=octets) as carrier:
        customer = await Customer(carrier).log_in()
        customer.submit("报", NUMBER)
        (report,) = await customer.reported()
        assert (report.number, report.code) == (NUMBER, "DELIVRD")
        (answer,) = await customer.answered()
        assert report.carrier_id in answer.carrier_ids


@pytest.mark.parametrize(("written", "read"), [("decimal", "decimal"), ("zeros", "same"), ("upper", "same")])
@pytest.mark.parametrize("protocol", ["smpp34", "smpp50"])
async def test_ids_in_receipts_are_known_however_they_are_written(protocol: str, written: str, read: str) -> None:
    async with a_carrier(protocol, report_id_form=written) as carrier:
        customer = await Customer(carrier, id_form=read).log_in()
        customer.submit("号", "8613500000001")
        (answer,), (report,) = await customer.answered(), await customer.reported()
        assert report.carrier_id in answer.carrier_ids


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_the_last_segment_of_a_long_text_alone_may_fail_or_stay_silent(protocol: str) -> None:
    async with a_carrier(protocol, segment_failed=1.0) as carrier:
        customer = await Customer(carrier).log_in()
        customer.submit(LONG, NUMBER)
        found = await customer.reported(2)
        assert sorted(report.outcome is ReportClass.DELIVERED for report in found) == [False, True]
        carrier.behave({"segment_failed": 0.0, "segment_missing": 1.0})
        customer.submit(LONG, NUMBER)
        customer.submit("短", NUMBER)
        await customer.reported(4)
        await asyncio.sleep(0.1)
        assert len(reports(customer)) == 4


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_receipt_may_first_say_that_the_message_is_under_way(protocol: str) -> None:
    async with a_carrier(protocol, intermediate=1.0) as carrier:
        customer = await Customer(carrier).log_in()
        customer.submit("路上", NUMBER)
        outcomes = [report.outcome for report in await customer.reported(2)]
        assert outcomes == [ReportClass.INTERMEDIATE, ReportClass.DELIVERED]


@pytest.mark.parametrize("protocol", [one for one in PROTOCOLS if has_setting(one, "intermediate_word")])
async def test_it_may_say_so_with_a_word_that_no_list_has(protocol: str) -> None:
    async with a_carrier(protocol, intermediate=1.0, intermediate_word="BUFFERE") as carrier:
        customer = await Customer(carrier).log_in()
        customer.submit("路上", NUMBER)
        found = [(report.outcome, report.code) for report in await customer.reported(2)]
        assert found == [(ReportClass.UNKNOWN, "BUFFERE"), (ReportClass.DELIVERED, "DELIVRD")]


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_long_text_may_have_one_receipt_for_all_its_parts(protocol: str) -> None:
    async with a_carrier(protocol, reports_once=True) as carrier:
        customer = await Customer(carrier).log_in()
        customer.submit(LONG, NUMBER)
        customer.submit("短", NUMBER)
        await customer.reported(2)
        await asyncio.sleep(0.1)
        assert len(reports(customer)) == 2


async def test_failures_carry_the_code_that_was_set() -> None:
    async with a_carrier("cmpp30", failed=1.0, failure_code="ID:0076") as carrier:
        customer = await Customer(carrier).log_in()
        customer.submit("码", NUMBER)
        assert [report.code for report in await customer.reported()] == ["ID:0076"]


async def test_a_carrier_of_5_0_says_how_full_it_is() -> None:
    async with a_carrier("smpp50", congestion=95) as carrier:
        customer = await Customer(carrier).log_in()
        customer.submit("满", "8613500000001")
        (answer,) = await customer.answered()
        assert (answer.verdict, answer.congestion) == (Verdict.ACCEPTED, 95)


async def test_connections_are_cut_at_random_as_often_as_was_set() -> None:
    async with a_carrier("cmpp30", drops_per_minute=60.0) as carrier:
        customer = await Customer(carrier).log_in()
        await customer.closed()
        # And the next one is taken.
        assert await Customer(carrier).log_in()


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_connection_that_died_without_a_word_takes_nothing_and_others_work(protocol: str) -> None:
    async with a_carrier(protocol) as carrier:
        dead = await Customer(carrier, answer_limit_s=0.05).log_in()
        carrier.half_open()
        dead.submit("死", NUMBER)
        await dead.until(lambda: dead.all(SubmitUnanswered))
        living = await Customer(carrier).log_in()
        living.submit("活", NUMBER)
        assert (await living.answered())[0].verdict is Verdict.ACCEPTED
        assert carrier.phones.tally["submitted"] == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_lying_length_ends_the_connection_with_a_sentence(protocol: str) -> None:
    async with a_carrier(protocol) as carrier:
        customer = await Customer(carrier).log_in()
        carrier.lie()
        assert await customer.closed() == "the peer announced a PDU of 2147483647 octets"


@pytest.mark.parametrize(
    "wanted",
    [
        {"failure_code": "mk 1"}, {"failure_code": 7}, {"report_id_form": "octal"}, {"congestion": 101}, {"late_s": 0},
        {"report_octets": 72}, {"drops_per_minute": 61},
    ],
)  # fmt: skip
def test_impossible_settings_are_refused(wanted: dict[str, Any]) -> None:
    with pytest.raises(BadSetting):
        Behaviour().changed(wanted)


def test_settings_are_offered_where_they_mean_something() -> None:
    offered = {
        protocol.value: {
            name for name in ("one_id_for_all", "congestion", "report_octets", "report_id_form", "late")
            if has_setting(protocol.value, name)
        }
        for protocol in Protocol
    }  # fmt: skip
    assert offered == {
        "cmpp20": {"one_id_for_all", "report_octets", "late"},
        "cmpp30": {"one_id_for_all", "report_octets", "late"},
        "sgip12": {"late"},
        "smgp30": {"one_id_for_all", "late"},
        "smgp31": {"one_id_for_all", "late"},
        "smpp34": {"report_id_form", "late"},
        "smpp50": {"congestion", "report_id_form", "late"},
    }
