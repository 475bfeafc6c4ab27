"""Receipts as servers in the wild write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.protocols.events import DeliveryReport, ReportClass
from hongyan.protocols.smpp.pdus import DataSm, DeliverSm
from hongyan.protocols.smpp.reports import IdForm, appendix_b, is_receipt, normalise_id, parse, parse_usual
from hongyan.protocols.smpp.tags import Tag

DELIVERED, FAILED, EXPIRED, INTERMEDIATE = (
    ReportClass.DELIVERED, ReportClass.FAILED, ReportClass.EXPIRED, ReportClass.INTERMEDIATE,
)  # fmt: skip


def a_receipt(text: bytes = b"", tlvs: tuple[tuple[int, bytes], ...] = (), **facts: Any) -> DeliverSm:
    return DeliverSm(**{"source_addr": "13800138000", "esm_class": 4, "short_message": text, "tlvs": tlvs, **facts})


WORDS = st.from_regex(r"[0-9A-Za-z:.-]{0,12}", fullmatch=True)


@given(
    carrier_id=WORDS, done=st.one_of(WORDS, st.just("2611231656")), stat=st.one_of(WORDS, st.sampled_from(["DELIVRD", "UNDELIV"])),
    error=WORDS, text=st.sampled_from(["text:", "Text:stat:DELIVRD id:8", ""]),
)  # fmt: skip
def test_the_usual_form_means_the_same_as_key_by_key(
    carrier_id: str, done: str, stat: str, error: str, text: str
) -> None:
    rest = f"{carrier_id} sub:001 dlvrd:001 submit date:2611231655 done date:{done} stat:{stat} err:{error} {text}"
    # Keys in capitals are never the usual form.
    usual, by_key = (parse(a_receipt(f"{key}:{rest}".encode())) for key in ("id", "ID"))
    assert usual == by_key


USUAL = b"id:00AB sub:001 dlvrd:001 submit date:2611231655 done date:2611231656 stat:DELIVRD err:000 text:"
TLVS = st.lists(
    st.tuples(
        st.sampled_from([Tag.RECEIPTED_MESSAGE_ID, Tag.MESSAGE_STATE, Tag.NETWORK_ERROR_CODE, Tag.MESSAGE_PAYLOAD]),
        st.sampled_from([b"cd\0", b"\x05", b"\x02", b"\x03\x00\x1b", b""]),
    ),
    max_size=3,
).filter(lambda tlvs: all(tag.least <= len(octets) <= tag.most for tag, octets in tlvs))
NOT_THE_USUAL = [
    a_receipt(USUAL, esm_class=0), a_receipt(USUAL, esm_class=0x20), a_receipt(USUAL, data_coding=8), a_receipt(USUAL[1:]),
    a_receipt(), a_receipt(tlvs=((Tag.MESSAGE_PAYLOAD, USUAL),)), DeliverSm(short_message=b"hello"),
]  # fmt: skip


@given(tlvs=TLVS, source=st.sampled_from(["13800138000", "+8613800138000", ""]), error=st.sampled_from(["000", "1f"]))
def test_the_usual_delivery_means_the_same_without_its_pdu(
    tlvs: list[tuple[int, bytes]], source: str, error: str
) -> None:
    text = USUAL.replace(b"err:000", f"err:{error}".encode())
    message = a_receipt(text, tuple(tlvs), source_addr=source, validity_period="000002000000000R", service_type="CMT")
    assert parse_usual(message.encode()) == parse(message)


@given(place=st.integers(0, 150), octet=st.integers(0, 255), cut=st.integers(0, 150))
def test_whatever_is_read_without_its_pdu_is_read_with_it(place: int, octet: int, cut: int) -> None:
    body = bytearray(a_receipt(USUAL, ((Tag.MESSAGE_STATE, b"\x05"),)).encode())
    body[place % len(body)] = octet
    for octets in (bytes(body), bytes(body[: len(body) - cut])):
        report = parse_usual(octets)
        if report is not None:
            message = DeliverSm.decode(octets)
            assert is_receipt(message)
            assert report == parse(message)


@pytest.mark.parametrize("message", NOT_THE_USUAL)
def test_any_other_delivery_is_left_to_who_reads_the_pdu(message: DeliverSm) -> None:
    assert parse_usual(message.encode()) is None
    assert parse_usual(a_receipt(USUAL).encode()[:-1]) is None


@pytest.mark.parametrize(
    ("text", "carrier_id", "outcome", "code", "done_at"),
    [
        (
            b"id:5f3a9c01 sub:001 dlvrd:001 submit date:2611231655 done date:2611231656 stat:DELIVRD err:000 text:Hello",
            "5f3a9c01", DELIVERED, "DELIVRD", "2611231656",
        ),
        (b"ID:00AB SUB:1 DLVRD:1 DONE DATE:261123165601 STAT:delivrd ERR:0 TEXT:", "ab", DELIVERED, "DELIVRD", "261123165601"),
        (b"stat:UNDELIV id:7 err:027", "7", FAILED, "UNDELIV:027", ""),
        (b"id:7 stat:UNDELIV err:", "7", FAILED, "UNDELIV", ""),
        (b"id:7 stat: err:104 text:", "7", FAILED, ":104", ""),
        (b"id: 7 stat: EXPIRED", "7", EXPIRED, "EXPIRED", ""),
        (b"id:7 submit_date:2611231655 done_date:20261123165601 stat:DELIVERED", "7", DELIVERED, "DELIVRD", "261123165601"),
        (b"id:7 done date:202611231656 stat:REJECTED err:1f", "7", FAILED, "REJECTD:1f", "2611231656"),
        (b"id:7 stat:ACCEPTED err:107 text: 26F102", "7", INTERMEDIATE, "ACCEPTD", ""),
        (b"id:7 stat:ENROUTE", "7", INTERMEDIATE, "ENROUTE", ""),
        (b"id:7 stat:2", "7", DELIVERED, "DELIVRD", ""),
        (b"id:7 stat:DELETED", "7", FAILED, "DELETED", ""),
        (b"id:7 stat:UNKNOWN", "7", FAILED, "UNKNOWN", ""),
        (b"id:7 stat:MK:0001", "7", FAILED, "MK:0001", ""),
        (b"id:7 stat:UNDELIV err:000 text:stat:DELIVRD id:8", "7", FAILED, "UNDELIV", ""),
        (b"", "", ReportClass.UNKNOWN, "", ""),
        (b"id:7 stat:BUFFERED err:000", "7", ReportClass.UNKNOWN, "BUFFERED", ""),
        (b"id:7 stat:SENT err:001", "7", ReportClass.UNKNOWN, "SENT:001", ""),
        (b"id:7 stat:REJECTED err:001", "7", FAILED, "REJECTD:001", ""),
    ],
)  # fmt: skip
def test_keys_are_read_in_any_order_case_and_number(
    text: bytes, carrier_id: str, outcome: ReportClass, code: str, done_at: str
) -> None:
    assert parse(a_receipt(text)) == DeliveryReport(carrier_id, "13800138000", outcome, code, done_at)


@pytest.mark.parametrize(
    ("state", "outcome", "code"),
    [
        (0, INTERMEDIATE, "SCHEDULED"), (1, INTERMEDIATE, "ENROUTE"), (2, DELIVERED, "DELIVRD"), (3, EXPIRED, "EXPIRED"),
        (4, FAILED, "DELETED"), (5, FAILED, "UNDELIV"), (6, INTERMEDIATE, "ACCEPTD"), (7, FAILED, "UNKNOWN"),
        (8, FAILED, "REJECTD"), (9, FAILED, "SKIPPED"),
    ],
)  # fmt: skip
def test_the_tlvs_alone_are_a_receipt(state: int, outcome: ReportClass, code: str) -> None:
    tlvs = ((Tag.RECEIPTED_MESSAGE_ID, b"00AB\0"), (Tag.MESSAGE_STATE, bytes((state,))))
    for message in (DeliverSm(tlvs=tlvs), DataSm(tlvs=tlvs)):
        assert is_receipt(message)
        report = parse(message)
        assert (report.carrier_id, report.outcome, report.code) == ("ab", outcome, code)


def test_the_tlvs_win_over_the_text() -> None:
    tlvs = (
        (Tag.NETWORK_ERROR_CODE, b"\x03\x00\x1b"), (Tag.MESSAGE_STATE, b"\x05"), (Tag.RECEIPTED_MESSAGE_ID, b"ab\0"),
        (Tag.RECEIPTED_MESSAGE_ID, b"cd\0"),
    )  # fmt: skip
    report = parse(a_receipt(b"id:7 stat:DELIVRD err:001", tlvs))
    assert (report.carrier_id, report.outcome, report.code) == ("ab", FAILED, "UNDELIV:027")


@pytest.mark.parametrize("tlvs", [((0x423, b""), (0x427, b""), (0x1E, b"")), ((0x423, b"\0\0\0"), (0x427, b"\xff"))])
def test_tlvs_that_say_nothing_leave_the_text_alone(tlvs: tuple[tuple[int, bytes], ...]) -> None:
    report = parse(a_receipt(b"id:7 stat:UNDELIV err:001", tlvs))
    assert (report.carrier_id, report.code) == ("7", "UNDELIV:001")


def test_an_intermediate_notification_is_never_final() -> None:
    message = a_receipt(b"id:7 stat:UNDELIV err:001", esm_class=0x20)
    assert is_receipt(message)
    assert (parse(message).outcome, parse(message).code) == (INTERMEDIATE, "UNDELIV")


@pytest.mark.parametrize(
    ("message", "marked", "by_text"),
    [
        (a_receipt(), True, True),
        (a_receipt(esm_class=0x44), True, True),
        (a_receipt(b"id:7 stat:DELIVRD", esm_class=0), False, True),
        (a_receipt(b"the id: none", esm_class=0), False, False),
        # A user's acknowledgement holds his words.
        (a_receipt(b"id:7 stat:DELIVRD", esm_class=0x10), False, False),
        (a_receipt(tlvs=((Tag.RECEIPTED_MESSAGE_ID, b"7\0"),), esm_class=0), True, True),
    ],
)
def test_a_receipt_without_a_mark_is_found_only_where_the_channel_says_so(
    message: DeliverSm, marked: bool, by_text: bool
) -> None:
    assert is_receipt(message) is marked
    assert is_receipt(message, by_text=True) is by_text


def test_a_receipt_may_be_in_ucs2_or_in_message_payload() -> None:
    text = "id:7 stat:DELIVRD"
    assert parse(a_receipt(text.encode("utf-16-be"), data_coding=8)).outcome is DELIVERED
    assert parse(a_receipt(tlvs=((Tag.MESSAGE_PAYLOAD, text.encode()),))).outcome is DELIVERED


@pytest.mark.parametrize(
    ("text", "tlvs"),
    [
        (b"id:00a\0b sub:001 stat:DELI\0VRD err:000 done date:2611\0231200 text:", ()),
        (b"", ((Tag.RECEIPTED_MESSAGE_ID, b"00ab\0junk"), (Tag.MESSAGE_STATE, b"\x02"))),
    ],
)
def test_no_nul_gets_out_of_a_receipt_since_no_store_takes_one(
    text: bytes, tlvs: tuple[tuple[int, bytes], ...]
) -> None:
    report = parse(a_receipt(text, tlvs))
    assert "\0" not in f"{report.carrier_id}{report.code}{report.done_at}"
    assert (report.carrier_id, report.outcome) == ("ab", DELIVERED)


@pytest.mark.parametrize(("raw", "kept"), [("00AB", "ab"), ("0000", "0"), ("", ""), (" 7 ", "7"), ("A-0", "a-0")])
def test_ids_lose_case_and_leading_zeros(raw: str, kept: str) -> None:
    assert normalise_id(raw) == kept


@given(
    st.from_regex(r"[1-9a-f][0-9a-f]{0,63}", fullmatch=True),
    st.sampled_from([("DELIVRD", DELIVERED), ("EXPIRED", EXPIRED), ("UNDELIV:001", FAILED), ("REJECTD:069", FAILED)]),
)
def test_a_receipt_of_ours_is_read_as_it_was_meant(carrier_id: str, what: tuple[str, ReportClass]) -> None:
    report = DeliveryReport(carrier_id, "13800138000", what[1], what[0], "2611231656")
    assert parse(a_receipt(appendix_b(report))) == report


@pytest.mark.parametrize(
    ("form", "written", "answered"),
    [
        ("same", "00AbC", "abc"),
        ("decimal", "0000002748", "abc"),
        ("hexadecimal", "00ABC", "2748"),
        # What is no number of the form stays as it came.
        ("decimal", "abc", "abc"),
        ("hexadecimal", "id-7", "id-7"),
        ("decimal", "", ""),
    ],
)
def test_an_id_is_known_in_the_form_of_the_answer(form: IdForm, written: str, answered: str) -> None:
    message = DeliverSm(esm_class=4, short_message=f"id:{written} stat:DELIVRD".encode())
    assert parse(message, form).carrier_id == answered


@pytest.mark.parametrize(
    ("form", "text", "tlv", "carrier_id"),
    [("decimal", b"16", b"10", "10"), ("decimal", b"16", b"16", "10"), ("decimal", b"", b"16", "10"),
     ("hexadecimal", b"10", b"16", "16"), ("hexadecimal", b"10", b"10", "16"), ("same", b"16", b"10", "10")],
)  # fmt: skip
def test_an_id_in_one_base_in_the_text_and_the_other_in_the_parameter_is_read_once(
    form: IdForm, text: bytes, tlv: bytes, carrier_id: str
) -> None:
    message = a_receipt(b"id:%b stat:DELIVRD" % text, ((Tag.RECEIPTED_MESSAGE_ID, tlv + b"\0"),))
    assert parse(message, form).carrier_id == carrier_id
