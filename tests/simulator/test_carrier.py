from __future__ import annotations

import pytest

from hongyan.protocols.events import (
    IncomingReceived,
    LoggedIn,
    LoginRefused,
    ReportClass,
    ReportReceived,
    SubmitAnswered,
    Verdict,
)
from hongyan.simulator import codes
from hongyan.simulator.accounts import BadSetting, Behaviour
from hongyan.simulator.carrier import CarrierAccount
from tests.simulator.wire import PROTOCOLS, Customer, a_carrier

PHONE = "13800138001"


def texts(carrier: CarrierAccount, *, mine: bool = False) -> list[str]:
    phone = carrier.phones.find(PHONE)
    assert phone
    return [message.text for message in phone.messages if message.is_mine == mine]


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_message_is_accepted_shown_on_the_phone_and_reported_delivered(protocol: str) -> None:
    async with a_carrier(protocol) as carrier:
        customer = await Customer(carrier).log_in()
        customer.submit("【云帆】会议改到三点", PHONE)
        (answer,) = await customer.answered()
        (report,) = await customer.reported()
        assert answer.verdict is Verdict.ACCEPTED
        assert (report.carrier_id, report.code) == (answer.carrier_ids[0], "DELIVRD")
        assert report.outcome is ReportClass.DELIVERED
        await customer.until(lambda: texts(carrier) == ["【云帆】会议改到三点"])
        assert carrier.phones.tally["submitted"] == carrier.phones.tally["delivered"] == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_parts_of_a_long_text_become_one_text_on_the_screen_and_a_receipt_each(protocol: str) -> None:
    text = "各位同事，" + "明天上午九点在三楼会议室召开季度总结会😀" * 9
    async with a_carrier(protocol, reordered=0.5) as carrier:
        customer = await Customer(carrier).log_in()
        customer.submit(text, PHONE)
        answers = await customer.answered(3)
        reports = await customer.reported(len(answers))
        assert {report.carrier_id for report in reports} == {answer.carrier_ids[0] for answer in answers}
        await customer.until(lambda: texts(carrier) == [text])


async def test_each_of_a_hundred_numbers_in_one_submit_gets_a_receipt_with_its_own_id() -> None:
    numbers = tuple(str(13500000000 + number) for number in range(100))
    async with a_carrier() as carrier:
        customer = await Customer(carrier).log_in()
        customer.submit("年会", *numbers)
        (answer,) = await customer.answered()
        reports = await customer.reported(100)
        assert {(one.number, one.carrier_id) for one in reports} == set(zip(numbers, answer.carrier_ids, strict=True))


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_an_empty_number_fails_with_the_code_for_it(protocol: str) -> None:
    async with a_carrier(protocol) as carrier:
        phone = carrier.phones.find(PHONE)
        assert phone
        phone.behaviour = "empty"
        customer = await Customer(carrier).log_in()
        customer.submit("有人吗", PHONE)
        (report,) = await customer.reported()
        assert (report.outcome, report.code) == (ReportClass.FAILED, codes.of(protocol).no_such_number)
        assert not texts(carrier)


async def test_a_phone_that_is_off_gets_its_messages_and_we_their_receipts_once_it_is_on() -> None:
    async with a_carrier() as carrier:
        phone = carrier.phones.find(PHONE)
        assert phone
        phone.behaviour = "off"
        customer = await Customer(carrier).log_in()
        customer.submit("晚上好", PHONE)
        customer.submit("给别人的", "13500000001")
        await customer.reported()
        assert len(phone.waiting) == 1
        assert not texts(carrier)
        phone.behaviour = "delivers"
        carrier.behaviour_changed(phone)
        assert [report.code for report in await customer.reported(2)] == ["DELIVRD", "DELIVRD"]
        await customer.until(lambda: texts(carrier) == ["晚上好"])
        assert not phone.waiting


async def test_a_phone_that_stays_off_too_long_makes_the_message_expire() -> None:
    async with a_carrier(expires_s=1) as carrier:
        phone = carrier.phones.find(PHONE)
        assert phone
        phone.behaviour = "off"
        customer = await Customer(carrier).log_in()
        customer.submit("晚上好", PHONE)
        (report,) = await customer.reported()
        assert report.outcome is ReportClass.EXPIRED
        phone.behaviour = "delivers"
        carrier.behaviour_changed(phone)
        assert not phone.waiting


async def test_nobody_is_told_who_did_not_ask_for_a_receipt() -> None:
    async with a_carrier() as carrier:
        customer = await Customer(carrier).log_in()
        customer.submit("不用回执", "13500000001", wants_report=False)
        customer.submit("要回执", "13500000002")
        assert [report.number for report in await customer.reported()] == ["13500000002"]
        assert carrier.phones.tally["delivered"] == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_an_answer_typed_on_a_phone_arrives_with_its_service_number(protocol: str) -> None:
    async with a_carrier(protocol) as carrier:
        customer = await Customer(carrier).log_in()
        carrier.answer("+8613800138001", "106900011001", "收到，谢谢🙏")
        (written,) = await customer.written()
        assert (written.sender.lstrip("+").removeprefix("86"), written.service_number) == (PHONE, "106900011001")
        assert (written.text, written.concatenation) == ("收到，谢谢🙏", None)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_long_answer_comes_in_parts_that_make_the_text_again(protocol: str) -> None:
    text = "我这边的情况是这样的：" + "门店今天一共卖出三台冰箱，" * 12
    async with a_carrier(protocol) as carrier:
        customer = await Customer(carrier).log_in()
        carrier.answer("+8613800138001", "10690001", text)
        parts = await customer.written(3)
        numbered = {part.concatenation.part: part.text for part in parts if part.concatenation}
        assert "".join(numbered[number] for number in sorted(numbered)) == text
        assert len({part.concatenation.reference for part in parts if part.concatenation}) == 1


