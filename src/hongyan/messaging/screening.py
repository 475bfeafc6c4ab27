"""Screens: what forbids a message, in DESIGN's order, each with a stable reason. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from hongyan.dispatch.planning import PlannedMessage
from hongyan.dispatch.routing import RouteRule
from hongyan.messaging.merge import ALIASES, MissingVariable, Template
from hongyan.messaging.recipients import Recipient
from hongyan.protocols.registry import Protocol
from hongyan.protocols.text import count_segments, rule_for

LONGEST_TEXT = 1000
"""Characters with signature and tail; carriers stop at about ten segments (domain notes, section 2)."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What stands around the rendered body."""

    template: Template
    signature: str = ""
    personal_signature: str = ""
    opt_out_tail: str = ""
    columns: tuple[str, ...] = ()

    @property
    def is_shared(self) -> bool:
        """Whether everybody gets the same text."""
        return not self.template.variables

    def has_column(self, name: str) -> bool:
        """Whether a column of the recipient lists stands for the variable `name`, whatever its rows hold."""
        return name in self.columns or ALIASES.get(name) in self.columns or (
            name.isdigit() and 0 < int(name) <= len(self.columns)
        )  # fmt: skip

    def render(self, values: dict[str, str]) -> str:
        """Raises MissingVariable."""
        return self._dressed(self.template.render(values, self.columns))

    @property
    def unfilled(self) -> str:
        """As it reads before there are values."""
        return self._dressed(self.template.unfilled)

    def body_of(self, rendered: str) -> str:
        """A rendered text without what stands around it."""
        head, tail = self._around
        return rendered.removeprefix(head).removesuffix(tail)

    @property
    def _around(self) -> tuple[str, str]:
        head = f"【{self.signature}】" if self.signature else ""
        personal = f" {self.personal_signature}" if self.personal_signature else ""
        return head, f"{personal}{self.opt_out_tail}"

    def _dressed(self, body: str) -> str:
        head, tail = self._around
        return f"{head}{body}{tail}"


SIGNED = re.compile(r"\A\s*【[^【】]{1,20}】|【[^【】]{1,20}】\s*(?:[^【】]{0,9}(?:回|退订|拒收)[^【】]{0,9})?\Z")
"""Mainland carriers take a signature at either end; behind the last one the way out may stand ("拒收请回复R")."""

IS_MAINLAND = {one.value: one.facts.is_mainland for one in Protocol}


def _blocked(one: Recipient, reason: str, text: str | None = None) -> PlannedMessage:
    return PlannedMessage(one.number, one.contact_id, one.name, text, 0, None, 0, reason)


def screen(
    recipients: Iterable[Recipient],
    wording: Wording,
    forbidden: Mapping[str, str],
    choose: Callable[[str], RouteRule | None],
) -> Iterator[PlannedMessage]:
    """A planned message for each recipient: ready with its channel, segments and price, or blocked with its reason.

    `forbidden` says which numbers must not be written to, and why.
    The same text to the same number is planned once, however many rows ask for it.
    """
    shared = wording.render({}) if wording.is_shared else None
    shared_segments: dict[bool, int] = {}
    last_number, texts_of_number = "", set[str]()

    def segments_of(text: str, mainland: bool) -> int:
        if text is shared:
            if mainland not in shared_segments:
                shared_segments[mainland] = count_segments(text, rule_for(text, mainland=mainland))
            return shared_segments[mainland]
        return count_segments(text, rule_for(text, mainland=mainland))

    for one in recipients:
        if one.number in forbidden:
            yield _blocked(one, forbidden[one.number])
            continue
        try:
            text = shared if shared is not None else wording.render(one.values)
        except MissingVariable as missing:
            yield _blocked(one, f"missing_variable:{missing.variable}")
            continue
        if one.number != last_number:
            last_number, texts_of_number = one.number, set()
        if text in texts_of_number:
            continue
        texts_of_number.add(text)
        if len(text) > LONGEST_TEXT:
            yield _blocked(one, "too_long")
            continue
        route = choose(one.number)
        if route is None:
            yield _blocked(one, "no_route")
            continue
        if route.needs_signature and one.number.startswith("+86") and not SIGNED.search(text):
            yield _blocked(one, "missing_signature")
            continue
        segments = segments_of(text, IS_MAINLAND[route.protocol])
        yield PlannedMessage(
            one.number, one.contact_id, one.name, None if text is shared else text, segments, route.channel_id,
            segments * route.price_micros,
        )  # fmt: skip
