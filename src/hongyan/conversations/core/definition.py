"""A dialogue as the engine runs it: a flat list of steps, each with an id, the way from one to the next said by `go`.

What people write (a form, a text file) is compiled to this. It is plain data: `encoded` gives the same bytes for the same
dialogue on every machine, so that its hash names the version.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

import msgspec
from msgspec import Struct

from hongyan.understanding.answers import Direction, Kind

LONGEST_LIFE = timedelta(days=30)
STEPS_AN_EVENT = 50
"""A way through more steps without a question is one in a circle (others allow 100 and 1,000)."""
TURNS = 200
"""Of one conversation."""
ROUNDS = 10
"""Acts one after the other without a question between them."""
TRIES = 3


class OpenKeyword(StrEnum):
    """What another dialogue's keyword does while this one waits for an answer."""

    FINISH_FIRST = "finish first"
    """The question is asked once more, and the way out is named; a second time the other one wins."""
    SWITCH = "switch"
    """This one waits, and goes on when the other has ended."""
    REPLACE = "replace"
    """This one ends."""


class Choice(Struct, frozen=True, omit_defaults=True):
    """One of the answers that may be chosen."""

    code: str
    text: str
    synonyms: tuple[str, ...] = ()
    go: str = ""
    """The step where this answer leads; empty: the next one."""


class Rows(Struct, frozen=True, omit_defaults=True):
    """Choices that were found: rows of a look-up."""

    of: str
    """The value that holds them."""
    text: str
    """A template with the row's own fields, as each choice reads."""
    code: str = ""
    """A template; empty: they are numbered."""


class Reminder(Struct, frozen=True, omit_defaults=True):
    after: timedelta
    text: str = ""
    """A template in which `question` is the question as it was asked; empty: the question alone."""


class Say(Struct, frozen=True, omit_defaults=True, tag="say"):
    id: str
    text: str
    when: str = ""
    go: str = ""


class Ask(Struct, frozen=True, omit_defaults=True, tag="ask"):
    """A question. Its id names the answer."""

    id: str
    text: str
    kind: Kind = Kind.TEXT
    choices: tuple[Choice, ...] = ()
    choices_of: Rows | None = None
    unit: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    at_least: int = 1
    at_most: int | None = None
    direction: Direction = Direction.ANY
    pattern: str = ""
    optional: bool = False
    """May be left out ("跳过")."""
    confirm: bool = False
    """What was understood is said back, and counts when it is confirmed."""
    lists: bool = True
    """The choices are written behind the text; False: the text names them itself."""
    again: str = ""
    """What is said when an answer was not understood, instead of the engine's own words; `hint` holds those."""
    tries: int | None = None
    expires: timedelta | None = None
    remind: Reminder | None = None
    when: str = ""
    go: str = ""
    gave_up: str = ""
    """The step to go on with after too many tries; empty: the dialogue ends."""


class Set(Struct, frozen=True, omit_defaults=True, tag="set"):
    id: str
    values: dict[str, str]
    """Expressions by the names that hold their values."""
    when: str = ""
    go: str = ""


class Act(Struct, frozen=True, omit_defaults=True, tag="act"):
    """Something done in our own tables, at once: rows looked up, a row saved, a room held, a subscription made."""

    id: str
    verb: str
    arguments: dict[str, str | dict[str, str]] = {}
    """Texts by the verb's names for them; one that is a single `{{ }}` gives the value itself, not its text."""
    into: str = ""
    """The value that holds what came of it; empty: nobody asks."""
    when: str = ""
    go: str = ""


class Call(Struct, frozen=True, omit_defaults=True, tag="call"):
    """Somebody else's answer, for which the conversation waits some seconds."""

    id: str
    plugin: str
    arguments: dict[str, str | dict[str, str]] = {}
    into: str = ""
    late: str = ""
    """What is said when none came in time."""
    failed: str = ""
    """What is said when it went wrong."""
    on_failure: str = ""
    """The step to go on with then; empty: the dialogue ends."""
    when: str = ""
    go: str = ""


class HandOver(Struct, frozen=True, omit_defaults=True, tag="hand over"):
    id: str
    queue: str
    text: str = ""
    when: str = ""
    go: str = ""


class Go(Struct, frozen=True, omit_defaults=True, tag="go"):
    id: str
    go: str
    when: str = ""


class End(Struct, frozen=True, omit_defaults=True, tag="end"):
    id: str
    text: str = ""
    when: str = ""


Step = Say | Ask | Set | Act | Call | HandOver | Go | End


class Dialogue(Struct, frozen=True, omit_defaults=True):
    """One immutable text of a dialogue, compiled. Ids of steps differ, and what `go` names is there: the compiler saw to it."""

    name: str
    steps: tuple[Step, ...]
    keywords: tuple[str, ...] = ()
    """Empty: it is started by invitation only."""
    invite: bool = False
    language: str = "zh-hans"
    tries: int = TRIES
    expires: timedelta = timedelta(days=3)
    """After a question, without an answer."""
    late: timedelta = timedelta(days=7)
    """So long after it has expired an answer takes it up again."""
    remind: Reminder | None = None
    open_keyword: OpenKeyword = OpenKeyword.FINISH_FIRST
    help: str = ""
    """What 帮助 answers."""
    person: str = ""
    """The queue to which 人工 leads; empty: there is none."""
    gave_up: str = ""
    expired: str = ""
    """Said when it expires; empty: nothing."""
    turned_away: dict[str, str] = {}
    """What who may not begin reads, by the reason: closed, full, again."""
    page_segments: int = 2
    """A list longer than so many segments is read page by page."""
    frame: str = ""
    """What stands before every text, the signature: it takes room on each page."""

    def at(self, step_id: str) -> int | None:
        """Where a step stands; None: there is none of that id."""
        return next((place for place, step in enumerate(self.steps) if step.id == step_id), None)

    @property
    def first_question(self) -> Ask | None:
        return next((one for one in self.steps if isinstance(one, Ask)), None)


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Dialogue)


def encoded(dialogue: Dialogue) -> bytes:
    """JSON, the same for the same dialogue."""
    return _encoder.encode(dialogue)


def decoded(compiled: bytes | str) -> Dialogue:
    """What `encoded` wrote. Raises msgspec.ValidationError."""
    return _decoder.decode(compiled)


def hash_of(dialogue: Dialogue) -> str:
    """Names the version: SHA-256 of its compiled form, in hexadecimal."""
    return hashlib.sha256(encoded(dialogue)).hexdigest()
