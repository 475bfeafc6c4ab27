"""Who is to blame: our mistakes raise LocalProtocolError, a peer's raise RemoteProtocolError inside the session only."""

from __future__ import annotations


class ProtocolError(Exception):
    """Something a protocol does not allow."""


class LocalProtocolError(ProtocolError):
    """We asked for what cannot be sent."""


class RemoteProtocolError(ProtocolError):
    """The peer sent what cannot be read; the session closes with this sentence."""


class FieldTooLong(LocalProtocolError):
    def __init__(self, pdu: str, field: str, limit: int) -> None:
        super().__init__(f"{pdu} {field} holds {limit} octets at most")


class WindowFull(LocalProtocolError):
    """As many requests are unanswered as the window allows."""

    def __init__(self) -> None:
        super().__init__("the window is full")


class NotLoggedIn(LocalProtocolError):
    def __init__(self) -> None:
        super().__init__("the session is not logged in")
