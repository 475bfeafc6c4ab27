"""Where the database is: the operator's own PostgreSQL, or the embedded one of the data folder."""

from __future__ import annotations

from typing import Any

from hongyan.runtime import postgres
from hongyan.runtime.settings import Settings


def url(settings: Settings) -> str:
    """The PostgreSQL address every process uses."""
    return settings.database_url or postgres.cluster(settings).url


def took_too_long(error: BaseException | None) -> bool:
    """Whether the server gave up a statement: it took longer than it may, or waited so long for others'.

    Django's errors have the server's as their cause.
    """
    from psycopg.errors import LockNotAvailable, QueryCanceled

    return isinstance(error, QueryCanceled | LockNotAvailable) or (
        error is not None and isinstance(error.__cause__, QueryCanceled | LockNotAvailable)
    )


def raw_connection() -> Any:
    """The psycopg connection under Django's, for what is done in sets, in the same transaction."""
    # Whoever only asks where the database is need not load Django.
    from django.db import connection

    if connection.connection is not None and connection.connection.closed and not connection.in_atomic_block:
        # What breaks beside Django's own cursors it does not notice: it would keep the dead connection for ever.
        connection.close()
    connection.ensure_connection()
    return connection.connection
