"""Give what waits another channel: when its own is down for too long, or when a carrier's answer asked for the next route.

Routes are looked at as they are now. Each batch in a transaction of its own: the submission's row first, then the batch,
then its messages, so that a pause or cancellation is met before or after, never in between.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from hongyan.dispatch import failover
from hongyan.dispatch.failover import Stranded, Waiting
from hongyan.dispatch.moving import Placing, last_refusal, part_ways, rehome
from hongyan.dispatch.routing import Router, RouteRule
from hongyan.messaging.asking import ported, router
from hongyan.messaging.models import Submission
from hongyan.messaging.planner import source_numbers
from hongyan.protocols.registry import Protocol
from hongyan.protocols.text import count_segments, rule_for
from hongyan.runtime.database import raw_connection
from hongyan.runtime.live import publish

AGAIN_AFTER = timedelta(minutes=1)
"""A batch that found no other channel is looked at again after this."""


class Rerouter:
    """Remembers which batches found nothing, so that a large stranded campaign is not read through each round."""

    def __init__(self) -> None:
        self._in_vain: dict[int, datetime] = {}

    def look(self, now: datetime) -> int:
        """One round; gives how many messages took another channel or ended."""
        connection = raw_connection()
        failover.watch(connection, now)
        down = failover.down(connection, now, failover.policy(connection).failover_after_s)
        self._in_vain = {batch: until for batch, until in self._in_vain.items() if until > now}
        moved = 0
        while found := failover.stranded(connection, down, without=self._in_vain):
            for batch_id, submission_id in found:
                with transaction.atomic():
                    count = _reroute(batch_id, submission_id, frozenset(down), now)
                if not count:
                    self._in_vain[batch_id] = now + AGAIN_AFTER
                moved += count
        return moved


def _reroute(batch_id: int, submission_id: int, down: frozenset[int], now: datetime) -> int:
    """Find each waiting message of the batch another channel; gives how many did."""
    submission = (
        Submission.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("owner__department")
        .filter(pk=submission_id)
        .first()
    )
    connection = raw_connection()
    batch = failover.lock(connection, batch_id) if submission else None
    if submission is None or batch is None:
        return 0
    people = failover.waiting(connection, batch)
    routes = router(submission.owner, batch.category)
    routes.know(ported([one.number for one in people]))
    placings, stay = _place(batch, people, routes, down)
    sources = source_numbers(submission, routes)
    why, code = ("refused", batch.last_code) if batch.wants_route else ("down", "")
    if batch.wants_route and stay:
        failover.end(connection, stay, "failed", last_refusal(batch.protocol, batch.last_code), now)
    if len({one.channel_id for one in placings}) == 1 and (batch.wants_route or not stay):
        channel = placings[0].channel_id
        rehome(
            connection,
            batch.id,
            placings,
            sources.get(channel, ""),
            from_channel=batch.channel_id,
            why=why,
            code=code,
            now=now,
        )
    else:
        part_ways(connection, placings, sources, why=why, now=now)
        if batch.wants_route or not stay:
            failover.close(connection, batch.id)
    done = len(placings) + (len(stay) if batch.wants_route else 0)
    if done:
        publish(f"submission-{submission_id}")
    return done


def _place(
    batch: Stranded, people: list[Waiting], routes: Router, down: frozenset[int]
) -> tuple[list[Placing], list[int]]:
    """Where each message goes, and the ids of those that nobody else would take."""
    without = {*down, *batch.tried_channels}
    placings: list[Placing] = []
    stay: list[int] = []
    was_mainland = Protocol(batch.protocol).facts.is_mainland
    for one in people:
        others = routes.alternatives(one.number, without=without)
        # All others are down: whoever was refused waits with the best of them, the rest where they are.
        if not others and batch.wants_route:
            others = routes.alternatives(one.number, without=batch.tried_channels)
        if not others:
            stay.append(one.id)
            continue
        segments = _segments(one, others[0], was_mainland)
        placings.append(Placing(one.id, others[0].channel_id, segments, segments * others[0].price_micros))
    return placings, stay


def _segments(one: Waiting, rule: RouteRule, was_mainland: bool) -> int:
    """Counted anew where the other carrier counts in another way."""
    mainland = Protocol(rule.protocol).facts.is_mainland
    if mainland == was_mainland:
        return one.segments
    return count_segments(one.text, rule_for(one.text, mainland=mainland))
