"""A refusal takes effect at once: what was planned before it and still waits is blocked, as planning would block it now.

Screens are asked when a message is planned; from then on it may wait for its hours, a retry, another channel or the end of a
pause. So whoever puts a number on a list tells it (`consent.entering.tell`), and when that is committed it comes here, in a
transaction of its own: batches are locked in it, and the foreign keys of a reply are checked, with locks on submissions,
when its transaction ends.

`look_again` does it once more for what was entered in the last minutes. It meets the chunk that was being planned meanwhile,
what came back from the wire to be tried again, entries made by other ways, and a process that was killed in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from hongyan.consent import forbidding
from hongyan.consent.models import ConsentEvent, Listed, OptOut
from hongyan.dispatch import arrays, control
from hongyan.dispatch.control import Refused
from hongyan.messaging.models import Category, Submission
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from hongyan.runtime.live import publish_all

NUMBERS_AT_ONCE = 2000
LOOKED_AT_AGAIN = timedelta(minutes=3)
"""So long a refused submit or a lost gateway may take to bring a message back from the wire."""

# Found by the index on numbers, as `control.withdraw` finds them; most of the time there is nothing.
WAITING = """
select distinct b.submission_id from unnest(%s::text[]) r(number)
join dispatch_message m on reverse(m.number) = reverse(r.number) join dispatch_batch b on b.id = m.id / 1000
where m.state = 'queued' and b.category = 'marketing'
"""


def withdraw(numbers: Collection[str]) -> int:
    """Block what still waits for those of `numbers` that a list forbids now; gives how many messages."""
    count, asked = 0, sorted(set(numbers))
    for start in range(0, len(asked), NUMBERS_AT_ONCE):
        count += _withdraw(asked[start : start + NUMBERS_AT_ONCE])
    return count


@transaction.atomic
def _withdraw(numbers: list[str]) -> int:
    store, now = raw_connection(), clock.now()
    blocked = forbidding.forbidden(store, numbers, is_marketing=False).why
    count, touched = control.withdraw(store, [Refused(one, why) for one, why in sorted(blocked.items())], now)
    rest = [number for number in numbers if number not in blocked]
    for (topic, signature), submissions in _kinds(rest).items():
        found = forbidding.forbidden(store, rest, is_marketing=True, topic=topic, signature=signature).why
        refused = [Refused(one, why, Category.MARKETING) for one, why in sorted(found.items())]
        more, of = control.withdraw(store, refused, now, within=submissions)
        count, touched = count + more, touched + of
    if touched:
        publish_all(["submissions", *(f"submission-{one}" for one in dict.fromkeys(touched))])
    return count


def _kinds(numbers: list[str]) -> dict[tuple[str, str], list[int]]:
    """Submissions of marketing that wait for any of these, by what they are about and who signs them."""
    found = [row[0] for row in raw_connection().execute(WAITING, [arrays.texts(numbers)])] if numbers else []
    kinds: dict[tuple[str, str], list[int]] = defaultdict(list)
    for pk, topic, signature in Submission.objects.filter(pk__in=found).values_list("pk", "topic", "signature"):
        kinds[topic, signature].append(pk)
    return kinds


def look_again(_now: datetime) -> int:
    """`withdraw` for what was entered of late; gives how many messages."""
    # Entries keep the system's time.
    since = timezone.now() - LOOKED_AT_AGAIN
    entered = [
        *Listed.objects.filter(at__gte=since).values_list("number", flat=True),
        *OptOut.objects.filter(at__gte=since).values_list("number", flat=True),
        *ConsentEvent.objects.filter(pk__gt=_last_line(), act="withdrawn", at__gte=since).values_list(
            "number", flat=True
        ),
    ]
    return withdraw(entered) if entered else 0


def _last_line() -> int:
    """Behind it stands all of the ledger that may be of late: it is long, and has no index on times."""
    last = ConsentEvent.objects.order_by("-pk").values_list("pk", flat=True).first()
    return (last or 0) - 20_000
