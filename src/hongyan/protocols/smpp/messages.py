"""Messages between our values and SMPP's PDUs: addresses, alphabets, and the three ways of long texts.

The owner cuts long texts and puts a concatenation header before each part; that is how "udh" sends them. "sar" says the
same in TLVs instead. "payload" sends a text uncut: a content too long for one short message goes into message_payload,
and the server cuts it. What comes in in any of the ways becomes the first: a content with its header.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from hongyan.protocols.errors import LocalProtocolError
from hongyan.protocols.events import DeliveryReport, IncomingSegment, Submit, Wanted
from hongyan.protocols.parts import segment
from hongyan.protocols.smpp import pdus, reports
from hongyan.protocols.smpp.codes import STATES, Status
from hongyan.protocols.smpp.fields import ContentKind, TextKind, Tlvs, TlvsKind, Unreadable
from hongyan.protocols.smpp.pdus import AnyMessage, Command, DataSm, DeliverSm, SmeAddress, SubmitMulti, SubmitSm
from hongyan.protocols.smpp.reports import IdForm
from hongyan.protocols.smpp.tags import Tag
from hongyan.protocols.text import (
    GSM_CHARACTERS,
    Alphabet,
    Concatenation,
    encode,
    looks_like_header,
    take_header,
)  # fmt: skip

BindKind = Literal["transceiver", "transmitter", "receiver"]
LongTexts = Literal["udh", "sar", "payload"]

DATA_CODING = {
    Alphabet.GSM7: 0, Alphabet.GSM7_PACKED: 0, Alphabet.ASCII: 1, Alphabet.LATIN1: 3, Alphabet.BINARY: 4, Alphabet.UCS2: 8, Alphabet.GBK: 15,
}  # fmt: skip
"""3.4 §5.2.19; 15 is not in the standard, Chinese servers use it."""
ALPHABET = {
    1: Alphabet.ASCII, 2: Alphabet.BINARY, 3: Alphabet.LATIN1, 4: Alphabet.BINARY, 8: Alphabet.UCS2, 15: Alphabet.GBK,
}  # fmt: skip
CODECS = {5: "shift_jis", 6: "iso8859_5", 7: "iso8859_8", 10: "iso2022_jp", 13: "iso2022_jp_1", 14: "euc_kr"}
"""Incoming only: data_coding of scripts that no text of ours is sent in."""
STATE_NUMBERS = {state: number for number, state in STATES.items()}

NUMBER, CONTENT, TLVS = TextKind(21), ContentKind(), TlvsKind()
"""Of a submit_sm, what a campaign does not repeat."""
UDHI = 0x40
INTERNATIONAL, E164, ALPHANUMERIC = 1, 1, 5
SHORTEST_PHONE = 7
MOST_UNCUT = 140
"""Octets of one short message on the air."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What differs from server to server, and no standard settles: settings of a channel."""

    bind: BindKind = "transceiver"
    long_texts: LongTexts = "udh"
    source_ton: int | None = None
    """None: by the sender, as `source_type` does."""
    source_npi: int | None = None
    dest_ton: int = INTERNATIONAL
    dest_npi: int = E164
    default_alphabet: Alphabet = Alphabet.GSM7
    """What data_coding 0 means, both ways; some servers mean Latin-1 or ASCII, a few pack GSM's septets."""
    id_form: IdForm = "same"
    """How a receipt writes the id that the submit's answer gave."""
    address_range: str = ""
    """The numbers a receiver serves, for the bind; most servers know by the login."""
    accepted_is_final: bool = False
    """A receipt's ACCEPTD is the last word, as the standard has it; most servers send another later."""
    receipts_by_text: bool = False
    """Take a text of a receipt's form for one though nothing marks it."""
    waits_for_outbind: bool = False
    """The server connects and asks for the bind (3.4 §2.2.1, §4.1.7)."""
    peer_login: str = ""
    """What the server must show when it asks; empty: anything."""
    peer_secret: str = field(default="", repr=False)


def source_type(source: str) -> tuple[int, int]:
    """TON and NPI: international with a plus, alphanumeric with anything but digits, else left to the server."""
    if source.startswith("+") and source[1:].isdecimal():
        return INTERNATIONAL, E164
    return (0, 0) if source.isdecimal() or not source else (ALPHANUMERIC, 0)


