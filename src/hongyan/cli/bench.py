"""`hongyan bench`: how fast this machine does it, measured on an installation of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from hongyan.cli.output import Json, console, fail, refuse, say

app = typer.Typer(no_args_is_help=True)
PROTOCOLS = {
    "smpp": "smpp34", "cmpp2": "cmpp20", "cmpp3": "cmpp30", "smpp34": "smpp34", "cmpp20": "cmpp20", "cmpp30": "cmpp30",
}  # fmt: skip


@app.callback()
def group() -> None:
    """Measure."""


@app.command()
def dispatch(
    messages: Annotated[int, typer.Option(min=1, max=10_000_000, help="How many recipients.")] = 100_000,
    protocol: Annotated[str, typer.Option(help="smpp, cmpp2 or cmpp3.")] = "cmpp3",
    same_text: Annotated[bool, typer.Option(help="One text for all; over CMPP 100 numbers a submit.")] = False,
    carrier: Annotated[str, typer.Option(help="HOST:PORT of an SMSC; empty starts a lean one.")] = "",
    login: Annotated[str, typer.Option(help="Login at the SMSC.")] = "901234",
    secret: Annotated[str, typer.Option("--secret", "--password", help="Password there.")] = "bench",  # noqa: S107
    receipts: Annotated[bool, typer.Option(help="Wait for a receipt of each message.")] = True,
    receipt_delay: Annotated[
        float, typer.Option(help="Seconds from the lean carrier's response to its receipt.")
    ] = 1.0,
    receipt_window: Annotated[
        int, typer.Option(min=1, max=10_000, help="Receipts that the lean carrier leaves unanswered on a connection.")
    ] = 4000,
    round_trip_ms: Annotated[
        float, typer.Option(min=0, max=10_000, help="Milliseconds from a submit to the lean carrier's response.")
    ] = 0.0,
    carrier_limit: Annotated[
        int, typer.Option(min=0, help="Submits a second and connection that the lean carrier takes; 0: all.")
    ] = 0,
    throttled: Annotated[
        float, typer.Option(min=0, max=1, help="Share of submits that the lean carrier throttles at random.")
    ] = 0.0,
    connections: Annotated[int, typer.Option(min=1, max=64)] = 2,
    window: Annotated[int, typer.Option(min=1, max=10_000)] = 500,
    probes: Annotated[bool, typer.Option(help="Ask for verification codes meanwhile.")] = True,
    replies: Annotated[int, typer.Option(help="Then let so many phones reply (lean carrier).")] = 0,
    as_json: Json = False,
) -> None:
    """Messages a second from asking to stored outcome, with the cost, the peaks and the sums."""
    from hongyan.bench.carrier import Habits
    from hongyan.bench.dispatch import run
    from hongyan.bench.plan import Plan

    if protocol not in PROTOCOLS:
        refuse(f"{protocol} is none of {', '.join(PROTOCOLS)}.", as_json=as_json)
    plan = Plan(
        protocol=PROTOCOLS[protocol], messages=messages, is_same_text=same_text, carrier=carrier, login=login,
        secret=secret, with_receipts=receipts, connections=connections, window=window,
        habits=Habits(receipt_delay, receipt_window, round_trip_ms / 1000, carrier_limit, throttled),
        with_probes=probes, replies=0 if carrier else replies,
    )  # fmt: skip
    figures = run(plan, say=(lambda _words: None) if as_json else console.print)
    words = "\n".join(f"{name.replace('_', ' '):>24}  {value}" for name, value in figures.to_json().items())
    say(figures.to_json(), words, as_json=as_json)
    if not figures.balance.get("agrees"):
        fail("The sums do not agree.", as_json=as_json)


@app.command()
def people(
    people: Annotated[int, typer.Option(min=1000, max=90_000_000, help="Members of an address book.")] = 200_000,
    orders: Annotated[int, typer.Option(min=0, help="Orders, of a tenth as many customers.")] = 300_000,
    messages: Annotated[int, typer.Option(min=0, help="Messages of the last year.")] = 500_000,
    rows: Annotated[int, typer.Option(min=100, help="Rows of a table.")] = 200_000,
    imported: Annotated[int, typer.Option(min=100, help="Rows of each file that is imported.")] = 100_000,
    asks: Annotated[int, typer.Option(min=1, max=1000, help="How often each page is asked for.")] = 10,
    as_json: Json = False,
) -> None:
    """Pages of people, audiences and tables, imports and exports at a size; some minutes at the usual one."""
    from hongyan.bench.people import run
    from hongyan.bench.plan import PeoplePlan

    plan = PeoplePlan(people, orders, messages, rows, imported, asks)
    figures = run(plan, say=(lambda _words: None) if as_json else console.print)
    words = "\n".join(f"{name.replace('_', ' '):>24}  {value}" for name, value in figures.to_json().items())
    say(figures.to_json(), words, as_json=as_json)
