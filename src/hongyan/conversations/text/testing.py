"""Tests that stand in a dialogue's own file: what a phone says, what it hears, how it ends; and what they leave untried."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from hongyan.conversations.core.definition import Act, Ask, Call, Dialogue
from hongyan.conversations.core.happening import Asked, Do, Effect, Misread, Request, Went
from hongyan.conversations.core.playing import Given, Player
from hongyan.conversations.text.findings import Finding, Place
from hongyan.conversations.text.reading import Items, Leaf, Node, Table
from hongyan.conversations.text.shaping import Shaped, span_of
from hongyan.understanding.answers.patterns import safe

MOST_TESTS, MOST_LINES = 200, 200
LINES = ("phone", "us", "wait", "refuse", "invite")
KEYS = ("name", "talk", "ends", "answers", "saves", "given", "person")


@dataclass(slots=True)
class Tested:
    """What came of all tests of a file."""

    passed: int = 0
    findings: list[Finding] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)


def run(shaped: Shaped) -> Tested:
    """Play every test. In milliseconds: the engine is pure and the clock is the test's."""
    result = Tested()
    if shaped.dialogue is None or shaped.tests is None:
        if shaped.dialogue is not None:
            result.findings.append(Finding("no_tests", Place(1, 1)))
        return result
    tests = shaped.tests.of[:MOST_TESTS] if isinstance(shaped.tests, Items) else ()
    if not isinstance(shaped.tests, Items):
        result.findings.append(Finding("no_list", shaped.tests.place, {"what": "tests"}))
    for number, node in enumerate(tests, 1):
        _test(shaped.dialogue, number, node, result)
    result.findings += _untried(shaped, result.effects)
    return result


def _test(dialogue: Dialogue, number: int, node: Node, result: Tested) -> None:
    if not isinstance(node, Table):
        result.findings.append(Finding("no_table", node.place, {"what": "tests", "known": ", ".join(KEYS)}))
        return
    played = _Played(dialogue, node, str(plain(node.of.get("name")) or number))
    played.talk()
    if not played.faults:
        played.compare()
    result.effects += played.player.effects
    result.findings += played.faults
    result.passed += not played.faults


class _Played:
    """One test: its lines in order, then how it ended."""

    def __init__(self, dialogue: Dialogue, node: Table, name: str) -> None:
        self.node, self.name = node, name
        self.heard: list[str] = []
        """What was said and the test has not told yet."""
        self.faults = [
            Finding("unknown_key", node.keys[key], {"key": key, "known": ", ".join(KEYS)})
            for key in node.of
            if key not in KEYS
        ]
        given, person = plain(node.of.get("given")), plain(node.of.get("person"))
        world = given if isinstance(given, dict) else {}
        tables, acts, calls = (
            found if isinstance(found := world.get(key), dict) else {} for key in ("tables", "acts", "calls")
        )
        self.player = Player(dialogue, Given(tables, acts, calls), person if isinstance(person, dict) else {})

    def failed(self, place: Place, problem: str) -> None:
        self.faults.append(Finding("test_failed", place, {"name": self.name, "problem": problem}))

    def talk(self) -> None:
        talk = self.node.of.get("talk")
        for line in talk.of[:MOST_LINES] if isinstance(talk, Items) else ():
            if not isinstance(line, Table) or len(line.of) != 1 or next(iter(line.of)) not in LINES:
                self.faults.append(Finding("no_table", line.place, {"what": "talk", "known": ", ".join(LINES)}))
                return
            key, value = next(iter(line.of.items()))
            if key == "us":
                self.expect(value.place, str(plain(value)))
            elif self.heard:
                self.failed(value.place, f"“{self.heard[0]}” was said, and the test does not say so")
            else:
                self.play(key, value)
            if self.faults:
                return
        if self.heard:
            self.failed(self.node.place, f"“{self.heard[0]}” was said at the end, and the test does not say so")

    def expect(self, place: Place, wanted: str) -> None:
        if not self.heard:
            self.failed(place, f"nothing was said, but “{wanted}” was expected")
        elif not _is(said := self.heard.pop(0), wanted):
            self.failed(place, f"“{said}” was said, not “{wanted}”")

    def play(self, key: str, value: Node) -> None:
        text = str(plain(value))
        if key == "phone":
            self.heard = self.player.say(text)
        elif key == "invite":
            self.heard = self.player.invite()
        elif key == "refuse":
            self.heard = self.player.refuse()
        elif (span := span_of(text)) is not None:
            self.heard = self.player.wait(span)
        else:
            self.faults.append(Finding("no_span", value.place, {"text": text}))

    def compare(self) -> None:
        """How it ended, what was answered, what was saved."""
        of, state = self.node.of, self.player.state
        if (ends := of.get("ends")) is not None:
            how = state.ended or ("open" if state.turn else "not begun")
            if str(how) != plain(ends):
                self.failed(ends.place, f"it is {how}, not {plain(ends)}")
        answers = of.get("answers")
        for name, node in answers.of.items() if isinstance(answers, Table) else ():
            if state.answers.get(name, "") != plain(node):
                self.failed(node.place, f"{name} is “{state.answers.get(name, '')}”, not “{plain(node)}”")
        if (saves := of.get("saves")) is not None:
            rows = [one.arguments.get("values") or {} for one in self.player.done if one.verb == "save"]
            saved = [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]
            if saved != plain(saves):
                self.failed(saves.place, f"saved was {saved}")


def plain(node: Node | None) -> Any:
    """A tree as texts, lists and dicts."""
    if node is None:
        return None
    if isinstance(node, Leaf):
        return node.text
    if isinstance(node, Items):
        return [plain(one) for one in node.of]
    return {key: plain(one) for key, one in node.of.items()}


def _is(said: str, wanted: str) -> bool:
    """`/…/` is a pattern that is found somewhere in the text; all else stands there as it is."""
    if len(wanted) > 1 and wanted[0] == wanted[-1] == "/":
        try:
            return bool(re.search(safe(wanted[1:-1]), said))
        except (ValueError, re.error):
            return False
    return wanted in said


def _untried(shaped: Shaped, effects: list[Effect]) -> list[Finding]:
    """Steps that no test comes to, and of those it comes to the ways that it does not take."""
    dialogue = shaped.dialogue
    assert dialogue is not None
    asked = {one.question for one in effects if isinstance(one, Asked)}
    acted = {one.step for one in effects if isinstance(one, Do | Request)}
    answers = {(one.question, one.answer) for one in effects if isinstance(one, Went)}
    misread = {one.question for one in effects if isinstance(one, Misread)}
    found = []
    for one in dialogue.steps:
        place = shaped.places.get(one.id, Place(1, 1))
        if (isinstance(one, Ask) and one.id not in asked) or (isinstance(one, Act | Call) and one.id not in acted):
            found.append(Finding("no_test", place))
        elif isinstance(one, Ask):
            branches = [
                f"{one.id} = {choice.code}"
                for choice in one.choices
                if choice.go and (one.id, choice.code) not in answers
            ]
            if one.id not in misread and one.kind.value != "text":
                branches.append(f"{one.id} is not understood")
            found += [Finding("no_test_of_branch", place, {"branch": branch}) for branch in branches]
    return found
