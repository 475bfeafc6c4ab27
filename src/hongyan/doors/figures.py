"""What pages and commands show of doors: live connections, what waits for the customers, what they sent today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from hongyan.doors.models import DoorConnection
from hongyan.doors.said import STALE_S


def live_connections(door_ids: Sequence[int]) -> dict[int, list[DoorConnection]]:
    """Those whose process has said something lately. One query."""
    found: dict[int, list[DoorConnection]] = defaultdict(list)
    recent = timezone.now() - timedelta(seconds=STALE_S)
    for line in DoorConnection.objects.filter(door__in=door_ids, updated_at__gt=recent).order_by("since"):
        found[line.door_id].append(line)
    return found


def waiting(door_ids: Sequence[int]) -> dict[int, int]:
    """Receipts and replies that the customer has not taken yet. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select door_id, count(*) from doors_delivery where door_id = any(%s) group by 1", [list(door_ids)]
        )
        return {door: int(count) for door, count in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Submits that wait for the time that their customer has set."""

    count: int
    next_at: datetime


def scheduled(door_ids: Sequence[int]) -> dict[int, Scheduled]:
    """Of the doors that have some. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select door_id, count(*), min(due_at) from doors_scheduled where door_id = any(%s) group by 1",
            [list(door_ids)],
        )
        return {door: Scheduled(int(count), next_at) for door, count, next_at in cursor.fetchall()}


def today(door_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Messages planned today, by state. One query over sums."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            """select s.door_id, t.state, sum(t.messages) from doors_doorsubmission s
               join dispatch_tally t on t.submission_id = s.submission_id
               where s.door_id = any(%s) and t.day = %s and s.hour > now() - interval '2 days' group by 1, 2""",
            [list(door_ids), timezone.localdate()],
        )
        for door, state, count in cursor.fetchall():
            if count:
                found[door][state] = int(count)
    return found
