"""The backend that `settings.DATABASES` names."""

from __future__ import annotations

import select
from datetime import datetime
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg import DataError
from psycopg.pq import TransactionStatus

FIRST, LAST = datetime(2, 1, 1), datetime(9998, 12, 31)  # noqa: DTZ001 - the loader puts its zone
"""Moments that every zone can say."""


class CalendarLoader(BaseTzLoader):  # type: ignore[misc]
    """A moment beyond Python's calendar, or at its edge, is read as the last or first one of which all zones can speak.

    PostgreSQL goes on for 280,000 years, and one such row would break every list that it stands in.
    """

    def load(self, data: Any) -> datetime:
        try:
            at: datetime = super().load(data)
        except DataError:
            is_past = bytes(data).startswith(b"-") or bytes(data).endswith(b"BC")
            return (FIRST if is_past else LAST).replace(tzinfo=self.timezone)
        if FIRST.year <= at.year <= LAST.year:
            return at
        return (LAST if at.year > LAST.year else FIRST).replace(tzinfo=self.timezone)


class DatabaseWrapper(base.DatabaseWrapper):
    """Whether a kept connection still stands is seen at its socket; Django would ask with a statement in each request."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        made = super().get_new_connection(conn_params)
        made.adapters.register_loader(
            "timestamptz", type("CalendarLoader", (CalendarLoader,), {"timezone": self.timezone})
        )
        return made

    def is_usable(self) -> bool:
        kept = self.connection
        if kept is None or self.errors_occurred or kept.info.transaction_status != TransactionStatus.IDLE:
            return super().is_usable()
        # To a client that waits for nothing a server says only that it ends, and its death closes the line.
        line = select.poll()
        line.register(kept.fileno(), select.POLLIN)
        return not line.poll(0)
