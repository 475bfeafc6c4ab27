"""`hongyan dialogue`: text files of dialogues, checked and tried without a database."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hongyan.cli.output import Json, refuse, say

if TYPE_CHECKING:
    from hongyan.conversations.text import Compiled

app = typer.Typer(no_args_is_help=True)
Files = Annotated[
    list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, help="YAML, one dialogue a file.")
]
CANNOT_BE_READ = "cannot be read as UTF-8"


@app.command()
def check(files: Files, as_json: Json = False) -> None:
    """Say what is wrong with FILES: line, column and cure. Ends with 1 when a file could not be published."""
    _tell(files, tests=False, as_json=as_json)


@app.command("test")
def play(files: Files, as_json: Json = False) -> None:
    """Check FILES and play the tests that they hold; say which steps and ways no test goes."""
    _tell(files, tests=True, as_json=as_json)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    new: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    as_json: Json = False,
) -> None:
    """Say what differs between OLD and NEW, step by step. Ends with 1 when something does."""
    from hongyan.conversations.text import compile_text
    from hongyan.conversations.text.differing import differences

    texts = []
    for file in (old, new):
        try:
            made = compile_text(file.read_text("utf-8-sig"), tests=False).dialogue
        except UnicodeDecodeError:
            refuse(f"{file}: {CANNOT_BE_READ}", as_json=as_json)
        if made is None:
            refuse(f"{file} holds no dialogue; `hongyan dialogue check {file}` says why.", as_json=as_json)
        texts.append(made)
    found = differences(*texts)
    if as_json:
        say(
            [
                {"step": one.step, "change": one.change, "strands": one.strands, "was": one.was, "now": one.now}
                for one in found
            ],
            "",
            as_json=True,
        )
    for one in found if not as_json else ():
        typer.echo(
            f"{one.step or texts[1].name}: {one.change}{' (who waits there cannot be moved)' if one.strands else ''}"
        )
        for name in dict.fromkeys([*one.was, *one.now]):
            typer.echo(f"  {name}: {one.was.get(name, '–')} → {one.now.get(name, '–')}")
    if found:
        raise typer.Exit(1)


def _tell(files: list[Path], *, tests: bool, as_json: bool) -> None:
    from hongyan.conversations.text import compile_text

    told, lines, is_wrong = list[dict[str, Any]](), list[str](), False
    for file in files:
        try:
            made = compile_text(file.read_text("utf-8-sig"), tests=tests)
        except UnicodeDecodeError:
            lines.append(f"{file}: {CANNOT_BE_READ}")
            told.append({"file": str(file), "error": CANNOT_BE_READ})
            is_wrong = True
            continue
        is_wrong = is_wrong or bool(made.errors)
        told.append(_facts(file, made))
        lines += [
            f"{file}:{one.place.line}:{one.place.column}: {_weight(one.is_error)}: {one.sentence}"
            for one in made.findings
        ]
        lines.append(f"{file}: {_summary(made, tests=tests)}")
    if as_json:
        say(told, "", as_json=True)
    else:
        # As it is, since editors read places from it: `say` would break lines.
        typer.echo("\n".join(lines))
    if is_wrong:
        raise typer.Exit(1)


def _facts(file: Path, made: Compiled) -> dict[str, Any]:
    from hongyan.conversations.core import hash_of

    return {
        "file": str(file),
        "dialogue": made.dialogue.name if made.dialogue else "",
        "hash": hash_of(made.dialogue) if made.dialogue else "",
        "tests_passed": made.tests_passed,
        "findings": [
            {"line": one.place.line, "column": one.place.column, "code": one.code, "is_error": one.is_error, "sentence": one.sentence}
            for one in made.findings
        ],
    }  # fmt: skip


def _weight(is_error: bool) -> str:
    return "error" if is_error else "warning"


def _summary(made: Compiled, *, tests: bool) -> str:
    weights = Counter(_weight(one.is_error) for one in made.findings)
    found = ", ".join(f"{count} {weight}{'s' if count > 1 else ''}" for weight, count in sorted(weights.items()))
    passed = f"; tests passed: {made.tests_passed}" if tests else ""
    return (found or "all well") + passed
