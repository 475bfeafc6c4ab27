"""From the tree of a text file to a dialogue: every entry known, every value of its kind, each fault with its place.

`SHAPES` says what each step and the file itself may hold; nothing is read that does not stand there, and nothing that was
written is passed over in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from hongyan.conversations.core.definition import (
    LONGEST_LIFE,
    Act,
    Ask,
    Call,
    Choice,
    Dialogue,
    End,
    Go,
    HandOver,
    OpenKeyword,
    Reminder,
    Rows,
    Say,
    Set,
    Step,
)
from hongyan.conversations.text.findings import Finding, Place
from hongyan.conversations.text.reading import Items, Leaf, Node, Table
from hongyan.understanding.answers import Direction, Kind

MOST_STEPS, MOST_CHOICES, MOST_KEYWORDS = 500, 500, 50
LANGUAGES = ("zh-hans", "zh-hant", "en")
OWN_NAMES = frozenset("person keyword now said question hint true false none null not and or in is if else".split())
"""Names that a step may not have."""
_ID = re.compile(r"[^\W\d]\w{0,39}")
_SPAN = re.compile(r"(\d{1,4})\s*(s|m|h|d|秒|分|分钟|时|小时|天|日)")
_UNITS = {
    "s": 1,
    "秒": 1,
    "m": 60,
    "分": 60,
    "分钟": 60,
    "h": 3600,
    "时": 3600,
    "小时": 3600,
    "d": 86400,
    "天": 86400,
    "日": 86400,
}
KINDS = {
    "text": Kind.TEXT, "choice": Kind.CHOICE, "choices": Kind.CHOICES, "yes/no": Kind.YES_NO, "whole number": Kind.WHOLE,
    "number": Kind.DECIMAL, "date": Kind.DATE, "time": Kind.TIME, "moment": Kind.MOMENT, "phone": Kind.PHONE, "code": Kind.CODE,
}  # fmt: skip
VERBS = {"look up": "look up", "save": "save", "subscribe": "subscribe", "unsubscribe": "unsubscribe", "do": ""}
"""Steps that are acts: by their key, the verb; of `do` the verb is its value."""
STEPS = ("say", "ask", "set", *VERBS, "call", "hand over", "go", "end")
COMMON = ("id", "when", "go")
ASKED = (
    "text", "kind", "choices", "choices of", "unit", "min", "max", "at least", "at most", "direction", "pattern",
    "optional", "confirm", "list", "again", "tries", "expires", "remind", "gave up",
)  # fmt: skip
FURTHER: dict[str, tuple[str, ...]] = {
    "say": (), "ask": ASKED, "set": (), "look up": ("as",), "save": ("as",), "subscribe": ("as",), "unsubscribe": ("as",),
    "do": ("with", "as"), "call": ("with", "as", "late", "failed", "on failure"), "hand over": ("text",), "go": (), "end": (),
}  # fmt: skip
FILE = (
    "dialogue", "language", "starts", "tries", "expires", "late", "remind", "open keyword", "help", "person", "gave up",
    "expired", "turned away", "page segments", "steps", "tests",
)  # fmt: skip


def span_of(text: str) -> timedelta | None:
    """`30m`, `4h`, `3d`, also in Chinese; None for what is no span of time."""
    found = _SPAN.fullmatch(text.strip())
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]]) if found else None


@dataclass(slots=True)
class Shaped:
    """What was read; `dialogue` is None where it has no steps at all."""

    dialogue: Dialogue | None
    findings: list[Finding]
    places: dict[str, Place] = field(default_factory=dict)
    """Of each step, by its id."""
    tests: Node | None = None


def shape(root: Node) -> Shaped:
    """The dialogue of a tree, as far as it can be read, with all that is wrong with its shape."""
    reader = _Reader()
    dialogue = reader.file(root)
    tests = root.of.get("tests") if isinstance(root, Table) else None
    return Shaped(dialogue, reader.findings, reader.places, tests)


class _Reader:
    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.places: dict[str, Place] = {}

    def wrong(self, code: str, place: Place, **values: Any) -> None:
        self.findings.append(Finding(code, place, values))

    # Values

    def text(self, node: Node | None, what: str, otherwise: str = "") -> str:
        if node is None:
            return otherwise
        if isinstance(node, Leaf):
            return node.text
        self.wrong("no_text", node.place, what=what)
        return otherwise

    def table(self, node: Node | None, what: str, known: tuple[str, ...]) -> Table:
        """Its entries; an entry that is not known is told. Without `known` any name may stand there."""
        if node is None:
            return Table({}, Place(1, 1))
        if not isinstance(node, Table):
            self.wrong("no_table", node.place, what=what, known=", ".join(known) or "…")
            return Table({}, node.place)
        for key in node.of if known else ():
            if key not in known:
                self.wrong("unknown_key", node.keys[key], key=key, known=", ".join(known))
        return node

    def items(self, node: Node | None, what: str, most: int) -> tuple[Node, ...]:
        if node is None:
            return ()
        if isinstance(node, Leaf) and node.text.strip():
            return (node,)
        if not isinstance(node, Items):
            self.wrong("no_list", node.place, what=what)
            return ()
        if len(node.of) > most:
            self.wrong("too_many", node.place, most=most)
        return node.of[:most]

    def whole(self, node: Node | None, what: str, least: int, most: int, otherwise: Any = None) -> Any:
        if node is None:
            return otherwise
        text = self.text(node, what)
        if text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most:
            return int(text)
        self.wrong("no_number", node.place, text=text, least=least, most=most)
        return otherwise

    def decimal(self, node: Node | None, what: str) -> Decimal | None:
        if node is None:
            return None
        text = self.text(node, what)
        try:
            if len(text) < 30 and (found := Decimal(text)).is_finite():
                return found
        except InvalidOperation:
            pass
        self.wrong("no_decimal", node.place, text=text)
        return None

    def truth(self, node: Node | None, what: str, otherwise: bool = False) -> bool:
        if node is None:
            return otherwise
        text = self.text(node, what).lower()
        if text in ("true", "yes", "是"):
            return True
        if text not in ("false", "no", "否"):
            self.wrong("no_truth", node.place, text=text)
        return False

    def span(self, node: Node | None, what: str, otherwise: Any = None) -> Any:
        if node is None:
            return otherwise
        text = self.text(node, what)
        span = span_of(text)
        if span is not None and timedelta(0) < span <= LONGEST_LIFE:
            return span
        self.wrong("no_span", node.place, text=text)
        return otherwise

    def one_of(self, node: Node | None, what: str, known: tuple[str, ...], otherwise: str) -> str:
        if node is None:
            return otherwise
        text = self.text(node, what).strip()
        if text in known:
            return text
        self.wrong("no_choice", node.place, text=text, what=what, known=", ".join(known))
        return otherwise

    def reminder(self, node: Node | None) -> Reminder | None:
        if node is None:
            return None
        entries = self.table(node, "remind", ("after", "text")).of
        if "after" not in entries:
            self.wrong("missing_key", node.place, key="after")
        after = self.span(entries.get("after"), "after")
        return Reminder(after, self.text(entries.get("text"), "text")) if after else None

    # The file

    def file(self, root: Node) -> Dialogue | None:
        entries = self.table(root, "dialogue", FILE).of
        for key in ("dialogue", "steps"):
            if key not in entries and isinstance(root, Table):
                self.wrong("missing_key", root.place, key=key)
        starts = self.table(entries.get("starts"), "starts", ("keywords", "invite")).of
        keywords = [
            self.text(one, "keywords").strip() for one in self.items(starts.get("keywords"), "keywords", MOST_KEYWORDS)
        ]
        away = self.table(entries.get("turned away"), "turned away", ("closed", "full", "again")).of
        steps = [made for node in self.items(entries.get("steps"), "steps", MOST_STEPS) if (made := self.step(node))]
        if not steps:
            self.wrong("no_steps", root.place)
            return None
        return Dialogue(
            name=self.text(entries.get("dialogue"), "dialogue").strip(),
            steps=tuple(steps),
            keywords=tuple(one for one in keywords if one),
            invite=self.truth(starts.get("invite"), "invite"),
            language=self.one_of(entries.get("language"), "language", LANGUAGES, "zh-hans"),
            tries=self.whole(entries.get("tries"), "tries", 1, 10, 3),
            expires=self.span(entries.get("expires"), "expires", timedelta(days=3)),
            late=self.span(entries.get("late"), "late", timedelta(days=7)),
            remind=self.reminder(entries.get("remind")),
            open_keyword=OpenKeyword(self.one_of(entries.get("open keyword"), "open keyword", tuple(OpenKeyword), OpenKeyword.FINISH_FIRST)),
            help=self.text(entries.get("help"), "help"),
            person=self.text(entries.get("person"), "person").strip(),
            gave_up=self.text(entries.get("gave up"), "gave up"),
            expired=self.text(entries.get("expired"), "expired"),
            turned_away={key: self.text(one, key) for key, one in away.items()},
            page_segments=self.whole(entries.get("page segments"), "page segments", 1, 10, 2),
        )  # fmt: skip

    # Steps

    def step(self, node: Node) -> Step | None:
        if not isinstance(node, Table):
            self.wrong("no_step", node.place, known=", ".join(STEPS))
            return None
        # `go` is a step by itself, and a way out of any other.
        kinds = [key for key in node.of if key in STEPS]
        kind = next((key for key in kinds if key != "go"), "go" if "go" in kinds else "")
        if not kind:
            self.wrong("no_step", node.place, known=", ".join(STEPS))
            return None
        for other in kinds:
            if other not in (kind, "go"):
                self.wrong("two_steps", node.keys[other], first=kind, second=other)
        known = (kind, *COMMON, *FURTHER[kind])
        for key in node.of:
            if key not in known and key not in STEPS:
                self.wrong("unknown_key", node.keys[key], key=key, known=", ".join(known))
        step_id = self.id(node, kind)
        when, go = self.text(node.of.get("when"), "when").strip(), node.of.get("go")
        way = go.text.strip() if isinstance(go, Leaf) else ""
        if isinstance(go, Items) or (isinstance(go, Table) and kind != "ask"):
            self.wrong("no_text", go.place, what="go")
        made: dict[str, Callable[[], Step]] = {
            "say": lambda: Say(step_id, self.text(node.of["say"], "say"), when, way),
            "ask": lambda: self.ask(node, step_id, when, way),
            "set": lambda: Set(step_id, self.texts(node.of["set"], "set"), when, way),
            "call": lambda: self.call(node, step_id, when, way),
            "hand over": lambda: HandOver(
                step_id, self.text(node.of["hand over"], "hand over").strip(), self.text(node.of.get("text"), "text"), when, way
            ),
            "go": lambda: Go(step_id, way, when),
            "end": lambda: End(step_id, self.text(node.of["end"], "end"), when),
        }  # fmt: skip
        return made[kind]() if kind in made else self.act(node, kind, step_id, when, way)

    def id(self, node: Table, kind: str) -> str:
        """What the step is called: an ask by its own key, others by `id`, else by what they are and their place in the file."""
        given = node.of["ask"] if kind == "ask" else node.of.get("id")
        name = self.text(given, "ask" if kind == "ask" else "id").strip() if given is not None else ""
        if given is None:
            name = f"{kind.replace(' ', '_')}_{len(self.places) + 1}"
        elif not _ID.fullmatch(name):
            self.wrong("bad_id", given.place, id=name)
        elif name in OWN_NAMES:
            self.wrong("id_taken", given.place, id=name)
        if name in self.places:
            self.wrong("step_twice", (given or node).place, id=name)
        self.places.setdefault(name, node.place)
        return name

    def texts(self, node: Node | None, what: str) -> dict[str, str]:
        return {key: self.text(one, key) for key, one in self.table(node, what, ()).of.items()}

    def arguments(self, node: Node | None, what: str) -> dict[str, str | dict[str, str]]:
        """Texts, or one level of named texts."""
        return {
            key: self.texts(one, key) if isinstance(one, Table) else self.text(one, key)
            for key, one in self.table(node, what, ()).of.items()
        }

    def act(self, node: Table, kind: str, step_id: str, when: str, way: str) -> Act:
        value = node.of[kind]
        verb = VERBS[kind] or self.text(value, kind).strip()
        if kind == "do":
            arguments = self.arguments(node.of.get("with"), "with")
        elif isinstance(value, Leaf):
            arguments = {"to" if "subscribe" in kind else "table": value.text}
        else:
            arguments = self.arguments(value, kind)
        if kind == "look up" and "as" in arguments:
            into = str(arguments.pop("as"))
        else:
            into = self.text(node.of.get("as"), "as")
        if kind == "save" and "values" not in arguments:
            # All beside the table are values of the row.
            rest = {key: str(one) for key, one in arguments.items() if key != "table"}
            arguments = {"table": arguments.get("table", ""), "values": rest}
        return Act(step_id, verb, arguments, into.strip(), when, way)

    def call(self, node: Table, step_id: str, when: str, way: str) -> Call:
        return Call(
            step_id, self.text(node.of["call"], "call").strip(), self.arguments(node.of.get("with"), "with"),
            self.text(node.of.get("as"), "as").strip(), self.text(node.of.get("late"), "late"), self.text(node.of.get("failed"), "failed"),
            self.text(node.of.get("on failure"), "on failure").strip(), when, way,
        )  # fmt: skip

    def ask(self, node: Table, step_id: str, when: str, way: str) -> Ask:
        of = node.of
        if "text" not in of:
            self.wrong("missing_key", node.place, key="text")
        go = of.get("go")
        ways = {key: self.text(one, key).strip() for key, one in go.of.items()} if isinstance(go, Table) else {}
        choices = self.choices(of.get("choices"), ways)
        for one in ways:
            if one not in {choice.code for choice in choices}:
                self.findings.append(Finding("unknown_code", node.keys["go"], {"code": one}))
        usual = "choice" if choices or "choices of" in of else "text"
        kind = KINDS[self.one_of(of.get("kind"), "kind", tuple(KINDS), usual)]
        return Ask(
            step_id, self.text(of.get("text"), "text"), kind, choices, self.rows(of.get("choices of")),
            unit=self.text(of.get("unit"), "unit"), minimum=self.decimal(of.get("min"), "min"),
            maximum=self.decimal(of.get("max"), "max"), at_least=self.whole(of.get("at least"), "at least", 0, 500, 1),
            at_most=self.whole(of.get("at most"), "at most", 1, 500),
            direction=Direction(self.one_of(of.get("direction"), "direction", tuple(Direction), Direction.ANY)),
            pattern=self.text(of.get("pattern"), "pattern"), optional=self.truth(of.get("optional"), "optional"),
            confirm=self.truth(of.get("confirm"), "confirm"), lists=self.truth(of.get("list"), "list", True),
            again=self.text(of.get("again"), "again"), tries=self.whole(of.get("tries"), "tries", 1, 10),
            expires=self.span(of.get("expires"), "expires"), remind=self.reminder(of.get("remind")),
            when=when, go=way, gave_up=self.text(of.get("gave up"), "gave up").strip(),
        )  # fmt: skip

    def rows(self, node: Node | None) -> Rows | None:
        if node is None:
            return None
        of = self.table(node, "choices of", ("rows", "text", "code")).of
        for key in ("rows", "text"):
            if key not in of:
                self.wrong("missing_key", node.place, key=key)
        return Rows(
            self.text(of.get("rows"), "rows").strip(),
            self.text(of.get("text"), "text"),
            self.text(of.get("code"), "code"),
        )

    def choices(self, node: Node | None, ways: dict[str, str]) -> tuple[Choice, ...]:
        """Codes with their texts, synonyms behind a bar: `{1: 很好|非常好}`; or a list, numbered."""
        if node is None:
            return ()
        if isinstance(node, Table):
            entries = [(key, self.text(one, key)) for key, one in node.of.items()]
        else:
            items = self.items(node, "choices", MOST_CHOICES)
            entries = [(str(nth), self.text(one, "choices")) for nth, one in enumerate(items, 1)]
        if len(entries) > MOST_CHOICES:
            self.wrong("too_many", node.place, most=MOST_CHOICES)
        found = []
        for code, text in entries[:MOST_CHOICES]:
            words = [part.strip() for part in text.split("|")]
            found.append(Choice(code.strip(), words[0], tuple(one for one in words[1:] if one), ways.get(code, "")))
        return tuple(found)
