"""`hongyan person`: everything about a number as a file, or erased; what a restore brought back, erased again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hongyan.cli.output import Json, refuse, say, set_up_django

if TYPE_CHECKING:
    from hongyan.erasure.models import Request

app = typer.Typer(no_args_is_help=True)


@app.command()
def export(
    number: str,
    to: Annotated[Path | None, typer.Option(help="The file; person-<last four digits>.zip if not said.")] = None,
    as_json: Json = False,
) -> None:
    """Write everything that is known of NUMBER into a file: a page to read, and the same for programs."""
    set_up_django()
    from hongyan.dispatch.numbers import LAST_DIGITS
    from hongyan.erasure import requests
    from hongyan.erasure.models import Request

    # Looked at first: to ask anew is to drop the file that somebody may be about to fetch.
    file = to or Path(f"person-{requests.read(number)[-LAST_DIGITS:]}.zip")
    if file.exists():
        refuse(f"{file} exists.", as_json=as_json)
    if not file.parent.is_dir():
        refuse(f"There is no folder {file.parent}.", as_json=as_json)
    row = requests.ask(None, Request.Kind.ACCESS, number)
    requests.look(row.pk)
    content = requests.take(None, row.pk)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)
    row.refresh_from_db()
    say({"file": str(file), "found": row.found}, f"Written: {file}", as_json=as_json)


@app.command()
def erase(
    number: str, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, as_json: Json = False
) -> None:
    """Say what of NUMBER would go, and erase it; what is on the wire is waited for by the worker."""
    set_up_django()
    from hongyan.erasure import requests
    from hongyan.erasure.models import Request

    row = requests.ask(None, Request.Kind.ERASURE, number)
    requests.look(row.pk)
    row.refresh_from_db()
    if row.state == Request.State.READY:
        _confirm(row, yes=yes, as_json=as_json)
    # What was begun before goes on.
    requests.erase(row.pk)
    row.refresh_from_db()
    words = "Erased." if row.state == Request.State.ERASED else f"Erased but for {row.waits_for} messages on the wire."
    say({"id": row.pk, "state": row.state, "found": row.found, "waits_for": row.waits_for}, words, as_json=as_json)


def _confirm(row: Request, *, yes: bool, as_json: bool) -> None:
    """Ask whether this is meant; else the request goes and the command ends."""
    from hongyan.erasure import requests

    lines = "\n".join(f"  {kind}: {count:,}" for kind, count in row.found.items())
    if not yes:
        typer.echo(f"{row.masked}:\n{lines or '  nothing'}", err=as_json)
        if not typer.confirm("Erase this for good?", err=as_json):
            requests.drop(None, row.pk)
            raise typer.Exit(1)
    requests.confirm(None, row.pk, row.number[-4:])


@app.command()
def again(as_json: Json = False) -> None:
    """Erase again what a restored backup has brought back."""
    set_up_django()
    from hongyan.erasure import restoring

    count = restoring.erase_again()
    say({"erased": count}, f"{count:,} numbers erased again.", as_json=as_json)
