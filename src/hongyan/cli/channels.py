"""`hongyan channel`: carrier accounts, so that an installation can be scripted whole."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from hongyan.cli.output import Json, bounded, refuse, say, set_up_django

app = typer.Typer(no_args_is_help=True)
MOST_YUAN = 100


@app.command()
def add(
    name: Annotated[str, typer.Option(help="A name of your own.")],
    host: Annotated[str, typer.Option(help="The carrier gateway's address.")],
    login: Annotated[str, typer.Option(help="CMPP: SP id; SMPP: system_id.")],
    protocol: Annotated[str, typer.Option(help="cmpp20, cmpp30, sgip12, smgp30, smgp31, smpp34 or smpp50.")] = "cmpp20",
    port: int = 0,
    secret: Annotated[str, typer.Option(prompt=True, hide_input=True)] = "",
    service_number: str = "",
    speed: Annotated[int, typer.Option(help="Messages a second.")] = 100,
    window: int = 16,
    connections: int = 1,
    numbers_per_submit: int = 1,
    price: Annotated[float, typer.Option(help="Yuan for a segment.")] = 0.05,
    service_id: str = "",
    option: Annotated[
        list[str], typer.Option(help="Of the protocol's own: node=3010061118, listen_port=8801, msg_src=…")
    ] = [],  # noqa: B006
    default_route: Annotated[bool, typer.Option(help="Also make a route that leads everything here.")] = False,
    as_json: Json = False,
) -> None:
    """Add a channel; the gateway takes it up within seconds."""
    bounded(as_json=as_json, name=name, host=host, login=login, secret=secret)
    if not 0 <= price <= MOST_YUAN:
        refuse(f"--price is from 0 to {MOST_YUAN} yuan.", as_json=as_json)
    set_up_django()
    from hongyan.carriers.channels import create_channel, read_options

    options = read_options(protocol, option)
    channel = create_channel(
        None, name=name, protocol=protocol, host=host, port=port, login=login, secret=secret,
        service_number=service_number, speed_per_s=speed, window_size=window, connections=connections,
        numbers_per_submit=numbers_per_submit, price_micros=round(price * 1_000_000),
        options=options | ({"service_id": service_id} if service_id else {}), with_default_route=default_route,
    )  # fmt: skip
    say({"id": channel.pk, "name": channel.name}, f"Channel {channel.name} added ({channel.pk}).", as_json=as_json)


@app.command(name="list")
def list_(as_json: Json = False) -> None:
    """List the channels with the state of their connections."""
    set_up_django()
    from hongyan.dispatch.models import Channel

    rows: list[dict[str, Any]] = [
        {
            "id": one.pk, "name": one.name, "protocol": one.protocol, "host": one.host, "port": one.port,
            "enabled": one.is_enabled, "connections": [line.state for line in one.live_connections.all()],
        }
        for one in Channel.objects.filter(removed_at=None).prefetch_related("live_connections")
    ]  # fmt: skip
    words = "\n".join(
        f"{row['id']:>4}  {row['name']}  {row['protocol']}  {row['host']}:{row['port']}  {', '.join(row['connections']) or 'not connected'}"
        for row in rows
    )
    say(rows, words or "There is no channel yet: hongyan channel add", as_json=as_json)


@app.command(name="test")
def try_login_once(name: str, as_json: Json = False) -> None:
    """Log in once and say what the carrier answered."""
    set_up_django()
    from hongyan.carriers.channels import find_channel, gateway_channel
    from hongyan.gateway.testing import try_login

    outcome = asyncio.run(try_login(gateway_channel(find_channel(name))))
    result = {"ok": outcome.ok, "answer": outcome.sentence, "code": outcome.code, "milliseconds": outcome.milliseconds}
    say(result, f"{'✓' if outcome.ok else '✗'} {outcome.sentence} ({outcome.milliseconds} ms)", as_json=as_json)
    if not outcome.ok:
        raise typer.Exit(1)


@app.command()
def remove(
    name: str,
    yes: Annotated[
        bool, typer.Option("--yes", help="Although messages wait on it or something scheduled needs it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Take a channel out of use; its history stays. What needs it is named first."""
    set_up_django()
    from hongyan.carriers.channels import find_channel, remove_channel
    from hongyan.carriers.removing import leaving

    channel = find_channel(name)
    left = leaving(channel)
    if left.is_needed and not yes:
        places = ", ".join(f"{place} {count}" for place, count in left.places) or "nobody"
        needs = "".join(f"\n  {need.kind} {need.id}: {need.words}" for need, _carriers in left.needs)
        refuse(
            f"{left.waiting} messages wait on it ({places} would take those looked at, {left.nowhere} have no other "
            f"channel), {left.unreported} receipts have not come, {len(left.needs)} need it; add --yes.{needs}",
            as_json=as_json,
        )
    remove_channel(None, channel)
    say({"removed": channel.pk}, f"Channel {channel.name} removed.", as_json=as_json)