def alphabet_of(data_coding: int, default: Alphabet) -> Alphabet:
    """The alphabet of a data_coding; of the groups that 3GPP TS 23.038 §4 has, 0x10-0x1F though SMPP reserves them."""
    if data_coding in ALPHABET:
        return ALPHABET[data_coding]
    if data_coding >= 0xF0:
        return Alphabet.BINARY if data_coding & 4 else Alphabet.GSM7
    if data_coding >= 0xE0:
        return Alphabet.UCS2
    if 0x10 <= data_coding <= 0x1F:
        return {0: Alphabet.GSM7, 4: Alphabet.BINARY, 8: Alphabet.UCS2}.get(data_coding & 12, default)
    return default


def coding_of(alphabet: Alphabet, default: Alphabet) -> int:
    """The data_coding of a content: 0 is the server's default alphabet, whichever that is."""
    return 0 if alphabet is default else DATA_CODING[alphabet]


# -- what we send ----------------------------------------------------------------------------------------------------


def submit_request(
    submit: Submit, service_type: str, habits: Habits, version: int, *, with_tlvs: bool
) -> tuple[Command, bytes]:
    """submit_sm for one recipient, submit_multi for several: the command and the body."""
    ton, npi = source_type(submit.source)
    esm_class, content, tlvs = _long_text(submit, habits.long_texts, with_tlvs=with_tlvs)
    source = submit.source.removeprefix("+") if ton == INTERNATIONAL else submit.source
    source_ton = ton if habits.source_ton is None else habits.source_ton
    source_npi = npi if habits.source_npi is None else habits.source_npi
    numbers = [number.removeprefix("+") for number in submit.recipients]
    registered, coding = (
        int(submit.wanted) if submit.wants_report else 0,
        coding_of(submit.alphabet, habits.default_alphabet),
    )
    if not numbers:
        raise LocalProtocolError("a submit needs a recipient")
    if len(numbers) == 1:
        head, middle = _around(
            version, service_type, source_ton, source_npi, source, habits.dest_ton, habits.dest_npi, esm_class,
            submit.scheduled, submit.validity, registered, coding,
        )  # fmt: skip
        number = NUMBER.write(SubmitSm.NAME, "destination_addr", numbers[0], version)
        text = CONTENT.write(SubmitSm.NAME, "short_message", content, version)
        return Command.SUBMIT_SM, b"".join(
            (head, number, middle, text, TLVS.write(SubmitSm.NAME, "tlvs", tlvs, version))
        )
    several = SubmitMulti(
        service_type, source_ton, source_npi, source,
        tuple([SmeAddress(habits.dest_ton, habits.dest_npi, number) for number in numbers]), esm_class,
        schedule_delivery_time=submit.scheduled, validity_period=submit.validity, registered_delivery=registered, data_coding=coding,
        short_message=content, tlvs=tlvs,
    )  # fmt: skip
    return Command.SUBMIT_MULTI, several.encode(version)


@lru_cache(maxsize=1024)
def _around(
    version: int, service_type: str, source_ton: int, source_npi: int, source: str, dest_ton: int, dest_npi: int,
    esm_class: int, scheduled: str, validity: str, registered: int, coding: int,
) -> tuple[bytes, bytes]:  # fmt: skip
    """The octets of a submit_sm before destination_addr, and between it and sm_length: a campaign repeats them in each
    submit, so they are checked and written once."""
    whole = SubmitSm(
        service_type, source_ton, source_npi, source, dest_ton, dest_npi, "", esm_class, schedule_delivery_time=scheduled, validity_period=validity,
        registered_delivery=registered, data_coding=coding,
    ).encode(version)  # fmt: skip
    before = len(service_type) + 1 + 2 + len(source) + 1 + 2
    # Both empty: a NUL for the number, a zero for the content.
    return whole[:before], whole[before + 1 : -1]


def _long_text(submit: Submit, way: LongTexts, *, with_tlvs: bool) -> tuple[int, bytes, Tlvs]:
    """esm_class, short_message and TLVs."""
    content = submit.content
    if not submit.has_header:
        if way == "payload" and len(content) > MOST_UNCUT:
            return 0, b"", ((Tag.MESSAGE_PAYLOAD, content),)
        return 0, content, ()
    one, text = take_header(content)
    # A server that names no version takes no TLVs; a header with more than the parts' count has no TLVs to say it.
    if way == "sar" and with_tlvs and one is not None and content[0] in {5, 6}:
        return 0, text, _sar(one)
    return UDHI, content, ()


