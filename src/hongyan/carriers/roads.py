"""What becomes of the roads to carriers if something that decides about them were otherwise: a channel or a route gone, a
route changed, a correction of the number ranges taken back.

Looked at by a number of each home carrier and by those that the change itself names: what would find no channel at all, and
what would go by another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256

from django.utils.translation import gettext as _

from hongyan.accounts.models import Department
from hongyan.accounts.needs import Need
from hongyan.dispatch.models import Channel, NumberRange, Route
from hongyan.dispatch.numbers import CARRIER_WORDS, Carrier
from hongyan.dispatch.routing import Router, RouteRule
from hongyan.messaging import needing
from hongyan.messaging.asking import router_of
from hongyan.messaging.models import Category

PROBES = {
    Carrier.MOBILE: "+8613800138000",
    Carrier.UNICOM: "+8613000130000",
    Carrier.TELECOM: "+8613300133000",
    Carrier.BROADNET: "+8619200192000",
    Carrier.ABROAD: "+85291234567",
}
"""A number of each home carrier, by which a road is looked for."""

of_rooms_above: list[Callable[[Loss], Iterable[tuple[Need, str]]]] = []
"""What rooms above send and would find no channel, and the carriers concerned."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Roads as they are, and as they would be."""

    after: Callable[[Router], Router]
    """The roads as they would be."""
    prefixes: tuple[str, ...] = ()
    """Beginnings of numbers that the change names."""
    _routers: dict[tuple[int, str], tuple[Router, Router]] = field(default_factory=dict)

    def routers(self, department: Department, category: str) -> tuple[Router, Router]:
        """Now and then, for whoever sends from the department."""
        key = department.pk, category
        if key not in self._routers:
            now = router_of(department, category)
            self._routers[key] = now, self.after(now)
        return self._routers[key]

    def carriers(self, department: Department, category: str) -> str:
        """The home carriers, in words, whose numbers would find no channel at all any more."""
        now, then = self.routers(department, category)
        lost = [one for one in self._probes() if now.choose(one) is not None and then.choose(one) is None]
        return ", ".join(dict.fromkeys(_carrier(now, one) for one in lost))

    def moves(self, department: Department, category: str) -> list[Move]:
        """What would go by another channel, or by none."""
        now, then = self.routers(department, category)
        found: dict[Move, None] = {}
        for number in self._probes():
            before, after = now.choose(number), then.choose(number)
            if before is not None and (after is None or after.channel_id != before.channel_id):
                move = Move(_carrier(now, number), before.channel_name, after.channel_name if after else "")
                found.setdefault(move, None)
        return list(found)

    def _probes(self) -> list[str]:
        named = [(one if one[0] == "+" else f"+86{one}").ljust(14, "0") for one in self.prefixes]
        return [*PROBES.values(), *named]


def _carrier(router: Router, number: str) -> str:
    carrier = router.carrier(number)
    return _(CARRIER_WORDS[Carrier(carrier)]) if carrier in set(Carrier) else carrier


@dataclass(frozen=True, slots=True)
class Move:
    """Numbers of a home carrier that change their channel."""

    carrier: str
    before: str
    after: str
    """A channel's name; nothing where none takes them."""


def without_road(loss: Loss) -> Iterator[tuple[Need, str]]:
    """What is still to be planned, and what rooms above have, that loses its road."""
    for one in needing.waiting().select_related("owner__department"):
        if carriers := loss.carriers(one.owner.department, one.category):
            yield Need("submission", one.pk, needing.label(one)), carriers
    for provider in of_rooms_above:
        yield from provider(loss)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a change of the roads does, as its page says it."""

    needs: list[tuple[Need, str]]
    """What is scheduled or comes in and would find no channel, with the carriers concerned."""
    moves: list[Move]
    """For what the enterprise as a whole sends."""

    @property
    def mark(self) -> str:
        """Of what somebody agreed to."""
        agreed = ([(one.kind, one.id) for one, _carriers in self.needs], self.moves)
        return sha256(repr(agreed).encode()).hexdigest()[:16]


def _turn(loss: Loss, *, department_ids: Iterable[int] = (), categories: Iterable[str] = ()) -> Turn:
    places = list(Department.objects.filter(pk__in=list(department_ids))) or [Department.objects.get(parent=None)]
    kinds = list(categories) or [Category.NOTICE.value]
    moves = {move: None for place in places for kind in kinds for move in loss.moves(place, kind)}
    return Turn(list(without_road(loss)), list(moves))


def without_channel(channel: Channel) -> Loss:
    """No route leads to the channel."""
    prefixes = tuple(one for route in channel.routes.all() for one in route.prefixes)
    return Loss(
        lambda now: now.otherwise(rules=[rule for rule in now.rules if rule.channel_id != channel.pk]), prefixes
    )


def without_route(route: Route) -> Turn:
    """The route is gone. What waits on its channel already stays there."""
    loss = Loss(
        lambda now: now.otherwise(rules=[rule for rule in now.rules if rule.id != route.pk]), tuple(route.prefixes)
    )
    return _turn(loss, department_ids=route.department_ids, categories=route.categories)


def with_route(before: Route, after: Route) -> Turn:
    """The route is as `after`, which is not saved yet."""

    def changed(rule: RouteRule) -> RouteRule:
        return replace(
            rule, position=after.position, channel_id=after.channel_id, channel_name=after.channel.name,
            carriers=frozenset(after.carriers), prefixes=tuple(after.prefixes), categories=frozenset(after.categories),
            department_ids=frozenset(after.department_ids), weight=after.weight, is_by_price=after.is_by_price,
            is_on=after.is_enabled and after.channel.is_enabled,
        )  # fmt: skip

    loss = Loss(
        lambda now: now.otherwise(rules=[changed(rule) if rule.id == before.pk else rule for rule in now.rules]),
        (*before.prefixes, *after.prefixes),
    )
    return _turn(loss, department_ids=before.department_ids, categories=before.categories)


def without_range(row: NumberRange) -> Turn:
    """The correction is gone: what is built in decides about these numbers."""
    return _turn(Loss(lambda now: now.otherwise(ranges=now.ranges.without(row.prefix)), (row.prefix,)))
