"""The database under Django's models, for what is done in sets."""

from __future__ import annotations

from typing import Any

from django.db import connection


def raw_connection() -> Any:
    """The psycopg connection under Django's, for the set-based part, in the same transaction."""
    connection.ensure_connection()
    return connection.connection
