"""The shared cases of field reports, from tests/corpora, put into the words of the package."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from hongyan.understanding.field_reports import (
    Action,
    KnownWorld,
    Model,
    Policy,
    Report,
    State,
    Status,
    Unit,
    read_report,
)  # fmt: skip

_FILE = Path(__file__).parents[2] / "corpora" / "field_reports.json"


@cache
def corpus() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(_FILE.read_text())
    return loaded


@cache
def world() -> KnownWorld:
    given = corpus()["world"]
    policy = given["policy"]
    assert policy["dealer_code"] == "letter D and four digits"
    return KnownWorld(
        {Action(action): words for action, words in given["keywords"].items()},
        Policy(
            ("D####",), policy["max_quantity"], Decimal(str(policy["price_from"])), Decimal(str(policy["price_to"]))
        ),
        dealers={one["code"]: one["senders"] for one in given["dealers"]},
        models=[Model(one["code"], Decimal(one["list_price"])) for one in given["models"]],
        units=[
            Unit(
                one["imei"],
                one["model"],
                one["dealer"],
                State(one["state"]),
                one.get("imei2", ""),
                one.get("sold_on", ""),
            )
            for one in given["units"]
        ],
    )


def in_its_words(report: Report) -> dict[str, Any]:
    """A report as the corpus writes it, without its problems."""
    return {
        "status": report.status.value,
        "action": report.action and report.action.value,
        "dealer": report.dealer,
        "units": list(report.units),
        "price": report.price,
        "items": [{"model": one.model, "quantity": one.quantity} for one in report.items],
    }


_BOOKED = ("action", "dealer", "units", "price", "items")


@dataclass
class Figures:
    """How a set of cases was read."""

    cases: int = 0
    wanted: int = 0
    """Cases to accept, confirm or take in part."""
    right: int = 0
    """Of these, read rightly at once or after one Y."""
    booked_wrongly: int = 0
    exact: int = 0
    """All as expected, the status too."""
    problems_right: int = 0
    """And the codes, values and suggestions of the problems."""
    missed: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, cases: Iterable[dict[str, Any]]) -> Figures:
        figures = cls()
        for case in cases:
            figures.count(case)
        return figures

    def count(self, case: dict[str, Any]) -> None:
        expected = dict(case["expected"])
        problems = [(one["code"], one["value"], list(one["suggest"])) for one in expected.pop("problems")]
        report = read_report(case["text"], case["sender"], world())
        read = in_its_words(report)
        is_same = all(read[name] == expected[name] for name in _BOOKED)
        self.cases += 1
        if expected["status"] in ("accept", "confirm", "partial"):
            self.wanted += 1
            self.right += is_same and report.status in (Status.ACCEPT, Status.CONFIRM, Status.PARTIAL)
        is_booked = report.status in (Status.ACCEPT, Status.PARTIAL)
        self.booked_wrongly += is_booked and (expected["status"] not in ("accept", "partial") or not is_same)
        self.exact += read == expected
        found = [(one.code.value, one.value, list(one.suggest)) for one in report.problems]
        self.problems_right += read == expected and found == problems
        if read != expected or found != problems:
            self.missed.append(f"{case['id']} {case['text']!r}: {read} {found}, not {expected} {problems}")

    def __str__(self) -> str:
        return (
            f"right at once or after one Y {self.right}/{self.wanted} = {self.right / max(1, self.wanted):.3f}, "
            f"booked wrongly {self.booked_wrongly}/{self.cases} = {self.booked_wrongly / max(1, self.cases):.4f}, "
            f"exact {self.exact}/{self.cases}, with problems {self.problems_right}"
        )
