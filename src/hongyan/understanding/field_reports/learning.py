"""What a sender meant before: a habitual misspelling of a dealer, a keyword of one's own, a nickname of a model. Pure: habits in, habits out.

Habits belong to one sender; whoever keeps them gives `read_report` those of the sender and no others. What a sender has
confirmed once is taken without asking from then on, until the sender says no to it or confirms another meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hongyan.understanding.field_reports.report import Code, Report

MOST = 50
"""Habits of a kind that are kept of a sender; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Habits:
    """Of one sender: what is meant, by what is written."""

    dealers: Mapping[str, str] = field(default_factory=dict)
    keywords: Mapping[str, str] = field(default_factory=dict)
    """To the listed word of the action."""
    models: Mapping[str, str] = field(default_factory=dict)


_KINDS = {Code.DEALER_UNKNOWN: "dealers", Code.KEYWORD_UNKNOWN: "keywords", Code.MODEL_UNKNOWN: "models"}
"""What becomes a habit. A slip in an IMEI or a price does not come twice; a code that is another dealer's stays that dealer's."""


def confirmed(habits: Habits, report: Report) -> Habits:
    """The habits after the sender said yes to `report`."""
    for problem in report.problems:
        if (kind := _KINDS.get(problem.code)) and problem.value and len(problem.suggest) == 1:
            habits = _with(habits, kind, problem.value, problem.suggest[0])
    return habits


def contradicted(habits: Habits, report: Report) -> Habits:
    """The habits after the sender said no to `report`, or took it back: without what it was read by."""
    wrong = dict(report.habits)
    wrong |= {one.value: one.suggest[0] for one in report.problems if one.code in _KINDS and len(one.suggest) == 1}
    for kind in _KINDS.values():
        kept = {said: meant for said, meant in getattr(habits, kind).items() if wrong.get(said) != meant}
        habits = replace(habits, **{kind: kept})
    for problem in report.problems:
        if problem.code is Code.DEALER_MISMATCH:
            # A dealer's code after all: asked again and again, the sender could never report for it.
            habits = _with(habits, "dealers", problem.value, problem.value)
    return habits


def nicknamed(habits: Habits, name: str, model: str) -> Habits:
    """The habits with a sender's own name of a model, as folded: what the sender, or somebody for them, said it means."""
    return _with(habits, "models", name, model)


def _with(habits: Habits, kind: str, written: str, meant: str) -> Habits:
    known = {said: old for said, old in getattr(habits, kind).items() if said != written}
    kept = dict([*known.items(), (written, meant)][-MOST:])
    return replace(habits, **{kind: kept})
