"""Closed months, rewritten tight: the same rows with fewer and smaller indexes, their segments in compressed blocks.

A month is closed when receipts for it are no longer looked for and nothing in it waits. It is copied in slices into a
table beside it, `dispatch_message_<month>_copy`, and then takes that table's place in one short transaction. Until then
everybody reads and writes the month as it was; what changes meanwhile is noted by a trigger and copied again. So a kill
at any moment leaves one form or the other, whole, and the next run goes on behind the last slice.

    waiting    something in it is not over yet
    copying    ids up to `copied_until` stand in the copy
    copied     all of them, with indexes
    packed     the copy is the month; once a fifth of it has been removed, it is packed again
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog
from psycopg import Connection, sql
from psycopg.errors import LockNotAvailable

from hongyan.dispatch import packed

log = structlog.get_logger()

RECEIPTS = timedelta(days=8)
"""As `dispatch_recent_id()`: what comes later is kept among the stray receipts, packed or not."""
SLICE = 20_000
LOCK_MS = 150
"""So long at most gateways wait for the moment in which the copy takes the month's place."""
TRIES, BETWEEN_S = 20, 1.5
AGAIN = 5
"""A packed month is packed again when one in so many of its messages has been removed."""

# Months that are over and not packed, or packed and thinned out since.
DUE = """
select month from (
    select right(c.relname, 4)::int as month from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'dispatch_message'::regclass) m
left join dispatch_packing p using (month)
where month < %(open)s and (p.state is distinct from 'packed' or p.removed > 0 and p.removed * %(again)s >= p.messages)
order by month
"""
# Eight octets beside eight leave no gaps.
COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
       || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = 'dispatch_message'::regclass and a.attnum > 0 and not a.attisdropped
order by a.attname <> 'id', greatest(a.attlen, 0) desc, a.attnum
"""
CHECKS = """
select conname, pg_get_constraintdef(oid) from pg_constraint
where conrelid = 'dispatch_message'::regclass and contype = 'c'
"""
# Those of the whole table, where there are any, which the month must have to take its place in it.
SHARED_INDEXES = "select pg_get_indexdef(indexrelid) from pg_index where indrelid = 'dispatch_message'::regclass"
# Rows lie in the order of their ids, so a block range index finds one in a millisecond, for nothing; the number alone lets
# a person's second message of the month share the first one's entry.
INDEXES = """
create index on {copy} (submission_id, id) with (fillfactor = 100);
create index on {copy} (reverse(number) text_pattern_ops) with (fillfactor = 100);
create index on {copy} using brin (id) with (pages_per_range = 16);
analyze {copy}
"""


OCTETS = """
select pg_total_relation_size(%s::regclass) + pg_total_relation_size(%s::regclass)
     + coalesce((select sum(octet_length(payload) + 60) from dispatch_packed_segments
                 where first_id >= %s and first_id < %s), 0)
"""
TRIGGER = """
create trigger dispatch_packing after insert or update or delete on {month}
for each row execute function dispatch_note_changed()
"""
# Of what changed since, both sides may differ; one statement sees both at one moment.
DIFFERENCES = """
with known as materialized (select id from dispatch_packing_changed),
was as (select state, reason, segments, sum(price_micros) as price, count(*) as n from {month}
        where id not in (select id from known) group by 1, 2, 3),
becomes as (select state, reason, segments, sum(price_micros) as price, count(*) as n from {copy}
            where id not in (select id from known) group by 1, 2, 3)
