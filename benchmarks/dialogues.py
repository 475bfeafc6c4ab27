"""What the dialogue engine costs: `python benchmarks/dialogues.py [--turns N]`.

CPU time of one event (an answer that is read and leads to the next question, a look-up whose rows are offered), of a long list read page by page, and of compiling a
text file, beside how many rounds of a bare loop the same machine makes in that time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import thread_time

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.conversations.core.dialogues import NOON, SURVEY
from tests.conversations.text.test_compiling import SURVEY as TEXT

from hongyan.conversations.core import Dialogue, State, step
from hongyan.conversations.core.definition import Act, Ask, End, Rows
from hongyan.conversations.core.happening import Done, Started, Text
from hongyan.conversations.text import compile_text
from hongyan.understanding.answers import Kind

DIRECTORY = Dialogue(
    "通讯录",
    (
        Act("look", "look up", {"table": "人员"}, into="found"),
        Ask("who", "找哪位?", Kind.CHOICE, choices_of=Rows("found", "{{ 姓名 }} {{ 部门 }}")),
        End("end", "好"),
    ),
)
ROWS = [{"姓名": f"王小明{place}", "部门": "市场部品牌组"} for place in range(200)]


def bare_loop(rounds: int = 2_000_000) -> float:
    """CPU seconds of one round of a loop that adds."""
    began, total = thread_time(), 0
    for one in range(rounds):
        total += one
    return (thread_time() - began) / rounds


def of_one(work: Callable[[], object], times: int) -> float:
    """CPU seconds of one time."""
    work()
    began = thread_time()
    for _ in range(times):
        work()
    return (thread_time() - began) / times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=2000)
    turns, bare = parser.parse_args().turns, bare_loop()
    asked, _effects = step(SURVEY, State(), Started(NOON))
    looking, _effects = step(DIRECTORY, State(), Started(NOON))
    later = NOON + timedelta(minutes=1)
    works: dict[str, tuple[Callable[[], object], int]] = {
        "an answer": (lambda: step(SURVEY, asked, Text(later, "３。")), turns),
        "an answer that is not understood": (lambda: step(SURVEY, asked, Text(later, "你们几点开门")), turns),
        "a list of 200 rows in pages": (
            lambda: step(DIRECTORY, looking, Done(later, looking.turn, {"count": 200, "rows": ROWS})),
            turns // 50,
        ),
        "a file, checked and tried": (lambda: compile_text(TEXT), turns // 50),
    }
    for name, (work, times) in works.items():
        took = of_one(work, max(times, 1))
        print(f"{name}: {took * 1000:.3f} ms, {took / bare:,.0f} rounds of a bare loop")


if __name__ == "__main__":
    main()
