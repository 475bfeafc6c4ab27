"""Which submissions' outcomes have moved since somebody gathered them.

Outcomes change in bulk and twenty thousand times a second, so what is derived from them is not written while they do.
Instead a job looks each minute which submissions' sums have moved (the tally is kept anyway), and gathers those
submissions' messages anew, in a way that makes gathering twice change nothing. What is large and still moving is gathered
less often.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

LOOKED_BACK = timedelta(days=7)
"""Receipts come within three days of a message; a submission that is older does not move any more."""
RESTS = 30
"""So many times as long as gathering a submission took it is left alone, while it moves."""
AT_ONCE = 200
"""Small submissions are gathered together: most are single codes."""
LARGE = 5000

SUMS = """
select t.submission_id, string_agg(t.state || ' ' || t.n, ',' order by t.state) as tally
from (select submission_id, state, sum(messages) as n from dispatch_tally
      where submission_id >= (select coalesce(min(submission_id), 0) from dispatch_tally where day >= %(since)s)
      group by 1, 2) t
where t.n > 0 group by 1
"""


@dataclass(frozen=True, slots=True)
class Gathering:
    """What one room gathers. `notes` is its table of how far it is: submission_id, tally, at, took_ms."""

    notes: str
    take: Callable[[list[int], datetime], None]
    """Gathers submissions, in the transaction that notes them."""

    def run(self, now: datetime) -> int:
        """Bring it up to date; gives how many submissions had moved. Two at once take turns."""
        moved = self._moved(now)
        for some in _together(moved):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("select pg_advisory_xact_lock(hashtext(%s))", [self.notes])
                began, ids = time.monotonic(), [row[0] for row in some]
                self.take(ids, now)
                took_ms = round((time.monotonic() - began) * 1000)
                cursor.execute(
                    f"""insert into {self.notes} as g (submission_id, tally, at, took_ms)
                        select submission_id, left(tally, 200), %(now)s, %(took_ms)s
                        from unnest(%(submissions)s::bigint[], %(tallies)s::text[]) u(submission_id, tally)
                        on conflict (submission_id) do update
                        set tally = excluded.tally, at = excluded.at, took_ms = excluded.took_ms""",  # noqa: S608 - a constant
                    {"submissions": ids, "tallies": [row[1] for row in some], "now": now, "took_ms": took_ms},
                )
        return len(moved)

    def _moved(self, now: datetime) -> list[tuple[int, str]]:
        with connection.cursor() as cursor:
            cursor.execute(f"select exists (select from {self.notes})")  # noqa: S608 - a constant
            is_begun = cursor.fetchone()[0]
            # The first time all that there is; then what may still move.
            since = (now - LOOKED_BACK).date() if is_begun else date.min
            cursor.execute(
                f"""select s.submission_id, s.tally from ({SUMS}) s left join {self.notes} g on g.submission_id = s.submission_id
                    where g.submission_id is null
                       or (g.tally <> left(s.tally, 200) and g.at + make_interval(secs => g.took_ms * {RESTS} / 1000.0) <= %(now)s)
                    order by s.submission_id""",  # noqa: S608 - constants only
                {"since": since, "now": now},
            )
            return list(cursor.fetchall())


def _together(moved: list[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    some: list[tuple[int, str]] = []
    for one in moved:
        size = sum(int(part.rpartition(" ")[2]) for part in one[1].split(","))
        if size > LARGE:
            yield [one]
            continue
        some.append(one)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some
