"""The tests that a change touches: `python tools/touched.py [BASE]` prints their paths, for `./test --quick`.

The change is what differs from BASE (else from the upstream branch, else from the last commit), committed or not. A file
of a room has its own test file, else all tests of its room; templates, styles and words have the console's; a test has itself.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SLOW = ("tests/flows", "tests/faults")
"""Starts the whole product: too slow to be quick."""
SWEEPS = ("tests/api/test_nonsense.py", "tests/console/test_nonsense.py")
"""Everything on everything, for minutes: quick only when it is what was touched."""


def git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.split("\n") if done.returncode == 0 else []


def changed(base: str) -> list[str]:
    upstream = git("rev-parse", "--abbrev-ref", "@{upstream}")
    since = git("merge-base", "HEAD", base or (upstream[0] if upstream else "HEAD"))
    return [
        path for path in [*git("diff", "--name-only", *since[:1]), *git("ls-files", "-o", "--exclude-standard")] if path
    ]


def tests_of(path: str) -> Iterator[str]:
    """Where the file at `path` is tested, most exactly first."""
    parts = Path(path).parts
    if parts[0] == "tests" and path.endswith(".py"):
        yield path if parts[-1].startswith("test_") else str(Path(path).parent)
    elif parts[:2] == ("src", "hongyan") and len(parts) > 3 and not path.endswith(".md"):
        room = Path("tests", *parts[2:-1])
        yield str(room / f"test_{Path(path).stem}.py")
        # Files of an area, like console/people/views.py, are tested as console/test_people.py.
        yield str(room.parent / f"test_{room.name}.py")
        yield f"tests/{parts[2]}"


def touched(paths: list[str]) -> list[str]:
    found = {next((place for place in tests_of(path) if (ROOT / place).exists()), "") for path in paths} - {"", "tests"}
    chosen = {place for place in found if not place.startswith(SLOW)}
    return sorted(place for place in chosen if not any(str(above) in chosen for above in Path(place).parents))


if __name__ == "__main__":
    chosen = touched(changed(sys.argv[1] if len(sys.argv) > 1 else ""))
    left_out = [f"--ignore={path}" for path in SWEEPS if path not in chosen]
    print("\n".join([*chosen, "tests/test_house.py", *left_out]))
