"""What customers ask about what they have submitted, and what they take back: answered from what we know.

A message stands in one of four places: scheduled, waiting to be planned, planned (`doors_given` leads to it), or taken
back before it was planned. Each question is one transaction; a door asks only about its own messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from hongyan.dispatch import control
from hongyan.doors import codes, echoes
from hongyan.doors.receipts import Receipt, cancelled_receipts
from hongyan.inputs.ids import whole_of
from hongyan.inputs.moments import day_of
from hongyan.protocols.events import Figures, MessageStatus, ReportClass
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from hongyan.runtime.settings import settings

KEEP_DAYS = 8
"""So long a customer may ask about a message, or a day."""
TOGETHER = timedelta(minutes=1)
"""Parts of one text are submitted within this."""
ENROUTE, UNKNOWN, REJECTED = "ENROUTE", "UNKNOWN", "REJECTD"

FOUND = """
select m.state, m.reason, coalesce(c.protocol, ''), m.done_at, g.message_id
from doors_given g
left join dispatch_moved_message w on w.was = g.message_id
left join dispatch_message m on m.id = coalesce(w.id, g.message_id)
left join dispatch_channel c on c.id = m.channel_id
where g.carrier_id = %(id)s and g.door_id = %(door)s
"""
# Few rows of a door wait here, and nobody asks often.
WAITS = """
select exists (select from doors_part where door_id = %(door)s and %(id)s = any(string_to_array(ids, ' ')))
    or exists (select from doors_scheduled where door_id = %(door)s and %(id)s = any(string_to_array(ids, ' ')))
"""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Of one message with the id that was asked for."""

    status: MessageStatus
    is_final: bool


def query(door_id: int, family: str, carrier_id: str) -> MessageStatus | None:
    """What became of a message; None where this door was given no such id.

    One id may stand for several recipients: then it is over when all are, and failed when one has.
    """
    values = {"door": door_id, "id": carrier_id}
    connection = raw_connection()
    rows = connection.execute(FOUND, values).fetchall()
    if not rows:
        (waits,) = connection.execute(WAITS, values).fetchone()
        return MessageStatus(ENROUTE) if waits else None
    found = [_outcome(family, *row) for row in rows]
    waiting = [one for one in found if not one.is_final]
    failed = [one for one in found if one.status.state != "DELIVRD"]
    return (waiting or failed or found)[0].status


def _outcome(
    family: str, state: str | None, reason: str, protocol: str, done_at: datetime | None, message_id: int
) -> _Outcome:
    if state is None:
        # Taken back before it was planned, or no longer on record.
        return _Outcome(MessageStatus("DELETED" if message_id == 0 else UNKNOWN), is_final=True)
    if state in {"queued", "submitted"}:
        return _Outcome(MessageStatus(ENROUTE), is_final=False)
    if state == "uncertain":
        return _Outcome(MessageStatus(UNKNOWN), is_final=False)
    outcome, code = codes.receipt(family, state, reason, protocol)
    said, _, error = code.partition(":")
    number = whole_of(error) & 0xFF
    known = {ReportClass.DELIVERED: "DELIVRD", ReportClass.EXPIRED: "EXPIRED"}.get(outcome)
    return _Outcome(
        MessageStatus(known or (said if said in {"DELETED", UNKNOWN, REJECTED} else "UNDELIV"), done_at, number),
        is_final=True,
    )


# -- taking back -------------------------------------------------------------------------------------------------------

_ROWS = "id, ids, numbers, written, source, reference, total, wants, user_reference, submitted_at, service"
LOCK_ROW = {
    table: f"select {_ROWS} from {table} where door_id = %(door)s and %(id)s = any(string_to_array(ids, ' ')) for update"  # noqa: S608 - constants only
    for table in ("doors_scheduled", "doors_part")
}
# The other parts of the same text: it goes whole or not at all.
LOCK_PARTS = {
    table: f"""select {_ROWS} from {table} where door_id = %(door)s and source = %(source)s and numbers = %(numbers)s
               and reference = %(reference)s and total = %(total)s
               and submitted_at between %(at)s::timestamptz - %(by)s and %(at)s::timestamptz + %(by)s for update"""  # noqa: S608 - constants only
    for table in LOCK_ROW
}
GIVEN = "select message_id from doors_given where carrier_id = %(id)s and door_id = %(door)s and message_id > 0"
TAKEN_BACK = """
insert into doors_given (door_id, carrier_id, message_id, place, service, submitted_at) values (%s, %s, 0, %s, %s, %s)
"""


