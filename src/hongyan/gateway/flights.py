"""What is on its way: one submit each, and the long messages whose segments share a fate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hongyan.dispatch.channels import Channel
from hongyan.dispatch.leasing import LeasedMessage
from hongyan.gateway.works import Work
from hongyan.protocols.text import Rule


@dataclass(slots=True, eq=False)
class Flight:
    """One submit: a segment for these messages of one batch."""

    work: Work
    messages: Sequence[LeasedMessage]
    content: bytes
    rule: Rule
    segment: int
    of: int


@dataclass(slots=True)
class LongMessage:
    """Segments of a message that are still unanswered, and the worst that befell one."""

    missing: int
    failed: tuple[str, str] | None = None
    code: str = ""
    """Of the first refusal."""
    may_have_left: bool = False
    """A segment was accepted, or its fate is not known: the whole must not be sent again."""

    def landed(self, state: str, reason: str, code: str) -> None:
        """One more segment has an end; `code` of its refusal, if that was it."""
        self.missing -= 1
        if state != "submitted" and self.failed is None:
            self.failed = (state, reason)
        if code:
            self.code = self.code or code
        else:
            self.may_have_left = True


class References:
    """The numbers by which phones join parts: they count up and wrap in eight bits, or in sixteen."""

    def __init__(self) -> None:
        self._last = 0

    def take(self, *, is_wide: bool) -> int:
        self._last = self._last % (0xFFFF if is_wide else 0xFF) + 1
        return self._last


def flights(
    work: Work, chunk: Sequence[LeasedMessage], *, channel: Channel, references: References
) -> Iterator[Flight]:
    """The submits for a chunk of a batch, in order; equal texts share one for as many numbers as the channel takes."""
    per_submit = channel.numbers_per_submit if work.batch.text is not None else 1
    for start in range(0, len(chunk), per_submit):
        messages = chunk[start : start + per_submit]
        text = messages[0].text
        rule = channel.rule_for(text)
        contents = channel.contents(text, rule, references.take(is_wide=rule.is_wide))
        of = len(contents)
        for number, content in enumerate(contents, start=1):
            yield Flight(work, messages, content, rule, number, of)
