"""What a channel's receipts show of its carrier's habits: offered as a setting in a sentence, never taken up by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

from django.db import connection

from hongyan.dispatch.changes import CHANGE, parameters
from hongyan.dispatch.channels import Options
from hongyan.dispatch.matching import agrees
from hongyan.dispatch.models import Channel, ParkedReport
from hongyan.protocols.smpp.reports import IdForm, answered_id
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from hongyan.runtime.live import publish

LEAST, MOST, MOST_SETTLED = 20, 500, 50_000
"""So many texts or receipts show a habit, and so many are looked at; so many that waited are settled."""
NEARLY_ALL = 0.95

# Submissions of late with long texts that wait for receipts on this channel, found by the sums; of each text which parts
# have one. Receipts of a text come within minutes of each other.
_LATE = """
with waiting as (
    select distinct t.submission_id from dispatch_tally t
    where t.day >= current_date - 3 and t.channel_id = %(channel)s and t.segments > t.messages and t.messages > 0
      and t.state in ('submitted', 'uncertain')
    limit 50
), late as (
    select m.id, m.state from waiting w join dispatch_message m on m.submission_id = w.submission_id
    where m.channel_id = %(channel)s and m.segments > 1 and m.state in ('submitted', 'uncertain', 'delivered')
      and m.submitted_at < now() - interval '10 minutes'
    order by m.id desc limit %(most)s
)"""
PARTS_REPORTED = f"""{_LATE}
select l.state, count(*) filter (where s.state <> 'submitted'),
       max(case when s.segment = 1 then 'first' when s.segment = s.of then 'last' else s.segment::text end)
           filter (where s.state <> 'submitted')
from late l join dispatch_segment s on s.message_id = l.id group by l.id, l.state
"""  # noqa: S608 - constants only
REPORTED_ONCE = f"""{_LATE}
select l.id, min(s.state), min(s.code)
from late l join dispatch_segment s on s.message_id = l.id and s.state <> 'submitted'
where l.state <> 'delivered' group by l.id having count(*) = 1
"""  # noqa: S608 - constants only

KNOWN_IDS = """
select s.carrier_id, m.number from dispatch_segment s join dispatch_message m on m.id = s.message_id
where s.channel_id = %s and s.carrier_id = any(%s) and s.message_id >= dispatch_recent_id()
"""


@dataclass(frozen=True, slots=True)
class Habit:
    """`count` of `of` receipts show that the channel's `option` should be `value`."""

    option: Literal["reports_once", "id_form"]
    value: Any
    count: int
    of: int


def seen(channel: Channel) -> list[Habit]:
    """What may be offered on the channel's page."""
    options = Options.read(channel.options)
    found = [] if options.reports_once else [_reports_once(channel)]
    if channel.protocol.startswith("smpp") and options.id_form == "same":
        found.append(_id_form(channel))
    return [one for one in found if one]


def _reports_once(channel: Channel) -> Habit | None:
    with connection.cursor() as cursor:
        cursor.execute(PARTS_REPORTED, {"channel": channel.pk, "most": MOST})
        rows = cursor.fetchall()
    # A carrier that reports each part brings some texts to their end.
    waiting = [(count, place) for state, count, place in rows if state != "delivered"]
    once = [place for count, place in waiting if count == 1]
    same = max((once.count(place) for place in set(once)), default=0)
    if same < LEAST or same < NEARLY_ALL * len(rows):
        return None
    return Habit("reports_once", True, same, len(waiting))


def _id_form(channel: Channel) -> Habit | None:
    parked = list(
        ParkedReport.objects.filter(channel_id=channel.pk).order_by("-pk").values_list("carrier_id", "number")[:MOST]
    )
    for form in ("decimal", "hexadecimal"):
        read = [(answered_id(carrier_id, form), number) for carrier_id, number in parked]
        with connection.cursor() as cursor:
            cursor.execute(KNOWN_IDS, [channel.pk, list({carrier_id for carrier_id, _ in read})])
            known = dict(cursor.fetchall())
        count = sum(1 for carrier_id, number in read if carrier_id in known and agrees(known[carrier_id], number))
        if count >= LEAST and count >= NEARLY_ALL * len(parked):
            return Habit("id_form", form, count, len(parked))
    return None


def settle_reported_once(channel: Channel) -> int:
    """Texts that wait for receipts of further parts end with the one they have; gives how many."""
    with connection.cursor() as cursor:
        cursor.execute(REPORTED_ONCE, {"channel": channel.pk, "most": MOST_SETTLED})
        due = [(pk, state, "" if state == "delivered" else code) for pk, state, code in cursor.fetchall()]
        touched = raw_connection().execute(CHANGE, parameters(due, clock.now())).fetchall() if due else []
    for (submission_id,) in touched:
        publish(f"submission-{submission_id}")
    return len(due)


def read_ids_anew(channel: Channel, was: str) -> None:
    """Stray receipts with ids as they came, after the channel has been told another form; they are tried at once."""
    form = Options.read(channel.options).id_form
    if was != "same" or form == "same" or not channel.protocol.startswith("smpp"):
        return
    parked = list(ParkedReport.objects.filter(channel_id=channel.pk).values_list("pk", "carrier_id"))
    with connection.cursor() as cursor:
        cursor.execute(
            """update dispatch_parked_report p set carrier_id = v.carrier_id, tried_at = p.received_at
               from unnest(%s::bigint[], %s::text[]) as v(id, carrier_id) where p.id = v.id""",
            [[pk for pk, _ in parked], [answered_id(written, cast("IdForm", form)) for _, written in parked]],
        )
