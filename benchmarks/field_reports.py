"""What reading a shop's report takes, in small and large worlds, beside a bare loop that folds the text and cuts it into words.

python benchmarks/field_reports.py [--reports 2000] [--rounds 5] [--json]
"""

from __future__ import annotations

import json
import re
import sys
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.understanding.field_reports.shops import Said, shops

from hongyan.understanding.field_reports import read_report

WORLDS = ((60, 500), (60, 100_000))
_WORD = re.compile(r"[0-9A-Z]+|[\u3400-\u9fff]+|.", re.DOTALL)


def main(
    reports: Annotated[int, typer.Option(help="Reports a round")] = 2000,
    rounds: Annotated[int, typer.Option(help="Rounds, in turns; the median of processor time counts")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="For programs")] = False,
) -> None:
    """Each world's noisy reports, then the bare loop over the same texts, in turns."""
    figures: dict[str, dict[str, float]] = {}
    for dealers, units in WORLDS:
        world, senders = shops(dealers=dealers, units=units)
        said = [senders.report() for _ in range(reports)]

        def read(one: Said) -> object:
            return read_report(one.text, one.sender, world)  # noqa: B023

        def bare(one: Said) -> object:
            return _WORD.findall(unicodedata.normalize("NFKC", one.text).upper())

        times = [(_timed(read, said), _timed(bare, said)) for _ in range(rounds)]
        ours, theirs = (median(column) / reports * 1000 for column in zip(*times, strict=True))
        slowest = max(_timed(read, [one]) for one in said) * 1000
        figures[f"{dealers} dealers, {units:,} units"] = {
            "ms a report": round(ours, 3),
            "slowest, ms": round(slowest, 3),
            "ratio to the bare loop": round(ours / theirs, 1),
        }
    if as_json:
        print(json.dumps(figures))
        return
    for world_name, row in figures.items():
        print(world_name, *(f"{name}: {value}" for name, value in row.items()), sep="\n  ")


def _timed(work: Callable[[Said], object], said: list[Said]) -> float:
    started = time.process_time()
    for one in said:
        work(one)
    return time.process_time() - started


if __name__ == "__main__":
    typer.run(main)
