"""What remains of a text when its value, and what says nothing, are taken away."""

from __future__ import annotations

import re


def strange(text: str, innocent: re.Pattern[str], prompt: str) -> str:
    """Characters of a folded text that are neither `innocent` nor said by the folded prompt, two in a row or one that stands alone."""
    kept = []
    for word in innocent.sub(" ", text).split():
        at = 0
        while at < len(word):
            if len(word) == 1 and word in prompt and word not in "不没无":
                break
            length = next((size for size in range(min(len(word) - at, 8), 1, -1) if word[at : at + size] in prompt), 0)
            if not length:
                kept.append(word[at])
            at += length or 1
    return "".join(kept)
