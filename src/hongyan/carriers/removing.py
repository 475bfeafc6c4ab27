"""What a channel or a service number would leave behind: looked at before it goes, said before it is done.

A channel may go although messages wait on it: failover takes them elsewhere. So the page says how many, where to, and for
whom there is no other road. All figures are as of the question; `mark` tells whether an answer still fits them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.db import connection
from django.utils.timezone import localdate

from hongyan.accounts.models import Department
from hongyan.accounts.needs import Need
from hongyan.carriers import roads
from hongyan.carriers.roads import Loss
from hongyan.dispatch import failover
from hongyan.dispatch.models import Channel, DispatchPolicy, Route
from hongyan.messaging import needing
from hongyan.messaging.asking import ported
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection

LOOKED_AT = 2000
"""Waiting messages whose next channel is worked out; of more, these speak for the rest."""

# By the sums, of the submissions that have batches here: no message is counted.
WAITING = """
select coalesce(sum(t.messages), 0) from dispatch_tally t
where t.channel_id = %(channel)s and t.state = 'queued' and t.messages > 0 and t.submission_id in (
    select submission_id from dispatch_batch where channel_id = %(channel)s and state in ('ready', 'held', 'leased'))
"""
FIRST = """
select u.department_id, b.category, b.tried_channels, m.number
from dispatch_batch b
join dispatch_message m on m.id >= b.id * 1000 + b.watermark and m.id < b.id * 1000 + b.size and m.state = 'queued'
join messaging_submission s on s.id = b.submission_id
join accounts_user u on u.id = s.owner_id
where b.channel_id = %(channel)s and b.state in ('ready', 'held', 'leased')
order by b.lane, b.id, m.id limit %(most)s
"""
UNREPORTED = """
select coalesce(sum(messages), 0) from dispatch_tally
where state = 'submitted' and channel_id = %(channel)s and day >= %(since)s
"""
UNDER_NUMBER = """
select coalesce(sum(t.messages), 0) from dispatch_tally t
where t.channel_id = %(channel)s and t.state = 'queued' and t.messages > 0 and t.submission_id in (
    select submission_id from dispatch_batch where channel_id = %(channel)s and state in ('ready', 'held', 'leased')
    and starts_with(source_number, %(number)s))
"""

of_service_number: list[Callable[[str], Iterable[Need]]] = []
"""What rooms above have under a service number."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """What is left behind when a channel is removed or switched off."""

    waiting: int
    """Messages that have not left it yet."""
    looked_at: int
    """Of them, those whose next channel was worked out."""
    places: list[tuple[str, int]]
    """Channel -> how many of those it would get, the most first."""
    nowhere: int
    """Of those: no other channel that works now takes them. They wait, and end when their validity does."""
    after_s: int
    """How long failover waits before it moves them."""
    unreported: int
    """Sent, and their receipts not come yet; without the channel none comes."""
    routes: list[Need]
    """Those that lead here: removed with it."""
    needs: list[tuple[Need, str]]
    """What is scheduled or comes in and would find no road, with the carriers concerned."""

    @property
    def is_needed(self) -> bool:
        return bool(self.waiting or self.unreported or self.needs)

    @property
    def mark(self) -> str:
        """Of what somebody agreed to: figures that change by themselves each second are not part of it."""
        agreed = (
            self.waiting > 0, self.nowhere > 0, self.unreported > 0, sorted(name for name, _n in self.places),
            sorted((one.kind, one.id) for one, _carriers in self.needs), sorted(one.id for one in self.routes),
        )  # fmt: skip
        return sha256(repr(agreed).encode()).hexdigest()[:16]


def leaving(channel: Channel) -> Leaving:
    """A handful of queries; at most `LOOKED_AT` messages are read."""
    policy = DispatchPolicy.objects.get()
    now = clock.now()
    store = raw_connection()
    # Channels that have no connection now: failover passes over them.
    gone = {channel.pk, *failover.down(store, now, policy.failover_after_s)}
    loss = roads.without_channel(channel)
    with connection.cursor() as cursor:
        cursor.execute(WAITING, {"channel": channel.pk})
        waiting = int(cursor.fetchone()[0])
        since = localdate(now) - timedelta(hours=policy.no_report_h + 24)
        cursor.execute(UNREPORTED, {"channel": channel.pk, "since": since})
        unreported = int(cursor.fetchone()[0])
        cursor.execute(FIRST, {"channel": channel.pk, "most": LOOKED_AT})
        first = cursor.fetchall() if waiting else []
    places, nowhere = _places(loss, gone, first)
    routes = [
        Need("route", one.pk, one.name) for one in Route.objects.filter(channel=channel).order_by("position", "pk")
    ]
    return Leaving(
        waiting,
        len(first),
        places,
        nowhere,
        policy.failover_after_s,
        unreported,
        routes,
        list(roads.without_road(loss)),
    )


def _places(
    loss: Loss, gone: set[int], first: list[tuple[int, str, list[int], str]]
) -> tuple[list[tuple[str, int]], int]:
    """As `rerouting` would place them: (name of the channel, how many), and how many nobody takes."""
    departments = Department.objects.in_bulk({row[0] for row in first})
    known = ported([row[3] for row in first]) if first else {}
    found: Counter[str] = Counter()
    nowhere = 0
    for department, category, tried, number in first:
        routes, _then = loss.routers(departments[department], category)
        routes.know(known)
        others = routes.alternatives(number, without={*gone, *tried})
        if others:
            found[others[0].channel_name] += 1
        else:
            nowhere += 1
    return found.most_common(), nowhere


@dataclass(frozen=True, slots=True)
class NumberLeaving:
    """What still goes out, or is answered, under a service number that a channel is to give up."""

    waiting: int
    needs: list[Need]

    @property
    def mark(self) -> str:
        return sha256(repr((self.waiting > 0, self.needs)).encode()).hexdigest()[:16]


def leaving_number(channel: Channel) -> NumberLeaving | None:
    """Of a channel's present service number; None when nothing needs it, or another channel has it too."""
    number = Channel.objects.values_list("service_number", flat=True).get(pk=channel.pk)
    if not number or Channel.objects.filter(service_number=number, removed_at=None).exclude(pk=channel.pk).exists():
        return None
    with connection.cursor() as cursor:
        cursor.execute(UNDER_NUMBER, {"channel": channel.pk, "number": number})
        waiting = int(cursor.fetchone()[0])
    needs = [
        Need("submission", one.pk, needing.label(one))
        for one in needing.waiting().filter(source_number__startswith=number).select_related("owner")
    ]
    needs += [need for provider in of_service_number for need in provider(number)]
    return NumberLeaving(waiting, needs) if waiting or needs else None


def for_department(department: Department) -> Iterator[Need]:
    """Routes that name it."""
    for route in Route.objects.filter(department_ids__contains=[department.pk]).order_by("position", "pk"):
        yield Need("route", route.pk, route.name)
