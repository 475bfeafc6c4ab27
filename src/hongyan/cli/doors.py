"""`hongyan door`: customers' accounts, so that an installation can be scripted whole."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hongyan.cli.output import Json, bounded, refuse, say, set_up_django
from hongyan.inputs import whole_of

app = typer.Typer(no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Option(help="A name of your own: the customer's.")],
    login: Annotated[str, typer.Option(help="What the customer's system logs in with.")],
    user: Annotated[str, typer.Option(help="Sign-in name of the user in whose name it sends.")],
    protocol: Annotated[str, typer.Option(help="cmpp, sgip, smgp or smpp.")] = "cmpp",
    secret: Annotated[str, typer.Option(prompt=True, hide_input=True)] = "",
    category: Annotated[str, typer.Option(help="verification, notice, interactive or marketing.")] = "notice",
    source: Annotated[
        list[str], typer.Option(help="What a source number may begin with; may be given several times.")
    ] = [],  # noqa: B006
    default_source: Annotated[str, typer.Option(help="Put in where a submit has none.")] = "",
    signature_policy: Annotated[str, typer.Option(help="add, require or free.")] = "add",
    signature: Annotated[str, typer.Option(help="Put in front of texts; empty: the company's default.")] = "",
    default_alphabet: Annotated[
        str, typer.Option(help="SMPP: what data_coding 0 means: gsm7, gsm7_packed, ascii or latin1.")
    ] = "gsm7",
    speed: Annotated[int, typer.Option(help="Messages a second.")] = 100,
    window: int = 32,
    connections: int = 2,
    allow: Annotated[list[str], typer.Option(help="Address or network that may log in; none: any.")] = [],  # noqa: B006
    callback: Annotated[str, typer.Option(help="SGIP: the customer's HOST:PORT for receipts and replies.")] = "",
    as_json: Json = False,
) -> None:
    """Add a door; it stands open within seconds."""
    bounded(as_json=as_json, name=name, login=login, secret=secret)
    set_up_django()
    from hongyan.accounts.models import User
    from hongyan.doors.accounts import create_door, read_addresses, read_sources

    owner = User.objects.filter(username__iexact=user).first()
    if owner is None:
        refuse(f"There is no user {user}.", as_json=as_json)
    host, _, port = callback.rpartition(":")
    if callback and not (host and whole_of(port, least=1, most=65535)):
        refuse("--callback is HOST:PORT.", as_json=as_json)
    door = create_door(
        None, name=name, family=protocol, login=login, secret=secret, user=owner, category=category,
        sources=read_sources(" ".join(source)), default_source=default_source, signature_policy=signature_policy,
        signature=signature, default_alphabet=default_alphabet, speed_per_s=speed, window_size=window,
        connections=connections, addresses=read_addresses(" ".join(allow)), callback_host=host,
        callback_port=whole_of(port, otherwise=8801),
    )  # fmt: skip
    say({"id": door.pk, "name": door.name}, f"Door {door.name} added ({door.pk}).", as_json=as_json)


@app.command(name="list")
def list_(as_json: Json = False) -> None:
    """List the doors with their live connections and what waits for the customer."""
    set_up_django()
    from hongyan.doors.figures import live_connections, scheduled, waiting
    from hongyan.doors.models import Door
    from hongyan.runtime.settings import settings

    doors = list(Door.objects.filter(removed_at=None).select_related("user"))
    lines, kept = live_connections([one.pk for one in doors]), waiting([one.pk for one in doors])
    later = scheduled([one.pk for one in doors])
    rows: list[dict[str, Any]] = [
        {
            "id": one.pk, "name": one.name, "protocol": one.family, "login": one.login, "user": one.user.username,
            "host": settings().door_address, "port": settings().door_port_of(one.family), "enabled": one.is_enabled,
            "connections": [line.peer for line in lines.get(one.pk, [])], "waiting": kept.get(one.pk, 0),
            "scheduled": later[one.pk].count if one.pk in later else 0,
        }
        for one in doors
    ]  # fmt: skip
    words = "\n".join(
        f"{row['id']:>4}  {row['name']}  {row['protocol']}  {row['login']}  {row['host']}:{row['port']}  "
        f"{', '.join(row['connections']) or ('not connected' if row['enabled'] else 'off')}"
        for row in rows
    )
    say(rows, words or "There is no door yet: hongyan door add", as_json=as_json)


@app.command()
def remove(name: str, as_json: Json = False) -> None:
    """Shut a door for good; what it has sent stays in the records."""
    set_up_django()
    from hongyan.doors.accounts import find_door, remove_door

    door = find_door(name)
    remove_door(None, door)
    say({"removed": door.pk}, f"Door {door.name} removed.", as_json=as_json)
