"""A channel as the gateway uses it: typed, with its secret readable."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, fields
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from hongyan.protocols.registry import Protocol
from hongyan.protocols.text import Alphabet, Rule, encode, rule_of, segments
from hongyan.protocols.times import BEIJING
from hongyan.runtime.secrets import SecretUnreadable, decrypt

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Options:
    """What only some protocols or peers need; the rest of a channel has columns of its own."""

    service_id: str = ""
    """CMPP Service_Id, SGIP ServiceType, SMGP ServiceID, SMPP service_type: the product code the carrier gave."""
    with_country_code: bool = False
    """Whether mainland numbers go out with 86 in front (SGIP and SMPP always do)."""
    corp_id: str = ""
    """SGIP CorpId, the enterprise code."""
    node: str = ""
    """SGIP node number of ours: 3, area code, enterprise code."""
    listen_port: int = 0
    """Where the carrier connects to us; 0 is nowhere. SGIP: without it no receipts and replies come. SMPP: for outbind."""
    peer_login: str = ""
    """SGIP, SMPP outbind: the name the carrier shows us; empty: the channel's own."""
    peer_secret_encrypted: str = field(default="", repr=False)
    """And its password; empty: the channel's own."""
    peer_addresses: str = ""
    """SGIP, SMPP outbind: the networks the carrier connects from, with commas; empty is any."""
    msg_src: str = ""
    """CMPP Msg_src where it is not the login; SMGP MsgSrc, the code some gateways ask for."""
    m_service_id: str = ""
    """SMGP MServiceID: the product code of the mobile network."""
    login_mode: str = "both"
    """SMGP: send, receive or both."""
    charge_number: str = ""
    """SGIP ChargeNumber; empty: the sender pays."""
    fee_type: str = ""
    """As the contract has it; empty: free to the recipient."""
    fee_code: str = ""
    checks_server: bool = False
    """CMPP, SMGP: whether the gateway must prove that it knows the password."""
    text_format: str = "ucs2"
    """Mainland protocols: ucs2, or gbk where the gateway wants format 15."""
    system_type: str = ""
    """SMPP system_type."""
    bind: str = "transceiver"
    """SMPP: transceiver, transmitter or receiver."""
    source_ton: int | None = None
    """None: by what the service number looks like."""
    source_npi: int | None = None
    dest_ton: int = 1
    dest_npi: int = 1
    long_texts: str = "udh"
    """SMPP: how parts of long texts say so: udh, sar or payload."""
    default_alphabet: str = "gsm7"
    """SMPP: what data_coding 0 means: gsm7, gsm7_packed, latin1 or ascii."""
    id_form: str = "same"
    """SMPP: how receipts write ids: same, decimal or hexadecimal."""
    address_range: str = ""
    """SMPP: the numbers a receiver serves."""
    receipts_by_text: bool = False
    """SMPP: take a text of a receipt's form for one though nothing marks it."""
    accepted_is_final: bool = False
    """SMPP: a receipt's ACCEPTD is the last word."""
    throttled: str = ""
    """Codes of an answer that ask to slow down, with commas; empty: the protocol's own."""
    reference_bits: int = 8
    """Of the number that the parts of a long text share: 8 or 16."""
    needs_signature: bool = False
    """Mainland numbers get no text without 【…】: the carrier would refuse it."""
    reports_once: bool = False
    """One receipt is about all parts of a long text (`outcomes.REPORTED`)."""
    zone: str = "Asia/Shanghai"
    """Of the carrier's clock."""
    heartbeat_s: int = 30
    answer_limit_s: int = 60

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Options:
        """From the stored JSON; names nobody knows any more are passed over."""
        known = {item.name for item in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})

    @property
    def throttled_codes(self) -> frozenset[int]:
        """What is no number is passed over: a form has said so before it was stored."""
        return codes_of(self.throttled)[0]

    @property
    def timezone(self) -> tzinfo:
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            return BEIJING


