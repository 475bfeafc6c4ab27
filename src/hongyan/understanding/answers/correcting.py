"""Somebody who corrects himself: what he said last stands."""

from __future__ import annotations

import re

_CORRECTION = re.compile(
    r"(?:(?<=\S)[ ,.;!?、]*(?:(?:哦|啊|呃|噢|哎呀?|额)?不对|不是不是|更正|改[成为选到]|改|应该是|我?是说|(?<=[ ,.;!、])(?:还是|算了)|哦不|啊不|(?<=[,.; ])不(?=[,. ])|"
    r"wait|sorry|i mean|correction)|(?:说|打|写|选|发|回|填|输)错了?)[ ,.;!?:、是]*"
)
"""What separates what was said first from what was meant."""
_NOT_BUT = re.compile(r"不是[^,.;!?是]{1,12}[,.; ]*(?:而|应该)?是(?=\S)")


def last_said(text: str) -> list[str]:
    """What to read, one after the other until one has a value: what stands behind a correction, then the whole."""
    found = _NOT_BUT.search(text)
    for one in _CORRECTION.finditer(text):
        found = one
    if found is None or not text[found.end() :].strip(" ,.!吧了啊"):
        return [text]
    return [text[found.end() :], text]
