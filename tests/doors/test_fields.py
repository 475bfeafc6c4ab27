"""Fields of a submit that are honoured, refused, or come back with its receipts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.utils import timezone
from psycopg import AsyncConnection

from hongyan.consent.models import Listed
from hongyan.dispatch import moving
from hongyan.dispatch.models import Batch
from hongyan.doors.accounts import change_door
from hongyan.doors.ids import incoming_id
from hongyan.inputs.moments import FURTHEST
from hongyan.protocols.events import Verdict, Wanted
from hongyan.protocols.registry import Protocol
from hongyan.protocols.smgp.pdus import Tag as SmgpTag
from hongyan.protocols.smpp import pdus as smpp
from hongyan.protocols.smpp.tags import Tag
from hongyan.protocols.validity import wire
from tests.beside import LoopThread, database_url, eventually
from tests.builders import Company
from tests.doors.customer import NUMBER, SOURCE, Customer, Made, a_door, doors_open
from tests.doors.test_delivering import a_customer_in, a_phone_writes
from tests.doors.test_submitting import EVERY, a_door_of, messages, settle, waiting_receipts

pytestmark = pytest.mark.django_db(transaction=True)
ONE_OF_EACH = pytest.mark.parametrize(
    "protocol", [Protocol.CMPP30, Protocol.SGIP12, Protocol.SMGP30, Protocol.SMPP34], ids=lambda one: one.value
)
DELIVER = {"cmpp": 5, "smgp": 3, "smpp": 5}


def in_hours(protocol: Protocol, hours: float) -> str:
    now = datetime.now(UTC)
    return wire(protocol.value, now + timedelta(hours=hours), now)


def scheduled() -> list[datetime]:
    with connection.cursor() as cursor:
        cursor.execute("select due_at from doors_scheduled order by id")
        return [row[0] for row in cursor.fetchall()]


def come_due() -> None:
    with connection.cursor() as cursor:
        cursor.execute("update doors_scheduled set due_at = now()")


@async_to_sync
async def put_off(message_id: int) -> None:
    """As a gateway does with a message that its carrier refuses for now: it leaves its batch, and gets another id."""
    async with await AsyncConnection.connect(database_url()) as own:
        later = datetime.now(UTC) + timedelta(hours=1)
        await moving.put_off(own, [moving.PutOff(message_id, "8", later)], datetime.now(UTC))


def in_the_door(company: Company, a_customer: Made, protocol: Protocol) -> Customer:
    a_door(company, protocol.family)
    return a_customer_in(a_customer, protocol)


# -- schedules and validities ------------------------------------------------------------------------------------------


@EVERY
def test_a_scheduled_text_waits_for_its_time(company: Company, a_customer: Made, protocol: Protocol) -> None:
    customer = in_the_door(company, a_customer, protocol)
    [answer] = customer.submit("明天见", scheduled=in_hours(protocol, 5))
    assert answer.verdict is Verdict.ACCEPTED
    [due] = scheduled()
    assert abs(due - timezone.now() - timedelta(hours=5)) < timedelta(minutes=2)
    customer.submit("今天见")
    eventually(messages)
    assert [one.text for one in messages()] == ["【云帆】今天见"]
    come_due()
    eventually(lambda: len(messages()) == 2)
    assert messages()[1].text == "【云帆】明天见"
    assert scheduled() == []


def test_a_scheduled_text_outlives_the_process_and_is_screened_when_it_goes(
    company: Company, beside: LoopThread
) -> None:
    a_door(company, "smpp")
    with doors_open(beside) as settings:
        customer = Customer(beside, Protocol.SMPP34, settings)
        eventually(lambda: customer.connect().is_in)
        [answer] = customer.submit("明天见", scheduled=in_hours(Protocol.SMPP34, 5))
        customer.leave()
    Listed.objects.create(kind="block", number=f"+86{NUMBER}")
    come_due()
    with doors_open(beside) as settings:
        again = Customer(beside, Protocol.SMPP34, settings)
        eventually(lambda: again.connect().is_in)
        eventually(lambda: again.reports)
        again.leave()
    assert [one.state for one in messages()] == ["blocked"]
    assert again.reports[0].carrier_id == answer.carrier_ids[0]


def test_a_scheduled_text_of_a_door_that_is_shut_by_then_does_not_go(company: Company, a_customer: Made) -> None:
    door = a_door(company)
    customer = a_customer_in(a_customer)
    customer.submit("明天见", scheduled=in_hours(Protocol.CMPP30, 5))
    change_door(None, door, is_enabled=False)
    come_due()
    eventually(messages)
    assert (messages()[0].state, messages()[0].reason) == ("blocked", "owner_inactive")


@ONE_OF_EACH
def test_parts_of_a_scheduled_text_go_as_one(company: Company, a_customer: Made, protocol: Protocol) -> None:
    customer = in_the_door(company, a_customer, protocol)
    text = "各位同事，" * 30
    customer.submit(text, scheduled=in_hours(protocol, 5))
    assert len(scheduled()) == 3
    come_due()
    eventually(messages)
    assert [one.text for one in messages()] == [f"【云帆】{text}"]


REFUSED = {"cmpp": "1", "sgip": "5", "smgp": "45", "smpp": "0x61"}


def with_field(customer: Customer, old: bytes, new: bytes, **facts: str) -> None:
    """Submit with a field that our own sessions would not write."""
    session, submit = customer.line.session, customer.pieces("明天见", **facts)[0]  # type: ignore[union-attr]
    before = len(customer.answers)

    async def send() -> None:
        assert customer.line
        session.submit(submit, None, customer.line.now)
        octets = session.data_to_send()
        assert octets.count(old) == 1
        customer.line.send_raw(octets.replace(old, new))

    customer.beside.run(send())
    eventually(lambda: len(customer.answers) > before)


@ONE_OF_EACH
@pytest.mark.parametrize("nonsense", ["notatime........", "261399010101032+", "260101090000099+", "600101090000032+"])
def test_a_schedule_that_is_no_time_is_refused(
    company: Company, a_customer: Made, protocol: Protocol, nonsense: str
) -> None:
    customer = in_the_door(company, a_customer, protocol)
    written = in_hours(protocol, 5)
    with_field(customer, written.encode(), nonsense.encode(), scheduled=written)
    assert customer.answers[-1].code == REFUSED[protocol.family]
    assert scheduled() == []


@ONE_OF_EACH
@pytest.mark.parametrize("form", ["moment", "span"])
def test_nobody_means_a_time_beyond_two_years(
    company: Company, a_customer: Made, protocol: Protocol, form: str
) -> None:
    customer = in_the_door(company, a_customer, protocol)
    for days, code in ((FURTHEST.days - 1, ""), (FURTHEST.days + 1, REFUSED[protocol.family])):
        at = datetime.now(UTC) + timedelta(days=days)
        [answer] = customer.submit(
            "后年见", scheduled=f"{at:%y%m%d%H%M%S}000+" if form == "moment" else f"0200{days - 730:02}000000000R"
        )
        assert answer.code == code
    assert len(scheduled()) == 1


@ONE_OF_EACH
def test_a_validity_that_is_no_time_is_refused(company: Company, a_customer: Made, protocol: Protocol) -> None:
    customer = in_the_door(company, a_customer, protocol)
    written = in_hours(protocol, 5)
    with_field(customer, written.encode(), b"notatime........", validity=written)
    code = {"cmpp": "1", "sgip": "5", "smgp": "44", "smpp": "0x62"}[protocol.family]
    assert customer.answers[-1].code == code


def test_a_validity_that_ends_before_the_schedule_is_refused(company: Company, a_customer: Made) -> None:
    customer = in_the_door(company, a_customer, Protocol.SMPP34)
    [answer] = customer.submit("明天见", scheduled="000001000000000R", validity="000000120000000R")
    assert answer.code == "0x62"


def test_a_validity_counts_from_the_schedule(company: Company, a_customer: Made) -> None:
    customer = in_the_door(company, a_customer, Protocol.SMPP34)
    customer.submit("明天见", scheduled="000001000000000R", validity="000001013000000R")
    come_due()
    eventually(messages)
    assert Batch.objects.get().validity_minutes == 90


def test_a_schedule_that_is_just_over_goes_at_once(company: Company, a_customer: Made) -> None:
    customer = in_the_door(company, a_customer, Protocol.CMPP30)
    customer.submit("现在", scheduled=(datetime.now(UTC) + timedelta(hours=7)).strftime("%y%m%d%H%M%S032+"))
    eventually(messages)


# -- receipts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protocol", "wanted", "told"),
    [
        (Protocol.SMPP34, Wanted.FAILURES, ["UNDELIV"]), (Protocol.SGIP12, Wanted.FAILURES, ["SGIP:255"]),
        (Protocol.SMPP34, Wanted.ALL, ["DELIVRD", "UNDELIV"]), (Protocol.SMPP50, Wanted.SUCCESSES, ["DELIVRD"]),
        # 3.4 reserves the value.
        (Protocol.SMPP34, Wanted.SUCCESSES, ["DELIVRD", "UNDELIV"]),
    ],
    ids=str,
)  # fmt: skip
def test_a_customer_hears_what_it_asked_for(
    company: Company, a_customer: Made, protocol: Protocol, wanted: Wanted, told: list[str]
) -> None:
    _, port = a_door_of(company, protocol)
    customer = a_customer_in(a_customer, protocol, port)
    for text in ("一", "二"):
        customer.submit(text, wanted=wanted)
    eventually(lambda: len(messages()) == 2)
    first, second = messages()
    settle("delivered", "", first.pk)
    settle("failed", "", second.pk)
    eventually(lambda: len(customer.reports) == len(told) and waiting_receipts() == 0)
    assert sorted(one.code for one in customer.reports) == told


@pytest.mark.parametrize("protocol", [Protocol.CMPP20, Protocol.CMPP30, Protocol.SMGP30, Protocol.SMPP34], ids=str)
def test_a_receipt_goes_to_the_number_the_submit_came_from_and_says_when_that_was(
    company: Company, a_customer: Made, protocol: Protocol
) -> None:
    customer = in_the_door(company, a_customer, protocol)
    customer.submit("通知", source=f"{SOURCE}77")
    eventually(messages)
    with connection.cursor() as cursor:
        cursor.execute("update doors_receipt set submitted_at = '2026-11-20 09:15:00+08'")
    settle("delivered")
    eventually(lambda: customer.reports)
    [given] = customer.given(DELIVER[protocol.family])
    match protocol.family:
        case "cmpp":
            to, text = given.dest_id, given.content
        case "smgp":
            to, text = given.dest_term_id, given.msg_content
        case _:
            to, text = given.destination_addr, given.short_message
    assert to == f"{SOURCE}77"
    local = datetime(2026, 11, 20, 1, 15, tzinfo=UTC).astimezone().strftime("%y%m%d%H%M").encode()
    assert local in text
    assert customer.reports[0].done_at.encode() in text != local


@pytest.mark.parametrize("protocol", [Protocol.CMPP20, Protocol.CMPP30, Protocol.SMGP30], ids=str)
def test_a_receipt_has_an_id_of_its_own_and_tells_the_submits(
    company: Company, a_customer: Made, protocol: Protocol
) -> None:
    customer = in_the_door(company, a_customer, protocol)
    customer.submit("通知")
    eventually(messages)
    settle("delivered")
    eventually(lambda: customer.reports)
    [given] = customer.given(DELIVER[protocol.family])
    [submitted] = customer.answers[0].carrier_ids
    assert customer.reports[0].carrier_id == submitted
    assert given.msg_id not in (0, int(submitted, 16))


def test_a_message_that_went_to_another_channel_still_gets_its_receipt(company: Company, a_customer: Made) -> None:
    customer = in_the_door(company, a_customer, Protocol.CMPP30)
    [first] = customer.submit("一")
    customer.submit("二")
    eventually(lambda: len(messages()) == 2)
    put_off(messages()[0].pk)
    moved = next(one for one in messages() if one.text == "【云帆】一")
    settle("delivered", "", moved.pk)
    eventually(lambda: customer.reports)
    assert [one.carrier_id for one in customer.reports] == list(first.carrier_ids)


def test_a_receipt_repeats_the_customers_own_reference(company: Company, a_customer: Made) -> None:
    customer = in_the_door(company, a_customer, Protocol.SMPP34)
    message = smpp.SubmitSm(
        source_addr=SOURCE, destination_addr=NUMBER, registered_delivery=1, data_coding=8,
        short_message="通知".encode("utf-16-be"), tlvs=((Tag.USER_MESSAGE_REFERENCE, b"\x12\x34"),),
    )  # fmt: skip
    customer.raw(smpp.packed(smpp.Command.SUBMIT_SM, 0, 77, message.encode()))
    eventually(messages)
    settle("delivered")
    eventually(lambda: customer.reports)
    [given] = customer.given(DELIVER["smpp"])
    assert given.tlv(Tag.USER_MESSAGE_REFERENCE) == b"\x12\x34"


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"replace_if_present_flag": 1}, 0x42), ({"sm_default_msg_id": 3}, 0x63),
        ({"esm_class": 4, "data_coding": 0, "short_message": b"id:1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:"}, 0x43),
        # Libraries mark each of their submits as a receipt.
        ({"esm_class": 4}, 0), ({"esm_class": 0x10}, 0),
        # Modes and the reply path are no concern of ours, nor are priorities and protocol ids.
        ({"esm_class": 3}, 0), ({"esm_class": 0x80}, 0), ({"priority_flag": 3, "protocol_id": 0x41}, 0),
        ({"registered_delivery": 0x1D}, 0), ({"service_type": "CMT"}, 0),
    ],
    ids=str,
)  # fmt: skip
def test_each_field_of_smpp_is_honoured_refused_or_passed_over(
    company: Company, a_customer: Made, facts: dict[str, int], status: int
) -> None:
    customer = in_the_door(company, a_customer, Protocol.SMPP34)
    message = replace(
        smpp.SubmitSm(source_addr=SOURCE, destination_addr=NUMBER, data_coding=8, short_message=b"\x6d\x4b"), **facts
    )
    customer.raw(smpp.packed(smpp.Command.SUBMIT_SM, 0, 77, message.encode()))

    def answered() -> list[int]:
        assert customer.line
        frames = [smpp.read(raw) for _at, is_ours, raw in list(customer.line.session.recent) if not is_ours]
        return [frame.status for frame in frames if frame.command == smpp.RESPONSE | smpp.Command.SUBMIT_SM]

    eventually(answered)
    assert answered() == [status]


@pytest.mark.parametrize("protocol", [Protocol.CMPP20, Protocol.SGIP12], ids=str)
def test_what_is_for_the_charging_record_only_is_refused(
    company: Company, a_customer: Made, protocol: Protocol
) -> None:
    customer = in_the_door(company, a_customer, protocol)
    submit = customer.pieces("通知")[0]
    session = customer.line.session  # type: ignore[union-attr]
    command, body = session._submit_request(submit)
    octets = bytearray(body)
    if protocol.family == "cmpp":
        octets[10] = 2
    else:
        octets[43 + 21 + 5 + 10 + 1 + 6 + 6 + 3 + 32] = 3
    sequence = session._next_sequence()
    customer.raw(session._frame(command, sequence, bytes(octets)))
    eventually(lambda: len(customer.line.session.recent) >= 3)  # type: ignore[union-attr]
    assert messages() == []


# -- replies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", [Protocol.CMPP30, Protocol.SMGP30], ids=str)
def test_a_reply_has_an_id_of_the_protocols_layout_and_its_parts_say_so_in_the_header_alone(
    company: Company, a_customer: Made, protocol: Protocol
) -> None:
    customer = in_the_door(company, a_customer, protocol)
    a_phone_writes("收到，" * 40)
    eventually(lambda: len(customer.incoming) == 2)
    assert customer.incoming_text() == "收到，" * 40
    now = datetime.now(UTC).astimezone()
    for given in customer.given(DELIVER[protocol.family]):
        if protocol.family == "smgp":
            digits = f"{given.msg_id:020x}"
            assert digits.isdecimal()
            assert digits[6:10] == f"{now:%m%d}"
            assert [tag for tag, _value in given.tlvs] == [SmgpTag.TP_UDHI]
        else:
            assert (given.msg_id >> 60, given.msg_id >> 55 & 31) == (now.month, now.day)
            assert given.tp_udhi == 1


def test_an_id_of_a_reply_is_its_own_whenever_it_is_given() -> None:
    at = datetime(2026, 11, 29, 1, 2, 3, tzinfo=UTC)
    for family in ("cmpp", "smgp"):
        assert incoming_id(family, 7, at) == incoming_id(family, 7, at) != incoming_id(family, 8, at)


@pytest.mark.parametrize(("alphabet", "text"), [("gsm7", "¡é"), ("ascii", "@\x05"), ("latin1", "@\x05")])
def test_what_data_coding_0_means_is_the_doors_setting(
    company: Company, a_customer: Made, alphabet: str, text: str
) -> None:
    a_door(company, "smpp", default_alphabet=alphabet)
    customer = a_customer_in(a_customer, Protocol.SMPP34)
    message = smpp.SubmitSm(source_addr=SOURCE, destination_addr=NUMBER, short_message=b"\x40\x05")
    customer.raw(smpp.packed(smpp.Command.SUBMIT_SM, 0, 77, message.encode()))
    eventually(messages)
    assert messages()[0].text == f"【云帆】{text}"


def test_data_sm_is_a_submit_with_its_text_in_the_payload(company: Company, a_customer: Made) -> None:
    customer = in_the_door(company, a_customer, Protocol.SMPP34)
    message = smpp.DataSm(
        source_addr=SOURCE, destination_addr=NUMBER, registered_delivery=1, data_coding=8,
        tlvs=((Tag.MESSAGE_PAYLOAD, "通知".encode("utf-16-be")), (Tag.QOS_TIME_TO_LIVE, (5400).to_bytes(4, "big"))),
    )  # fmt: skip
    customer.raw(smpp.packed(smpp.Command.DATA_SM, 0, 77, message.encode()))
    eventually(messages)
    assert messages()[0].text == "【云帆】通知"
    assert Batch.objects.get().validity_minutes == 90
    settle("delivered")
    eventually(lambda: customer.reports)
