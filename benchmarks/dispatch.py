"""`hongyan bench dispatch` under the name by which benchmarks are looked for."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Take this process over."""
    os.execv(sys.executable, [sys.executable, "-m", "hongyan.cli", "bench", "dispatch", *sys.argv[1:]])  # noqa: S606


if __name__ == "__main__":
    main()
