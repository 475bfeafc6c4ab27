"""Static audiences when two people become one: the one that stays is a member of what either was in."""

from __future__ import annotations

from django.db import connection

from hongyan.duplicates.merging import Follower


def follow(gone: int, survivor: int) -> list[list[int]]:
    """Gives the audiences of the one that goes, and those that the other one joined by it."""
    with connection.cursor() as cursor:
        cursor.execute("delete from audiences_member where contact_id = %s returning audience_id", [gone])
        left = sorted(row[0] for row in cursor.fetchall())
        cursor.execute(
            """insert into audiences_member (audience_id, contact_id) select unnest(%s::bigint[]), %s
               on conflict do nothing returning audience_id""",
            [left, survivor],
        )
        return [left, sorted(row[0] for row in cursor.fetchall())]


def give_back(gone: int, survivor: int, kept: list[list[int]]) -> None:
    left, joined = kept
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from audiences_member where contact_id = %s and audience_id = any(%s::bigint[])", [survivor, joined]
        )
        # Of those audiences that are still there.
        cursor.execute(
            """insert into audiences_member (audience_id, contact_id)
               select id, %s from audiences_audience where id = any(%s::bigint[]) on conflict do nothing""",
            [gone, left],
        )


AUDIENCES = Follower(follow, give_back)
