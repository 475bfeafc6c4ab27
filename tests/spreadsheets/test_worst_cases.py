"""What a stranger's file may cost: twice the length is about twice the work, for each pattern and each parser.

Work is the CPU time of this process, taken several times and compared with generous bounds: doubling twice may cost at most
ten times as much (linear: four times; quadratic: sixteen).
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator

import pytest

from hongyan import dispatch, messaging, spreadsheets, uploads
from hongyan.dispatch.numbers import read_many
from hongyan.messaging import merge
from hongyan.spreadsheets import encodings, texts, vcards
from hongyan.spreadsheets.formats import shower
from hongyan.spreadsheets.headings import find_header

SHORT, LONG = 15_000, 60_000
UNITS = [
    " ", "\t", "\u3000", "1", "0", ",", ";", '"', '""', ',"', '"\n', ',"\n', '"a\n', "\n", "\r", "-", "13800138000 ", "1 ", "a ", "=",
    "{", "{a", "}}", "【", "1,", "1.", "E", "\\", "甲\t", "。", "TEL:", "=\n",
]  # fmt: skip


def work(of: Callable[[str], object], text: str, times: int = 3) -> float:
    best = 9.0
    for _ in range(times):
        began = time.process_time()
        of(text)
        best = min(best, time.process_time() - began)
    return best


def grows_too_fast(of: Callable[[str], object], unit: str) -> bool:
    short, long = ((unit * (size // len(unit) + 1))[:size] + "\x01" for size in (SHORT, LONG))
    # What takes no time at all cannot be compared, and does no harm.
    return work(of, long, times=1) > 0.1 and work(of, long) > 10 * max(work(of, short), 0.002)


def rows(text: str, layout: str) -> list[object]:
    lines = iter(text.splitlines(keepends=True))
    return list(texts.rows(lines, layout, max_rows=10**7, max_columns=10**6, is_unicode=True))


PARSERS: dict[str, Callable[[str], object]] = {
    **{f"rows {layout!r}": lambda text, layout=layout: rows(text, layout) for layout in (*texts.SIGNS, texts.ANY, texts.BLANK, "once:,", texts.LIST, texts.LINES)},  # type: ignore[misc]
    "evidence": lambda text: [texts._evidence(text.splitlines(keepends=True)[:100], one) for one in ",\t"],
    "list": lambda text: texts._is_list(text.splitlines()),
    "heading": lambda text: find_header([[text]]),
    "vcard": lambda text: list(vcards.rows(("BEGIN:VCARD\n" + text).splitlines(keepends=True))),
    "encoding": lambda text: encodings._judge(("甲" + text).encode("gb18030")),
    "format": shower,
    "pasted numbers": read_many,
    "merge": merge.parse,
    "values of another template": merge.parse("{a},{b},{c},{d},{e},{f},{g}!").values_in,
}  # fmt: skip


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_takes_twice_the_length_in_about_twice_the_work(name: str) -> None:
    assert [unit for unit in UNITS if grows_too_fast(PARSERS[name], unit)] == []


BOUNDED = {"_LAST"}
"""Sees no more than the forty characters between two braces."""


def patterns() -> Iterator[tuple[str, str, Callable[[str], object]]]:
    """Each compiled pattern of the rooms that read what people give, with the way it is used."""
    for room in (spreadsheets, uploads, dispatch, messaging):
        for module in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
            for name, value in vars(importlib.import_module(module.name)).items():
                bound = getattr(value, "__self__", None)
                if name in BOUNDED:
                    continue
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    yield module.name, name, value.match
                elif isinstance(bound, re.Pattern) and isinstance(bound.pattern, str):
                    yield module.name, name, value


@pytest.mark.parametrize(("module", "name", "of"), [pytest.param(*one, id=f"{one[0]}.{one[1]}") for one in patterns()])
def test_a_pattern_takes_twice_the_length_in_about_twice_the_work(
    module: str, name: str, of: Callable[[str], object]
) -> None:
    assert [unit for unit in UNITS if grows_too_fast(of, unit)] == []
