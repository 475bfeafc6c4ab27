"""Which channel takes a message: the first route, in position order, whose conditions all hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from hongyan.dispatch.numbers import home_carrier


@dataclass(frozen=True, slots=True)
class RouteRule:
    """A route with what the planner needs of its channel. Empty conditions hold for everything."""

    id: int
    name: str
    position: int
    channel_id: int
    protocol: str
    price_micros: int
    service_number: str
    carriers: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    categories: frozenset[str] = frozenset()
    department_ids: frozenset[int] = frozenset()
    weight: int = 1

    def takes(self, number: str, carrier: str, category: str, departments: frozenset[int]) -> bool:
        """Whether all conditions hold; `departments` is the sender's department and all above it."""
        return (
            (not self.categories or category in self.categories)
            and (not self.carriers or carrier in self.carriers)
            and (not self.department_ids or not self.department_ids.isdisjoint(departments))
            and (not self.prefixes or number.removeprefix("+86").startswith(self.prefixes))
        )


class Router:
    """Chooses for many numbers of one submission. Routes of the same position share by weight, a number keeps its own."""

    def __init__(self, rules: Sequence[RouteRule], *, category: str, departments: frozenset[int]) -> None:
        ordered = sorted(rules, key=lambda rule: (rule.position, rule.id))
        self._levels = [list(level) for _, level in groupby(ordered, key=lambda rule: rule.position)]
        self._category = category
        self._departments = departments

    def choose(self, number: str) -> RouteRule | None:
        """None when no route takes the number."""
        carrier = str(home_carrier(number))
        for level in self._levels:
            taking = [rule for rule in level if rule.takes(number, carrier, self._category, self._departments)]
            if len(taking) == 1:
                return taking[0]
            if taking:
                share = int(number[-4:]) % sum(rule.weight for rule in taking) if number[-4:].isdigit() else 0
                for rule in taking:
                    share -= rule.weight
                    if share < 0:
                        return rule
        return None


RULES = """
select r.id, r.name, r.position, r.channel_id, c.protocol, c.price_micros, c.service_number,
       r.carriers, r.prefixes, r.categories, r.department_ids, r.weight
from dispatch_route r join dispatch_channel c on c.id = r.channel_id
where r.is_enabled and c.is_enabled and c.removed_at is null
order by r.position, r.id
"""


def rule_from_row(row: Sequence[object]) -> RouteRule:
    """A row of `RULES`."""
    route: Any = row
    return RouteRule(
        id=route[0],
        name=route[1],
        position=route[2],
        channel_id=route[3],
        protocol=route[4],
        price_micros=route[5],
        service_number=route[6],
        carriers=frozenset(route[7]),
        prefixes=tuple(route[8]),
        categories=frozenset(route[9]),
        department_ids=frozenset(route[10]),
        weight=route[11],
    )
