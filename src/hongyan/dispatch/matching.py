"""To which message a receipt belongs.

The carrier's id says it, exactly; the number decides only between several messages that one id may stand for. A receipt
whose id is not known waits: it may have overtaken its own response. Two things are found by another way, and say so at
their segment: a number within the very submit that the id belongs to (gateways repeat the first id of a group, or count in
an order of their own), and a message whose response a crash took, when nothing else to that number can be meant.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, LiteralString

from psycopg import AsyncConnection

from hongyan.dispatch import arrays
from hongyan.dispatch.numbers import e164

GROUP, BATCH = 99, 999
"""How far from a known message its submit's others are looked for: as many as one submit takes; the batch, where some of
it had left before."""
LATE_ANSWER_S = 300
"""So long a submit's own answer may still come while its connection stands."""
LEAST_DIGITS = 8
WAITING = {"queued": 2, "submitted": 2, "uncertain": 1}
"""States that a receipt may settle; of several messages under one id and number the one that was sent last is meant, not
the one whose receipt has been given up."""
_NO_DIGIT = re.compile(r"[^0-9]+")


@dataclass(slots=True, unsafe_hash=True)
class StoredReport:
    """A delivery report as it is matched. Nobody changes one; `frozen` would make each four times as dear."""

    channel_id: int
    carrier_id: str
    number: str
    outcome: str
    """delivered, failed or expired; "unknown" where the carrier's word is none we know: it is shown and waited on."""
    code: str

    @property
    def reason(self) -> str:
        """What stands at the message."""
        return "" if self.outcome == "delivered" else self.code


Located = tuple[StoredReport, int, int, int]
"""A report with its message's id, the segment, and of how many."""


@dataclass(slots=True)
class Found:
    """What became of a search for several reports."""

    located: list[Located] = field(default_factory=list)
    in_group: list[tuple[int, int]] = field(default_factory=list)
    """(message id, segment) of those that were found by number among the ids of one submit."""
    unknown: list[StoredReport] = field(default_factory=list)


@dataclass(slots=True)
class _Row:
    """A segment that a report may be about."""

    message_id: int
    segment: int
    of: int
    carrier_id: str
    number: str
    state: str
    is_shared: bool
    """Its text was the batch's, so that its submit may have had several numbers."""
    had_company: bool
    """And its channel puts several numbers into one."""


# By exact id. The numbers' ends keep a submit's hundred receipts from finding a hundred messages each under one id.
BY_ID = """
select r.ord, s.message_id, s.segment, s.of, s.carrier_id, m.number, m.state, false, false
from unnest(%(channels)s::int[], %(carrier_ids)s::text[], %(numbers)s::text[]) with ordinality
     as r(channel_id, carrier_id, number, ord)
join dispatch_segment s on s.channel_id = r.channel_id and s.carrier_id = r.carrier_id
     and s.message_id >= dispatch_recent_id()
join dispatch_message m on m.id = s.message_id
where r.number = '' or right(m.number, 8) = right(r.number, 8)
"""
BY_ID_ALONE = """
select r.ord, s.message_id, s.segment, s.of, s.carrier_id, m.number, m.state, coalesce(b.text is not null and b.size > 1, false),
       coalesce(b.text is not null and b.size > 1 and c.numbers_per_submit > 1, false)
from unnest(%(channels)s::int[], %(carrier_ids)s::text[]) with ordinality as r(channel_id, carrier_id, ord)
join dispatch_segment s on s.channel_id = r.channel_id and s.carrier_id = r.carrier_id
     and s.message_id >= dispatch_recent_id()
join dispatch_message m on m.id = s.message_id
left join dispatch_batch b on b.id = s.message_id / 1000
left join dispatch_channel c on c.id = s.channel_id
"""

# The others of a message's submit, by number: messages of one submit stand beside each other in one batch. By the index of
# numbers, since going through a batch for each receipt took minutes.
IN_GROUP = """
select r.ord, s.message_id, s.segment, s.of, s.carrier_id, m.number, m.state, true, true
from unnest(%(ords)s::int[], %(ids)s::bigint[], %(segments)s::smallint[], %(channels)s::int[], %(numbers)s::text[])
     as r(ord, id, segment, channel_id, number)
cross join lateral (
    select id, number, state from dispatch_message
    where reverse(number) = reverse(r.number) and id between greatest(r.id / 1000 * 1000, r.id - %(reach)s)
                                       and least(r.id / 1000 * 1000 + 999, r.id + %(reach)s)
    offset 0
) m
cross join lateral (
    select * from dispatch_segment where message_id = m.id and segment = r.segment offset 0
) s
where s.channel_id = r.channel_id
"""