select count(*) from ((table was except table becomes) union all (table becomes except table was)) d
"""
# Of messages that have been removed.
EMPTY_BLOCKS = """
delete from dispatch_packed_segments b where first_id >= {low} and first_id < {high}
and not exists (select from {copy} where id between b.first_id and b.last_id)
"""
TAKE_PLACE = """
alter table dispatch_message detach partition {month};
drop table {month};
alter table {copy} rename to {month};
alter table dispatch_message attach partition {month} for values from ({low}) to ({high});
truncate {segments}
"""


class Unequal(Exception):
    """The copy of a month was not the month; it has been thrown away, and the next run begins anew."""


@dataclass(frozen=True, slots=True)
class _Month:
    yymm: int

    @property
    def low(self) -> int:
        return self.yymm * 1_000_000_000_000

    @property
    def high(self) -> int:
        return self.low + 1_000_000_000_000

    @property
    def name(self) -> str:
        return f"dispatch_message_{self.yymm:04d}"

    @property
    def copy(self) -> str:
        return f"{self.name}_copy"

    @property
    def segments(self) -> str:
        return f"dispatch_segment_{self.yymm:04d}"

    def sql(self, statement: str) -> sql.Composed:
        """With the names of its tables, and its bounds."""
        names = {"month": self.name, "copy": self.copy, "segments": self.segments}
        values = {"low": self.low, "high": self.high, "yymm": self.yymm}
        return sql.SQL(statement).format(
            **{one: sql.Identifier(name) for one, name in names.items()},
            **{one: sql.Literal(value) for one, value in values.items()},
        )


def pack_due(connection: Connection[Any], now: datetime, *, rest: Callable[[float], object] = time.sleep) -> int:
    """Pack every month that is due, the oldest first; gives how many messages. Half of the time is `rest`.

    Raises LockNotAvailable where others held the messages all the while (a backup, a long list), and Unequal.
    """
    count = 0
    open_from = int(f"{(now - RECEIPTS).astimezone(UTC):%y%m}")
    for (yymm,) in connection.execute(DUE, {"open": open_from, "again": AGAIN}).fetchall():
        month = _Month(yymm)
        if not _patiently(partial(_begin, connection, month, now), rest):
            continue
        while spent := _copy_slice(connection, month):
            rest(spent)
        _index(connection, month)
        count += _patiently(partial(_take_its_place, connection, month, now), rest)
    return count


def _patiently(work: Callable[[], int], rest: Callable[[float], object]) -> int:
    """What needs a lock that others may hold is tried again and again, so that nobody queues behind it for long."""
    for left in reversed(range(TRIES)):
        try:
            return work()
        except LockNotAvailable:
            if not left:
                raise
            rest(BETWEEN_S)
    raise AssertionError


def _state(connection: Connection[Any], month: _Month) -> str:
    """Locks the month's packing: two at once take turns."""
    connection.execute(
        "insert into dispatch_packing (month, state) values (%s, 'waiting') on conflict do nothing", [month.yymm]
    )
    row = connection.execute("select state from dispatch_packing where month = %s for update", [month.yymm]).fetchone()
    return str(row[0]) if row else ""


def _count(connection: Connection[Any], statement: sql.Composed) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0] or 0) if row else 0


def _octets(connection: Connection[Any], month: _Month) -> int:
    """All that its messages take: rows, indexes, segments in either form."""
    row = connection.execute(OCTETS, [month.name, month.segments, month.low, month.high]).fetchone()
    return int(row[0]) if row else 0


def _begin(connection: Connection[Any], month: _Month, now: datetime) -> int:
    """Whether it may be packed: then an empty copy and the trigger stand. Of what waits it notes how much."""
    with connection.transaction():
        state = _state(connection, month)
        if state in ("copying", "copied"):
            return True
        waits = month.sql("select count(*) from {month} where state in ('queued', 'submitted')")
        if waiting := _count(connection, waits):
            connection.execute("update dispatch_packing set waits_for = %s where month = %s", [waiting, month.yymm])
            return False
        connection.execute(f"set local lock_timeout = {LOCK_MS}")
        _make_copy(connection, month)
        connection.execute("delete from dispatch_packing_changed where id >= %s and id < %s", [month.low, month.high])
        connection.execute(month.sql(TRIGGER))
        connection.execute(
            """delete from dispatch_packed_segments where first_id >= %s and first_id < %s
               and (select packed_at is null from dispatch_packing where month = %s)""",
            [month.low, month.high, month.yymm],
        )
        connection.execute(
            """update dispatch_packing set state = 'copying', waits_for = 0, copied_until = 0, copied = 0, began_at = %s,
                      messages = %s, octets_before = case when packed_at is null then %s else octets_before end
               where month = %s""",
            [
                now,
                _count(connection, month.sql("select count(*) from {month}")),
                _octets(connection, month),
                month.yymm,
            ],
        )
    return True


def _make_copy(connection: Connection[Any], month: _Month) -> None:
    """Empty, and fit to be the month: its columns, checks and bounds."""
    connection.execute(month.sql("drop table if exists {copy}"))
    lines = [sql.SQL("{} ").format(sql.Identifier(row[0])) + sql.SQL(row[1]) for row in connection.execute(COLUMNS)]
    checks = connection.execute(CHECKS).fetchall()
    lines += [sql.SQL("constraint {} ").format(sql.Identifier(row[0])) + sql.SQL(row[1]) for row in checks]
    lines.append(month.sql("check (id >= {low} and id < {high})"))
    connection.execute(month.sql("create table {copy} (") + sql.SQL(", ").join(lines) + sql.SQL(")"))


