"""Where an incoming message goes.

Routing order (DESIGN section 5): opt-out words; the extension's owner; the sender of the last message this phone got
from us; else unclaimed. Nothing incoming is ever dropped, and routing twice makes one reply.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from hongyan.consent import optouts
from hongyan.consent.models import Source, Topic
from hongyan.consent.optouts import Refusal, topic_of
from hongyan.consent.rules import book
from hongyan.dispatch.models import Incoming
from hongyan.dispatch.numbers import is_phone
from hongyan.mailbox.models import Reply
from hongyan.mailbox.wishes import Wish, wish_in
from hongyan.messaging.withdrawing import withdraw
from hongyan.runtime.live import publish_all
from hongyan.understanding import Asked, Label, Recognised, recognise

THREADED_WITHIN = timedelta(days=30)
"""An answer later than this stands alone."""

on_routed: list[Callable[[list[int]], None]] = []
"""Rooms above that want to hear of new replies: called with their ids in the transaction that stores them."""

ROUTE = """
with waiting as (
    select id, number, service_number, text, received_at from dispatch_incoming
    where routed_at is null order by id limit %(most)s for update skip locked
), threaded as (
    select w.*, m.id as message_id, m.submission_id, coalesce(heir.id, s.owner_id) as sender_id,
           coalesce(heir.department_id, s.department_id) as sender_department_id
    from waiting w
    -- The last thing we sent to this phone, rather from the service number it answered.
    left join lateral (
        select m.id, m.submission_id from dispatch_message m
        join messaging_submission s on s.id = m.submission_id
        where reverse(m.number) = reverse(w.number) and m.submitted_at <= w.received_at and m.submitted_at > w.received_at - %(within)s
        order by (s.source_number = w.service_number) desc, m.id desc limit 1
    ) m on true
    left join messaging_submission s on s.id = m.submission_id
    -- Who has left has handed over; nobody who took over has left in turn (handing_over.py).
    left join accounts_user sender on sender.id = s.owner_id
    left join accounts_user heir on heir.id = sender.successor_id
), owned as (
    select t.*, coalesce(u.id, t.sender_id) as owner_id, coalesce(u.department_id, t.sender_department_id) as department_id
    from threaded t
    -- The longest extension that the number ends with, behind a service number of ours.
    left join lateral (
        select coalesce(heir.id, u.id) as id, coalesce(heir.department_id, u.department_id) as department_id
        from accounts_user u left join accounts_user heir on heir.id = u.successor_id
        where u.extension <> '' and (u.is_active or heir.is_active) and t.service_number = any(
            select c.service_number || u.extension from dispatch_channel c where c.removed_at is null)
        order by length(u.extension) desc limit 1
    ) u on true
), stored as (
    insert into mailbox_reply (incoming_id, number, service_number, text, received_at, owner_id, department_id,
                                 submission_id, message_id, is_opt_out, is_favourite, meaning)
    select o.id, o.number, o.service_number, o.text, o.received_at, o.owner_id, o.department_id, o.submission_id, o.message_id,
           false, false, coalesce(n.meaning, '')
    from owned o left join unnest(%(texts)s::text[], %(meanings)s::text[]) n(text, meaning) on n.text = o.text
    on conflict (incoming_id) do nothing
    returning id, number, text, owner_id, submission_id, incoming_id
), done as (
    update dispatch_incoming i set routed_at = %(now)s from waiting w where i.id = w.id
)
select id, number, text, owner_id, submission_id from stored order by incoming_id
"""

# What comes next, read before it is stored: a row that is changed once more costs as much as it did.
TEXTS = """
select distinct text from (
    select text from dispatch_incoming where routed_at is null order by id limit %(most)s) waiting
