"""What the worker looks after beside events: hours, validity, channels that are down, receipts that never come.

Each is one named thing that may run twice and at any time; `Rounds` only says how often. Several workers may run it at
once: rows are taken with `skip locked`, or the statement changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, transaction

from hongyan.dispatch import failover
from hongyan.messaging import quiet_hours, withdrawing
from hongyan.messaging.rerouting import Rerouter
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from hongyan.runtime.live import publish

log = structlog.get_logger()


def expire(now: datetime) -> int:
    """End what has waited beyond its validity; gives how many batches."""
    ended = 0
    while True:
        with transaction.atomic():
            batches, submissions = failover.expire(raw_connection(), now)
            for submission_id in submissions:
                publish(f"submission-{submission_id}")
        ended += batches
        if not batches:
            return ended


def give_up_unreported(now: datetime) -> int:
    """What has had no receipt for as long as the policy says becomes `uncertain`; gives how many messages."""
    before = now - timedelta(hours=failover.policy(raw_connection()).no_report_h)
    given_up = 0
    for submission_id in failover.unreported(raw_connection(), before):
        after = 0
        while True:
            with transaction.atomic():
                after, count = failover.give_up_on(raw_connection(), submission_id, before=before, after=after, now=now)
                if count:
                    publish(f"submission-{submission_id}")
            given_up += count
            if not after:
                break
    return given_up


def drop_parked(now: datetime) -> int:
    """Remove receipts that matched no message for as long as the policy keeps them."""
    connection = raw_connection()
    return failover.drop_parked(connection, now - timedelta(days=failover.policy(connection).keep_parked_days))


class Rounds:
    """Everything at its own pace."""

    def __init__(self) -> None:
        rerouter = Rerouter()
        self._rounds: list[tuple[timedelta, Callable[[datetime], int]]] = [
            (timedelta(seconds=2), rerouter.look),
            (timedelta(seconds=10), quiet_hours.apply),
            (timedelta(seconds=10), expire),
            (timedelta(seconds=10), withdrawing.look_again),
            (timedelta(minutes=10), give_up_unreported),
            (timedelta(hours=1), drop_parked),
        ]
        self._due: dict[int, datetime] = {}

    def run(self) -> None:
        """Whatever is due now."""
        now = clock.now()
        for index, (every, act) in enumerate(self._rounds):
            if self._due.get(index, now) > now:
                continue
            self._due[index] = now + every
            try:
                act(now)
            except OperationalError:
                raise
            except Exception:
                # One thing that goes wrong must not keep the others, and schedules with them, from happening.
                log.exception("upkeep failed", what=getattr(act, "__qualname__", str(act)))