def codes_of(written: str) -> tuple[frozenset[int], list[str]]:
    """Codes separated by commas or blanks, decimal or as 0x58, and what of it is none."""
    codes, others = set(), []
    for one in written.replace("，", ",").replace(",", " ").split():
        try:
            codes.add(int(one, 0) if one.lower().startswith("0x") else int(one))
        except ValueError:
            others.append(one)
    return frozenset(codes), others


def networks_of(written: str) -> tuple[tuple[Network, ...], list[str]]:
    """Networks separated by commas or blanks, as 10.1.2.3 or 10.1.2.0/24, and what of it is none."""
    networks: dict[Network, None] = {}
    others = []
    for one in written.replace("，", ",").replace(",", " ").split():
        try:
            networks[ipaddress.ip_network(one, strict=False)] = None
        except ValueError:
            others.append(one)
    return tuple(networks), others


ALPHABETS = {one.value: one for one in Alphabet}
"""Asked for each message: an enum's call is four times as dear."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One account at one carrier gateway."""

    id: int
    name: str
    protocol: Protocol
    host: str
    port: int
    login: str
    secret: str = field(repr=False)
    service_number: str
    speed_per_s: int
    window_size: int
    connections: int
    numbers_per_submit: int
    options: Options
    changed_at: object = None

    def wire_number(self, number: str) -> str:
        """A stored number (+8613800138000) as this carrier wants it."""
        digits, facts = number.lstrip("+"), self.protocol.facts
        with_code = facts.always_country_code or self.options.with_country_code
        if facts.is_mainland and not with_code and len(digits) == 13:
            return digits.removeprefix("86")
        return digits

    def session_options(self) -> dict[str, Any]:
        """What `make_session` of this protocol takes."""
        found = {name: getattr(self.options, name, None) for name in self.protocol.facts.options}
        if "default_alphabet" in found:
            found["default_alphabet"] = Alphabet(self.options.default_alphabet)
        return found

    def rule_for(self, text: str) -> Rule:
        """How this channel sends `text`: its alphabet, and what fits its segments."""
        options = self.options
        preferred = options.text_format if self.protocol.facts.is_mainland else options.default_alphabet
        return rule_of(text, ALPHABETS[preferred], wide=options.reference_bits == 16)

    def contents(self, text: str, rule: Rule, reference: int) -> list[bytes]:
        """The content of each submit for `text`; a server that cuts texts itself gets it whole."""
        if self.options.long_texts == "payload" and "long_texts" in self.protocol.facts.options:
            return [encode(text, rule.alphabet)]
        return segments(text, rule, reference)

    @property
    def peer_secret(self) -> str:
        """The password the carrier shows us. Raises SecretUnreadable."""
        stored = self.options.peer_secret_encrypted
        return decrypt(stored) if stored else self.secret


COLUMNS = (
    "id, name, protocol, host, port, login, secret_encrypted, service_number, speed_per_s, window_size, connections, "
    "numbers_per_submit, options, changed_at"
)


def from_row(row: dict[str, Any]) -> Channel:
    """Raises SecretUnreadable when the installation's key is another."""
    return Channel(
        id=row["id"],
        name=row["name"],
        protocol=Protocol(row["protocol"]),
        host=row["host"],
        port=row["port"],
        login=row["login"],
        secret=decrypt(row["secret_encrypted"]),
        service_number=row["service_number"],
        speed_per_s=row["speed_per_s"],
        window_size=row["window_size"],
        connections=row["connections"],
        numbers_per_submit=min(row["numbers_per_submit"], Protocol(row["protocol"]).facts.most_numbers_per_submit),
        options=Options.read(row["options"]),
        changed_at=row["changed_at"],
    )


async def enabled(connection: AsyncConnection[Any]) -> tuple[list[Channel], list[int]]:
    """The channels that gateways should run, and the ids of those whose password cannot be read here."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            f"select {COLUMNS} from dispatch_channel where is_enabled and removed_at is null order by id"  # noqa: S608
        )
        channels: list[Channel] = []
        unreadable: list[int] = []
        for row in await cursor.fetchall():
            try:
                channels.append(from_row(row))
            except SecretUnreadable:
                unreadable.append(row["id"])
    return channels, unreadable
