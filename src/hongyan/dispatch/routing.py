"""Which channel takes a message: the first route, in position order, whose conditions all hold.

Routes of one position share by weight, a number keeps its own; or, where one of them says so, the cheapest gets it. What
follows the chosen one is the order in which other channels would take the number: failover asks for it.

A number's carrier is what portability says (`know`), else the administrator's ranges, else the built-in ones. Everything
that does not depend on the digits is worked out once for each carrier, so a choice costs less than a microsecond.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby

from hongyan.dispatch.numbers import Carrier, home_carrier
from hongyan.dispatch.prices import Prices

NO_PRICES = Prices(())
MOST_HEADS = 20_000


@dataclass(frozen=True, slots=True)
class RouteRule:
    """A route with what the planner needs of its channel. Empty conditions hold for everything."""

    id: int
    name: str
    position: int
    channel_id: int
    protocol: str
    price_micros: int
    """Of a segment: the channel's own until the router puts the one in force for a carrier and category."""
    service_number: str
    carriers: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    categories: frozenset[str] = frozenset()
    department_ids: frozenset[int] = frozenset()
    weight: int = 1
    is_by_price: bool = False
    is_on: bool = True
    """Route and channel are in use."""
    channel_name: str = ""
    needs_signature: bool = False
    """`dispatch.channels.Options.needs_signature` of its channel."""

    def failing(self, number: str, carrier: str, category: str, departments: frozenset[int]) -> str:
        """The first condition that does not hold, or nothing; `departments` is the sender's and all above it."""
        if not self.is_on:
            return "off"
        if self.categories and category not in self.categories:
            return "category"
        if self.department_ids and self.department_ids.isdisjoint(departments):
            return "department"
        if self.carriers and carrier not in self.carriers:
            return "carrier"
        if self.prefixes and not self.takes_prefix(number):
            return "prefix"
        return ""

    def takes_prefix(self, number: str) -> bool:
        return number.removeprefix("+86").startswith(self.prefixes)


@dataclass(frozen=True, slots=True)
class Ranges:
    """The administrator's corrections of the built-in number ranges: the longest prefix counts."""

    carriers: Mapping[str, str] = field(default_factory=dict)
    """Digits without country code -> carrier."""

    @property
    def head(self) -> int:
        """How many characters of a number decide about its carrier."""
        # "+86" and five digits: of machines' cards (1064x) the fifth counts.
        return 3 + max(5, *map(len, self.carriers)) if self.carriers else 8

    def without(self, prefix: str) -> Ranges:
        """As if this were not corrected."""
        return Ranges({one: carrier for one, carrier in self.carriers.items() if one != prefix})

    def carrier_of(self, number: str) -> str:
        """The carrier by the number's range."""
        if self.carriers and number.startswith("+86"):
            digits = number[3:]
            for length in range(7, 2, -1):
                if (found := self.carriers.get(digits[:length])) is not None:
                    return found
        return home_carrier(number).value


@dataclass(frozen=True, slots=True)
class Tried:
    """One route as it was looked at for a number."""

    rule: RouteRule
    failing: str
    """"": takes it; otherwise the condition that does not hold: off, category, department, carrier, prefix."""
    place: int | None
    """1 for the chosen one, 2 for the next, ...; None where its conditions fail."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a number goes where it goes."""

    number: str
    carrier: str
    by_range: str
    """The carrier the range alone says."""
    is_ported: bool
    is_corrected: bool
    """An administrator's range decided, not the built-in one."""
    tried: list[Tried]
    """All routes in the order they are looked at."""


