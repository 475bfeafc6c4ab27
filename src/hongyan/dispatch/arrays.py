"""Columns of values as PostgreSQL array literals: one text parameter instead of a typed list.

psycopg looks at each element of a list to find its type; at tens of thousands of values a second that was an eighth of
the gateway's time (2026-11-25).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache


def integers(values: Iterable[int]) -> str:
    """For `%s::bigint[]` and its like."""
    return "{" + ",".join(map(str, values)) + "}"


def nullable(values: Iterable[int | None]) -> str:
    """For `%s::bigint[]` with places that hold nothing."""
    return "{" + ",".join(["null" if one is None else str(one) for one in values]) + "}"


def moments(values: Iterable[datetime | None]) -> str:
    """For `%s::timestamptz[]`."""
    return "{" + ",".join(["null" if one is None else f'"{one.isoformat()}"' for one in values]) + "}"


def _quote(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


_quote_again = lru_cache(maxsize=1024)(_quote)


def words(values: Iterable[str]) -> str:
    """For `%s::text[]` of few different values, as states and codes are."""
    return "{" + ",".join(map(_quote_again, values)) + "}"


def texts(values: Iterable[str]) -> str:
    """For `%s::text[]` of many different values, as carriers' ids are."""
    return "{" + ",".join(map(_quote, values)) + "}"
