"""Virtual phones: what arrives on them, how they behave, what they answer. Plain state, saved as JSON."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from hongyan.protocols.parts import join

MOST_KEPT = 60
"""Messages of a phone that are kept."""
MOST_WAITING = 200
"""Segments that wait for a phone which is switched off; the oldest go first, as from a full store at the carrier."""
MOST_PHONES = 60
MOST_COUNTED = 2_000_000
"""Numbers that are counted when a test asks for it."""

BEHAVIOURS = ("delivers", "off", "empty", "slow", "random")

FIRST_PHONES = (
    ("王小雨", "+8613800138001"),
    ("李明", "+8613911110002"),
    ("张伟", "+8615022220003"),
    ("赵丽", "+8618733330004"),
    ("陈晨", "+8613044440005"),
    ("刘洋", "+8618655550006"),
    ("周婷", "+8617666660007"),
    ("孙磊", "+8613377770008"),
    ("吴敏", "+8618988880009"),
    ("郑爽朗", "+8617799990010"),
    ("钱多多", "+8619200000011"),
    ("Alice Smith", "+447400123456"),
    ("王思远", "+8613600136000"),
)


def e164(number: str) -> str:
    """A number as it stands on the wire, with the plus: mainland numbers come with and without 86."""
    if number.startswith("+"):
        return number
    return f"+86{number}" if len(number) == 11 and number.startswith("1") else f"+{number}"


@dataclass(slots=True)
class PhoneMessage:
    """One text on a phone's screen."""

    id: int
    text: str
    at: float
    is_mine: bool
    """Written on this phone."""
    service_number: str
    account: str
    segments: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One segment on its way to a screen."""

    text: str
    source: str
    reference: int = 0
    total: int = 1
    number: int = 1
    octets: str = ""
    """In hexadecimal, without the header: the whole of a long text is decoded at once."""
    alphabet: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A segment that waits until its phone is switched on, or its time is over."""

    carrier_id: str
    wire_number: str
    account: str
    until: float
    wants_report: bool
    part: Part


@dataclass(slots=True)
class Phone:
    id: int
    number: str
    name: str
    behaviour: str = "delivers"
    messages: list[PhoneMessage] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)

    @property
    def is_reachable(self) -> bool:
        return self.behaviour not in {"off", "empty"}

    @property
    def last_received(self) -> PhoneMessage | None:
        return next((message for message in reversed(self.messages) if not message.is_mine), None)


class Phones:
    """All named phones, the tally of the carrier, and the last texts that unnamed numbers got."""

    def __init__(self, stored: dict[str, Any] | None = None) -> None:
        self._ids = itertools.count(1)
        self.by_number: dict[str, Phone] = {}
        # Numbers as they come on the wire, so that a submit finds its phone, or none, by one look.
        self._by_wire: dict[str, Phone] = {}
        self._joining: dict[tuple[str, str, int, int], dict[int, Part]] = {}
        self.recent: deque[tuple[str, str, str]] = deque(maxlen=5000)
        """(wire number, service number, account) of unnamed numbers, for "a thousand people answer"."""
        self.tally = {"submitted": 0, "delivered": 0, "failed": 0, "refused": 0, "throttled": 0, "answers": 0}
        """Segments, apart from answers; refused and throttled ones are not in submitted."""
        self.counts: dict[str, int] | None = None
        """How many messages each number was accepted for, when somebody asked to count."""
        self.said: dict[str, str] = {}
        """Meanwhile, the last word on each segment, by "id number"."""
        self.version = 0
        self._change = asyncio.Event()
        if stored:
            self._load(stored)
        else:
            for name, number in FIRST_PHONES:
                self.add(number, name)

    # -- phones --------------------------------------------------------------------------------------------------

    def add(self, number: str, name: str) -> Phone:
        """The phone with this number, new or old."""
        if phone := self.by_number.get(number):
            return phone
        phone = Phone(next(self._ids), number, name)
        self._put(phone)
        self.changed()
        return phone

    def _put(self, phone: Phone) -> None:
        self.by_number[phone.number] = phone
        for wire in self._wire_forms(phone.number):
            self._by_wire[wire] = phone

    @staticmethod
    def _wire_forms(number: str) -> Iterable[str]:
        yield number
        yield number[1:]
        if number.startswith("+86"):
            yield number[3:]

    def remove(self, phone: Phone) -> None:
        del self.by_number[phone.number]
        for wire in self._wire_forms(phone.number):
            self._by_wire.pop(wire, None)
        self.changed()

    def find(self, wire_number: str) -> Phone | None:
        return self._by_wire.get(wire_number)

    def by_id(self, phone_id: int) -> Phone | None:
        return next((phone for phone in self.by_number.values() if phone.id == phone_id), None)

    # -- what happens --------------------------------------------------------------------------------------------

    def arrive(self, phone: Phone, part: Part, at: float, account: str) -> None:
        """Put a segment on the screen; parts of a long text wait for each other as on a real handset."""
        text = part.text
        if part.total > 1:
            key = (phone.number, part.source, part.reference, part.total)
            parts = self._joining.setdefault(key, {})
            parts[part.number] = part
            if len(parts) < part.total:
                if len(self._joining) > 500:
                    del self._joining[next(iter(self._joining))]
                return
            del self._joining[key]
            text = join({number: (bytes.fromhex(one.octets), one.alphabet) for number, one in parts.items()})
        self.show(phone, text, at, is_mine=False, service_number=part.source, account=account, segments=part.total)

    def show(
        self, phone: Phone, text: str, at: float, *, is_mine: bool, service_number: str, account: str, segments: int = 1
    ) -> None:
        phone.messages.append(PhoneMessage(next(self._ids), text, at, is_mine, service_number, account, segments))
        del phone.messages[:-MOST_KEPT]
        self.changed()

    def count(self, wire_number: str) -> None:
        assert self.counts is not None
        number = e164(wire_number)
        if number in self.counts or len(self.counts) < MOST_COUNTED:
            self.counts[number] = self.counts.get(number, 0) + 1

    def note(self, carrier_id: str, wire_number: str, code: str) -> None:
        """What the carrier says became of a segment, whether its receipt arrives or not."""
        if len(self.said) < MOST_COUNTED:
            self.said[f"{carrier_id} {e164(wire_number)}"] = code

    def changed(self) -> None:
        self.version += 1
        self._change.set()
        self._change = asyncio.Event()

    async def wait_for_change(self, since: int) -> None:
        while self.version == since:
            await self._change.wait()

    # -- the store -----------------------------------------------------------------------------------------------

    def stored(self) -> dict[str, Any]:
        return {"phones": [asdict(phone) for phone in self.by_number.values()], "tally": dict(self.tally)}

    def _load(self, stored: dict[str, Any]) -> None:
        highest = 0
        for one in stored["phones"]:
            phone = Phone(
                one["id"],
                one["number"],
                one["name"],
                one["behaviour"],
                [PhoneMessage(**message) for message in one["messages"]],
                [Waiting(**{**waiting, "part": Part(**waiting["part"])}) for waiting in one["waiting"]],
            )
            highest = max(highest, phone.id, *(message.id for message in phone.messages), 0)
            self._put(phone)
        self._ids = itertools.count(highest + 1)
        self.tally |= stored["tally"]