# Which numbers have a message on its way that has not all its ids yet: a receipt may be its own.
IN_FLIGHT = """
select distinct r.ord
from unnest(%(channels)s::int[], %(numbers)s::text[]) with ordinality as r(channel_id, number, ord)
join dispatch_message m on reverse(m.number) = reverse(r.number) and m.channel_id = r.channel_id and m.state = 'queued'
     and m.id >= dispatch_recent_id()
join dispatch_batch b on b.id = m.id / 1000 and b.watermark > m.id - b.id * 1000
where (select count(distinct s.segment) from dispatch_segment s where s.message_id = m.id) < m.segments
"""

# Which numbers anything was sent to of late: a receipt with such a number is about that person and nobody else.
WRITTEN_TO = """
select r.ord from unnest(%(numbers)s::text[]) with ordinality as r(number, ord)
where exists (select from dispatch_message m where reverse(m.number) = reverse(r.number) and m.id >= dispatch_recent_id())
"""

# Channels of one account: a receipt may come over any of its connections (SMPP's transmitter and receiver as two channels,
# a channel that was removed and made anew).
ACCOUNT = """
select own.id, other.id
from dispatch_channel own
join dispatch_channel other on other.id <> own.id and other.host = own.host and other.login = own.login
     and left(other.protocol, 4) = left(own.protocol, 4)
where own.id = any(%(channels)s::int[])
"""

# What a receipt with an unknown id may be about: all that may have left to its number and has not all its ids. Codes are
# sent again where an answer was lost, so a code's first id may be unknown though it has a second one.
WITHOUT_ID = """
select r.ord, m.id, m.state = 'uncertain' and m.segments = 1 and (m.reason <> 'unanswered_yet'
           or m.done_at < %(now)s - %(late)s * interval '1 second'), b.category = 'verification' and m.state <> 'uncertain'
from unnest(%(ords)s::int[], %(channels)s::int[], %(numbers)s::text[]) as r(ord, channel_id, number)
join dispatch_message m on reverse(m.number) = reverse(r.number) and m.channel_id = r.channel_id and m.id >= dispatch_recent_id()
join dispatch_batch b on b.id = m.id / 1000
where (m.state in ('queued', 'uncertain') and (m.state = 'uncertain' or b.watermark > m.id - b.id * 1000)
       and (select count(distinct s.segment) from dispatch_segment s where s.message_id = m.id) < m.segments)
   or (b.category = 'verification' and m.planned_at > %(now)s - interval '1 hour')
"""

# Other receipts with unknown ids for the same number: only one of them can be meant.
RIVALS = """
select distinct r.ord from unnest(%(channels)s::int[], %(carrier_ids)s::text[], %(numbers)s::text[]) with ordinality
     as r(channel_id, carrier_id, number, ord)
join dispatch_parked_report p on p.number = r.number and (p.channel_id, p.carrier_id) <> (r.channel_id, r.carrier_id)
"""


def agrees(stored: str, reported: str) -> bool:
    """Whether a carrier's way of writing a number may mean the stored one (+8613800138000)."""
    if len(reported) >= LEAST_DIGITS and stored.endswith(reported):
        return True
    digits = _NO_DIGIT.sub("", reported).lstrip("0")
    own = stored.removeprefix("+86") if len(stored) == 14 else stored[1:]
    if digits == own:
        return True
    return len(digits) >= LEAST_DIGITS and (
        stored.endswith(digits) or (len(own) >= LEAST_DIGITS and digits.endswith(own))
    )


async def find(connection: AsyncConnection[Any], reports: Sequence[StoredReport], *, reach: int = GROUP) -> Found:
    """The messages that reports are about; those of nobody, or of one who cannot be told, stay unknown."""
    found = Found()
    if not reports:
        return found
    rest, repeated = await _by_id(connection, reports, found)
    if rest:
        rest = await _by_id_alone(connection, rest, found, repeated, reach)
    if rest:
        await _of_the_account(connection, rest, found)
    if repeated:
        # Of what has its outcome already; but a carrier that gives an id twice may mean a newer one.
        meant = await _in_flight(connection, [report for report, *_ in repeated])
        for place, one in enumerate(repeated):
            if place in meant:
                found.unknown.append(one[0])
            else:
                found.located.append(one)
    return found


async def _by_id(
    connection: AsyncConnection[Any], reports: Sequence[StoredReport], found: Found
) -> tuple[list[StoredReport], list[Located]]:
    """Locates by id and number; gives those that are not, and those about what has ended."""
    rows = await _rows(connection, BY_ID, reports)
    rest, repeated = [], []
    for place, report in enumerate(reports):
        chosen = _meant(one for one in rows.get(place, ()) if not report.number or agrees(one.number, report.number))
        if not chosen:
            rest.append(report)
            continue
        located = [(report, one.message_id, one.segment, one.of) for one in chosen]
        if chosen[0].state in WAITING:
            found.located += located
        else:
            repeated.append(located[0])
    return rest, repeated


