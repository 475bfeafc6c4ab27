"""What forbids writing to numbers, in one statement for a chunk of them, however many lists there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from psycopg import Connection

from hongyan.consent.models import Policy
from hongyan.consent.sealed import seals_of
from hongyan.dispatch import arrays
from hongyan.runtime import clock

# A row for each list that a number is on. Numbers come as an array: thousands of parameters cost more than all other planning.
# What the policy does not ask is decided before any row is read; the limits look at messages, by their index on numbers.
# Of who has been erased the lists know the seal alone; there are none as long as nobody was.
FORBIDDEN = """
select number, kind from consent_listed
where number = any(%(numbers)s::text[]) and kind in ('block', 'vip', 'white') and (kind = 'block' or %(is_marketing)s)
  and (expires_at is null or expires_at > %(now)s)
union all
select number, 'out' from consent_optout
where %(is_marketing)s and number = any(%(numbers)s::text[]) and (expires_at is null or expires_at > %(now)s)
  and (topic = '' and signature = '' or topic <> '' and topic = %(topic)s or signature <> '' and signature = %(signature)s)
union all
select n.number, l.kind from unnest(%(numbers)s::text[], %(seals)s::text[]) n(number, seal) join consent_listed l on l.number = n.seal
where (l.kind = 'block' or %(is_marketing)s) and (l.expires_at is null or l.expires_at > %(now)s)
union all
select n.number, 'out' from unnest(%(numbers)s::text[], %(seals)s::text[]) n(number, seal) join consent_optout o on o.number = n.seal
where %(is_marketing)s and (o.expires_at is null or o.expires_at > %(now)s)
  and (o.topic = '' and o.signature = '' or o.topic <> '' and o.topic = %(topic)s
       or o.signature <> '' and o.signature = %(signature)s)
union all
select n.number, case when (select consent from consent_policy limit 1) = 'enforce' then 'silent' else 'unasked' end
from unnest(%(numbers)s::text[]) n(number)
where %(is_marketing)s and coalesce((select consent from consent_policy limit 1), 'off') <> 'off' and not exists (
    select from consent_standing s where s.number = n.number and s.is_given and s.topic in ('', %(topic)s)
      and (s.until is null or s.until >= %(today)s))
"""
# Only asked when something is planned, never of what waits already: it would count itself.
LIMITED = """
select l.number, 'grey' from consent_listed l
where %(is_marketing)s and l.kind = 'grey' and l.number = any(%(numbers)s::text[])
  and (l.expires_at is null or l.expires_at > %(now)s) and exists (
    select from dispatch_message m join dispatch_batch b on b.id = m.id / 1000
    where reverse(m.number) = reverse(l.number) and b.category = 'marketing' and m.state not in ('blocked', 'cancelled')
      and m.planned_at > %(now)s - (select grey_days from consent_policy limit 1) * interval '1 day')
union all
select n.number, 'limit' from unnest(%(numbers)s::text[]) n(number)
join dispatch_message m on reverse(m.number) = reverse(n.number) join dispatch_batch b on b.id = m.id / 1000
where %(is_marketing)s and (select most from consent_policy limit 1) is not null
  and b.category = 'marketing' and m.state not in ('blocked', 'cancelled')
  and m.planned_at > %(now)s - (select days from consent_policy limit 1) * interval '1 day'
group by n.number having count(*) >= (select most from consent_policy limit 1)
"""

BLOCKED = "select number from consent_listed where kind = 'block' and (expires_at is null or expires_at > now())"
REFUSING = """select number from consent_optout where (expires_at is null or expires_at > now())
  and (topic = '' and signature = '' or topic <> '' and topic = %(topic)s or signature <> '' and signature = %(signature)s)
union all select number from consent_listed where kind = 'vip' and (expires_at is null or expires_at > now())"""
SILENT = """number not in (select number from consent_standing
  where is_given and topic in ('', %(topic)s) and (until is null or until >= current_date))"""
"""The same as conditions on many, where they are counted before anything is planned."""

ORDER = ("block", "vip", "out", "silent", "grey", "limit")
"""Of several reasons the first is given."""
CODES = {
    "block": "blocked_number", "vip": "vip_number", "out": "opted_out", "silent": "no_consent", "grey": "grey_number",
    "limit": "marketing_limit",
}  # fmt: skip
"""As a message's reason; `no_consent` is followed by the topic."""


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Of the numbers asked for: who may not be written to, and why."""

    why: dict[str, str] = field(default_factory=dict)
    unasked: frozenset[str] = frozenset()
    """Without consent, but the policy only warns."""


def asked(numbers: Sequence[str], *, is_marketing: bool, topic: str = "", signature: str = "") -> dict[str, Any]:
    """The parameters of both statements."""
    now = clock.now()
    return {
        "numbers": arrays.texts(numbers), "seals": arrays.texts(seals_of(numbers)), "is_marketing": is_marketing, "topic": topic, "signature": signature, "now": now,
        "today": timezone.localdate(now),
    }  # fmt: skip


def judged(rows: Sequence[tuple[str, str]], topic: str = "") -> Forbidden:
    """What the rows of the statements come to."""
    kinds: dict[str, set[str]] = {}
    for number, kind in rows:
        kinds.setdefault(number, set()).add(kind)
    why = {}
    for number, found in kinds.items():
        if "white" in found:
            found.discard("limit")
        first = next((kind for kind in ORDER if kind in found), "")
        if first:
            why[number] = f"no_consent:{topic}" if first == "silent" and topic else CODES[first]
    unasked = frozenset(number for number, found in kinds.items() if "unasked" in found and number not in why)
    return Forbidden(why, unasked)


def forbidden(
    connection: Connection[Any], numbers: Sequence[str], *, is_marketing: bool, topic: str = "", signature: str = ""
) -> Forbidden:
    """Who must not be written to any more, whatever was planned: lists, refusals and consent, not the limits."""
    values = asked(numbers, is_marketing=is_marketing, topic=topic, signature=signature)
    return judged(connection.execute(FORBIDDEN, values).fetchall(), topic)


def policy() -> Policy:
    """What is asked of marketing."""
    return Policy.objects.first() or Policy(consent=Policy.Consent.OFF)
