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


def set_up_django() -> None:
    """Load the models; commands that need none start without."""
    import django

    from hongyan.runtime import postgres
    from hongyan.runtime.logging import set_up
    from hongyan.runtime.settings import settings

    set_up(settings().log_level)
    postgres.ensure(settings())
    django.setup()
