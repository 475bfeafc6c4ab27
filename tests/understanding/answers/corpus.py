"""Replies with what they mean, from tests/corpora, put into the words of the package."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from hongyan.understanding.answers import Direction, Kind, Option, Question, Reading, Status, read_answer

CORPORA = Path(__file__).parents[2] / "corpora"
NOW = datetime.fromisoformat("2026-03-04T10:00:00+08:00")
_KINDS = {
    "choice": Kind.CHOICE,
    "multi": Kind.CHOICES,
    "yes_no": Kind.YES_NO,
    "date": Kind.DATE,
    "datetime": Kind.MOMENT,
}
_OWN = {"time": Kind.TIME, "phone": Kind.PHONE, "text": Kind.TEXT, "code": Kind.CODE}


def question_of(asked: dict[str, Any]) -> Question:
    options = asked.get("options", {})
    kind = asked["type"]
    if kind == "number":
        return Question(
            Kind.WHOLE if asked.get("integer") else Kind.DECIMAL,
            unit=asked.get("unit", ""),
            minimum=_decimal(asked.get("min")),
            maximum=_decimal(asked.get("max")),
            prompt=asked["prompt"],
        )
    if kind == "yes_no":
        # The corpus says which key is yes; the words stand in the prompt.
        keys = sorted(options, key=lambda key: not options[key])
        return Question(Kind.YES_NO, tuple(Option(key, key) for key in keys), prompt=asked["prompt"])
    several = {"at_least": asked["min"], "at_most": asked["max"]} if kind == "multi" else {}
    return Question(
        (_KINDS | _OWN)[kind],
        tuple(Option(code, text) for code, text in options.items()),
        direction=Direction(asked.get("direction", "any")),
        pattern=asked.get("pattern", ""),
        prompt=asked.get("prompt", ""),
        **several,
    )


def _decimal(said: float | None) -> Decimal | None:
    return None if said is None else Decimal(str(said))


def cases_of(name: str) -> list[dict[str, Any]]:
    return [one for one in json.loads((CORPORA / f"{name}.json").read_text())["cases"] if one["kind"] == "reading"]


def read(case: dict[str, Any]) -> Reading:
    return read_answer(question_of(case["question"]), case["text"], NOW)


def in_its_words(reading: Reading) -> Any:
    """A value as the corpora write it."""
    value = reading.value
    if isinstance(value, bool):
        return value
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, int | Decimal):
        return float(value)
    return reading.stored or None


@dataclass
class Figures:
    """How a set of replies was read; those that careful people read differently are not counted."""

    taken: int = 0
    taken_right: int = 0
    readable: int = 0
    read_right: int = 0
    asked: int = 0
    asked_right: int = 0
    reason_right: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, cases: Iterable[dict[str, Any]]) -> Figures:
        figures = cls()
        for case in cases:
            if not case["doubt"]:
                figures.count(case)
        return figures

    def count(self, case: dict[str, Any]) -> None:
        expected, reading = case["expected"], read(case)
        wanted = expected.get("value")
        wanted = float(wanted) if isinstance(wanted, int) and not isinstance(wanted, bool) else wanted
        is_right = reading.status == expected["status"] and in_its_words(reading) == wanted
        line = f"{case['question']['prompt'][:14]} {case['text']!r}: {in_its_words(reading) or reading.status.value} {reading.reason}, not {wanted if wanted is not None else expected}"
        if reading.status is Status.OK:
            self.taken += 1
            self.taken_right += is_right
            if not is_right:
                self.wrong.append(line)
        if expected["status"] == "ask":
            self.asked += 1
            self.asked_right += reading.status is Status.ASK
            has_reason = expected.get("reason") in (None, "", reading.reason)
            self.reason_right += has_reason
            if reading.status is not Status.OK and (reading.status is not Status.ASK or not has_reason):
                self.missed.append("  (reason) " + line)
        else:
            self.readable += 1
            self.read_right += is_right
            if not is_right and reading.status is not Status.OK:
                self.missed.append(line)

    def __str__(self) -> str:
        return (
            f"taken right {self.taken_right}/{self.taken} = {self.taken_right / max(1, self.taken):.3f}, "
            f"readable read {self.read_right}/{self.readable} = {self.read_right / max(1, self.readable):.3f}, "
            f"asked {self.asked_right}/{self.asked}, reason {self.reason_right}"
        )
