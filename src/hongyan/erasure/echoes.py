"""Receipts that come after everything: a carrier reports on a message whose number has been erased, and names the number again.

Such a receipt matches no message any more and would lie among the strays for ever. Those who were erased are known by their seal.
A number that is written to anew keeps its receipts as long as one of its messages may wait for them.
"""

from __future__ import annotations

from collections.abc import Iterator

import structlog
from django.db import connection

from hongyan.dispatch.numbers import BadNumber, normalise
from hongyan.erasure.models import Request
from hongyan.privacy import seal

log = structlog.get_logger()

SLICE = 5000
# One that overtook its response is matched within seconds.
STRAYS = """
select id, number from dispatch_parked_report
where id > %s and received_at < now() - interval '1 hour' order by id limit %s
"""
DROP = """
delete from dispatch_parked_report p using unnest(%s::bigint[], %s::text[]) e(id, number)
where p.id = e.id and not exists (
    select from dispatch_message m
    where reverse(m.number) = reverse(e.number) and m.state in ('queued', 'submitted', 'uncertain'))
"""


def forget() -> int:
    """Remove stray receipts of numbers that have been erased; gives how many. Nothing is read where nobody was erased."""
    erased = set(
        Request.objects.filter(kind=Request.Kind.ERASURE, state=Request.State.ERASED).values_list("seal", flat=True)
    )
    count = 0
    for strays in _strays() if erased else ():
        echoes = [(pk, number) for pk, number in strays if seal(number) in erased]
        if echoes:
            with connection.cursor() as cursor:
                cursor.execute(DROP, [[pk for pk, _ in echoes], [number for _, number in echoes]])
                count += cursor.rowcount
    if count:
        log.info("late receipts of erased numbers have been removed", count=count)
    return count


def _strays() -> Iterator[list[tuple[int, str]]]:
    """Slices of (id, number in E.164). What carriers wrote that is no number names nobody."""
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(STRAYS, [last, SLICE])
            rows = cursor.fetchall()
        if not rows:
            return
        last = rows[-1][0]
        yield [(pk, number) for pk, written in rows if (number := _known(written))]


def _known(written: str) -> str:
    try:
        return normalise(written)
    except BadNumber:
        return ""
