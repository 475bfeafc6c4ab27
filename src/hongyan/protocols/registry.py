"""The protocols there are: a further one is a folder and a line here."""

from __future__ import annotations

from enum import Enum

from hongyan.protocols.cmpp.pdus import Version
from hongyan.protocols.cmpp.session import CmppSession
from hongyan.protocols.session import Account, Role, Session
from hongyan.protocols.smpp.session import SmppSession


class Protocol(Enum):
    """The value is how channels store it; `label` is its name, the same in every language."""

    CMPP20 = "cmpp20"
    CMPP30 = "cmpp30"
    SMPP34 = "smpp34"

    @property
    def label(self) -> str:
        return {"cmpp20": "CMPP 2.0", "cmpp30": "CMPP 3.0", "smpp34": "SMPP 3.4"}[self.value]

    @property
    def is_mainland(self) -> bool:
        """Whether the mainland rule counts segments: 70/67 whatever the script."""
        return self is not Protocol.SMPP34

    @property
    def usual_port(self) -> int:
        return 2775 if self is Protocol.SMPP34 else 7890

    @property
    def most_numbers_per_submit(self) -> int:
        return 1 if self is Protocol.SMPP34 else 100


def make_session(protocol: Protocol, role: Role, account: Account) -> Session:
    """A session that has not yet been opened."""
    match protocol:
        case Protocol.CMPP20:
            return CmppSession(role, account, Version.V20)
        case Protocol.CMPP30:
            return CmppSession(role, account, Version.V30)
        case Protocol.SMPP34:
            return SmppSession(role, account)
