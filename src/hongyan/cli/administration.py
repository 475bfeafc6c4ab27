"""Commands for who runs an installation: schema, first administrator, doctor, backup, restore."""

from __future__ import annotations

import os
import socket
import subprocess
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from hongyan import __version__
from hongyan.cli.output import Json, fail, no_installation, say, set_up_django
from hongyan.runtime import database, postgres
from hongyan.runtime.settings import Settings, settings


def register(app: typer.Typer) -> None:
    for command in (migrate, createadmin, doctor, backup, restore, version):
        app.command()(command)


def version(as_json: Json = False) -> None:
    """Print the version."""
    say({"version": __version__}, f"Hongyan {__version__}", as_json=as_json)


LEAST_POSTGRES = 18
"""Older servers cannot return a row's old values from an update, which the sums are made from."""


def postgres_version() -> int:
    """The server's major version."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("show server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


def apply_migrations() -> int:
    """Bring the schema up to date; gives how many migrations that took. Looks first, which is quick."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    if (version := postgres_version()) < LEAST_POSTGRES:
        fail(f"This database is PostgreSQL {version}; Hongyan needs {LEAST_POSTGRES} or newer.")
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        call_command("migrate", verbosity=0, interactive=False)
    return len(plan)


def migrate(as_json: Json = False) -> None:
    """Bring the database schema up to date."""
    set_up_django(may_begin=True)
    count = apply_migrations()
    say({"applied": count}, f"{count} migrations applied." if count else "The schema is up to date.", as_json=as_json)


def createadmin(
    username: str,
    name: str = "",
    enterprise: str = "",
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)] = "",
    as_json: Json = False,
) -> None:
    """Create an administrator; the first one also names the enterprise."""
    set_up_django(may_begin=True)
    from hongyan.accounts.errors import AccountsError
    from hongyan.accounts.users import create_administrator

    try:
        user = create_administrator(username=username, name=name or username, password=password, enterprise=enterprise)
    except AccountsError as error:
        fail(str(error), as_json=as_json)
    say({"id": user.pk, "username": user.username}, f"Administrator {user.username} created.", as_json=as_json)


def _findings() -> list[tuple[str, bool, str]]:
    """(what, whether it is well, what to do) in the order in which things depend on each other."""
    own = settings()
    found: list[tuple[str, bool, str]] = []
    free = postgres.disk(own).free
    found.append(("disk space", free > 1_000_000_000, f"{free / 1e9:.1f} GB free; less than 1 GB stops the database"))
    if not postgres.exists(own):
        found.append(("database", False, no_installation()))
        return found
    try:
        postgres.ensure(own)
        found.append(("database", True, "answers"))
    except postgres.PostgresError as error:
        found.append(("database", False, str(error)))
        return found
    set_up_django()
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from hongyan.console.assets import missing

    version = postgres_version()
    found.append(("database version", version >= LEAST_POSTGRES, f"PostgreSQL {version}; {LEAST_POSTGRES} is needed"))
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    found.append(("schema", not waiting, f"{waiting} migrations wait: hongyan migrate" if waiting else "up to date"))
    if not waiting:
        found.append(_accounts())
    lacking = missing()
    found.append(("console parts", not lacking, f"missing: {', '.join(lacking)}; reinstall" if lacking else "in place"))
    uncompiled = [po for po in Path(__file__).parents[1].rglob("*.po") if not po.with_suffix(".mo").exists()]
    found.append(
        ("languages", not uncompiled, "compiled" if not uncompiled else "not compiled: tools/messages.py compile")
    )
    from hongyan.runtime.supervisor import read_status

    running = read_status(own.data_path)
    for name, port in (("page port", own.web_port), ("live port", own.live_port_number)):
        with socket.socket() as probe:
            taken = probe.connect_ex(("127.0.0.1", port)) == 0
        right = taken == bool(running)
        found.append(
            (
                name,
                right,
                f"{port} {'in use by Hongyan' if taken and running else 'free' if not taken else 'taken by another program'}",
            )
        )
    for name, part in running.items():
        found.append((name, part["state"] == "up", f"{part['state']}, restarted {part['restarts']} times"))
    return found


def _accounts() -> tuple[str, bool, str]:
    """Whether the kept sums of last week's submissions are what a count of their messages gives."""
    from django.utils import timezone

    from hongyan.messaging import accounting

    wrong = {
        one.submission_id
        for one in accounting.house_imbalances(accounting.oldest_since(timezone.now() - timedelta(days=7)))
    }
    if not wrong:
        return "accounts", True, "every submission of the last seven days adds up"
    ids = ", ".join(map(str, sorted(wrong)[:10]))
    return "accounts", False, f"{len(wrong)} submissions do not add up ({ids}): hongyan balance ID"


def doctor(as_json: Json = False) -> None:
    """Say in words what is wrong with this installation."""
    found = _findings()
    lines = [f"{'[green]✓[/green]' if well else '[red]✗[/red]'} {what}: {words}" for what, well, words in found]
    lines.append("\nSettings (environment):")
    for item in fields(Settings):
        value = getattr(settings(), item.name)
        shown = "(hidden)" if item.name in {"secret_key", "database_url"} and value else value or "(default)"
        lines.append(f"  HONGYAN_{item.name.upper()} = {shown}   {item.metadata['meaning']}")
    result = [{"what": what, "ok": well, "words": words} for what, well, words in found]
    say({"findings": result}, "\n".join(lines), as_json=as_json)
    if not all(well for _, well, _ in found):
        raise typer.Exit(1)


def _program(name: str) -> str:
    return str(postgres.programs(settings()) / name)


def backup(file: Path, as_json: Json = False) -> None:
    """Write the whole database into FILE. Keep the data folder's secret_key with it: stored secrets need it."""
    if file.exists():
        fail(f"{file} exists already.", as_json=as_json)
    if not postgres.exists(settings()):
        fail(no_installation(), as_json=as_json)
    postgres.ensure(settings())
    done = subprocess.run(
        [_program("pg_dump"), "--format=custom", "--file", str(file), database.url(settings())],
        env=_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        file.unlink(missing_ok=True)
        fail(f"The backup failed: {done.stderr[-500:]}", as_json=as_json)
    file.chmod(0o600)
    say({"file": str(file), "bytes": file.stat().st_size}, f"Written: {file}", as_json=as_json)


def restore(
    file: Path, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, as_json: Json = False
) -> None:
    """Read a backup into an empty database."""
    set_up_django(may_begin=True)
    from django.db import connection

    if connection.introspection.table_names():
        fail("The database is not empty; restore into a new data folder or database.", as_json=as_json)
    if not yes and not typer.confirm(f"Read {file} into {settings().data_path}?"):
        raise typer.Exit(1)
    done = subprocess.run(
        [_program("pg_restore"), "--no-owner", "--exit-on-error", "--dbname", database.url(settings()), str(file)],
        env=_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        fail(f"The restore failed: {done.stderr[-500:]}", as_json=as_json)
    say({"restored": str(file)}, "Restored.", as_json=as_json)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}