def _sar(one: Concatenation) -> Tlvs:
    return (
        (Tag.SAR_MSG_REF_NUM, one.reference.to_bytes(2, "big")),
        (Tag.SAR_TOTAL_SEGMENTS, one.total.to_bytes(1, "big")),
        (Tag.SAR_SEGMENT_SEQNUM, one.part.to_bytes(1, "big")),
    )


def deliver_pdu(item: DeliveryReport | IncomingSegment, login: str, habits: Habits, *, with_tlvs: bool) -> DeliverSm:
    """The deliver_sm of a report or an incoming message, as a server sends it to the client of this login."""
    if isinstance(item, DeliveryReport):
        tlvs: Tlvs = ()
        if with_tlvs:
            tlvs = ((Tag.RECEIPTED_MESSAGE_ID, item.carrier_id.encode("latin-1", "replace") + b"\0"),)
            state = STATE_NUMBERS.get(item.code.partition(":")[0])
            if state is not None:
                tlvs = (*tlvs, (Tag.MESSAGE_STATE, state.to_bytes(1, "big")))
            if item.user_reference is not None:
                tlvs = (*tlvs, (Tag.USER_MESSAGE_REFERENCE, item.user_reference.to_bytes(2, "big")))
        to = item.service_number or login
        ton, npi = source_type(to)
        return DeliverSm(
            source_addr_ton=INTERNATIONAL, source_addr_npi=E164, source_addr=item.number,
            dest_addr_ton=ton, dest_addr_npi=npi, destination_addr=to,
            esm_class=reports.RECEIPT, short_message=reports.appendix_b(item), tlvs=tlvs,
        )  # fmt: skip
    header = item.concatenation.header() if item.concatenation else b""
    # UCS-2 means the same to every client, data_coding 0 does not: only where it is known, for what fits no other way.
    alphabet = Alphabet.UCS2
    content = header + encode(item.text, alphabet)
    if habits.default_alphabet is Alphabet.GSM7 and len(content) > MOST_UNCUT and GSM_CHARACTERS.issuperset(item.text):
        alphabet = Alphabet.GSM7
        content = header + encode(item.text, alphabet)
    is_long = with_tlvs and len(content) > 254
    ton, npi = (ALPHANUMERIC, 0) if item.is_name else (INTERNATIONAL, E164)
    if not item.is_name and len(item.sender) < SHORTEST_PHONE:
        # A service's number, which no country code stands before.
        ton, npi = 0, 0
    return DeliverSm(
        source_addr_ton=ton, source_addr_npi=npi, source_addr=item.sender.removeprefix("+"),
        destination_addr=item.service_number, esm_class=UDHI if header else 0, data_coding=DATA_CODING[alphabet],
        short_message=b"" if is_long else content, tlvs=((Tag.MESSAGE_PAYLOAD, content),) if is_long else (),
    )  # fmt: skip


# -- what comes in ---------------------------------------------------------------------------------------------------


def _concatenation(message: AnyMessage) -> Concatenation | None:
    """What the SAR TLVs say; None where they are missing or make no sense."""
    total, part = message.tlv(Tag.SAR_TOTAL_SEGMENTS), message.tlv(Tag.SAR_SEGMENT_SEQNUM)
    if total and part and 1 <= part[0] <= total[0] and total[0] > 1:
        return Concatenation(int.from_bytes((message.tlv(Tag.SAR_MSG_REF_NUM) or b"")[:2], "big"), total[0], part[0])
    return None


def _number(octets: bytes | None) -> int | None:
    return int.from_bytes(octets[:2], "big") if octets else None


def _wanted(registered: int, version: int) -> Wanted:
    """3.4 reserves the value that is "on success" in 5.0: a receipt too many does less harm than none."""
    return Wanted.ALL if registered == Wanted.SUCCESSES and version < pdus.Version.V50 else Wanted(registered or 1)


