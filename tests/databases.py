"""The tests' databases: one in which all migrations have run, copies of it, and emptying one after a test that committed.

Their role must be a superuser, as the embedded server's is: what empties a database asks no foreign key and wakes no trigger.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg import sql

import hongyan

# A delete from a few rows costs a tenth of a truncate, which gives the table and each of its indexes a new file.
EMPTYING = """
create schema emptying;
create function emptying.all_tables() returns void language plpgsql as $$
declare one record;
begin
  perform set_config('session_replication_role', 'replica', true);
  for one in
    select c.oid::regclass as name, pg_relation_size(c.oid) as octets from pg_class c
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and pg_relation_size(c.oid) > 0
      and c.relname not in ('django_migrations', 'django_content_type', 'auth_permission')
  loop
    if one.octets < 200000 then
      execute format('delete from %s', one.name);
    else
      execute format('truncate %s cascade', one.name);
    end if;
  end loop;
  for one in select relname as name from pg_class where relkind = 'r' and relnamespace = 'emptying'::regnamespace loop
    execute format('insert into public.%1$I select * from emptying.%1$I', one.name);
  end loop;
end $$;
do $$
declare one record; has_rows boolean;
begin
  -- What migrations wrote comes back.
  for one in
    select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
      and relname not in ('django_migrations', 'django_content_type', 'auth_permission')
  loop
    execute format('select exists (select from public.%I)', one.name) into has_rows;
    if has_rows then
      execute format('create table emptying.%1$I as table public.%1$I', one.name);
    end if;
  end loop;
end $$;
"""


def use(name: str) -> None:
    """From now on Django's connection, and what asks it for its address, means this database."""
    connection.close()
    connection.settings_dict["NAME"] = name


@contextmanager
def _server() -> Iterator[psycopg.Connection[Any]]:
    """A connection that makes and drops databases."""
    parameters = connection.get_connection_params() | {"dbname": "postgres", "cursor_factory": psycopg.Cursor}
    with psycopg.connect(**parameters, autocommit=True) as server:
        yield server


def template(folder: Path) -> str:
    """The database in which all migrations of this checkout have run; who comes first makes it, the others wait."""
    migrations = sorted(path for path in Path(hongyan.__file__).parent.glob("*/migrations/*") if path.is_file())
    state = hashlib.sha256(b"".join(path.read_bytes() for path in [*migrations, Path(__file__)])).hexdigest()[:12]
    name = f"template_{state}"
    with (folder / "template").open("w") as lock, _server() as server:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if server.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is None:
            unfinished = f"{name}_unfinished"
            _drop(server, unfinished)
            server.execute(sql.SQL("create database {}").format(sql.Identifier(unfinished)))
            use(unfinished)
            call_command("migrate", verbosity=0, interactive=False)
            with connection.cursor() as cursor:
                cursor.execute(EMPTYING)
            connection.close()
            server.execute(sql.SQL("alter database {} rename to {}").format(*map(sql.Identifier, (unfinished, name))))
    return name


def copy(original: str, name: str) -> None:
    with _server() as server:
        server.execute(sql.SQL("create database {} template {}").format(*map(sql.Identifier, (name, original))))


def drop(name: str) -> None:
    with _server() as server:
        _drop(server, name)


def _drop(server: psycopg.Connection[Any], name: str) -> None:
    server.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def empty() -> None:
    """Take away whatever was committed, also from the tables that Django does not manage and would leave as they are."""
    with connection.cursor() as cursor:
        cursor.execute("select emptying.all_tables()")
