"""Which segment of which text a submit is, and what a phone's screen gets of it."""

from __future__ import annotations

from hongyan.protocols.events import Submit
from hongyan.protocols.parts import of_part, read
from hongyan.protocols.text import take_header
from hongyan.simulator.phones import Part


def place_of(submit: Submit) -> tuple[int, int]:
    """Which segment of how many."""
    joined = take_header(submit.content)[0] if submit.has_header else None
    return (joined.part, joined.total) if joined else (submit.segment, submit.segments)


def part_of(submit: Submit) -> Part:
    """The segment as the phone joins it with the others of its text."""
    joined, content = take_header(submit.content) if submit.has_header else (None, submit.content)
    octets, alphabet = of_part(content, submit.alphabet, behind=len(submit.content) - len(content))
    text = read(octets, alphabet)
    if joined is None:
        return Part(text, submit.source, 0, submit.segments, submit.segment, octets.hex(), alphabet)
    return Part(text, submit.source, joined.key, joined.total, joined.part, octets.hex(), alphabet)
