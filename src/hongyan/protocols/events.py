"""What goes into a session and what comes out of it, the same for every protocol.

Nobody changes a value once it is made. Those of which there are thousands a second are not `frozen` all the same: that
makes each four times as dear.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import Enum, IntEnum

from hongyan.protocols.text import Alphabet, Concatenation
from hongyan.protocols.times import BEIJING, read_time


class ReportClass(Enum):
    """What a delivery report says of a segment, whatever the protocol's spelling."""

    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    INTERMEDIATE = "intermediate"
    """Not final: another report follows."""
    UNKNOWN = "unknown"
    """A word that is none we know: shown, and waited behind."""


class Wanted(IntEnum):
    """Which receipts a submit asks for; the numbers are SMPP's (3.4 §5.2.17, 5.0 §4.7.21)."""

    NONE = 0
    ALL = 1
    FAILURES = 2
    SUCCESSES = 3

    def includes(self, outcome: ReportClass) -> bool:
        """Whether a receipt of this outcome is to be given."""
        if self in {Wanted.NONE, Wanted.ALL}:
            return self is Wanted.ALL
        return (outcome is ReportClass.DELIVERED) is (self is Wanted.SUCCESSES)


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
    scheduled: str = ""
    """When it is to go out, likewise; empty: at once."""
    wanted: Wanted = Wanted.ALL
    """Where it wants reports: which."""
    user_reference: int | None = None
    """The client's own number for it, which its reports repeat (SMPP 3.4 §5.3.2.17)."""
    link_id: str = ""
    """Of the incoming text that it answers: the transaction of an on-demand service."""
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
    submitted_at: str = field(default="", compare=False)
    """Likewise; written, never read."""
    service_number: str = field(default="", compare=False)
    """That the submit came from, and the report goes to (SMPP 3.4 §2.11); written, never read."""
    user_reference: int | None = field(default=None, compare=False)
    """The submit's own; written, never read."""
    own_id: str = field(default="", compare=False)
    """Of the DELIVER that brings it, in the form of `carrier_id`: a report is a message of its own (CMPP_DELIVER, Msg_Id; SMGP
    3.0.3 §6.2.26). Empty: the submit's. Written, never read."""

    @property
    def finished_at(self) -> datetime | None:
        """`done_at` as a moment; None where it is none."""
        return read_time(self.done_at, self.zone)


@dataclass(slots=True)
class IncomingSegment:
    """One segment from a phone."""

    sender: str
    """A phone: with a plus where its digits are known to begin with a country code, else as the carrier wrote it."""
    service_number: str
    text: str
    """Of a part that came in: what it looks like alone, for showing."""
    concatenation: Concatenation | None = None
    carrier_id: str = ""
    is_name: bool = False
    """The sender is a name, no number (SMPP 3.4 §5.2.5, TON 5): nobody can write back to it."""
    octets: bytes = field(default=b"", compare=False, repr=False)
    """Of a part that came in: `protocols.parts.join` makes the text of all parts from them."""
    alphabet: str = field(default="", compare=False, repr=False)
    link_id: str = ""
    """The transaction that an answer belongs to, where the carrier names one: an on-demand service's (CMPP 3.0 §7.4.5.1,
    SMGP 3.0.3 §6.3.1; some CMPP 2.0 and SGIP gateways put it into the reserved octets)."""


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
    may_come: bool = field(default=False, compare=False)
    """The line stands: the answer may still come."""


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


@dataclass(frozen=True, slots=True)
class QueryRequested(Event):
    """The client asks what became of a message (SMPP 3.4 §4.8)."""

    token: object
    carrier_id: str


@dataclass(frozen=True, slots=True)
class CancelRequested(Event):
    """The client takes a message back (SMPP 3.4 §4.9, CMPP 3.0 §7.4.6)."""

    token: object
    carrier_id: str


@dataclass(frozen=True, slots=True)
class FiguresRequested(Event):
    """The client asks how many messages passed on a day (CMPP 3.0 §7.4.5, SMGP 3.0.3 §6.2.7)."""

    token: object
    day: str
    """YYYYMMDD."""
    service: str | None
    """Of this service only; None: all."""


@dataclass(frozen=True, slots=True)
class MessageStatus:
    """The answer to a query: a final state with its moment and the code of its receipt."""

    state: str
    """As `protocols.smpp.codes.STATES` has them: "ENROUTE", "DELIVRD"."""
    final_at: datetime | None = None
    error: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a day: what the client submitted (mt), and what it was given (mo)."""

    mt_tlmsg: int = 0
    """Submits."""
    mt_tlusr: int = 0
    """Their recipients, of which the next three are the parts."""
    mt_scs: int = 0
    """Delivered."""
    mt_wt: int = 0
    """Not over yet."""
    mt_fl: int = 0
    mo_scs: int = 0
    mo_wt: int = 0
    mo_fl: int = 0


@dataclass(slots=True)
class DeliverAnswered(Event):
    """The peer took a report or an incoming message that we gave with this reference."""

    reference: object
    accepted: bool


Clock = Callable[[], datetime]
"""Wall-clock time for login stamps and dates in reports."""
