"""Compile the message catalogues: `python -m hongyan.catalogues`."""

from __future__ import annotations

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_all(root: Path) -> int:
    """Write the .mo beside every .po below `root`; gives how many."""
    paths = sorted(root.rglob("*.po"))
    for path in paths:
        with path.open("rb") as source, path.with_suffix(".mo").open("wb") as target:
            write_mo(target, read_po(source))
    return len(paths)


if __name__ == "__main__":
    compile_all(Path(__file__).resolve().parent)
