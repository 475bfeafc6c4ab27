"""What happens to a conversation (events), what is to be done about it (effects), and where it stands (state). Plain data."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct


class How(StrEnum):
    """How a conversation ended."""

    COMPLETED = "completed"
    GAVE_UP = "gave_up"
    """Too many answers that were not understood."""
    EXPIRED = "expired"
    """No answer in time. A late one takes it up again."""
    STOPPED = "stopped"
    """The person refused or left."""
    INTERRUPTED = "interrupted"
    """Another dialogue took its place, or it was called off."""
    HANDED_OVER = "handed_over"
    """To people, who ended it."""
    TURNED_AWAY = "turned_away"
    """Closed, full, or had already taken part."""
    FAILED = "failed"
    """The dialogue itself is wrong."""


class Left(StrEnum):
    """How a question was left. Asked = the sum of these + those that wait."""

    ANSWERED = "answered"
    SKIPPED = "skipped"
    BACK = "back"
    """The person wanted the question before it, or to begin again."""
    GAVE_UP = "gave_up"
    EXPIRED = "expired"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    HANDED_OVER = "handed_over"
    FAILED = "failed"


class Waits(StrEnum):
    """What a conversation waits for."""

    NOTHING = ""
    ANSWER = "answer"
    ACT = "act"
    CALL = "call"
    PERSON = "person"
    OTHER = "other"
    """Another dialogue that the person began meanwhile."""


class State(Struct, frozen=True, omit_defaults=True):
    """Where a conversation stands. Small JSON; the events of a conversation, replayed, give it again."""

    turn: int = 0
    """Events handled so far; a timer, an act or a call of an earlier turn is stale."""
    step: str = ""
    """The step that waits; empty before the beginning."""
    waits: Waits = Waits.NOTHING
    answers: dict[str, str] = {}
    """What was understood, as it is stored, by question. A question left out has none."""
    told: dict[str, str] = {}
    """The same in words, as `said` in texts: 一般, 12月5日(周六)."""
    values: dict[str, Any] = {}
    """What acts, calls and `set` gave; `person`, `keyword` and `now` are there from the start."""
    path: tuple[str, ...] = ()
    """Questions on the way here, for 返回."""
    tries: int = 0
    """Answers to the open question that were not understood."""
    page: int = 0
    pending: str = ""
    """What was understood and waits for a Y."""
    question: str = ""
    """As it was asked last."""
    asked_at: datetime | None = None
    started_at: datetime | None = None
    said: str = ""
    """What was written last, folded."""
    said_at: datetime | None = None
    is_reminded: bool = False
    is_insisting: bool = False
    """Another dialogue's keyword came, and the question was asked once more."""
    ended: How | None = None


class Started(Struct, frozen=True, tag="started"):
    at: datetime
    text: str = ""
    """What stood behind the keyword: offered to the first question."""
    keyword: str = ""
    """Empty: by invitation."""
    person: dict[str, Any] = {}
    """What is known of whoever writes: name, tail of the number …"""
    turned_away: str = ""
    """Why it may not begin: closed, full, again."""


class Text(Struct, frozen=True, tag="text"):
    at: datetime
    text: str
    is_refusal: bool = False
    """By itself a word that may refuse (N, T, 取消): an answer where the question takes it, else the way out."""
    other: str = ""
    """The dialogue whose keyword it is."""
    received_at: datetime | None = None
    """When the carrier had it, if that is known."""


class Due(Struct, frozen=True, tag="due"):
    """The moment that an earlier `Wait` named has come."""

    at: datetime
    turn: int


class Done(Struct, frozen=True, tag="done"):
    """What came of an act: a value, or rows under `rows`."""

    at: datetime
    turn: int
    result: dict[str, Any]


class Answered(Struct, frozen=True, tag="answered"):
    """What came of a call."""

    at: datetime
    turn: int
    result: Any = None
    error: str = ""
    """late, or failed."""


class HandedBack(Struct, frozen=True, tag="handed back"):
    """People are done; the dialogue goes on behind the hand-over, or ends."""

    at: datetime
    ends: bool = False


class Resumed(Struct, frozen=True, tag="resumed"):
    """The other dialogue has ended."""

    at: datetime


class Stopped(Struct, frozen=True, tag="stopped"):
    """A clear refusal, or somebody of ours called it off."""

    at: datetime
    how: How = How.STOPPED
    text: str = ""


Event = Started | Text | Due | Done | Answered | HandedBack | Resumed | Stopped


class Tell(Struct, frozen=True, tag="tell"):
    """One text to the phone; at most one an event."""

    text: str


class Wait(Struct, frozen=True, tag="wait"):
    """A `Due` is wanted then, if nothing happens before; takes the place of an earlier wait."""

    until: datetime


class Do(Struct, frozen=True, tag="do"):
    """An act; its `Done` is wanted at once."""

    step: str
    verb: str
    arguments: dict[str, Any]


class Request(Struct, frozen=True, tag="request"):
    """A call; its `Answered` is wanted later, also when it goes wrong."""

    step: str
    plugin: str
    arguments: dict[str, Any]


class HandTo(Struct, frozen=True, tag="hand to"):
    queue: str
    note: str
    """What the person wrote last, or was asked."""


class Asked(Struct, frozen=True, tag="asked"):
    """A question was asked for the first time since it was last left."""

    question: str


class Misread(Struct, frozen=True, tag="misread"):
    """An answer that was not understood."""

    question: str
    text: str
    reason: str


class Went(Struct, frozen=True, tag="went"):
    """A question was left."""

    question: str
    how: Left
    answer: str = ""
    """As it is stored."""
    text: str = ""
    """As it was written."""


class Corrected(Struct, frozen=True, tag="corrected"):
    """An answer to the question before, written before the next one had reached the phone."""

    question: str
    answer: str
    text: str


class Reopened(Struct, frozen=True, tag="reopened"):
    """A late answer takes up what had expired."""


class NotMine(Struct, frozen=True, tag="not mine"):
    """The text is for others: another dialogue (`suspends`: this one then goes on), or a refusal of what it may be."""

    suspends: bool = False
    is_refusal: bool = False


class Finished(Struct, frozen=True, tag="finished"):
    how: How
    why: str = ""
    """Of failed: what was wrong, for who wrote the dialogue."""


Effect = (
    Tell | Wait | Do | Request | HandTo | Asked | Misread | Went | Corrected | Reopened | NotMine | Finished
)  # fmt: skip
