"""A dialogue as a text file: read, checked, tried by the tests in it, with findings that name line and cure."""

from __future__ import annotations

from dataclasses import dataclass

from hongyan.conversations.core import Dialogue
from hongyan.conversations.text import checking, testing
from hongyan.conversations.text.findings import Finding, Place
from hongyan.conversations.text.reading import Unreadable, read
from hongyan.conversations.text.shaping import shape

__all__ = ["Compiled", "Finding", "Place", "compile_text"]


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of a text."""

    dialogue: Dialogue | None
    """None where the text cannot be read, or has no steps."""
    findings: tuple[Finding, ...]
    """Of the file, its shape, its meaning and its tests, in the order of lines."""
    tests_passed: int = 0

    @property
    def errors(self) -> list[Finding]:
        """What stands in the way of publishing."""
        return [one for one in self.findings if one.is_error]


def compile_text(source: str, *, tests: bool = True) -> Compiled:
    """A dialogue out of its text, with all that is wrong; total on any text. Tests are played unless something else is wrong."""
    try:
        shaped = shape(read(source))
    except Unreadable as unreadable:
        return Compiled(None, (unreadable.finding,))
    found = [*shaped.findings, *checking.check(shaped)]
    passed = 0
    if tests and not any(one.is_error for one in found):
        tested = testing.run(shaped)
        found, passed = [*found, *tested.findings], tested.passed
    return Compiled(shaped.dialogue, tuple(sorted(found, key=lambda one: one.place)), passed)
