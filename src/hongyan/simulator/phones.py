"""Virtual phones: what arrives on them, how they behave, what they answer. Plain state, saved as JSON."""

from __future__ import annotations

import itertools
import json
import os
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

MOST_KEPT = 60
"""Messages of a phone that are kept."""

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
)


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


@dataclass(slots=True)
class Phone:
    number: str
    name: str
    behaviour: str = "delivers"
    messages: list[PhoneMessage] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    """Receipts that come once the phone is switched on: account, carrier id, wire number."""


class Phones:
    """All named phones, and the last texts that unnamed numbers got, for "a thousand people answer"."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._ids = itertools.count(1)
        self.phones: dict[str, Phone] = {number: Phone(number, name) for name, number in FIRST_PHONES}
        self.recent: deque[tuple[str, str, str]] = deque(maxlen=5000)
        """(number, service number, account)"""
        self.tally = {"submitted": 0, "delivered": 0, "failed": 0, "refused": 0, "throttled": 0, "answers": 0}
        self.version = 0
        self._saved_version = 0
        if path and path.exists():
            self._load(json.loads(path.read_text()))

    def _load(self, stored: dict[str, Any]) -> None:
        self.phones = {}
        highest = 0
        for one in stored["phones"]:
            messages = [PhoneMessage(**message) for message in one.pop("messages")]
            highest = max([highest, *(message.id for message in messages)])
            self.phones[one["number"]] = Phone(messages=messages, **one)
        self._ids = itertools.count(highest + 1)
        self.tally |= stored.get("tally", {})

    def save(self) -> None:
        """Write the state when it changed; whole or not at all."""
        if self._path is None or self.version == self._saved_version:
            return
        self._saved_version = self.version
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(f".{os.getpid()}")
        temporary.write_text(
            json.dumps(
                {"phones": [asdict(one) for one in self.phones.values()], "tally": self.tally}, ensure_ascii=False
            )
        )
        temporary.replace(self._path)

    def show(
        self, phone: Phone, text: str, at: float, *, is_mine: bool, service_number: str, account: str, segments: int = 1
    ) -> None:
        phone.messages.append(PhoneMessage(next(self._ids), text, at, is_mine, service_number, account, segments))
        del phone.messages[:-MOST_KEPT]
        self.version += 1

    def changed(self) -> None:
        self.version += 1
