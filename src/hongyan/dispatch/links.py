"""LinkID: the transaction of an on-demand service, given back with the answer to the text that brought it.

A carrier draws one for each text that orders something, and charges for the answer by it. It means something to the
channel that it came from, and for a while; `leasing` looks it up with each batch.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

LIFE = timedelta(hours=24)
"""An assumption: no published protocol says how long a carrier keeps a transaction that was not answered."""

CARRY = """
with over as (delete from dispatch_link where until < %(now)s)
insert into dispatch_link (submission_id, channel_id, link_id, until)
select %(submission)s, channel_id, link_id, received_at + %(life)s from dispatch_incoming
where id = %(incoming)s and link_id <> '' and received_at + %(life)s > %(now)s
"""

OF_BATCH = """coalesce((select l.link_id from dispatch_link l where l.submission_id = b.submission_id
                    and l.channel_id = b.channel_id and l.until > %(now)s), '')"""
"""For statements that lease a batch `b`."""


def carry(connection: Connection[Any], *, incoming_id: int, submission_id: int, now: datetime) -> None:
    """The submission answers this incoming text: its messages give back the LinkID, if it has one and still lives."""
    connection.execute(CARRY, {"incoming": incoming_id, "submission": submission_id, "now": now, "life": LIFE})
