"""The mailbox: where an incoming message goes, and what its owner does with it.

Routing order (DESIGN section 5): opt-out words; the extension's owner; the sender of the last message this phone got
from us; else unclaimed. Nothing incoming is ever dropped, and routing twice makes one reply.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from hongyan.accounts import audit
from hongyan.accounts.models import User
from hongyan.messaging.live import publish, publish_all
from hongyan.messaging.models import OptOut, Reply, Submission

THREADED_WITHIN = timedelta(days=30)
"""An answer later than this stands alone."""

OPT_OUT_WORDS = frozenset(
    "R T N TD TDQX QX 退订 拒收 取消 不要再发 别发了 停止 回T退订 STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT OPT退订".split()
)
"""Read after folding width and case and dropping blanks and punctuation (domain notes, section 4)."""


def is_opt_out(text: str) -> bool:
    """Whether the whole text is one of the words by which people refuse."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(char for char in folded if char.isalnum()) in OPT_OUT_WORDS


on_routed: list[Callable[[list[int]], None]] = []
"""Rooms above that want to hear of new replies: called with their ids in the transaction that stores them."""

ROUTE = """
with waiting as (
    select id, number, service_number, text, received_at from dispatch_incoming
    where routed_at is null order by id limit %(most)s for update skip locked
), threaded as (
    select w.*, m.id as message_id, m.submission_id, s.owner_id as sender_id, s.department_id as sender_department_id
    from waiting w
    -- The last thing we sent to this phone, rather from the service number it answered.
    left join lateral (
        select m.id, m.submission_id from dispatch_message m
        join messaging_submission s on s.id = m.submission_id
        where m.number = w.number and m.submitted_at <= w.received_at and m.submitted_at > w.received_at - %(within)s
        order by (s.source_number = w.service_number) desc, m.id desc limit 1
    ) m on true
    left join messaging_submission s on s.id = m.submission_id
), owned as (
    select t.*, coalesce(u.id, t.sender_id) as owner_id, coalesce(u.department_id, t.sender_department_id) as department_id
    from threaded t
    -- The longest extension that the number ends with, behind a service number of ours.
    left join lateral (
        select u.id, u.department_id from accounts_user u
        where u.extension <> '' and u.is_active and t.service_number = any(
            select c.service_number || u.extension from dispatch_channel c where c.removed_at is null)
        order by length(u.extension) desc limit 1
    ) u on true
), stored as (
    insert into messaging_reply (incoming_id, number, service_number, text, received_at, owner_id, department_id,
                                 submission_id, message_id, is_opt_out, is_favourite)
    select id, number, service_number, text, received_at, owner_id, department_id, submission_id, message_id, false, false
    from owned
    on conflict (incoming_id) do nothing
    returning id, number, text, owner_id, submission_id
), done as (
    update dispatch_incoming i set routed_at = %(now)s from waiting w where i.id = w.id
)
select id, number, text, owner_id, submission_id from stored
"""


@transaction.atomic
def route_new(most: int = 500) -> int:
    """Put up to `most` stored incoming messages into mailboxes; gives how many. One statement, however many."""
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {"most": most, "within": THREADED_WITHIN, "now": timezone.now()}
        cursor.execute(ROUTE, parameters)
        rows = cursor.fetchall()
    refusals = [(reply_id, number, text) for reply_id, number, text, _, _ in rows if is_opt_out(text)]
    if refusals:
        Reply.objects.filter(pk__in=[reply_id for reply_id, _, _ in refusals]).update(is_opt_out=True)
        OptOut.objects.bulk_create(
            [OptOut(number=number, source="reply", evidence=text[:500]) for _, number, text in refusals],
            ignore_conflicts=True,
        )
    for hear in on_routed if rows else ():
        hear([row[0] for row in rows])
    if rows:
        owners, submissions = {row[3] for row in rows}, {row[4] for row in rows if row[4]}
        publish_all([f"mailbox-{owner}" if owner else "mailbox-unclaimed" for owner in owners])
        publish_all([f"submission-{submission}" for submission in submissions])
    return len(rows)


def access_reply(user: User, reply_id: int) -> Reply:
    """A reply the user may see. Missing and forbidden answer alike."""
    reply = Reply.objects.visible_to(user).filter(hidden_at=None, pk=reply_id).first()
    if reply is None:
        raise Http404
    return reply


def unread_count(user: User) -> int:
    """Unread replies in the user's own mailbox; one index-only count."""
    return Reply.objects.filter(owner=user, read_at=None, hidden_at=None).count()


@transaction.atomic
def mark_read(user: User, replies: QuerySet[Reply]) -> int:
    """Only the owner's reading counts: who looks in from above leaves it unread."""
    changed = replies.filter(owner=user, read_at=None).update(read_at=timezone.now())
    if changed:
        publish(f"mailbox-{user.pk}")
    return changed


@transaction.atomic
def mark_unread(user: User, reply: Reply) -> None:
    Reply.objects.filter(pk=reply.pk, owner=user).update(read_at=None)
    publish(f"mailbox-{user.pk}")


@transaction.atomic
def set_favourite(user: User, reply: Reply, is_favourite: bool) -> None:
    Reply.objects.filter(pk=reply.pk, owner=user).update(is_favourite=is_favourite)


@transaction.atomic
def turn_favourite(user: User, replies: QuerySet[Reply]) -> None:
    """Make favourites of these; where all of them are already, of none of them."""
    own = Reply.objects.filter(pk__in=replies.filter(owner=user).values("pk"))
    own.update(is_favourite=own.filter(is_favourite=False).exists())


@transaction.atomic
def claim(user: User, reply: Reply) -> bool:
    """Take an unclaimed reply into one's own mailbox; False when somebody was first."""
    taken = Reply.objects.filter(pk=reply.pk, owner=None).update(owner=user, department=user.department)
    if taken:
        audit.record(user, "reply.claimed", reply, summary=reply.text[:40])
        publish("mailbox-unclaimed")
        publish(f"mailbox-{user.pk}")
    return bool(taken)


@transaction.atomic
def delete(user: User, replies: QuerySet[Reply]) -> int:
    """Out of sight for everybody; rows and audit stay (row B19). Only from the user's own mailbox."""
    ids = list(replies.filter(owner=user, hidden_at=None).values_list("pk", flat=True))
    Reply.objects.filter(pk__in=ids).update(hidden_at=timezone.now())
    if ids:
        audit.record(user, "reply.deleted", summary=str(len(ids)), detail={"ids": ids[:1000]})
        publish(f"mailbox-{user.pk}")
    return len(ids)


def conversation(user: User, number: str, most: int = 200) -> list[Reply]:
    """The visible replies of one phone, oldest first."""
    replies = Reply.objects.visible_to(user).filter(number=number, hidden_at=None).select_related("submission")
    return list(replies.order_by("-received_at")[:most])[::-1]


def answerable(user: User, reply: Reply) -> Submission | None:
    """The submission that a reply answers, when the user may see it."""
    if reply.submission_id is None:
        return None
    return Submission.objects.visible_to(user).filter(pk=reply.submission_id).first()