def _seconds_to_live(message: DataSm) -> str:
    """data_sm's qos_time_to_live as a validity (3.4 §5.3.2.9)."""
    seconds = int.from_bytes((message.tlv(Tag.QOS_TIME_TO_LIVE) or b"")[:4], "big")
    days, rest = divmod(min(seconds, 99 * 86_400), 86_400)
    return f"0000{days:02}{rest // 3600:02}{rest // 60 % 60:02}{rest % 60:02}000R" if seconds else ""


def check_submit(message: AnyMessage) -> None:
    """Refuse what would be something else than a text for a phone. Raises Unreadable with the status that says so."""
    if reports.is_submitted_receipt(message):
        raise Unreadable("the peer submits a receipt", Status.RINVESMCLASS)
    if isinstance(message, DataSm):
        return
    if message.replace_if_present_flag:
        # What was taken is on its way; sent beside it, the phone would get both.
        status = Status.RINVSUBREP if message.replace_if_present_flag == 1 else Status.RINVREPFLAG
        raise Unreadable("the peer wants an earlier message replaced", status)
    if message.sm_default_msg_id:
        raise Unreadable("the peer asks for a prepared message, and there is none", Status.RINVDFTMSGID)


def submit_value(message: AnyMessage, habits: Habits, version: int = pdus.Version.V34) -> Submit:
    """What a client asks for. Raises Unreadable for distribution lists, since we keep none."""
    content, has_header, coding = pdus.content(message), bool(message.esm_class & UDHI), message.data_coding
    one = take_header(content)[0] if has_header else _concatenation(message)
    if one is not None and not has_header:
        content, has_header = one.header() + content, True
    if isinstance(message, SubmitMulti):
        recipients = tuple([to.destination_addr for to in message.dest_address if isinstance(to, SmeAddress)])
        if len(recipients) != len(message.dest_address):
            raise Unreadable("the peer submits to a distribution list", Status.RINVDLNAME)
        international = all(
            to.dest_addr_ton == INTERNATIONAL for to in message.dest_address if isinstance(to, SmeAddress)
        )
    else:
        recipients = (message.destination_addr,)
        international = message.dest_addr_ton == INTERNATIONAL
    return Submit(
        source=message.source_addr,
        recipients=recipients,
        content=content,
        alphabet=Alphabet.BINARY if coding in CODECS else alphabet_of(coding, habits.default_alphabet),
        segment=one.part if one else 1,
        segments=one.total if one else 1,
        has_header=has_header,
        # The other bits ask for a phone's own acknowledgements, which none gives, and for intermediate notices: we send
        # a receipt when it is over.
        wants_report=bool(message.registered_delivery & 3),
        wanted=_wanted(message.registered_delivery & 3, version),
        service_id=message.service_type,
        validity=_seconds_to_live(message) if isinstance(message, DataSm) else message.validity_period,
        scheduled="" if isinstance(message, DataSm) else message.schedule_delivery_time,
        user_reference=_number(message.tlv(Tag.USER_MESSAGE_REFERENCE)),
        is_international=international,
    )


def incoming_value(message: SubmitSm | DataSm, habits: Habits) -> IncomingSegment:
    """What a phone wrote."""
    content, coding = pdus.content(message), message.data_coding
    alphabet = alphabet_of(coding, habits.default_alphabet)
    one = None
    if message.esm_class & UDHI or (alphabet is Alphabet.UCS2 and looks_like_header(content)):
        one, content = take_header(content)
    # Servers that give both say the same twice.
    one = one or _concatenation(message)
    sender, is_name = sender_of(message.source_addr_ton, message.source_addr)
    return segment(
        sender, message.destination_addr, content, CODECS.get(coding, alphabet), one, is_name=is_name,
        behind=len(pdus.content(message)) - len(content),
    )  # fmt: skip


def sender_of(ton: int, source: str) -> tuple[str, bool]:
    """Who wrote, by the type of number (3.4 §5.2.5), and whether it is a name.

    International digits begin with a country code, and get the plus that says so. What has letters is a name whatever
    the type, and a number with a plus a number.
    """
    source = source.strip()
    digits = source.removeprefix("+")
    if not digits.isdecimal() or not digits.isascii():
        return source, bool(source.strip("+"))
    if ton == ALPHANUMERIC and digits == source:
        return source, True
    # Some write the zeros of an international call as well.
    return (f"+{digits.removeprefix('00')}" if ton == INTERNATIONAL or digits != source else source), False
