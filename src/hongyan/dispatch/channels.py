"""A channel as the gateway uses it: typed, with its secret readable."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from hongyan.protocols.registry import Protocol
from hongyan.runtime.secrets import SecretUnreadable, decrypt


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
    """SGIP: where the carrier connects to us; 0 is nowhere, and then no receipts and replies come."""
    peer_login: str = ""
    """SGIP: the name the carrier logs in to us with; empty: the channel's own."""
    peer_secret_encrypted: str = field(default="", repr=False)
    """SGIP: and its password; empty: the channel's own."""
    msg_src: str = ""
    """SMGP MsgSrc: the code some gateways ask for."""
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
    heartbeat_s: int = 30
    answer_limit_s: int = 60

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Options:
        """From the stored JSON; names nobody knows any more are passed over."""
        known = {item.name for item in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})


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
        return {name: getattr(self.options, name, None) for name in self.protocol.facts.options}

    @property
    def peer_secret(self) -> str:
        """SGIP: the password the carrier shows us. Raises SecretUnreadable."""
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
