"""Whole PDUs out of a stream that may be cut anywhere, and PDUs as values with their headers.

All five protocols begin a PDU with its length in four octets, those included. A length that no PDU of the protocol can
have ends the stream: there is no mark to find the next beginning by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from hongyan.protocols.errors import RemoteProtocolError


class Framer:
    """Cuts a stream into PDUs. Holds at most one unfinished PDU, whatever length a peer announces."""

    __slots__ = ("_header_octets", "_held", "_longest", "_needed")

    def __init__(self, *, header_octets: int, longest: int) -> None:
        self._header_octets = header_octets
        self._longest = longest
        self._held = bytearray()
        self._needed = 4

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The PDUs that `data` completes, in order. Take them all before feeding more.

        Raises RemoteProtocolError, after the PDUs before it, at a length that cannot be.
        """
        if self._held:
            # Added to, not joined anew: a peer that sends octet by octet costs no more than one that does not.
            self._held += data
            if len(self._held) < self._needed:
                return
            data, self._held = bytes(self._held), bytearray()
        position, end, needed = 0, len(data), 4
        while end - position >= 4:
            size = int.from_bytes(data[position : position + 4], "big")
            if not self._header_octets <= size <= self._longest:
                raise RemoteProtocolError(f"the peer announced a PDU of {size} octets")
            if end - position < size:
                needed = size
                break
            yield data[position : position + size]
            position += size
        if position < end:
            self._held += data[position:]
            self._needed = needed


class Pdu(Protocol):
    """A PDU's body as a value; its class says which."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The body of a command that the protocol's tables do not describe, kept as it came."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """One PDU as it travels."""

    command: int
    """Command id as in the header, bit 31 set in responses."""
    sequence: int
    """SGIP: all twelve octets as one number."""
    pdu: Pdu
    status: int = 0
    """SMPP's command_status; 0 elsewhere."""


class Decoder:
    """Frames out of a stream, for whoever wants PDUs and no session."""

    def __init__(self, read: Callable[[bytes], Frame], *, header_octets: int, longest: int) -> None:
        self._framer = Framer(header_octets=header_octets, longest=longest)
        self._read = read

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Raises RemoteProtocolError where the stream or a PDU cannot be read."""
        for pdu in self._framer.feed(data):
            yield self._read(pdu)
