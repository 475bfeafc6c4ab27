"""A dialogue played without sending: a phone, a clock that one moves, tables and answers of calls as they are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from hongyan.conversations.core.definition import ROUNDS, Dialogue
from hongyan.conversations.core.happening import (
    Answered,
    Do,
    Done,
    Due,
    Effect,
    Event,
    How,
    NotMine,
    Request,
    Started,
    State,
    Stopped,
    Tell,
    Text,
    Wait,
)
from hongyan.conversations.core.keywords import begins
from hongyan.conversations.core.stepping import step

BEGINS = datetime(2026, 3, 4, 10, tzinfo=timezone(timedelta(hours=8)))
"""A Wednesday morning, where nobody says otherwise."""
BETWEEN = timedelta(seconds=20)
"""Between two texts of a phone that plays."""
Row = Mapping[str, Any]


@dataclass(slots=True)
class Given:
    """What the world answers."""

    tables: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """Rows that a look-up finds, by the table's name."""
    acts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What comes of other acts, by their verb; nothing where none is given."""
    calls: Mapping[str, Any] = field(default_factory=dict)
    """What a plug-in answers, by its name. One that is not given does not answer in time."""


@dataclass(slots=True)
class Player:
    """One phone in one conversation."""

    dialogue: Dialogue
    given: Given = field(default_factory=Given)
    person: dict[str, Any] = field(default_factory=dict)
    at: datetime = BEGINS
    state: State = field(default_factory=State)
    due: datetime | None = None
    heard: list[str] = field(default_factory=list)
    """Every text that the phone got."""
    done: list[Do] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    """All of them, in order."""

    def say(self, text: str, *, is_refusal: bool = False) -> list[str]:
        """What the phone gets in answer to a text: a keyword begins, all else is for the open question."""
        self.at += BETWEEN
        if self.state.turn == 0 or (self.state.ended is not None and self.state.ended is not How.EXPIRED):
            self.state = State()
            keyword, rest = begins(self.dialogue, text)
            return self.happen(Started(self.at, rest, keyword, self.person)) if keyword else []
        return self.happen(Text(self.at, text, is_refusal=is_refusal))

    def invite(self) -> list[str]:
        self.state = State()
        return self.happen(Started(self.at, person=self.person))

    def refuse(self) -> list[str]:
        self.at += BETWEEN
        return self.happen(Stopped(self.at))

    def wait(self, span: timedelta) -> list[str]:
        """Let time pass; each timer rings when it is due."""
        until, heard = self.at + span, list[str]()
        while self.due is not None and self.due <= until and self.state.ended is None:
            self.at, self.due = max(self.at, self.due), None
            heard += self.happen(Due(self.at, self.state.turn))
        self.at = until
        return heard

    def happen(self, event: Event) -> list[str]:
        """What the phone gets; acts and calls are answered as they were given."""
        heard: list[str] = []
        for _ in range(ROUNDS * 3):
            self.state, effects = step(self.dialogue, self.state, event)
            self.effects += effects
            heard += [one.text for one in effects if isinstance(one, Tell)]
            if effects != (NotMine(),):
                self.due = next((one.until for one in effects if isinstance(one, Wait)), None)
            following = next((one for one in effects if isinstance(one, Do | Request)), None)
            if following is None:
                break
            event = self._answer(following)
        self.heard += heard
        return heard

    def _answer(self, asked: Do | Request) -> Event:
        if isinstance(asked, Request):
            if asked.plugin in self.given.calls:
                return Answered(self.at, self.state.turn, self.given.calls[asked.plugin])
            self.at += timedelta(seconds=5)
            return Answered(self.at, self.state.turn, error="late")
        self.done.append(asked)
        if asked.verb == "look up":
            return Done(self.at, self.state.turn, found(self.given, asked.arguments))
        return Done(self.at, self.state.turn, dict(self.given.acts.get(asked.verb, {})))


def found(given: Given, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What a look-up gives: how many rows, the rows, and the fields of the first."""
    by = arguments.get("by") or {}
    rows = [
        dict(row)
        for row in given.tables.get(str(arguments.get("table")), ())
        if all(str(row.get(name, "")) == str(wanted) for name, wanted in by.items())
    ]
    return (rows[0] if rows else {}) | {"count": len(rows), "rows": rows}