def _copy_slice(connection: Connection[Any], month: _Month) -> float | None:
    """The next rows in the order of their ids, and their segments; gives the seconds it took, None when none is left."""
    began = time.monotonic()
    with connection.transaction():
        if _state(connection, month) != "copying":
            return None
        after = _count(connection, month.sql("select copied_until from dispatch_packing where month = {yymm}"))
        ahead = sql.SQL("id > {} order by id limit {}").format(after, SLICE)
        upper = _count(
            connection, month.sql("select max(id) from (select id from {month} where ") + ahead + sql.SQL(") m")
        )
        if not upper:
            return None
        copied = _copy(connection, month, sql.SQL("id > {} and id <= {} order by id").format(after, upper))
        packed.write(connection, max(after + 1, month.low), upper)
        connection.execute(
            "update dispatch_packing set copied_until = %s, copied = copied + %s where month = %s",
            [upper, copied, month.yymm],
        )
    return time.monotonic() - began


def _copy(connection: Connection[Any], month: _Month, which: sql.Composable) -> int:
    """Rows as they are, but for the person's place in an address book, to which their number leads as well."""
    names = [row[0] for row in connection.execute(COLUMNS)]
    values = [sql.SQL("null::bigint") if one == "contact_id" else sql.Identifier(one) for one in names]
    into = month.sql("insert into {copy} (") + sql.SQL(", ").join(map(sql.Identifier, names)) + sql.SQL(") select ")
    return connection.execute(into + sql.SQL(", ").join(values) + month.sql(" from {month} where ") + which).rowcount


def _index(connection: Connection[Any], month: _Month) -> None:
    """The copy's indexes and a last look at it, in one step: a kill leaves none of them. Raises Unequal."""
    with connection.transaction():
        if _state(connection, month) != "copying":
            return
        connection.execute(month.sql(INDEXES))
        for (definition,) in connection.execute(SHARED_INDEXES).fetchall():
            connection.execute(re.sub(r"INDEX \S+ ON (ONLY )?\S+", f"INDEX ON {month.copy}", definition, count=1))
        connection.execute(month.sql(EMPTY_BLOCKS))
        _catch_up(connection, month)
        connection.execute(
            month.sql(
                "update dispatch_packing set state = 'copied', copied = (select count(*) from {copy}) where month = {yymm}"
            )
        )
        differences = _count(connection, month.sql(DIFFERENCES))
    if differences:
        with connection.transaction():
            connection.execute(month.sql("drop trigger dispatch_packing on {month}; drop table {copy}"))
            connection.execute("update dispatch_packing set state = 'waiting' where month = %s", [month.yymm])
        raise Unequal(month.name)


def _catch_up(connection: Connection[Any], month: _Month) -> None:
    """What changed in the month since its row was copied, or went."""
    cursor = connection.execute(
        "delete from dispatch_packing_changed where id >= %s and id < %s returning id", [month.low, month.high]
    )
    if ids := sorted({row[0] for row in cursor.fetchall()}):
        connection.execute(month.sql("delete from {copy} where id = any(%s)"), [ids])
        _copy(connection, month, sql.SQL("id = any({}) order by id").format(ids))


def _take_its_place(connection: Connection[Any], month: _Month, now: datetime) -> int:
    """The copy becomes the month: some ten milliseconds in which nobody else touches messages. Gives how many they are."""
    began = time.monotonic()
    with connection.transaction():
        if _state(connection, month) != "copied":
            return 0
        connection.execute(f"set local lock_timeout = {LOCK_MS}")
        connection.execute(month.sql("lock table only dispatch_message, {month}, {segments} in access exclusive mode"))
        locked = time.monotonic()
        _catch_up(connection, month)
        connection.execute(month.sql(TAKE_PLACE))
        octets = _octets(connection, month)
        connection.execute(
            """update dispatch_packing set state = 'packed', messages = copied, removed = 0, packed_at = %s, octets_after = %s
               where month = %s""",
            [now, octets, month.yymm],
        )
        waited_ms, locked_ms = round(1000 * (locked - began)), round(1000 * (time.monotonic() - locked))
    log.info("a month is packed", month=month.yymm, octets=octets, waited_ms=waited_ms, locked_ms=locked_ms)
    return _count(connection, month.sql("select copied from dispatch_packing where month = {yymm}"))
