"""The segments of a packed month: columns of up to a thousand messages, compressed, in one row.

What a carrier gave and said is asked for one message at a time, if ever; row by row it cost more than the message.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, NamedTuple

from psycopg import Connection

BLOCK = 1000
"""Messages; a block is some eight thousand octets, and read whole for one of them."""
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Segment(NamedTuple):
    """A row of `dispatch_segment`, but for what its message says."""

    message_id: int
    segment: int
    of: int
    channel_id: int
    carrier_id: str
    submitted_at: datetime
    state: str
    code: str
    reported_at: datetime | None
    found_by: str | None


READ = f"""
select {", ".join(Segment._fields)} from dispatch_segment
where message_id between %(low)s and %(high)s order by message_id, segment, submitted_at
"""  # noqa: S608 - constants only
WRITE = "insert into dispatch_packed_segments (first_id, last_id, payload) values (%s, %s, %s)"
FIND = """
select payload from dispatch_packed_segments where first_id = (
    select max(first_id) from dispatch_packed_segments where first_id <= %(id)s) and last_id >= %(id)s
"""


def segments_of(connection: Connection[Any], message_id: int) -> list[Segment]:
    """A message's segments in order, whether its month is packed or not. Two small queries at most."""
    rows = connection.execute(READ, {"low": message_id, "high": message_id}).fetchall()
    if rows:
        return [Segment(*row) for row in rows]
    row = connection.execute(FIND, {"id": message_id}).fetchone()
    return [one for one in decode(row[0]) if one.message_id == message_id] if row else []


def write(connection: Connection[Any], low: int, high: int) -> None:
    """The blocks of the messages from `low` to `high`, in the caller's transaction."""
    rows = [Segment(*row) for row in connection.execute(READ, {"low": low, "high": high})]
    with connection.cursor() as cursor:
        cursor.executemany(WRITE, [(part[0].message_id, part[-1].message_id, encode(part)) for part in _blocks(rows)])


def _blocks(rows: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Never parts a message."""
    block: list[Segment] = []
    known: set[int] = set()
    for row in rows:
        if len(known) == BLOCK and row.message_id not in known:
            yield block
            block, known = [], set()
        block.append(row)
        known.add(row.message_id)
    if block:
        yield block


def encode(rows: Sequence[Segment]) -> bytes:
    """`decode` gives exactly the same. Ids and moments lie close together, so differences say them in few octets."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    places = dict(zip(Segment._fields, columns, strict=True))
    places["message_id"] = _differences(places["message_id"])
    places["submitted_at"] = _differences([_micros(at) for at in places["submitted_at"]])
    places["reported_at"] = _told([None if at is None else _micros(at) for at in places["reported_at"]], _differences)
    numbers = [number for one in places["carrier_id"] if (number := _number(one)) is not None]
    are_numbers = len(numbers) == len(rows)
    ids: list[Any] = _differences(numbers) if are_numbers else places["carrier_id"]
    places["carrier_id"] = ["numbers" if are_numbers else "words", *ids]
    return zlib.compress(json.dumps(list(places.values()), ensure_ascii=False, separators=(",", ":")).encode(), 9)


def decode(payload: bytes) -> list[Segment]:
    columns = dict(zip(Segment._fields, json.loads(zlib.decompress(payload)), strict=True))
    columns["message_id"] = list(accumulate(columns["message_id"]))
    columns["submitted_at"] = [_moment(one) for one in accumulate(columns["submitted_at"])]
    reported = _told(columns["reported_at"], accumulate)
    columns["reported_at"] = [None if one is None else _moment(one) for one in reported]
    kind, *ids = columns["carrier_id"]
    columns["carrier_id"] = [f"{one:x}" for one in accumulate(ids)] if kind == "numbers" else ids
    return [Segment(*row) for row in zip(*columns.values(), strict=True)]


def _differences(values: Sequence[int]) -> list[int]:
    return [one - before for one, before in zip(values, [0, *values], strict=False)]


def _told(values: Sequence[int | None], how: Any) -> list[int | None]:
    """`how` applied to what is not None."""
    told: Iterator[int] = iter(list(how([one for one in values if one is not None])))
    return [None if one is None else next(told) for one in values]


def _number(carrier_id: str) -> int | None:
    """Of an id that its number alone gives back, as hexadecimal without leading zeros."""
    try:
        number = int(carrier_id, 16)
    except ValueError:
        return None
    return number if f"{number:x}" == carrier_id else None


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
