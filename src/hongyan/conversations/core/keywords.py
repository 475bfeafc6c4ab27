"""The words by which a text begins a dialogue."""

from __future__ import annotations

from hongyan.conversations.core.answering import core_of
from hongyan.conversations.core.definition import Dialogue

_BETWEEN = " ,;:、，：；\u3000"
"""What may stand between a keyword and the rest."""
LONGEST = 60
"""Characters within which a keyword ends; each is tried."""


def begins(dialogue: Dialogue, text: str) -> tuple[str, str]:
    """The keyword with which a text begins this dialogue, and what stands behind it; "" where it does not.

    Keyword and rest part at blanks and , ; : or where digits follow letters: `DY1`, `DY 1`, `dy，1`.
    """
    for keyword in sorted(dialogue.keywords, key=len, reverse=True):
        wanted = core_of(keyword)
        for cut in range(min(len(text), LONGEST), 0, -1):
            is_parted = cut == len(text) or not text[cut].isalpha() or text[cut] in _BETWEEN
            if is_parted and wanted and core_of(text[:cut]) == wanted:
                return keyword, text[cut:].strip(_BETWEEN)
    return "", ""
