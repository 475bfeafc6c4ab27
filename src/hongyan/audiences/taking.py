"""People that a submission's audiences yielded when it was planned: taken once, let go when planning has ended.

Planning may be killed and go on, and what it writes may be just what the conditions ask about ("nothing sent in 7 days"):
asked again half way, an audience would be another.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from hongyan.accounts.models import User
from hongyan.audiences import evaluating, traffic
from hongyan.audiences.models import Audience

TAKEN = "select contact_id from audiences_taken where submission_id = %(taken_for)s"


def take(owner: User, audiences: Iterable[Audience], submission_id: int, now: datetime) -> int:
    """Keep who is in any of them, in the caller's transaction; gives how many people (of all books that the owner sees)."""
    traffic.gather(now)
    taken = 0
    with connection.cursor() as cursor:
        cursor.execute("set local jit = off")
        cursor.execute(f"set local work_mem = '{evaluating.MEMORY}'")
        for one in audiences:
            asked = evaluating.part(owner, one, now)
            cursor.execute(
                f"""insert into audiences_taken (submission_id, contact_id)
                    select %(taken_for)s, c.id from {asked.from_clause} where {asked.where} on conflict do nothing""",  # noqa: S608
                {**asked.values, "taken_for": submission_id},
            )
            taken += cursor.rowcount
    return taken


def let_go(submission_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from audiences_taken where submission_id = %s", [submission_id])
