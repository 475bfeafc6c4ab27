"""`hongyan demo`: data of a size, so that everybody can see how the pages are with a million people."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from hongyan.cli.output import Json, console, say, set_up_django


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    people: Annotated[int, typer.Option(min=1, max=90_000_000, help="Members of an address book.")] = 1_000_000,
    orders: Annotated[int, typer.Option(min=0, help="Orders, of a tenth as many customers.")] = 3_000_000,
    messages: Annotated[int, typer.Option(min=0, help="Messages of the last year, with replies.")] = 10_000_000,
    rows: Annotated[int, typer.Option(min=0, help="Rows of a table.")] = 1_000_000,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="The same seed gives the same data.")] = 20260101,
    yes: Annotated[bool, typer.Option("--yes", help="Also beside data of your own.")] = False,
    as_json: Json = False,
) -> None:
    """Fill the installation with made-up people, orders, messages and a table; an empty one becomes the demonstration first."""
    set_up_django(may_begin=True)
    from hongyan.cli.administration import apply_migrations
    from hongyan.demo.sizes.filling import Sizes, fill

    apply_migrations()
    started = time.monotonic()
    sizes = Sizes(people, orders, messages, rows, seed)
    fill(sizes, (lambda _words: None) if as_json else lambda words: console.print(f"  {words}"), is_meant=yes)
    seconds = round(time.monotonic() - started)
    result = {"people": people, "orders": orders, "messages": messages, "rows": rows, "seconds": seconds}
    say(result, f"[green]✓[/green] filled in {seconds} s", as_json=as_json)
