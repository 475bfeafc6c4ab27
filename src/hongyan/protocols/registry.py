"""The protocols there are: a further one is a folder, its facts and a case here."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any

from hongyan.protocols.cmpp import pdus as cmpp
from hongyan.protocols.cmpp.session import CmppSession
from hongyan.protocols.session import Account, Role, Session, Side
from hongyan.protocols.sgip.session import SgipSession
from hongyan.protocols.smgp import pdus as smgp
from hongyan.protocols.smgp.session import LOGIN_MODES, SmgpSession
from hongyan.protocols.smpp import pdus as smpp
from hongyan.protocols.smpp.messages import Habits
from hongyan.protocols.smpp.session import SmppSession


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rest of the house asks about a protocol."""

    label: str
    """Its name, the same in every language."""
    usual_port: int
    most_numbers_per_submit: int
    usual_numbers_per_submit: int
    """What most gateways take."""
    is_mainland: bool
    """Whether the mainland rule counts segments: 70/67 whatever the script."""
    options: tuple[str, ...]
    """What only a channel of this protocol is asked for, as `dispatch.channels.Options` names it."""
    login_octets: int
    secret_octets: int
    usual_window: int
    """Unanswered submits that the text, or most contracts, allow."""
    usual_throttled: tuple[int, ...]
    """Codes of an answer that ask to slow down, unless the channel says otherwise."""
    always_country_code: bool = False
    """Mainland numbers go out with 86 in front, whatever the channel says."""
    calls_back: bool = False
    """The carrier connects to us to report and deliver."""
    may_call_back: bool = False
    """A channel may name a port for the carrier's connections (SMPP: where the server asks for a bind by outbind)."""


class Protocol(Enum):
    """The value is how channels store it."""

    CMPP20 = "cmpp20"
    CMPP30 = "cmpp30"
    SGIP12 = "sgip12"
    SMGP30 = "smgp30"
    SMGP31 = "smgp31"
    """The PDUs of 3.0; only the login says otherwise (Q/CT 2069-2008)."""
    SMPP34 = "smpp34"
    SMPP50 = "smpp50"

    __hash__ = object.__hash__
    """Enum's own is Python code, and a channel's facts are looked up for each message."""

    @property
    def facts(self) -> Facts:
        return FACTS[self]

    @property
    def label(self) -> str:
        return FACTS[self].label

    @property
    def family(self) -> str:
        """ "cmpp" for both versions, and so on."""
        return self.value[:4]


_ALL = ("needs_signature", "throttled", "reference_bits", "reports_once", "heartbeat_s", "answer_limit_s", "zone")
"""What a channel of any protocol may say; most never do."""
_FEES = ("fee_type", "fee_code")
_CMPP_OPTIONS = (
    "service_id", "with_country_code", "text_format", "msg_src", *_FEES, "checks_server", *_ALL,
)  # fmt: skip
_SGIP_OPTIONS = (
    "service_id", "corp_id", "node", "listen_port", "peer_login", "peer_secret", "peer_addresses", "text_format",
    "charge_number", *_FEES,
    *(name for name in _ALL if name != "heartbeat_s"),
)  # fmt: skip
_SMGP_OPTIONS = (
    "service_id", "msg_src", "with_country_code", "login_mode", "text_format", "m_service_id", *_FEES, "checks_server",
    *_ALL,
)  # fmt: skip
_SMPP_OPTIONS = (
    "service_id", "system_type", "bind", "long_texts", "default_alphabet", "id_form", "source_ton", "source_npi",
    "dest_ton", "dest_npi", "address_range", "receipts_by_text", "accepted_is_final", "listen_port", "peer_login",
    "peer_secret", "peer_addresses", *_ALL,
)  # fmt: skip
ADVANCED = frozenset({
    *(name for name in _ALL if name != "needs_signature"), *_FEES, "text_format", "checks_server", "charge_number", "login_mode", "m_service_id", "default_alphabet",
    "id_form", "source_ton", "source_npi", "dest_ton", "dest_npi", "address_range", "receipts_by_text",
    "accepted_is_final",
})  # fmt: skip
"""Options that only an unusual contract or gateway asks for."""
_HABITS = frozenset(one.name for one in fields(Habits))
_CMPP = Facts("CMPP 2.0", 7890, 100, 100, True, _CMPP_OPTIONS, 6, 40, 16, (8,))
_SMGP = Facts("SMGP 3.0", 8890, 100, 1, True, _SMGP_OPTIONS, 8, 15, 16, (1,))
_SMPP = Facts(
    "SMPP 3.4", 2775, 254, 1, False, _SMPP_OPTIONS, 15, 8, 10, (0x14, 0x58), always_country_code=True, may_call_back=True
)  # fmt: skip
FACTS: dict[Protocol, Facts] = {
    Protocol.CMPP20: _CMPP,
    Protocol.CMPP30: replace(_CMPP, label="CMPP 3.0"),
    Protocol.SGIP12: Facts(
        "SGIP 1.2", 8801, 100, 1, True, _SGIP_OPTIONS, 16, 16, 32, (11, 33, 34),
        always_country_code=True, calls_back=True, may_call_back=True,
    ),
    Protocol.SMGP30: _SMGP,
    Protocol.SMGP31: replace(_SMGP, label="SMGP 3.1"),
    Protocol.SMPP34: _SMPP,
    Protocol.SMPP50: replace(_SMPP, label="SMPP 5.0", most_numbers_per_submit=255),
}  # fmt: skip


def make_session(
    protocol: Protocol, role: Role, account: Account, *, side: Side | None = None, **options: Any
) -> Session:
    """A session that has not yet been opened.

    `side` is needed where the carrier connects to us too (SGIP): who we are when it is not the client's customer.
    `options` are those that the protocol's facts name; others are passed over.
    """
    side = side or (Side.CUSTOMER if role is Role.CLIENT else Side.CARRIER)
    given = {name: value for name, value in options.items() if value not in (None, "")}
    fees: dict[str, Any] = {name: str(given[name]) for name in ("fee_type", "fee_code", "msg_src") if name in given}
    match protocol:
        case Protocol.CMPP20 | Protocol.CMPP30:
            version = cmpp.Version.V20 if protocol is Protocol.CMPP20 else cmpp.Version.V30
            return CmppSession(role, account, version, **fees)
        case Protocol.SGIP12:
            fees |= {name: str(given[name]) for name in ("corp_id", "charge_number") if name in given}
            fees.pop("msg_src", None)
            return SgipSession(role, account, side=side, node=int(given.get("node", 0)), **fees)
        case Protocol.SMGP30 | Protocol.SMGP31:
            fees |= {name: str(given[name]) for name in ("m_service_id",) if name in given}
            return SmgpSession(
                role, account, smgp.Version.V31 if protocol is Protocol.SMGP31 else smgp.Version.V30,
                login_mode=LOGIN_MODES[given.get("login_mode", "both")], **fees,
            )  # fmt: skip
        case Protocol.SMPP34 | Protocol.SMPP50:
            habits = Habits(**{name: value for name, value in given.items() if name in _HABITS})
            version_ = smpp.Version.V50 if protocol is Protocol.SMPP50 else smpp.Version.V34
            return SmppSession(role, account, version_, habits=habits)