async def _by_id_alone(
    connection: AsyncConnection[Any], reports: Sequence[StoredReport], found: Found, repeated: list[Located], reach: int
) -> list[StoredReport]:
    """Of known ids under which nobody has that number: another number of the same submit, else the id decides.

    Gives the reports whose id is not known.
    """
    rows = await _rows(connection, BY_ID_ALONE, reports)
    rest = [report for place, report in enumerate(reports) if place not in rows]
    strange = [(reports[place], of_id) for place, of_id in rows.items()]
    grouped = await _in_group(connection, strange, reach)
    left = []
    for place, (report, of_id) in enumerate(strange):
        # Written in another way than by its last eight digits.
        chosen = _meant(one for one in of_id if agrees(one.number, report.number)) or grouped.get(place)
        if chosen is None:
            left.append((report, of_id))
            continue
        located = [(report, one.message_id, one.segment, one.of) for one in chosen]
        if chosen[0].state not in WAITING:
            repeated.append(located[0])
            continue
        found.located += located
        if place in grouped:
            found.in_group.append((chosen[0].message_id, chosen[0].segment))
    await _whatever_the_number(connection, left, found, repeated)
    return rest


async def _in_group(
    connection: AsyncConnection[Any], strange: Sequence[tuple[StoredReport, list[_Row]]], reach: int
) -> dict[int, list[_Row]]:
    asked = [
        (place, report, row)
        for place, (report, rows) in enumerate(strange)
        for row in rows
        if row.is_shared and report.number
    ]
    if not asked:
        return {}
    cursor = await connection.execute(
        IN_GROUP,
        {
            "ords": arrays.integers(range(len(asked))),
            "ids": arrays.integers(row.message_id for _, _, row in asked),
            "segments": arrays.integers(row.segment for _, _, row in asked),
            "channels": arrays.integers(report.channel_id for _, report, _ in asked),
            "numbers": arrays.texts(e164(report.number) for _, report, _ in asked),
            "reach": reach,
        },
    )
    candidates: dict[int, list[_Row]] = defaultdict(list)
    for ord_, *values in await cursor.fetchall():
        place, report, known = asked[ord_]
        one = _Row(*values)
        if agrees(one.number, report.number) and _shared_submit(known, one):
            candidates[place].append(one)
    chosen = {place: rows for place, rows in candidates.items() if len(rows) == 1}
    if not chosen:
        return {}
    in_flight = await _in_flight(connection, [strange[place][0] for place in chosen])
    return {place: rows for index, (place, rows) in enumerate(chosen.items()) if index not in in_flight}


def _shared_submit(known: _Row, other: _Row) -> bool:
    """Whether two segments of one batch can have had one submit: their ids lie as far apart as they do, or less."""
    apart, places = ids_apart(known.carrier_id, other.carrier_id), other.message_id - known.message_id
    return apart is not None and 0 < apart * (1 if places > 0 else -1) <= min(abs(places), GROUP)


def ids_apart(one: str, other: str) -> int | None:
    """How far a gateway counted from one id to the other: CMPP's in their last 16 bits, SMGP's in six decimal digits.

    None for ids that no counting within a submit leads to.
    """
    try:
        first, second = int(one, 16), int(other, 16)
    except ValueError:
        return None
    if first >> 64 or second >> 64:
        (high, low), (high_, low_) = (_serial(first), _serial(second))
        if high != high_ or not (low + low_).isdecimal():
            return None
        apart, half = (int(low_) - int(low)) % 1_000_000, 500_000
        return apart if apart < half else apart - 1_000_000
    if first >> 16 != second >> 16:
        return None
    apart = (second - first) & 0xFFFF
    return apart if apart < 0x8000 else apart - 0x10000


def _serial(number: int) -> tuple[str, str]:
    digits = f"{number:020x}"
    return digits[:-6], digits[-6:]


async def _whatever_the_number(
    connection: AsyncConnection[Any],
    reports: Sequence[tuple[StoredReport, list[_Row]]],
    found: Found,
    repeated: list[Located],
) -> None:
    """Source and destination not swapped, a number that is masked or cut: an id that stands for one message settles it.

    Not where the number is somebody else's to whom something was sent, nor where all of a submit may be reported under
    its first id.
    """
    if not reports:
        return
    cursor = await connection.execute(
        WRITTEN_TO, {"numbers": arrays.texts(e164(report.number) for report, _ in reports)}
    )
    others = {row[0] - 1 for row in await cursor.fetchall()}
    for place, (report, rows) in enumerate(reports):
        chosen = _meant(rows)
        if place in others or chosen is None or len({one.message_id for one in rows}) > 1 or chosen[0].had_company:
            found.unknown.append(report)
            continue
        located = [(report, one.message_id, one.segment, one.of) for one in chosen]
        if chosen[0].state in WAITING:
            found.located += located
        else:
            repeated.append(located[0])


