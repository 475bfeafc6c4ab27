"""Verification codes in texts: whoever asked for one sees it, to all others it is dots. Pure."""

from __future__ import annotations

import re

HIDDEN = "••••••"
"""As long for every code."""
_CODE = re.compile(
    # What a link to a password ends in.
    r"(?<=/i/)[A-Za-z0-9]{16}|"
    # Three digits and more, however they are spaced; letters and digits that make one word.
    r"\d(?:[ \-]?\d){2,}|(?<![A-Za-z0-9])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{4,10}(?![A-Za-z0-9])"
)


def hidden(text: str) -> str:
    """The text with dots for what may be a code."""
    return _CODE.sub(HIDDEN, text)