@transaction.atomic
def cancel(door_id: int, family: str, carrier_id: str) -> bool | None:
    """Take a message back that has not left; False where it has, None where this door was given no such id.

    Its receipt says so, and that of every part of its text.
    """
    connection = raw_connection()
    values = {"door": door_id, "id": carrier_id}
    # Planners read what waits before they delete it: neither may be between the two.
    for low in (0, 1):
        connection.execute("select pg_advisory_xact_lock(hashtext('doors planning'), %s)", [low])
    for table, statement in LOCK_ROW.items():
        row = connection.execute(statement, values).fetchone()
        if row is not None:
            _take_back(connection, table, door_id, family, carrier_id, row)
            return True
    given = [row[0] for row in connection.execute(GIVEN, values)]
    if not given:
        return None
    return bool(control.cancel_messages(connection, given, clock.now()))


def _take_back(connection: Any, table: str, door_id: int, family: str, carrier_id: str, row: Sequence[Any]) -> None:
    _, ids, numbers, _, source, reference, total, *_, at, _service = row
    places = {place for place, one in enumerate(ids.split()) if one == carrier_id}
    rows = [row]
    if total > 1:
        facts = {
            "door": door_id, "source": source, "numbers": numbers, "reference": reference, "total": total, "at": at,
            "by": TOGETHER,
        }  # fmt: skip
        rows = connection.execute(LOCK_PARTS[table], facts).fetchall()
    told: list[Receipt] = []
    for id_, ids, numbers, written, source, _reference, _total, wants, user_reference, at, service in rows:
        left = [
            [one for place, one in enumerate(column.split()) if place not in places]
            for column in (ids, numbers, written)
        ]
        for place in sorted(places):
            one = ids.split()[place]
            connection.execute(TAKEN_BACK, [door_id, one, place, service, at])
            told.append(Receipt(0, door_id, one, written.split()[place], wants, source, user_reference, at))
        if left[0]:
            columns = [" ".join(column) for column in left]
            connection.execute(
                f"update {table} set ids = %s, numbers = %s, written = %s where id = %s",  # noqa: S608 - ours
                [*columns, id_],
            )
        else:
            connection.execute(f"delete from {table} where id = %s", [id_])  # noqa: S608 - ours
    cancelled_receipts(connection, family, [one for one in told if one.wants])


# -- figures -----------------------------------------------------------------------------------------------------------

COUNT = """
with planned as (
    select count(*) filter (where g.place = 0) as submits, count(*) as recipients,
           count(*) filter (where m.state = 'delivered') as delivered,
           count(*) filter (where m.state in ('queued', 'submitted', 'uncertain')) as waiting
    from doors_given g
    left join dispatch_moved_message w on w.was = g.message_id
    left join dispatch_message m on m.id = coalesce(w.id, g.message_id)
    where g.door_id = %(door)s and g.submitted_at >= %(from)s and g.submitted_at < %(to)s
      and (%(service)s::text is null or g.service = %(service)s)
), unplanned as (
    select count(*) as submits, coalesce(sum(cardinality(string_to_array(ids, ' '))), 0) as recipients from (
        select ids, door_id, submitted_at, service from doors_part
        union all select ids, door_id, submitted_at, service from doors_scheduled
    ) p
    where p.door_id = %(door)s and p.submitted_at >= %(from)s and p.submitted_at < %(to)s
      and (%(service)s::text is null or p.service = %(service)s)
)
select p.submits + u.submits, p.recipients + u.recipients, p.delivered, p.waiting + u.recipients,
       p.recipients - p.delivered - p.waiting,
       coalesce((select replies from doors_replied where door_id = %(door)s and day = %(day)s and %(service)s::text is null), 0),
       (select count(*) from doors_delivery where door_id = %(door)s and is_reply and at >= %(from)s and at < %(to)s
        and %(service)s::text is null)
from planned p, unplanned u
"""


def figures(door_id: int, day: str, service: str | None) -> Figures:
    """What passed on a day (YYYYMMDD) of the company's calendar; nought for a day that is none or too long ago.

    Replies are of no service.
    """
    asked = day_of(f"{day[:4]}-{day[4:6]}-{day[6:]}")
    if asked is None or not 1 < asked.year < 9999:
        return Figures()
    begin, end = _midnight(asked), _midnight(asked + timedelta(days=1))
    values = {"door": door_id, "day": asked, "from": begin, "to": end, "service": service}
    return Figures(*[int(one) for one in raw_connection().execute(COUNT, values).fetchone()])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), ZoneInfo(settings().time_zone))


def tidy() -> None:
    """Forget what nobody will ask about any more."""
    raw_connection().execute(
        "delete from doors_given where submitted_at < %(now)s::timestamptz - %(days)s * interval '1 day'",
        {"now": clock.now(), "days": KEEP_DAYS},
    )
    raw_connection().execute("delete from doors_replied where day < current_date - 60")
    echoes.tidy(raw_connection(), clock.now())
