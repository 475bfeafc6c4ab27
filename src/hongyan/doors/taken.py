"""A submit that a door has found good, on its way into the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hongyan.doors.lines import DoorLine
from hongyan.protocols.events import Wanted

_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True, slots=True)
class Taken:
    """One submit that a door has found good; answered once it is durable."""

    line: DoorLine
    token: object
    door_id: int
    lane: int
    source: str
    numbers: tuple[str, ...]
    """E.164."""
    written: tuple[str, ...]
    """As the customer wrote them."""
    ids: tuple[str, ...]
    content: str
    """The text; of a part of a long one its octets in hexadecimal, since only the whole can be decoded."""
    alphabet: str
    """Of those octets; empty for a text."""
    reference: int
    total: int
    part: int
    wants: Wanted
    validity_minutes: int | None = None
    user_reference: int | None = None
    service: str = ""
    """As the customer calls it; its figures may be asked by it."""
    due_at: datetime | None = None
    """When it is to go out; None: at once."""

    def copied(self) -> str:
        """Its line of COPY; numbers and ids have neither blanks nor escapes."""
        validity = "\\N" if self.validity_minutes is None else self.validity_minutes
        user_reference = "\\N" if self.user_reference is None else self.user_reference
        due = "" if self.due_at is None else f"{self.due_at.isoformat()}\t"
        return (
            f"{due}{self.door_id}\t{self.lane}\t{self.source}\t{' '.join(self.numbers)}\t{' '.join(self.written)}\t"
            f"{' '.join(self.ids)}\t{self.content.translate(_ESCAPED)}\t{self.alphabet}\t{self.reference}\t{self.total}\t{self.part}\t"
            f"{self.wants}\t{validity}\t{user_reference}\t{self.service.translate(_ESCAPED)}\n"
        )
