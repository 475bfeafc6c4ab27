"""SMPP's PDUs, both directions: fields in the order and with the names of 3.4 Issue 1.2, the broadcasts of 5.0.

Each body ends with its optional parameters as (tag, value) pairs, whether the specification allows them there or not.
The versions share one layout; only limits differ. A response without a body, as most servers send it with an error
status, is `Empty` whatever it answers.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Annotated, Any, ClassVar

from hongyan.protocols.errors import LocalProtocolError, RemoteProtocolError
from hongyan.protocols.framing import Frame, Unknown
from hongyan.protocols.smpp.codes import Status
from hongyan.protocols.smpp.fields import (
    C6,
    C9,
    C13,
    C16,
    C17,
    C21,
    C41,
    C65,
    V34,
    V50,
    Body,
    Content,
    Flag,
    Kind,
    MessageState,
    Octet,
    Priority,
    Time,
    Tlvs,
    Unreadable,
)  # fmt: skip
from hongyan.protocols.smpp.tags import Tag

HEADER = struct.Struct(">IIII")
LONGEST_PDU = 64 * 1024 + 512
"""A message_payload of 64 KiB with its PDU; a submit_multi to 255 numbers has 7 KiB."""
RESPONSE = 0x80000000


class Version(IntEnum):
    """interface_version."""

    V34 = V34
    V50 = V50


class Command(IntEnum):
    BIND_RECEIVER = 0x1
    BIND_TRANSMITTER = 0x2
    QUERY_SM = 0x3
    SUBMIT_SM = 0x4
    DELIVER_SM = 0x5
    UNBIND = 0x6
    REPLACE_SM = 0x7
    CANCEL_SM = 0x8
    BIND_TRANSCEIVER = 0x9
    OUTBIND = 0xB
    ENQUIRE_LINK = 0x15
    SUBMIT_MULTI = 0x21
    ALERT_NOTIFICATION = 0x102
    DATA_SM = 0x103
    BROADCAST_SM = 0x111
    QUERY_BROADCAST_SM = 0x112
    CANCEL_BROADCAST_SM = 0x113
    GENERIC_NACK = 0x80000000


@dataclass(slots=True)
class Empty(Body):
    """unbind, enquire_link, generic_nack, the answers to the first two and to cancel and replace (§4.2, 4.3, 4.11)."""

    tlvs: Tlvs = ()


# -- the session (§4.1) ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Bind(Body):
    NAME: ClassVar[str] = "bind"

    system_id: C16 = ""
    password: C9 = field(default="", repr=False)
    system_type: C13 = ""
    interface_version: Octet = V34
    addr_ton: Octet = 0
    addr_npi: Octet = 0
    address_range: C41 = ""
    tlvs: Tlvs = ()


@dataclass(slots=True)
class BindResp(Body):
    NAME: ClassVar[str] = "bind_resp"

    system_id: C16 = ""
    tlvs: Tlvs = ()


@dataclass(slots=True)
class Outbind(Body):
    NAME: ClassVar[str] = "outbind"

    system_id: C16 = ""
    password: C9 = field(default="", repr=False)
    tlvs: Tlvs = ()


@dataclass(slots=True)
class AlertNotification(Body):
    """A phone that could not be reached is there again (§4.12)."""

    NAME: ClassVar[str] = "alert_notification"

    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: C65 = ""
    esme_addr_ton: Octet = 0
    esme_addr_npi: Octet = 0
    esme_addr: C65 = ""
    tlvs: Tlvs = ()


# -- messages (§4.4 to 4.7) ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class SubmitSm(Body):
    NAME: ClassVar[str] = "submit_sm"

    service_type: C6 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: C21 = ""
    dest_addr_ton: Octet = 0
    dest_addr_npi: Octet = 0
    destination_addr: C21 = ""
    esm_class: Octet = 0
    protocol_id: Octet = 0
    priority_flag: Priority = 0
    schedule_delivery_time: Time = ""
    validity_period: Time = ""
    registered_delivery: Octet = 0
    replace_if_present_flag: Flag = 0
    data_coding: Octet = 0
    sm_default_msg_id: Octet = 0
    short_message: Content = b""
    tlvs: Tlvs = ()


@dataclass(slots=True)
class DeliverSm(SubmitSm):
    """The fields of submit_sm; times, replacement and prepared message mean nothing here."""

    NAME: ClassVar[str] = "deliver_sm"


@dataclass(slots=True)
class SubmitSmResp(Body):
    NAME: ClassVar[str] = "submit_sm_resp"

    message_id: C65 = ""
    tlvs: Tlvs = ()


@dataclass(slots=True)
class DeliverSmResp(SubmitSmResp):
    """Its message_id is empty."""

    NAME: ClassVar[str] = "deliver_sm_resp"


@dataclass(slots=True)
class DataSm(Body):
    """A message whose content is in message_payload."""

    NAME: ClassVar[str] = "data_sm"

    service_type: C6 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: C65 = ""
    dest_addr_ton: Octet = 0
    dest_addr_npi: Octet = 0
    destination_addr: C65 = ""
    esm_class: Octet = 0
    registered_delivery: Octet = 0
    data_coding: Octet = 0
    tlvs: Tlvs = ()


@dataclass(slots=True)
class DataSmResp(SubmitSmResp):
    NAME: ClassVar[str] = "data_sm_resp"


# -- several destinations at once (§4.5) -----------------------------------------------------------------------------


@dataclass(slots=True)
class SmeAddress(Body):
    """A number (dest_flag 1)."""

    NAME: ClassVar[str] = "submit_multi"

    dest_addr_ton: Octet = 0
    dest_addr_npi: Octet = 0
    destination_addr: C21 = ""


@dataclass(slots=True)
class DistributionList(Body):
    """The name of a list that the server keeps (dest_flag 2)."""

    NAME: ClassVar[str] = "submit_multi"

    dl_name: C21 = ""


DEST_FLAGS: dict[int, type[SmeAddress | DistributionList]] = {1: SmeAddress, 2: DistributionList}


class DestinationsKind(Kind):
    """number_of_dests, and each behind its dest_flag."""

    def write(self, pdu: str, name: str, value: tuple[SmeAddress | DistributionList, ...], version: int) -> bytes:
        limit = 255 if version >= V50 else 254
        if not 1 <= len(value) <= limit:
            raise LocalProtocolError(f"{pdu} takes 1 to {limit} destinations, not {len(value)}")
        flags = {kind: flag.to_bytes(1, "big") for flag, kind in DEST_FLAGS.items()}
        return len(value).to_bytes(1, "big") + b"".join([flags[type(one)] + one.encode(version) for one in value])

    def read(self, body: bytes, position: int) -> tuple[tuple[SmeAddress | DistributionList, ...], int]:
        if position >= len(body) or body[position] == 0:
            raise Unreadable("the peer sent a submit_multi without destinations", Status.RINVNUMDESTS)
        count, found = body[position], []
        position += 1
        for _ in range(count):
            if position >= len(body):
                raise Unreadable("the peer announced more destinations than it sent", Status.RINVNUMDESTS)
            kind = DEST_FLAGS.get(body[position])
            if kind is None:
                raise Unreadable(f"the peer sent the destination flag {body[position]}", Status.RINVDESTFLAG)
            one, position = kind.take(body, position + 1)
            found.append(one)
        return tuple(found), position


@dataclass(slots=True)
class SubmitMulti(Body):
    NAME: ClassVar[str] = "submit_multi"

    service_type: C6 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: C21 = ""
    dest_address: Annotated[tuple[SmeAddress | DistributionList, ...], DestinationsKind()] = ()
    esm_class: Octet = 0
    protocol_id: Octet = 0
    priority_flag: Priority = 0
    schedule_delivery_time: Time = ""
    validity_period: Time = ""
    registered_delivery: Octet = 0
    replace_if_present_flag: Flag = 0
    data_coding: Octet = 0
    sm_default_msg_id: Octet = 0
    short_message: Content = b""
    tlvs: Tlvs = ()


@dataclass(slots=True)
class UnsuccessSme:
    """A destination that an otherwise accepted submit_multi did not reach, and its command_status."""

    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    error_status_code: int = 0


class UnsuccessKind(Kind):
    """no_unsuccess, and each with its status in four octets."""

    def write(self, pdu: str, name: str, value: tuple[UnsuccessSme, ...], version: int) -> bytes:
        if len(value) > 0xFF:
            raise LocalProtocolError(f"{pdu} tells of 255 failures at most, not {len(value)}")
        parts = [len(value).to_bytes(1, "big")]
        for one in value:
            if not 0 <= one.error_status_code <= 0xFFFFFFFF:
                raise LocalProtocolError(f"{pdu} error_status_code has four octets, not {one.error_status_code}")
            parts.append(SmeAddress(one.dest_addr_ton, one.dest_addr_npi, one.destination_addr).encode(version))
            parts.append(one.error_status_code.to_bytes(4, "big"))
        return b"".join(parts)

    def read(self, body: bytes, position: int) -> tuple[tuple[UnsuccessSme, ...], int]:
        # Left out by servers that have none to tell of.
        count, found = body[position] if position < len(body) else 0, []
        position += 1
        for _ in range(count):
            address, position = SmeAddress.take(body, position)
            status = body[position : position + 4]
            if len(status) < 4:
                raise Unreadable("the peer announced more failures than it sent")
            position += 4
            found.append(UnsuccessSme(
                address.dest_addr_ton, address.dest_addr_npi, address.destination_addr, int.from_bytes(status, "big"),
            ))  # fmt: skip
        return tuple(found), position


@dataclass(slots=True)
class SubmitMultiResp(Body):
    """One message_id for all destinations."""

    NAME: ClassVar[str] = "submit_multi_resp"

    message_id: C65 = ""
    unsuccess_sme: Annotated[tuple[UnsuccessSme, ...], UnsuccessKind()] = ()
    tlvs: Tlvs = ()


# -- what became of a message, and changing it (§4.8 to 4.10) --------------------------------------------------------


@dataclass(slots=True)
class QuerySm(Body):
    NAME: ClassVar[str] = "query_sm"

    message_id: C65 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: C21 = ""
    tlvs: Tlvs = ()


@dataclass(slots=True)
class QuerySmResp(Body):
    NAME: ClassVar[str] = "query_sm_resp"

    message_id: C65 = ""
    final_date: C17 = ""
    """Servers write the short form YYMMDDhhmmss too."""
    message_state: MessageState = 0
    error_code: Octet = 0
    tlvs: Tlvs = ()


@dataclass(slots=True)
class CancelSm(Body):
    """An empty message_id means all messages from the one address to the other."""

    NAME: ClassVar[str] = "cancel_sm"

    service_type: C6 = ""
    message_id: C65 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: C21 = ""
    dest_addr_ton: Octet = 0
    dest_addr_npi: Octet = 0
    destination_addr: C21 = ""
    tlvs: Tlvs = ()


@dataclass(slots=True)
class ReplaceSm(Body):
    """A new text in the data_coding of the old."""

    NAME: ClassVar[str] = "replace_sm"

    message_id: C65 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: C21 = ""
    schedule_delivery_time: Time = ""
    validity_period: Time = ""
    registered_delivery: Octet = 0
    sm_default_msg_id: Octet = 0
    short_message: Content = b""
    tlvs: Tlvs = ()


# -- broadcasts (5.0) ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class BroadcastSm(Body):
    """Its area, content type, repetitions and interval are TLVs that must be there."""

    NAME: ClassVar[str] = "broadcast_sm"

    service_type: C6 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: C21 = ""
    message_id: C65 = ""
    priority_flag: Priority = 0
    schedule_delivery_time: Time = ""
    validity_period: Time = ""
    replace_if_present_flag: Flag = 0
    data_coding: Octet = 0
    sm_default_msg_id: Octet = 0
    tlvs: Tlvs = ()


@dataclass(slots=True)
class BroadcastSmResp(SubmitSmResp):
    NAME: ClassVar[str] = "broadcast_sm_resp"


@dataclass(slots=True)
class QueryBroadcastSm(QuerySm):
    NAME: ClassVar[str] = "query_broadcast_sm"


@dataclass(slots=True)
class QueryBroadcastSmResp(SubmitSmResp):
    """State, areas and success are TLVs."""

    NAME: ClassVar[str] = "query_broadcast_sm_resp"


@dataclass(slots=True)
class CancelBroadcastSm(Body):
    NAME: ClassVar[str] = "cancel_broadcast_sm"

    service_type: C6 = ""
    message_id: C65 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: C21 = ""
    tlvs: Tlvs = ()


AnyMessage = SubmitSm | SubmitMulti | DataSm


def content(message: AnyMessage) -> bytes:
    """short_message, or message_payload where it is empty. The specification forbids both; some send both."""
    short: bytes = getattr(message, "short_message", b"")
    return short or message.tlv(Tag.MESSAGE_PAYLOAD) or b""


PDUS: dict[int, type[Body]] = {
    Command.BIND_RECEIVER: Bind, RESPONSE | Command.BIND_RECEIVER: BindResp,
    Command.BIND_TRANSMITTER: Bind, RESPONSE | Command.BIND_TRANSMITTER: BindResp,
    Command.QUERY_SM: QuerySm, RESPONSE | Command.QUERY_SM: QuerySmResp,
    Command.SUBMIT_SM: SubmitSm, RESPONSE | Command.SUBMIT_SM: SubmitSmResp,
    Command.DELIVER_SM: DeliverSm, RESPONSE | Command.DELIVER_SM: DeliverSmResp,
    Command.UNBIND: Empty, RESPONSE | Command.UNBIND: Empty,
    Command.REPLACE_SM: ReplaceSm, RESPONSE | Command.REPLACE_SM: Empty,
    Command.CANCEL_SM: CancelSm, RESPONSE | Command.CANCEL_SM: Empty,
    Command.BIND_TRANSCEIVER: Bind, RESPONSE | Command.BIND_TRANSCEIVER: BindResp,
    Command.OUTBIND: Outbind,
    Command.ENQUIRE_LINK: Empty, RESPONSE | Command.ENQUIRE_LINK: Empty,
    Command.SUBMIT_MULTI: SubmitMulti, RESPONSE | Command.SUBMIT_MULTI: SubmitMultiResp,
    Command.ALERT_NOTIFICATION: AlertNotification,
    Command.DATA_SM: DataSm, RESPONSE | Command.DATA_SM: DataSmResp,
    Command.BROADCAST_SM: BroadcastSm, RESPONSE | Command.BROADCAST_SM: BroadcastSmResp,
    Command.QUERY_BROADCAST_SM: QueryBroadcastSm, RESPONSE | Command.QUERY_BROADCAST_SM: QueryBroadcastSmResp,
    Command.CANCEL_BROADCAST_SM: CancelBroadcastSm, RESPONSE | Command.CANCEL_BROADCAST_SM: Empty,
    Command.GENERIC_NACK: Empty,
}  # fmt: skip


def read(raw: bytes, version: int = V34) -> Frame:
    """A whole PDU as a value. Raises RemoteProtocolError for what cannot be read."""
    if len(raw) < HEADER.size:
        raise RemoteProtocolError("the PDU is shorter than its header")
    _size, command, status, sequence = HEADER.unpack_from(raw)
    body = raw[HEADER.size :]
    kind = PDUS.get(command)
    if kind is None:
        return Frame(command, sequence, Unknown(body), status)
    if command & RESPONSE and not body:
        kind = Empty
    return Frame(command, sequence, kind.decode(body, version), status)


def write(frame: Frame, version: int = V34) -> bytes:
    """The whole PDU of a value. Raises LocalProtocolError for what the protocol does not allow."""
    pdu: Any = frame.pdu
    body = pdu.body if isinstance(pdu, Unknown) else pdu.encode(version)
    return packed(frame.command, frame.status, frame.sequence, body)


def packed(command: int, status: int, sequence: int, body: bytes) -> bytes:
    """A whole PDU from its header's values and its body."""
    return HEADER.pack(HEADER.size + len(body), command, status, sequence) + body
