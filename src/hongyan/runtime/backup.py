"""The whole database into one file, and back: what the command line and the health page both call."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from hongyan.runtime import database, postgres
from hongyan.runtime.settings import Settings

MAGIC = b"PGDMP"
"""What pg_dump's custom format begins with."""
WITHOUT = ("django_session",)
"""Tables whose rows are left out: a sign-in that lives must not be had from a file."""


class BackupError(Exception):
    """Why there is no backup, or nothing was restored."""


def write(settings: Settings, file: Path) -> int:
    """Write `file`, which must not exist; gives its octets. Nobody else may read it, not even while it grows.

    It has its name only when it is whole: until then it is `<name>.part`. Raises BackupError, FileExistsError.
    """
    if file.exists():
        raise FileExistsError(file)
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    command = [
        _program(settings, "pg_dump"), "--format=custom", *(f"--exclude-table-data={one}" for one in WITHOUT),
    ]  # fmt: skip
    address, environment = _apart(settings)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            done = subprocess.run([*command, address], stdout=out, stderr=subprocess.PIPE, env=environment, check=False)
            if done.returncode != 0:
                raise BackupError(done.stderr.decode(errors="replace").strip()[-500:])
            os.fsync(out.fileno())
        # Fails where somebody else made the name meanwhile, and overwrites nothing.
        os.link(part, file)
    except OSError as error:
        if isinstance(error, FileExistsError):
            raise
        raise BackupError(str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return file.stat().st_size


def read(settings: Settings, file: Path) -> None:
    """Restore `file` into an empty database: all of it or nothing. Raises BackupError."""
    check(file)
    address, environment = _apart(settings)
    command = [
        _program(settings, "pg_restore"), "--no-owner", "--exit-on-error", "--single-transaction", "--dbname", address,
        str(file),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode != 0:
        raise BackupError(done.stderr.strip()[-500:])


def check(file: Path) -> None:
    """Raises BackupError for what is no backup."""
    try:
        with file.open("rb") as opened:
            is_one = opened.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise BackupError(f"{file}: {error.strerror}") from error
    if not is_one:
        raise BackupError(f"{file} is not a backup of Hongyan's")


def _program(settings: Settings, name: str) -> str:
    return str(postgres.programs(settings) / name)


def _apart(settings: Settings) -> tuple[str, dict[str, str]]:
    """The database's address without its password, which the list of processes would show, and the environment with it."""
    parts = conninfo_to_dict(database.url(settings))
    password = parts.pop("password", None)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    if password:
        environment["PGPASSWORD"] = str(password)
    return make_conninfo(**{name: str(value) for name, value in parts.items()}), environment