"""

# What these replies answer, as it was read: without the tail that says how to refuse.
ASKED = """
select r.id, coalesce(m.text, b.text, s.text), s.opt_out_tail
from mailbox_reply r join dispatch_message m on m.id = r.message_id
join messaging_submission s on s.id = m.submission_id left join dispatch_batch b on b.id = m.id / 1000
where r.id = any(%s)
"""


def take_in() -> None:
    """Every stored incoming message into its mailbox."""
    if not Incoming.objects.filter(routed_at=None).exists():
        return
    while route_new() >= 500:
        pass


def route_new(most: int = 500) -> int:
    """Put up to `most` stored incoming messages into mailboxes; gives how many. One statement, however many.

    Who refuses gets nothing of what still waits for them.
    """
    count, refusing = _route(most)
    if refusing:
        withdraw(refusing)
    return count


@transaction.atomic
def _route(most: int) -> tuple[int, list[str]]:
    """How many, and the numbers that refused."""
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {"most": most, "within": THREADED_WITHIN, "now": timezone.now()}
        cursor.execute(TEXTS, parameters)
        rules = book()
        known = {text: recognise(text, book=rules) for (text,) in cursor.fetchall()}
        parameters |= {"texts": list(known), "meanings": [one.label.value for one in known.values()]}
        cursor.execute(ROUTE, parameters)
        rows = cursor.fetchall()
    read = _understood([(row[0], row[2]) for row in rows], known)
    # What is no phone (a service's number, a name) is never written to, and has nothing to refuse.
    wanted = [
        (reply_id, number, text)
        for reply_id, number, text, *_owner in rows
        if wish_in(read[reply_id]) and is_phone(number)
    ]
    refusing = _heed(wanted) if wanted else []
    for hear in on_routed if rows else ():
        hear([row[0] for row in rows])
    if rows:
        owners, submissions = {row[3] for row in rows}, {row[4] for row in rows if row[4]}
        publish_all([f"mailbox-{owner}" if owner else "mailbox-unclaimed" for owner in owners])
        publish_all([f"submission-{submission}" for submission in submissions])
    return len(rows), refusing


def _understood(texts: list[tuple[int, str]], known: dict[str, Recognised]) -> dict[int, Recognised]:
    """What each reply (id, text) means by itself; noted with those that came since `known` was read."""
    late, rules = [(reply_id, text) for reply_id, text in texts if text not in known], book()
    known = known | {text: recognise(text, book=rules) for text in {text for _reply_id, text in late}}
    if not late:
        return {reply_id: known[text] for reply_id, text in texts}
    with connection.cursor() as cursor:
        cursor.execute(
            """update mailbox_reply r set meaning = n.meaning
               from unnest(%s::bigint[], %s::text[]) n(id, meaning) where r.id = n.id""",
            [[reply_id for reply_id, _text in late], [known[text].label.value for _reply_id, text in late]],
        )
    return {reply_id: known[text] for reply_id, text in texts}


def _heed(wanted: list[tuple[int, str, str]]) -> list[str]:
    """Note what people want of us, (reply, number, text) in the order in which it came; gives the numbers that refuse now."""
    with connection.cursor() as cursor:
        cursor.execute(ASKED, [[reply_id for reply_id, *_said in wanted]])
        asked = {reply_id: text.removesuffix(tail) for reply_id, text, tail in cursor.fetchall()}
    rules, topics = book(), list(Topic.objects.all())
    again: dict[str, tuple[int, str]] = {}
    refusing: dict[tuple[str, str], Refusal] = {}
    stops, answers, in_doubt = [], [], []
    for reply_id, number, text in wanted:
        read = recognise(text, Asked(asked.get(reply_id, "")), rules)
        match wish_in(read):
            case Wish.STOP:
                stops.append(reply_id)
                topic = topic_of(text, read, topics)
                refusing[number, topic] = Refusal(number, text, topic)
                again.pop(number, None)
            case Wish.AGAIN:
                again[number] = (reply_id, text)
                refusing = {key: one for key, one in refusing.items() if key[0] != number}
            case Wish.MAYBE:
                in_doubt.append(reply_id)
            case _:
                answers.append(reply_id)
    Reply.objects.filter(pk__in=stops).update(is_opt_out=True)
    Reply.objects.filter(pk__in=in_doubt).update(needs_look=True)
    Reply.objects.filter(pk__in=answers).update(meaning=Label.ANSWER.value)
    Reply.objects.filter(pk__in=optouts.take_back(again)).update(is_opt_in=True)
    optouts.note(refusing.values(), source=Source.REPLY)
    return sorted({one.number for one in refusing.values()})
