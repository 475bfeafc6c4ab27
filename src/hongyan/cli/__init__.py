"""The `hongyan` command: every part of the product singly, and what an operator scripts an installation with."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from hongyan.inputs import is_storable

PARTS = ("web", "live", "worker", "gateway", "doors", "simulator")
"""Functions of `parts.py`."""


def main() -> None:
    """Entry point; a wrong setting, or an installation that is not there, ends with its sentence instead of a trace."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hongyan.site.settings")
    if not all(map(is_storable, sys.argv)):
        print("An argument holds octets that are no UTF-8.", file=sys.stderr)
        sys.exit(2)
    from hongyan.runtime.settings import SettingError

    try:
        _called(sys.argv[1:])()
    except SettingError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except Exception as error:
        # typer's Exit, which parts do not load.
        if (code := getattr(error, "exit_code", None)) is not None:
            sys.exit(code)
        from hongyan.cli.loading import words_of

        if not (words := words_of(error)):
            raise
        print(words, file=sys.stderr)
        sys.exit(1)


def _called(arguments: list[str]) -> Callable[[], object]:
    """What has no options, and lives long, does without what reads those: 10 MB a process."""
    if arguments == ["run"]:
        from hongyan.cli.running import run

        return run
    if len(arguments) == 1 and arguments[0] in PARTS:
        # structlog takes it along where it finds it, to colour tracebacks that no log of ours colours: 5 MB more.
        sys.modules["rich"] = None  # type: ignore[assignment]
        # Who holds which connection, for whoever looks at PostgreSQL's.
        os.environ.setdefault("PGAPPNAME", f"hongyan {arguments[0]}")
        from hongyan.cli import parts

        part: Callable[[], None] = getattr(parts, arguments[0])
        return part

    from hongyan.cli.commands import app

    return app
