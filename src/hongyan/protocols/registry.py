"""The protocols there are: a further one is a folder, its facts and a case here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from hongyan.protocols.cmpp import pdus as cmpp
from hongyan.protocols.cmpp.session import CmppSession
from hongyan.protocols.session import Account, Role, Session, Side
from hongyan.protocols.sgip.session import SgipSession
from hongyan.protocols.smgp import pdus as smgp
from hongyan.protocols.smgp.session import SmgpSession
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
    always_country_code: bool = False
    """Mainland numbers go out with 86 in front, whatever the channel says."""
    calls_back: bool = False
    """The carrier connects to us to report and deliver."""


class Protocol(Enum):
    """The value is how channels store it."""

    CMPP20 = "cmpp20"
    CMPP30 = "cmpp30"
    SGIP12 = "sgip12"
    SMGP30 = "smgp30"
    SMPP34 = "smpp34"
    SMPP50 = "smpp50"

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


_SMPP_OPTIONS = (
    "service_id", "system_type", "bind", "long_texts", "source_ton", "source_npi", "dest_ton", "dest_npi",
)  # fmt: skip
FACTS: dict[Protocol, Facts] = {
    Protocol.CMPP20: Facts("CMPP 2.0", 7890, 100, 100, True, ("service_id", "with_country_code"), 6, 40),
    Protocol.CMPP30: Facts("CMPP 3.0", 7890, 100, 100, True, ("service_id", "with_country_code"), 6, 40),
    Protocol.SGIP12: Facts(
        "SGIP 1.2", 8801, 100, 1, True,
        ("service_id", "corp_id", "node", "listen_port", "peer_login", "peer_secret"), 16, 16,
        always_country_code=True, calls_back=True,
    ),
    Protocol.SMGP30: Facts("SMGP 3.0", 8890, 100, 1, True, ("service_id", "msg_src", "with_country_code"), 8, 15),
    Protocol.SMPP34: Facts("SMPP 3.4", 2775, 254, 1, False, _SMPP_OPTIONS, 15, 8, always_country_code=True),
    Protocol.SMPP50: Facts("SMPP 5.0", 2775, 255, 1, False, _SMPP_OPTIONS, 15, 8, always_country_code=True),
}  # fmt: skip


def make_session(
    protocol: Protocol, role: Role, account: Account, *, side: Side | None = None, **options: Any
) -> Session:
    """A session that has not yet been opened.

    `side` is needed where the carrier connects to us too (SGIP): who we are when it is not the client's customer.
    `options` are those that the protocol's facts name; others are passed over.
    """
    side = side or (Side.CUSTOMER if role is Role.CLIENT else Side.CARRIER)
    match protocol:
        case Protocol.CMPP20:
            return CmppSession(role, account, cmpp.Version.V20)
        case Protocol.CMPP30:
            return CmppSession(role, account, cmpp.Version.V30)
        case Protocol.SGIP12:
            return SgipSession(
                role, account, side=side, node=int(options.get("node") or 0), corp_id=str(options.get("corp_id") or "")
            )
        case Protocol.SMGP30:
            return SmgpSession(role, account, smgp.Version.V30, msg_src=str(options.get("msg_src") or ""))
        case Protocol.SMPP34 | Protocol.SMPP50:
            version = smpp.Version.V50 if protocol is Protocol.SMPP50 else smpp.Version.V34
            names = _SMPP_OPTIONS[2:]
            habits = Habits(**{name: options[name] for name in names if options.get(name) is not None})
            return SmppSession(role, account, version, habits=habits)