async def _of_the_account(connection: AsyncConnection[Any], reports: Sequence[StoredReport], found: Found) -> None:
    """The same id with the same number on another channel of the account, unless one of the report's own may get it."""
    others = await _channels_beside(connection, {one.channel_id for one in reports})
    guesses = [
        (place, replace(report, channel_id=other))
        for place, report in enumerate(reports)
        if report.number
        for other in others.get(report.channel_id, ())
    ]
    rows = await _rows(connection, BY_ID, [guess for _, guess in guesses]) if guesses else {}
    by_report: dict[int, list[_Row]] = defaultdict(list)
    for index, (place, guess) in enumerate(guesses):
        by_report[place] += [one for one in rows.get(index, ()) if agrees(one.number, guess.number)]
    chosen = {place: meant for place, candidates in by_report.items() if (meant := _meant(candidates))}
    in_flight = await _in_flight(connection, [reports[place] for place in chosen])
    settled = {place: meant for index, (place, meant) in enumerate(chosen.items()) if index not in in_flight}
    for place, report in enumerate(reports):
        if place in settled:
            found.located += [(report, one.message_id, one.segment, one.of) for one in settled[place]]
        else:
            found.unknown.append(report)


def _meant(candidates: Iterable[_Row]) -> list[_Row] | None:
    """The segments of the one message that is meant; None where it cannot be told. Of those that ended the newest."""
    rows = list(candidates)
    if not rows:
        return None
    most = max(WAITING.get(one.state, 0) for one in rows)
    ids = {one.message_id for one in rows if WAITING.get(one.state, 0) == most}
    if most and len(ids) > 1:
        return None
    meant = max(ids)
    return [one for one in rows if one.message_id == meant]


async def _rows(
    connection: AsyncConnection[Any], sql: LiteralString, reports: Sequence[StoredReport]
) -> dict[int, list[_Row]]:
    cursor = await connection.execute(sql, _asked(reports))
    rows: dict[int, list[_Row]] = defaultdict(list)
    for place, *values in await cursor.fetchall():
        rows[place - 1].append(_Row(*values))
    return rows


async def _in_flight(connection: AsyncConnection[Any], reports: Sequence[StoredReport]) -> set[int]:
    """Places of those whose number has a message on its way, over the same channel, that waits for its own id."""
    if not reports:
        return set()
    cursor = await connection.execute(
        IN_FLIGHT,
        {
            "channels": arrays.integers(one.channel_id for one in reports),
            "numbers": arrays.texts(e164(one.number) for one in reports),
        },
    )
    return {row[0] - 1 for row in await cursor.fetchall()}


async def _channels_beside(connection: AsyncConnection[Any], channels: set[int]) -> dict[int, list[int]]:
    """The other channels of each one's account."""
    cursor = await connection.execute(ACCOUNT, {"channels": arrays.integers(channels)})
    others: dict[int, list[int]] = defaultdict(list)
    for own, other in await cursor.fetchall():
        others[own].append(other)
    return others


async def find_without_id(
    connection: AsyncConnection[Any], reports: Sequence[StoredReport], now: object
) -> list[tuple[StoredReport, int]]:
    """For reports whose id nobody has: by number, the one message each whose response a crash took.

    Only where the number has nothing else that may have left without its id becoming known, and no other such report.
    """
    if not reports:
        return []
    others = await _channels_beside(connection, {one.channel_id for one in reports})
    asked = [
        (place, channel, e164(report.number))
        for place, report in enumerate(reports)
        if report.number
        for channel in (report.channel_id, *others.get(report.channel_id, ()))
    ]
    cursor = await connection.execute(
        WITHOUT_ID,
        {
            "ords": arrays.integers(place for place, _, _ in asked),
            "channels": arrays.integers(channel for _, channel, _ in asked),
            "numbers": arrays.texts(number for _, _, number in asked),
            "now": now,
            "late": LATE_ANSWER_S,
        },
    )
    candidates: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for place, message_id, may_be_meant, is_code in await cursor.fetchall():
        candidates[place].append((message_id, may_be_meant and not is_code))
    cursor = await connection.execute(RIVALS, _asked(reports))
    rivals = {row[0] - 1 for row in await cursor.fetchall()}
    return [
        (reports[place], few[0][0])
        for place, few in candidates.items()
        if len(few) == 1 and few[0][1] and place not in rivals
    ]


def _asked(reports: Sequence[StoredReport]) -> dict[str, Any]:
    return {
        "channels": arrays.integers(one.channel_id for one in reports),
        "carrier_ids": arrays.texts(one.carrier_id for one in reports),
        "numbers": arrays.texts(one.number for one in reports),
    }
