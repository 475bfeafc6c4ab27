"""Patterns that somebody else wrote, of which none may take long."""

from __future__ import annotations

import re
from functools import lru_cache

LONGEST = 64
"""Characters of a text that such a pattern is put to."""
_REPEATED = re.compile(r"(?<!\\)[*+]|(?<!\\)\{\d*,\d*\}")
_NESTED = re.compile(r"(?:[*+}]|\\\d|\|)[^()]*\)+[^()]{0,1}(?:[*+{])|\)\??[*+{][^()]*\)+[*+{]|\\[1-9]|\(\?P=")


@lru_cache(maxsize=512)
def safe(pattern: str, *, flags: int = 0) -> re.Pattern[str]:
    """The pattern. Raises ValueError where it is none, or repeats what repeats."""
    if len(pattern) > 200 or _NESTED.search(pattern) or len(_REPEATED.findall(pattern)) > 4:
        raise ValueError("this pattern could take long: it repeats something that repeats")
    try:
        return re.compile(pattern, flags)
    except (re.error, OverflowError, RecursionError):
        raise ValueError("this is no regular expression") from None
