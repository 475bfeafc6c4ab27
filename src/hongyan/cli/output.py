"""What commands print: words for people, JSON with `--json`; errors on standard error with exit code 1."""

from __future__ import annotations

import json
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

console = Console(highlight=False)


def say(value: Any, words: str, *, as_json: bool) -> None:
    """Print a result in the one form or the other."""
    if as_json:
        print(json.dumps(value, ensure_ascii=False, default=str))
    else:
        console.print(words)


def fail(sentence: str, *, as_json: bool = False, code: int = 1) -> NoReturn:
    if as_json:
        print(json.dumps({"error": sentence}, ensure_ascii=False))
    else:
        Console(stderr=True, highlight=False).print(f"[red]{sentence}[/red]")
    raise typer.Exit(code)


def no_installation() -> str:
    """What to say where there is nothing to work on."""
    from hongyan.runtime.settings import settings

    return (
        f"There is no Hongyan in {settings().data_path}. Name its folder with HONGYAN_DATA_DIR (or its database with "
        "HONGYAN_DATABASE_URL), or begin one there: hongyan run"
    )


def set_up_django(*, may_begin: bool = False) -> None:
    """Load the models; commands that need none start without.

    Most work on an installation that is there, and would only make an empty one beside it: those that `may_begin` one
    make its database.
    """
    import django

    from hongyan.runtime import postgres
    from hongyan.runtime.logging import set_up
    from hongyan.runtime.settings import settings

    set_up(settings().log_level)
    if not may_begin and not postgres.exists(settings()):
        fail(no_installation())
    postgres.ensure(settings())
    django.setup()


def words_of(error: Exception) -> str:
    """What a fault of the installation means for who called a command; empty for all others, which are ours."""
    from django.db.utils import OperationalError, ProgrammingError
    from psycopg.errors import UndefinedColumn, UndefinedTable

    from hongyan.runtime.postgres import PostgresError

    if isinstance(error, PostgresError):
        return str(error)
    if isinstance(error, ProgrammingError) and isinstance(error.__cause__, UndefinedColumn | UndefinedTable):
        return "The database is not at this version's schema: hongyan migrate brings it there."
    if isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", None) is None:
        return f"The database does not answer: {str(error).strip()}\nhongyan doctor looks closer."
    return ""