async def test_an_answer_waits_until_a_connection_is_there_also_over_a_restart() -> None:
    async with a_carrier() as carrier:
        carrier.answer("+8613800138001", "10690001", "在吗")
        stored = carrier.stored()
    again = CarrierAccount(carrier.facts, carrier.phones, stored)
    await again.start()
    customer = await Customer(again).log_in()
    assert [one.text for one in await customer.written()] == ["在吗"]
    await again.stop()


async def test_what_a_customer_cannot_take_now_is_given_again_on_the_next_connection() -> None:
    async with a_carrier() as carrier:
        first = await Customer(carrier, accepts=False).log_in()
        carrier.answer("+8613800138001", "10690001", "在吗")
        await first.written()
        first.line.abort()
        second = await Customer(carrier).log_in()
        assert [one.text for one in await second.written()] == ["在吗"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_above_its_speed_limit_the_carrier_gives_the_protocols_flow_control_answer(protocol: str) -> None:
    async with a_carrier(protocol, most_per_s=5) as carrier:
        customer = await Customer(carrier).log_in()
        for number in range(30):
            customer.submit("快", str(13500000000 + number))
        verdicts = [answer.verdict for answer in await customer.answered(30)]
        # A second may turn while they come.
        assert 5 <= verdicts.count(Verdict.ACCEPTED) <= 10
        assert verdicts.count(Verdict.THROTTLED) == 30 - verdicts.count(Verdict.ACCEPTED)
        assert carrier.phones.tally["throttled"] == verdicts.count(Verdict.THROTTLED)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_refusal_carries_the_code_that_was_set(protocol: str) -> None:
    async with a_carrier(protocol, refused=1.0, refusal_code=10) as carrier:
        customer = await Customer(carrier).log_in()
        customer.submit("不行", PHONE)
        (answer,) = await customer.answered()
        assert (answer.verdict, int(answer.code, 0)) == (Verdict.REFUSED, 10)
        assert carrier.phones.tally["refused"] == 1


async def test_receipts_come_early_twice_or_not_at_all_as_told() -> None:
    async with a_carrier(early=1.0, duplicated=1.0) as carrier:
        customer = await Customer(carrier).log_in()
        customer.submit("早", "13500000001")
        await customer.answered()
        kinds = [type(event) for event in customer.events if isinstance(event, ReportReceived | SubmitAnswered)]
        assert kinds[0] is ReportReceived
        first, second = await customer.reported(2)
        assert first == second
        carrier.behave({"missing": 1.0})
        customer.submit("没有", "13500000002")
        carrier.behave({"missing": 0.0})
        await customer.answered(2)


async def test_unnamed_numbers_fail_in_the_share_that_was_set_with_codes_of_the_field() -> None:
    async with a_carrier(failed=0.5) as carrier:
        customer = await Customer(carrier).log_in()
        for start in range(0, 1000, 100):
            customer.submit("抽样", *(str(13500000000 + number) for number in range(start, start + 100)))
        found = [report.code for report in await customer.reported(1000)]
        failed = [code for code in found if code != "DELIVRD"]
        assert 400 < len(failed) < 600
        assert set(failed) <= set(codes.of("cmpp30").failures)
        assert len(set(failed)) > 5


async def test_numbers_are_counted_when_asked() -> None:
    async with a_carrier() as carrier:
        carrier.phones.counts = {}
        customer = await Customer(carrier).log_in()
        customer.submit("长" * 100, "13500000001")
        customer.submit("短", "13500000001", "13500000002")
        await customer.answered(3)
        assert carrier.phones.counts == {"+8613500000001": 2, "+8613500000002": 1}


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_wrong_secret_and_a_closed_account_are_refused(protocol: str) -> None:
    async with a_carrier(protocol) as carrier:
        stranger = await Customer(carrier, secret="guess").open()
        await stranger.closed()
        assert stranger.all(LoginRefused)
        carrier.behave({"refuses_login": True})
        customer = await Customer(carrier).open()
        await customer.closed()
        assert not customer.all(LoggedIn)


async def test_dropped_lines_close_and_garbage_is_noticed_by_the_peer() -> None:
    async with a_carrier() as carrier:
        dropped = await Customer(carrier).log_in()
        carrier.drop()
        await dropped.closed()
        confused = await Customer(carrier).log_in()
        carrier.garbage()
        assert "announced" in await confused.closed()
        assert await Customer(carrier).log_in()


async def test_a_silent_carrier_answers_late_what_it_took_while_it_was_silent() -> None:
    async with a_carrier() as carrier:
        customer = await Customer(carrier).log_in()
        carrier.behave({"is_silent": True})
        customer.submit("在听吗", "13500000001")
        carrier.answer("+8613800138001", "10690001", "我在")
        await customer.until(lambda: carrier.lines[0].held_bytes)
        assert not customer.all(SubmitAnswered)
        assert not customer.all(IncomingReceived)
        carrier.behave({"is_silent": False})
        assert (await customer.answered())[0].verdict is Verdict.ACCEPTED
        await customer.written()


@pytest.mark.parametrize(
    "wanted",
    [
        {"refused": 1.5},
        {"latency_s": -1},
        {"latency_s": "soon"},
        {"most_per_s": True},
        {"failed": float("nan")},
        {"x": 1},
    ],
)
def test_impossible_settings_are_refused(wanted: dict[str, object]) -> None:
    with pytest.raises(BadSetting):
        Behaviour().changed(wanted)
