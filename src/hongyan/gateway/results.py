"""What happened on the wire and waits for the store: columns, not objects, since there are thousands a second."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from hongyan.dispatch.changes import rank
from hongyan.dispatch.incoming import ReceivedSegment
from hongyan.dispatch.matching import StoredReport
from hongyan.dispatch.moving import PutOff
from hongyan.dispatch.outcomes import SubmittedSegment
from hongyan.protocols.events import IncomingSegment
from hongyan.protocols.text import Concatenation

Located = tuple[StoredReport, int, int, int]
"""A report whose (message id, segment, of how many) is known."""

MOST_IN_ONE = 4_000
"""Rows of one statement. Thirty thousand, made ready at once, would hold up all that comes in for a tenth of a second."""


@dataclass(slots=True)
class Results:
    """One gathering."""

    put_off: list[PutOff] = field(default_factory=list)
    """Refused messages that get another chance: taken out of their batch before it is finished."""
    segments: list[SubmittedSegment] = field(default_factory=list)
    changes: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Message id -> the furthest (state, reason)."""
    finished: list[int] = field(default_factory=list)
    """Batches of which every message is answered or given up."""
    located: list[Located] = field(default_factory=list)
    """Reports about segments of long messages."""
    reports: list[StoredReport] = field(default_factory=list)
    """Reports whose message only the database knows."""
    received: list[ReceivedSegment] = field(default_factory=list)

    def __len__(self) -> int:
        return (
            len(self.put_off) + len(self.segments) + len(self.changes) + len(self.finished) + len(self.located) + len(self.reports)
            + len(self.received)
        )  # fmt: skip

    def change(self, message_id: int, state: str, reason: str) -> None:
        """Note a message's new state, unless a further one is noted already."""
        known = self.changes.get(message_id)
        if known is None or rank(state) > rank(known[0]):
            self.changes[message_id] = (state, reason)

    def parts(self) -> list[Results]:
        """By what is written together, in the order of writing: a report then finds its segment, and a batch is finished
        after its messages."""
        parts = [
            Results(put_off=self.put_off),
            *self._sent(),
            Results(located=self.located, reports=self.reports),
            Results(received=self.received),
        ]
        return [part for part in parts if len(part)]

    def _sent(self) -> Iterator[Results]:
        """Segments, changes and finished batches: nearly always all at once, in several after a burst."""
        count = -(-max(len(self.segments), len(self.changes)) // MOST_IN_ONE)
        if count <= 1:
            yield Results(segments=self.segments, changes=self.changes, finished=self.finished)
            return
        changes = list(self.changes.items())
        for start in range(0, count * MOST_IN_ONE, MOST_IN_ONE):
            one = slice(start, start + MOST_IN_ONE)
            yield Results(segments=self.segments[one], changes=dict(changes[one]))
        yield Results(finished=self.finished)

    def halves(self) -> list[Results]:
        """Two smaller gatherings that together are this one; this one alone when it is a single thing."""
        if len(self) <= 1:
            return [self]
        kinds = [
            Results(put_off=self.put_off),
            Results(segments=self.segments),
            Results(changes=self.changes),
            Results(finished=self.finished),
            Results(located=self.located),
            Results(reports=self.reports),
            Results(received=self.received),
        ]
        filled = [one for one in kinds if len(one)]
        if len(filled) > 1:
            return filled
        middle = len(self) // 2
        changes = list(self.changes.items())
        return [
            Results(
                self.put_off[part], self.segments[part], dict(changes[part]), self.finished[part], self.located[part], self.reports[part],
                self.received[part],
            )
            for part in (slice(middle), slice(middle, None))
        ]  # fmt: skip


def to_text(results: Results) -> str:
    """As they are parked."""
    return json.dumps(asdict(results), default=_plain)


def _plain(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else datetime.isoformat(value)


def from_text(payload: str) -> Results:
    """What `to_text` was given."""
    kept: dict[str, list[Any]] = json.loads(payload)
    return Results(
        put_off=[_put_off(one) for one in kept.get("put_off", [])],
        segments=[tuple(one) for one in kept["segments"]],
        changes={int(message_id): tuple(change) for message_id, change in dict(kept["changes"]).items()},
        finished=kept["finished"],
        located=[(StoredReport(**report), *where) for report, *where in kept["located"]],
        reports=[StoredReport(**one) for one in kept["reports"]],
        received=[_received(one) for one in kept["received"]],
    )


def _put_off(kept: dict[str, Any]) -> PutOff:
    return PutOff(**{**kept, "due_at": datetime.fromisoformat(kept["due_at"]) if kept["due_at"] else None})


def _received(kept: dict[str, Any]) -> ReceivedSegment:
    segment = kept["segment"]
    joined = Concatenation(**segment["concatenation"]) if segment["concatenation"] else None
    octets = bytes.fromhex(segment.get("octets", ""))
    return ReceivedSegment(
        kept["channel_id"], IncomingSegment(**{**segment, "concatenation": joined, "octets": octets})
    )
