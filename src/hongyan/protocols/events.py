"""What goes into a session and what comes out of it, the same for every protocol.

Nobody changes a value once it is made. Those of which there are thousands a second are not `frozen` all the same: that
makes each four times as dear.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import Enum

from hongyan.protocols.text import Alphabet, Concatenation
from hongyan.protocols.times import BEIJING, read_time


class ReportClass(Enum):
    """What a delivery report says of a segment, whatever the protocol's spelling."""

    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    INTERMEDIATE = "intermediate"
    """Not final: another report follows."""


class Verdict(Enum):
    """What a submit response means for the messages in it."""

    ACCEPTED = "accepted"
    THROTTLED = "throttled"
    """Too fast or too full: slow down and submit again; not a failure."""
    REFUSED = "refused"


@dataclass(slots=True)
class Submit:
    """One segment for one or several recipients."""

    source: str
    """Service number with its extension."""
    recipients: tuple[str, ...]
    """Digits as they go on the wire (the channel decides about the country code)."""
    content: bytes
    alphabet: Alphabet
    segment: int = 1
    segments: int = 1
    has_header: bool = False
    """The content begins with a user-data header."""
    wants_report: bool = True
    service_id: str = ""
    validity: str = ""
    """Carrier's time format, or empty."""
    is_international: bool = field(default=False, compare=False)
    """Read only: the client said that the recipients begin with a country code (SMPP 3.4 §5.2.5, TON 1)."""


@dataclass(slots=True)
class DeliveryReport:
    """The carrier's word on one segment."""

    carrier_id: str
    """Normalised: lower-case hex without leading zeros for 64-bit ids, else as received without leading zeros."""
    number: str
    """Digits as the carrier wrote them."""
    outcome: ReportClass
    code: str
    """Raw: "DELIVRD", "MK:0001"."""
    done_at: str = ""
    """As the carrier wrote it: YYMMDDhhmm in its local time, with seconds, a century or a zone from some."""
    zone: tzinfo = field(default=BEIJING, compare=False, repr=False)
    """Of a time that says none itself."""

    @property
    def finished_at(self) -> datetime | None:
        """`done_at` as a moment; None where it is none."""
        return read_time(self.done_at, self.zone)


@dataclass(slots=True)
class IncomingSegment:
    """One segment from a phone."""

    sender: str
    service_number: str
    text: str
    concatenation: Concatenation | None = None
    carrier_id: str = ""


class Event:
    """Anything a session tells its owner."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class LoggedIn(Event):
    """Our login was accepted."""


@dataclass(frozen=True, slots=True)
class LoginRefused(Event):
    code: str
    why: str
    may_retry: bool
    """False for wrong credentials: trying again at once helps nobody."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient that an otherwise accepted submit did not reach."""

    recipient: str
    code: str
    why: str


@dataclass(slots=True)
class SubmitAnswered(Event):
    reference: object
    verdict: Verdict
    carrier_ids: tuple[str, ...]
    """One per recipient of the submit, in their order ("" for one in `failures`); empty unless accepted."""
    code: str = ""
    why: str = ""
    failures: tuple[Failure, ...] = ()
    """Recipients of an accepted submit that the carrier refused singly (SMPP submit_multi)."""
    congestion: int | None = None
    """How full the carrier says it is, 0 to 100 (SMPP 5.0); None where it says nothing."""


@dataclass(frozen=True, slots=True)
class SubmitUnanswered(Event):
    """The fate of this submit is not known: no answer in time, or the line broke."""

    reference: object
    why: str


@dataclass(frozen=True, slots=True)
class AnsweredLate(Event):
    """The answer to a submit that was reported as SubmitUnanswered: its ids tell later reports apart."""

    reference: object
    answer: SubmitAnswered


@dataclass(slots=True)
class ReportReceived(Event):
    token: object
    """Given back to `answer` once the report is stored."""
    report: DeliveryReport


@dataclass(slots=True)
class IncomingReceived(Event):
    token: object
    incoming: IncomingSegment


@dataclass(frozen=True, slots=True)
class Closed(Event):
    """The session is over; the socket should be closed after the pending bytes went out."""

    why: str


@dataclass(frozen=True, slots=True)
class LoginRequested(Event):
    token: object
    login: str
    check: Callable[[str], bool]
    """Whether the peer knows this secret (compared in constant time)."""


@dataclass(slots=True)
class SubmitRequested(Event):
    token: object
    submit: Submit


@dataclass(slots=True)
class DeliverAnswered(Event):
    """The peer took a report or an incoming message that we gave with this reference."""

    reference: object
    accepted: bool


Clock = Callable[[], datetime]
"""Wall-clock time for login stamps and dates in reports."""
