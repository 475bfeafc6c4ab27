"""What a start does once, in a process of its own, so that the supervisor keeps nothing of it."""

from __future__ import annotations

import json
from typing import Any

import typer

from hongyan.cli.administration import apply_migrations
from hongyan.cli.output import fail, set_up_django
from hongyan.runtime.settings import settings


def register(app: typer.Typer) -> None:
    app.command(hidden=True)(prepare)
    app.command(hidden=True)(database)


def database() -> None:
    """Start the data folder's PostgreSQL, if it does not run."""
    from hongyan.runtime import postgres
    from hongyan.runtime.logging import set_up

    set_up(settings().log_level)
    postgres.ensure(settings())


def prepare() -> None:
    """Start PostgreSQL, bring the schema up to date, load the demonstration into an empty database, make a sign-in link.

    Says a line of JSON for each: what begins (`doing`), what of the demonstration is loaded (`loading`), and who may sign
    in how (`username` and `token`).
    """
    _tell(doing="PostgreSQL")
    set_up_django(may_begin=True)
    from hongyan.accounts.models import User
    from hongyan.accounts.rights import Role
    from hongyan.accounts.sign_in_links import make
    from hongyan.console.assets import missing

    _tell(doing="Database schema")
    if lacking := missing():
        fail(f"The console's parts are not in place ({', '.join(lacking)}): run ./run, or reinstall the package.")
    apply_migrations()
    if settings().wants_demo:
        from hongyan.demo.load import PASSWORD, load_if_empty

        load_if_empty(lambda what: _tell(loading=what))
        _tell(demonstration=PASSWORD)
    administrator = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).order_by("pk").first()
    if administrator is not None:
        _tell(username=administrator.username, token=make(administrator))


def _tell(**said: Any) -> None:
    print(json.dumps(said), flush=True)
