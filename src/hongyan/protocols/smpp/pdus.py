"""SMPP 3.4's PDUs that a client and a server exchange: fields in the order of Issue 1.2, TLVs kept whether known or not."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Self

from hongyan.protocols.errors import FieldTooLong, RemoteProtocolError

HEADER = struct.Struct(">IIII")
LONGEST_PDU = 64 * 1024 + 512
"""A message_payload of 64 KiB with its PDU."""
RESPONSE = 0x80000000


class Command(IntEnum):
    BIND_RECEIVER = 0x1
    BIND_TRANSMITTER = 0x2
    SUBMIT_SM = 0x4
    DELIVER_SM = 0x5
    UNBIND = 0x6
    BIND_TRANSCEIVER = 0x9
    ENQUIRE_LINK = 0x15
    GENERIC_NACK = 0x80000000


class Tag(IntEnum):
    RECEIPTED_MESSAGE_ID = 0x001E
    SAR_MSG_REF_NUM = 0x020C
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


STATUS: dict[int, tuple[str, str]] = {
    0x01: ("ESME_RINVMSGLEN", "wrong message length"),
    0x02: ("ESME_RINVCMDLEN", "wrong command length"),
    0x03: ("ESME_RINVCMDID", "unknown command"),
    0x04: ("ESME_RINVBNDSTS", "not allowed in this state"),
    0x05: ("ESME_RALYBND", "already logged in"),
    0x08: ("ESME_RSYSERR", "system error"),
    0x0A: ("ESME_RINVSRCADR", "wrong source number"),
    0x0B: ("ESME_RINVDSTADR", "wrong destination number"),
    0x0D: ("ESME_RBINDFAIL", "login failed"),
    0x0E: ("ESME_RINVPASWD", "the password is wrong"),
    0x0F: ("ESME_RINVSYSID", "the login is not known"),
    0x14: ("ESME_RMSGQFUL", "the queue is full"),
    0x45: ("ESME_RSUBMITFAIL", "submit failed"),
    0x58: ("ESME_RTHROTTLED", "flow control"),
    0x61: ("ESME_RINVSCHED", "wrong schedule time"),
    0x62: ("ESME_RINVEXPIRY", "wrong validity time"),
    0xFF: ("ESME_RUNKNOWNERR", "unknown error"),
}
THROTTLED = frozenset({0x14, 0x58})

Tlvs = Mapping[int, bytes]


class Reader:
    """Takes fields off a body from the front. A field beyond the end is the peer's mistake."""

    __slots__ = ("_body", "_position")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._position = 0

    def text(self) -> str:
        """A C-octet string; one that lacks its NUL at the very end is taken as it is (cloudhopper's peers do that)."""
        end = self._body.find(b"\0", self._position)
        if end < 0:
            end = len(self._body)
        value = self._body[self._position : end].decode("latin-1")
        self._position = min(end + 1, len(self._body))
        return value

    def octet(self) -> int:
        if self._position >= len(self._body):
            raise RemoteProtocolError("the peer sent a PDU that ends too early")
        self._position += 1
        return self._body[self._position - 1]

    def octets(self, count: int) -> bytes:
        value = self._body[self._position : self._position + count]
        if len(value) != count:
            raise RemoteProtocolError("the peer announced more content than it sent")
        self._position += count
        return value

    def tlvs(self) -> dict[int, bytes]:
        """Optional parameters to the end; a torn last one is dropped."""
        found: dict[int, bytes] = {}
        body, position = self._body, self._position
        while position + 4 <= len(body):
            tag, size = (
                int.from_bytes(body[position : position + 2], "big"),
                int.from_bytes(body[position + 2 : position + 4], "big"),
            )
            if position + 4 + size > len(body):
                break
            found.setdefault(tag, body[position + 4 : position + 4 + size])
            position += 4 + size
        self._position = len(body)
        return found


def _text(pdu: str, name: str, value: str, size: int) -> bytes:
    """A C-octet string of at most `size` octets with its NUL."""
    raw = value.encode("latin-1", "replace")
    if len(raw) >= size or b"\0" in raw:
        raise FieldTooLong(pdu, name, size - 1)
    return raw + b"\0"


def _tlvs(tlvs: Tlvs) -> bytes:
    return b"".join(tag.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value for tag, value in tlvs.items())


@dataclass(frozen=True, slots=True)
class Bind:
    system_id: str
    password: str = field(repr=False)
    system_type: str = ""
    interface_version: int = 0x34
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""

    def encode(self) -> bytes:
        return b"".join(
            (
                _text("bind", "system_id", self.system_id, 16),
                _text("bind", "password", self.password, 9),
                _text("bind", "system_type", self.system_type, 13),
                bytes((self.interface_version, self.addr_ton, self.addr_npi)),
                _text("bind", "address_range", self.address_range, 41),
            )
        )

    @classmethod
    def decode(cls, body: bytes) -> Self:
        reader = Reader(body)
        return cls(
            reader.text(), reader.text(), reader.text(), reader.octet(), reader.octet(), reader.octet(), reader.text()
        )


@dataclass(frozen=True, slots=True)
class Address:
    number: str
    ton: int = 0
    npi: int = 0


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """Body of submit_sm and deliver_sm, which have the same fields."""

    source: Address
    destination: Address
    short_message: bytes
    service_type: str = ""
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    replace_if_present_flag: int = 0
    data_coding: int = 0
    sm_default_msg_id: int = 0
    tlvs: Tlvs = field(default_factory=dict)

    def encode(self) -> bytes:
        if len(self.short_message) > 254:
            raise FieldTooLong("submit_sm", "short_message", 254)
        return b"".join(
            (
                _text("submit_sm", "service_type", self.service_type, 6),
                bytes((self.source.ton, self.source.npi)),
                _text("submit_sm", "source_addr", self.source.number, 21),
                bytes((self.destination.ton, self.destination.npi)),
                _text("submit_sm", "destination_addr", self.destination.number, 21),
                bytes((self.esm_class, self.protocol_id, self.priority_flag)),
                _text("submit_sm", "schedule_delivery_time", self.schedule_delivery_time, 17),
                _text("submit_sm", "validity_period", self.validity_period, 17),
                bytes(
                    (
                        self.registered_delivery,
                        self.replace_if_present_flag,
                        self.data_coding,
                        self.sm_default_msg_id,
                        len(self.short_message),
                    )
                ),
                self.short_message,
                _tlvs(self.tlvs) if self.tlvs else b"",
            )
        )

    @classmethod
    def decode(cls, body: bytes) -> Self:
        reader = Reader(body)
        service_type = reader.text()
        source_ton, source_npi, source = reader.octet(), reader.octet(), reader.text()
        dest_ton, dest_npi, destination = reader.octet(), reader.octet(), reader.text()
        esm_class, protocol_id, priority = reader.octet(), reader.octet(), reader.octet()
        schedule, validity = reader.text(), reader.text()
        registered, replace, coding, default_id = reader.octet(), reader.octet(), reader.octet(), reader.octet()
        content = reader.octets(reader.octet())
        return cls(
            Address(source, source_ton, source_npi), Address(destination, dest_ton, dest_npi), content, service_type,
            esm_class, protocol_id, priority, schedule, validity, registered, replace, coding, default_id,
            reader.tlvs(),
        )  # fmt: skip

    @property
    def content(self) -> bytes:
        """short_message, or message_payload where it is empty."""
        return self.short_message or self.tlvs.get(Tag.MESSAGE_PAYLOAD, b"")


def encode_message_id(message_id: str) -> bytes:
    return _text("submit_sm_resp", "message_id", message_id, 65)
