"""What phones write, for the doors: decided when the mailbox has stored a reply, in the same transaction.

A reply is a door's when its service number begins with one of the door's sources (the longest decides, each channel's
own service number counting as the same), else when it answers a message that the door has sent. It stands in the
mailbox of the door's user all the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from hongyan.dispatch.models import Channel
from hongyan.doors.models import Door, DoorSubmission
from hongyan.doors.sources import Owned, owner_of
from hongyan.mailbox.models import Reply
from hongyan.protocols.text import UCS2_RULE, split

ADD = """
insert into doors_delivery (door_id, is_reply, number, service_number, text, reference, total, part)
values (%s, true, %s, %s, %s, %s, %s, %s)
"""


def keep_for_doors(reply_ids: Sequence[int]) -> None:
    """Put those of these new replies that belong to doors where their customers will get them."""
    doors = {door.pk: door for door in Door.objects.filter(removed_at=None)}
    if not doors:
        return
    owned = [
        Owned(door.pk, tuple(dict.fromkeys([*door.sources, *filter(None, [door.default_source])])))
        for door in doors.values()
    ]
    service_numbers = list(Channel.objects.filter(removed_at=None).values_list("service_number", flat=True))
    replies = list(Reply.objects.filter(pk__in=reply_ids).order_by("pk"))
    answered = dict(
        DoorSubmission.objects.filter(submission__in=[one.submission_id for one in replies if one.submission_id])
        .values_list("submission_id", "door_id")
    )  # fmt: skip
    rows: list[tuple[int | str, ...]] = []
    for reply in replies:
        found = owner_of(reply.service_number, owned, service_numbers)
        if found is None and answered.get(reply.submission_id or 0) in doors:
            found = answered[reply.submission_id or 0], reply.service_number
        if found is not None:
            rows += _rows(doors[found[0]], reply, found[1])
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(ADD, rows)


def _rows(door: Door, reply: Reply, service_number: str) -> list[tuple[int | str, ...]]:
    pieces = split(reply.text, UCS2_RULE)
    return [
        (door.pk, as_told(reply.number, door.family), service_number, piece, reply.pk % 256, len(pieces), place)
        for place, piece in enumerate(pieces, start=1)
    ]


def as_told(sender: str, family: str) -> str:
    """Who wrote, as a customer of this protocol reads it: CMPP and SMGP write mainland numbers bare, so those from abroad
    need the zeros that say so; SGIP writes all with their country code, and SMPP says by a field what a number is."""
    if family == Door.Family.SMPP:
        return sender
    if family != Door.Family.SGIP:
        sender = sender.removeprefix("+86")
        sender = f"00{sender[1:]}" if sender.startswith("+") else sender
    return sender.lstrip("+").encode("ascii", "replace").decode()
