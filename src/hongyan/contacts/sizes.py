"""How many rows a book or a group of many has, without counting them: from what the database has noticed of its tables."""

from __future__ import annotations

from django.db import connection

LARGE = 1000
"""From here on a size is about so many; below it is counted."""
COUNTED_UP_TO = 100_000
"""Rows of a table that are counted each time: a few milliseconds."""

# In two digits, since more would be made up. The most common values that the last analyze saw, at most a hundred; autovacuum looks again after a tenth has changed.
_COMMON = """
select seen.value, round((seen.share * c.reltuples)::numeric, 1 - floor(log((seen.share * c.reltuples)::numeric))::int)::bigint
from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = current_schema()
join pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = %(column)s
cross join lateral unnest(s.most_common_vals::text::bigint[], s.most_common_freqs) seen(value, share)
where c.relname = %(table)s and c.reltuples > %(counted)s and seen.share * c.reltuples >= %(large)s
"""


def large_groups() -> dict[int, int]:
    """Group to about how many people stand in it itself; empty where all can be counted."""
    return _large("contacts_group_contacts", "group_id")


def large_books() -> dict[int, int]:
    """Book to about how many people it has."""
    return _large("contacts_contact", "book_id")


def _large(table: str, column: str) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            _COMMON, {"table": table, "column": column, "counted": COUNTED_UP_TO, "large": LARGE}
        )  # fmt: skip
        return dict(cursor.fetchall())
