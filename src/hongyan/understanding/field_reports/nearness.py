"""How far apart two codes are: letters that are wrong, missing, too many, or changed places with their neighbour."""

from __future__ import annotations

from itertools import combinations


def edits(one: str, other: str) -> int:
    """The number of edits between two codes; for codes, not for texts: the time is the product of their lengths."""
    if one == other:
        return 0
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, sign in enumerate(one, 1):
        last, before, row = before, row, [at]
        for to, there in enumerate(other, 1):
            best = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (sign != there))
            if at > 1 and to > 1 and sign == other[to - 2] and one[at - 2] == there:
                best = min(best, last[to - 2] + 1)
            row.append(best)
    return row[-1]


def is_one_edit(one: str, other: str) -> bool:
    """Whether exactly one edit is between two codes; linear."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    at = 0
    while at < min(len(one), len(other)) and one[at] == other[at]:
        at += 1
    if len(one) != len(other):
        longer, shorter = (one, other) if len(one) > len(other) else (other, one)
        return longer[at + 1 :] == shorter[at:]
    if one[at + 1 :] == other[at + 1 :]:
        return True
    return one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]


def shortened(code: str) -> set[str]:
    """The code with none, one and two signs left out: codes at most two edits apart share one of them."""
    return {
        "".join(sign for at, sign in enumerate(code) if at not in left_out)
        for many in range(3)
        for left_out in combinations(range(len(code)), many)
    }
