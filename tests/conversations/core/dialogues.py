"""Dialogues and a phone to try them with."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from hongyan.conversations.core import Dialogue, State, step
from hongyan.conversations.core.definition import Act, Ask, Choice, End, Reminder
from hongyan.conversations.core.happening import Due, Effect, Event, Started, Tell, Text
from hongyan.understanding.answers import Kind

NOON = datetime(2026, 12, 1, 12, tzinfo=timezone(timedelta(hours=8)))

SCORE = Ask(
    "score",
    "您满意吗?",
    Kind.CHOICE,
    (Choice("1", "非常满意", ("很好",)), Choice("2", "满意"), Choice("3", "一般"), Choice("4", "不满意", ("差",))),
)
WHY = Ask("why", "哪里需要改进?", when='score in ["3", "4"]')
SURVEY = Dialogue(
    "满意度调查",
    (
        SCORE,
        WHY,
        Act("save", "save", {"table": "回访", "values": {"分": "{{ score }}", "话": "{{ why }}"}}),
        End("end", "谢谢!"),
    ),
    keywords=("MYD",),
    tries=2,
    remind=Reminder(timedelta(hours=4), "还差一步, {{ question }}"),
)


class Phone:
    """One conversation of one dialogue, and all that was said in it."""

    def __init__(self, dialogue: Dialogue, at: datetime = NOON) -> None:
        self.dialogue, self.at, self.state = dialogue, at, State()
        self.effects: tuple[Effect, ...] = ()
        self.all: list[Effect] = []
        self.events: list[Event] = []

    def happen(self, event: Event) -> str:
        """What the phone reads after an event; "" when it reads nothing."""
        self.state, self.effects = step(self.dialogue, self.state, event)
        self.all += self.effects
        self.events.append(event)
        return next((one.text for one in self.effects if isinstance(one, Tell)), "")

    def start(self, text: str = "", **values: Any) -> str:
        return self.happen(Started(self.at, text, "MYD", **values))

    def text(self, text: str, **values: Any) -> str:
        self.at += timedelta(minutes=1)
        return self.happen(Text(self.at, text, **values))

    def wait(self, **span: float) -> str:
        """Time passes, and the timer of the last turn rings."""
        self.at += timedelta(**span)
        return self.happen(Due(self.at, self.state.turn))

    def of(self, kind: type[Effect]) -> list[Any]:
        """What the last event led to, of one kind."""
        return [one for one in self.effects if isinstance(one, kind)]
