"""The backend that `settings.DATABASES` names."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus


class DatabaseWrapper(base.DatabaseWrapper):
    """Whether a kept connection still stands is seen at its socket; Django would ask with a statement in each request."""

    def is_usable(self) -> bool:
        kept = self.connection
        if kept is None or self.errors_occurred or kept.info.transaction_status != TransactionStatus.IDLE:
            return super().is_usable()
        # To a client that waits for nothing a server says only that it ends, and its death closes the line.
        line = select.poll()
        line.register(kept.fileno(), select.POLLIN)
        return not line.poll(0)
