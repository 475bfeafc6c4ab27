"""Commands for who runs an installation: schema, first administrator, doctor, backup, restore."""

from __future__ import annotations

import socket
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from hongyan import __version__
from hongyan.cli.loading import NoInstallation
from hongyan.cli.output import Json, fail, refuse, say, set_up_django
from hongyan.runtime import backup as backups
from hongyan.runtime import postgres
from hongyan.runtime.settings import HIDDEN, Settings, settings


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
    from hongyan.accounts.users import create_administrator

    user = create_administrator(username=username, name=name or username, password=password, enterprise=enterprise)
    say({"id": user.pk, "username": user.username}, f"Administrator {user.username} created.", as_json=as_json)


def in_force() -> Settings:
    """What the running installation of this data folder was started with; where none runs, what the environment says."""
    from hongyan.runtime.supervisor import read_settings

    told = read_settings(settings().data_path)
    known = {item.name for item in fields(Settings)} - HIDDEN - {"data_dir"}
    return replace(settings(), **{name: value for name, value in told.items() if name in known})


def _findings() -> list[tuple[str, bool, str]]:
    """(what, whether it is well, what to do) in the order in which things depend on each other."""
    own = settings()
    found: list[tuple[str, bool, str]] = []
    free = postgres.disk(own).free
    found.append(("disk space", free > 1_000_000_000, f"{free / 1e9:.1f} GB free; less than 1 GB stops the database"))
    if not postgres.exists(own):
        found.append(("database", False, str(NoInstallation())))
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
        found += [_accounts(), _closed_months()]
    lacking = missing()
    found.append(("console parts", not lacking, f"missing: {', '.join(lacking)}; reinstall" if lacking else "in place"))
    uncompiled = [po for po in Path(__file__).parents[1].rglob("*.po") if not po.with_suffix(".mo").exists()]
    found.append(
        ("languages", not uncompiled, "compiled" if not uncompiled else "not compiled: tools/messages.py compile")
    )
    from hongyan.runtime.ports import holder
    from hongyan.runtime.supervisor import read_status

    running, there = read_status(own.data_path), in_force()
    for name, port in (("page port", there.web_port), ("live port", there.live_port_number)):
        with socket.socket() as probe:
            taken = probe.connect_ex(("127.0.0.1", port)) == 0
        by = holder(port) if taken else None
        # Whose it is, where the system tells; else that something runs has to do.
        is_ours = by.folder == str(own.data_path) if by else taken and bool(running)
        words = (
            "free"
            if not taken
            else "in use by this Hongyan"
            if is_ours
            else f"taken by {by.words if by else 'another program'}"
        )
        found.append((name, is_ours if taken else not running, f"{port} {words}"))
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


def _closed_months() -> tuple[str, bool, str]:
    """Which months could not be packed yet; that is no fault."""
    from hongyan.reports import months

    found = months.shown()
    packed = [one for one in found if one.row.packed_at]
    words = f"{len(packed)} packed, {sum(one.saved for one in packed) / 1e6:.0f} MB saved"
    waiting = [f"{one.first:%Y-%m} ({one.row.waits_for} messages wait)" for one in found if one.row.waits_for]
    return "closed months", True, f"{words}; open: {', '.join(waiting)}" if waiting else words


def doctor(as_json: Json = False) -> None:
    """Say in words what is wrong with this installation."""
    found = _findings()
    lines = [f"{'[green]✓[/green]' if well else '[red]✗[/red]'} {what}: {words}" for what, well, words in found]
    there, here = in_force(), settings()
    lines.append("\nSettings (of the installation that runs, else of the environment):")
    for item in fields(Settings):
        value, own = getattr(there, item.name), getattr(here, item.name)
        shown = "(hidden)" if item.name in HIDDEN and value else value or "(default)"
        differs = f" [yellow](this shell says {own or 'nothing'})[/yellow]" if own != value else ""
        lines.append(f"  HONGYAN_{item.name.upper()} = {shown}{differs}   {item.metadata['meaning']}")
    result = [{"what": what, "ok": well, "words": words} for what, well, words in found]
    say({"findings": result}, "\n".join(lines), as_json=as_json)
    if not all(well for _, well, _ in found):
        raise typer.Exit(1)


def backup(file: Path, as_json: Json = False) -> None:
    """Write the whole database into FILE. Keep the data folder's secret_key with it: stored secrets need it."""
    if not postgres.exists(settings()):
        fail(str(NoInstallation()), as_json=as_json)
    postgres.ensure(settings())
    try:
        octets = backups.write(settings(), file)
    except FileExistsError:
        refuse(f"{file} exists already.", as_json=as_json)
    except backups.BackupError as error:
        fail(f"The backup failed: {error}", as_json=as_json)
    say({"file": str(file), "bytes": octets}, f"Written: {file}", as_json=as_json)


def restore(
    file: Path, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, as_json: Json = False
) -> None:
    """Read a backup into an empty database."""
    try:
        backups.check(file)
    except backups.BackupError as error:
        refuse(str(error), as_json=as_json)
    set_up_django(may_begin=True)
    from django.db import connection

    if connection.introspection.table_names():
        refuse("The database is not empty; restore into a new data folder or database.", as_json=as_json)
    if not yes and not typer.confirm(f"Read {file} into {settings().data_path}?"):
        raise typer.Exit(1)
    try:
        backups.read(settings(), file)
    except backups.BackupError as error:
        fail(f"The restore failed, and the database is as empty as before: {error}", as_json=as_json)
    apply_migrations()
    from hongyan.erasure import restoring

    count = restoring.erase_again()
    words = f"Restored; {count:,} numbers that had been erased since were erased again." if count else "Restored."
    say({"restored": str(file), "erased_again": count}, words, as_json=as_json)
