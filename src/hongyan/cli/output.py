"""What commands print: words for people, JSON with `--json`; errors on standard error with exit code 1, what cannot be
meant with 2."""

from __future__ import annotations

import json
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from hongyan.cli.loading import NoInstallation, load

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


def refuse(sentence: str, *, as_json: bool = False) -> NoReturn:
    """What was written cannot be meant, or is not there: nothing was changed, exit code 2."""
    fail(sentence, as_json=as_json, code=2)


def bounded(*, as_json: bool, **given: str) -> None:
    """Names and addresses that fit their columns; else the command ends with the one that does not."""
    for name, value in given.items():
        if len(value) > LONGEST:
            refuse(f"--{name} has {len(value)} characters; {LONGEST} are allowed.", as_json=as_json)


LONGEST = 80


def set_up_django(*, may_begin: bool = False) -> None:
    """`loading.load` for commands: where there is no installation they say so and end."""
    try:
        load(may_begin=may_begin)
    except NoInstallation as error:
        fail(str(error))
