"""`hongyan consent`: the ledger of consents, proved; exit code 1 when a line was changed."""

from __future__ import annotations

import typer

from hongyan.cli.output import Json, say, set_up_django

app = typer.Typer(no_args_is_help=True)


@app.command()
def verify(as_json: Json = False) -> None:
    """Prove that no line of the ledger of consents was changed, removed or written anew."""
    set_up_django()
    from hongyan.consent import ledger

    verdict = ledger.verify()
    words = [f"{verdict.lines:,} lines, the last with hash {verdict.head or '-'}"]
    words += [f"  line {one.line}: [red]{one.why}[/red]" for one in verdict.wrong]
    words.append("Nothing was changed." if verdict.agrees else "[red]The ledger was changed.[/red]")
    result = {
        "lines": verdict.lines,
        "head": verdict.head,
        "agrees": verdict.agrees,
        "wrong": [{"line": one.line, "why": one.why} for one in verdict.wrong],
    }
    say(result, "\n".join(words), as_json=as_json)
    if not verdict.agrees:
        raise typer.Exit(1)
