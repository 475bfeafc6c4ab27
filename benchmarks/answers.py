"""What it costs to read one answer: `python benchmarks/answers.py [--rounds N]`.

CPU time: what else the machine does is left out. Reads the replies of the test corpora against their questions, and, as a worst case, long texts that say nothing. Beside the
milliseconds stands how many rounds of a bare loop the same machine makes in that time, which another machine can be held to.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median, quantiles
from time import thread_time

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.understanding.answers.corpus import NOW, cases_of, question_of

from hongyan.understanding.answers import Kind, Question, read_answer

LONG = (
    "不" * 2000,
    "1," * 1000,
    "三" * 2000,
    "周三下午3点" * 300,
    "喜欢这个颜色和那个" * 200,
    "a" * 2000,
    "差1刻" * 500,
    "我想要" * 600,
)


def bare_loop(rounds: int = 2_000_000) -> float:
    """CPU seconds of one round of a loop that adds."""
    began, total = thread_time(), 0
    for one in range(rounds):
        total += one
    return (thread_time() - began) / rounds


def timed(question: Question, text: str) -> float:
    began = thread_time()
    read_answer(question, text, NOW)
    return thread_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    asked = [
        (question_of(one["question"]), one["text"]) for name in ("answers", "answers_of_ours") for one in cases_of(name)
    ]
    for question, text in asked:
        read_answer(question, text, NOW)
    took: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for question, text in asked:
            took[question.kind].append(timed(question, text))
    step = bare_loop()
    for kind in (*Kind, "all"):
        every = took.get(kind) or [one for some in took.values() for one in some]
        p99 = quantiles(every, n=100)[98]
        print(
            f"{kind:9} median {median(every) * 1e3:6.3f} ms  p99 {p99 * 1e3:6.3f} ms  = {median(every) / step:8,.0f} rounds of a bare loop"
        )
    questions = {question.kind: question for question, _ in asked}
    for kind, question in questions.items():
        worst, text = max((min(timed(question, text) for _ in range(3)), text) for text in LONG)
        print(f"longest   {kind:9} {worst * 1e3:7.2f} ms  {text[:8]}…")


if __name__ == "__main__":
    main()
