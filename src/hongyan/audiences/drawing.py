"""Drawing from an audience: a random sample, or parts of it, by a seed that anybody can use again.

Everybody gets a place from a checksum of seed and number, which no database and no release changes; a sample is who comes
first. So the same seed of the same people is the same sample, and who joins later moves nobody out but those behind them.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.audiences import evaluating, keeping
from hongyan.audiences.models import Audience

DRAWN_WITHIN_MS = 60_000
LONGEST_SEED = 40
MOST_PARTS = 10


def new_seed() -> str:
    return str(secrets.randbelow(900_000) + 100_000)


def order(user: User, audience: Audience, seed: str, now: datetime) -> list[int]:
    """Contact ids of distinct numbers in the order that the seed gives."""
    asked = evaluating.part(user, audience, now)
    with evaluating.within(DRAWN_WITHIN_MS) as cursor:
        cursor.execute(
            f"""select min(c.id) from {asked.from_clause} where {asked.where}
                group by c.number order by md5(%(seed)s || c.number), c.number""",  # noqa: S608
            {**asked.values, "seed": seed},
        )
        return [row[0] for row in cursor.fetchall()]


def _seed_of(written: str) -> str:
    seed = written.strip()
    if len(seed) > LONGEST_SEED or not seed.isprintable():
        raise Refused("bad_seed", _("A seed has at most %(most)d characters.") % {"most": LONGEST_SEED}, field="seed")
    return seed or new_seed()


def draw(user: User, audience: Audience, size: int, seed: str, now: datetime, *, name: str = "") -> Audience:
    """A static audience of `size` people drawn by `seed` (a new one where it is empty). Raises Refused."""
    seed = _seed_of(seed)
    people = order(user, audience, seed, now)
    if not 1 <= size <= len(people):
        raise Refused(
            "bad_size", _("There are %(n)d people: draw between 1 and so many.") % {"n": len(people)}, field="size"
        )
    made_of = {"audience": audience.pk, "name": audience.name, "seed": seed, "drawn": size, "of": len(people)}
    title = name or gettext("%(name)s, sample of %(n)d, seed %(seed)s") % {
        "name": audience.name[:40], "n": size, "seed": seed,
    }  # fmt: skip
    return keeping.make_static(user, title, audience, people[:size], origin=made_of)


def split(user: User, audience: Audience, percents: list[int], seed: str, now: datetime) -> list[Audience]:
    """Static audiences of so many percent each; what is left of a hundred is a part of its own. Nobody is in two of them."""
    seed = _seed_of(seed)
    if not percents or any(one < 1 for one in percents) or sum(percents) > 100 or len(percents) > MOST_PARTS:
        raise Refused(
            "bad_parts",
            _("Enter parts as percentages that come to at most 100, such as 10 or 10, 10."),
            field="percents",
        )
    people = order(user, audience, seed, now)
    if sum(percents) < 100:
        percents = [*percents, 100 - sum(percents)]
    made, begin, upto = [], 0, 0
    for nth, percent in enumerate(percents, start=1):
        upto += percent
        end = len(people) * upto // 100
        some, begin = people[begin:end], end
        if not some:
            raise Refused("empty_part", _("One of the parts would have nobody in it."), field="percents")
        made_of = {
            "audience": audience.pk, "name": audience.name, "seed": seed, "part": nth, "percent": percent,
            "drawn": len(some), "of": len(people),
        }  # fmt: skip
        title = gettext("%(name)s, part %(nth)d (%(percent)d %%), seed %(seed)s") % {
            "name": audience.name[:40], "nth": nth, "percent": percent, "seed": seed,
        }  # fmt: skip
        made.append(keeping.make_static(user, title, audience, some, origin=made_of))
    return made


def freeze(user: User, audience: Audience, now: datetime) -> Audience:
    """A static audience of everybody who is in it now."""
    people = order(user, audience, "", now)
    title = gettext("%(name)s as of %(day)s") % {"name": audience.name[:60], "day": f"{now:%Y-%m-%d %H:%M:%S}"}
    return keeping.make_static(user, title, audience, people, origin={"audience": audience.pk, "name": audience.name})