class Router:
    """Chooses for many numbers of one submission."""

    def __init__(
        self,
        rules: Sequence[RouteRule],
        *,
        category: str,
        departments: frozenset[int],
        ranges: Ranges = Ranges(),
        prices: Prices = NO_PRICES,
        on: date | None = None,
    ) -> None:
        self._rules = sorted(rules, key=lambda rule: (rule.position, rule.id))
        self._category = category
        self._departments = departments
        self._ranges = ranges
        self._head = ranges.head
        self._prices = prices
        self._on = on or date.min
        self._ported: Mapping[str, str] = {}
        self._levels: dict[str, list[list[RouteRule]]] = {}
        """Carrier -> routes that take it but for their prefixes, by position."""
        self._sole: dict[str, RouteRule | None] = {}
        """Carrier -> the first route, where nothing but the carrier decides; None where more does."""
        self._heads: dict[str, str] = {}
        """The digits that decide about the carrier -> carrier: a hundredth of the numbers at most."""

    @property
    def rules(self) -> Sequence[RouteRule]:
        """In the order in which they are looked at, with their channels' own prices."""
        return self._rules

    @property
    def ranges(self) -> Ranges:
        return self._ranges

    def otherwise(self, *, rules: Sequence[RouteRule] | None = None, ranges: Ranges | None = None) -> Router:
        """For the same sender, as if the routes or the ranges were these."""
        return Router(
            self._rules if rules is None else rules, category=self._category, departments=self._departments,
            ranges=self._ranges if ranges is None else ranges, prices=self._prices, on=self._on,
        )  # fmt: skip

    @property
    def service_numbers(self) -> dict[int, str]:
        """Of each channel that a route leads to."""
        return {rule.channel_id: rule.service_number for rule in self._rules}

    def know(self, ported: Mapping[str, str]) -> None:
        """Of the numbers that will be asked about next: those that another carrier serves (number -> carrier)."""
        self._ported = ported

    def carrier(self, number: str) -> str:
        """Who serves the number, as far as is known."""
        if self._ported and (ported := self._ported.get(number)) is not None:
            return ported
        head = number[: self._head]
        if (carrier := self._heads.get(head)) is None:
            if len(self._heads) >= MOST_HEADS:
                self._heads.clear()
            carrier = self._heads[head] = self._ranges.carrier_of(number)
        return carrier

    def choose(self, number: str) -> RouteRule | None:
        """The route that takes the number, with the price in force; None when none does."""
        carrier = self.carrier(number)
        if (sole := self._sole.get(carrier)) is not None:
            return sole
        for level in self._levels_of(carrier):
            taking = [rule for rule in level if not rule.prefixes or rule.takes_prefix(number)]
            if len(taking) == 1:
                return taking[0]
            if taking:
                return self._first(taking, number)
        return None

    def alternatives(self, number: str, *, without: Collection[int] = ()) -> list[RouteRule]:
        """All that take the number, first choice first, each channel once; `without` leaves channels out."""
        found: dict[int, RouteRule] = {}
        for level in self._levels_of(self.carrier(number)):
            taking = [rule for rule in level if not rule.prefixes or rule.takes_prefix(number)]
            while taking:
                first = self._first(taking, number)
                taking.remove(first)
                if first.channel_id not in without:
                    found.setdefault(first.channel_id, first)
        return list(found.values())

    def explain(self, number: str) -> Explanation:
        """Each route with the condition that let it fail, or its place among those that take the number."""
        carrier, by_range = self.carrier(number), self._ranges.carrier_of(number)
        places = {rule.id: place for place, rule in enumerate(self.alternatives(number), start=1)}
        tried = []
        for rule in self._rules:
            failing = rule.failing(number, carrier, self._category, self._departments)
            priced = self._priced(rule, carrier)
            tried.append(Tried(priced, failing, None if failing else places.get(rule.id)))
        return Explanation(
            number, carrier, by_range, number in self._ported, by_range != home_carrier(number).value, tried
        )

    def _levels_of(self, carrier: str) -> list[list[RouteRule]]:
        if (levels := self._levels.get(carrier)) is None:
            bare = [replace(rule, prefixes=()) for rule in self._rules]
            fitting = [
                self._priced(rule, carrier)
                for rule, any_prefix in zip(self._rules, bare, strict=True)
                if not any_prefix.failing("", carrier, self._category, self._departments)
            ]
            levels = [list(level) for _, level in groupby(fitting, key=lambda rule: rule.position)]
            self._levels[carrier] = levels
            is_alone = bool(levels) and len(levels[0]) == 1 and not levels[0][0].prefixes
            self._sole[carrier] = levels[0][0] if is_alone else None
        return levels

    def _priced(self, rule: RouteRule, carrier: str) -> RouteRule:
        price = self._prices.in_force(rule.channel_id, carrier, self._category, self._on)
        return rule if price is None else replace(rule, price_micros=price)

    @staticmethod
    def _first(taking: list[RouteRule], number: str) -> RouteRule:
        if any(rule.is_by_price for rule in taking):
            # Equal prices share by weight, too.
            least = min(rule.price_micros for rule in taking)
            taking = [rule for rule in taking if rule.price_micros == least]
        share = int(number[-4:]) % sum(rule.weight for rule in taking) if number[-4:].isdigit() else 0
        for rule in taking:
            share -= rule.weight
            if share < 0:
                return rule
        return taking[-1]


# All routes, also those out of use: the explanation shows them. A handful; read once for a submission.
RULES = """
select r.id, r.name, r.position, r.channel_id, c.protocol, c.price_micros, c.service_number, r.carriers, r.prefixes,
       r.categories, r.department_ids, r.weight, r.is_by_price, r.is_enabled and c.is_enabled and c.removed_at is null, c.name,
       coalesce((c.options ->> 'needs_signature')::boolean, false)
from dispatch_route r join dispatch_channel c on c.id = r.channel_id
order by r.position, r.id
"""
RANGES = "select prefix, carrier from dispatch_number_range"
# One query for a chunk of a few thousand numbers.
PORTED = "select number, carrier from dispatch_ported_number where number = any(%(numbers)s::text[])"

CARRIERS = tuple(carrier.value for carrier in Carrier)


def rule_from_row(row: Sequence[object]) -> RouteRule:
    """A row of `RULES`."""
    (
        id_,
        name,
        position,
        channel,
        protocol,
        price,
        service_number,
        carriers,
        prefixes,
        categories,
        departments,
        *rest,
    ) = row
    weight, by_price, is_on, channel_name, needs_signature = rest
    return RouteRule(
        id=id_, name=name, position=position, channel_id=channel, protocol=protocol, price_micros=price,  # type: ignore[arg-type]
        service_number=service_number, carriers=frozenset(carriers), prefixes=tuple(prefixes),  # type: ignore[arg-type, call-overload]
        categories=frozenset(categories), department_ids=frozenset(departments), weight=weight,  # type: ignore[arg-type, call-overload]
        is_by_price=bool(by_price), is_on=bool(is_on), channel_name=str(channel_name),
        needs_signature=bool(needs_signature),
    )  # fmt: skip
