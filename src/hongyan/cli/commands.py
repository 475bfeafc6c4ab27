"""All commands with their options."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from hongyan.accounts.errors import Refused
from hongyan.cli import (
    PARTS,
    administration,
    balance,
    bench,
    channels,
    consents,
    demo,
    dialogues,
    doors,
    keys,
    parts,
    people,
    preparing,
    running,
    sending,
)
from hongyan.cli.output import refuse


class Commands(TyperGroup):
    """What a verb refuses, whichever command called it, is said in one place."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta["hongyan.json"] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Refused as error:
            refuse(str(error), as_json=ctx.meta["hongyan.json"])


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Hongyan 鸿雁: enterprise SMS platform.",
)
running.register(app)
for part in PARTS:
    app.command()(getattr(parts, part))
for group in (preparing, administration, sending, balance, demo):
    group.register(app)
app.add_typer(channels.app, name="channel", help="Carrier accounts: add, list, test, remove.")
app.add_typer(bench.app, name="bench", help="Measure speed and cost on an installation of its own.")
app.add_typer(consents.app, name="consent", help="The ledger of consents: verify.")
app.add_typer(doors.app, name="door", help="Customers' doors: add, list, remove.")
app.add_typer(dialogues.app, name="dialogue", help="Text files of dialogues: check them, play their tests.")
app.add_typer(people.app, name="person", help="What is known of a number: export, erase, again after a restore.")
app.add_typer(keys.app, name="apikey", help="Keys for programs: create, list, revoke.")
