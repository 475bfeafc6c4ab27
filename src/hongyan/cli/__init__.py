"""The `hongyan` command: every part of the product singly, and what an operator scripts an installation with."""

from __future__ import annotations

import os
import sys

import typer

from hongyan.cli import administration, balance, bench, channels, doors, keys, parts, sending
from hongyan.cli.output import words_of
from hongyan.runtime.settings import SettingError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Hongyan 鸿雁: enterprise SMS platform.",
)
for group in (parts, administration, sending, balance):
    group.register(app)
app.add_typer(channels.app, name="channel", help="Carrier accounts: add, list, test, remove.")
app.add_typer(bench.app, name="bench", help="Measure speed and cost on an installation of its own.")
app.add_typer(doors.app, name="door", help="Customers' doors: add, list, remove.")
app.add_typer(keys.app, name="apikey", help="Keys for programs: create, list, revoke.")


def main() -> None:
    """Entry point; a wrong setting, or an installation that is not there, ends with its sentence instead of a trace."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hongyan.site.settings")
    try:
        app()
    except SettingError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except Exception as error:
        if not (words := words_of(error)):
            raise
        print(words, file=sys.stderr)
        sys.exit(1)
