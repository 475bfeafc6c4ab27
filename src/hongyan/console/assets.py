"""Whether the front-end parts are in place: a console without them is a bare page, so it is said at start."""

from __future__ import annotations

from pathlib import Path

VENDOR = Path(__file__).parent / "static" / "vendor"
NEEDED = ("tabler.min.css", "tabler.min.js", "htmx.min.js", "echarts.min.js", "icons.svg", "stamp")


def missing() -> list[str]:
    """Names of files that the build should have put there."""
    return [name for name in NEEDED if not (VENDOR / name).exists()]
