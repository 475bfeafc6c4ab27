"""Which routes were looked at for a number and why each did or did not take it, as the routes stand now."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from hongyan.accounts.models import User
from hongyan.dispatch.models import Route
from hongyan.dispatch.numbers import home_carrier
from hongyan.messaging.asking import router


@dataclass(frozen=True, slots=True)
class Considered:
    """One route, in the order in which they are looked at."""

    name: str
    channel: str
    failing: str
    """The first condition that does not hold: off, category, department, carrier, prefix; "" when it takes the number."""
    is_chosen: bool

    @property
    def words(self) -> str:
        if self.is_chosen:
            return _("this one was chosen")
        return {
            "": _("would take it too, but another comes first"),
            "off": _("route or channel is switched off"),
            "category": _("is not for this category"),
            "department": _("is not for this department"),
            "carrier": _("is not for this carrier"),
            "prefix": _("is not for this number range"),
        }[self.failing]


def considered(sender: User, category: str, number: str) -> list[Considered]:
    """Every route for this sender, category and number."""
    chosen = router(sender, category).choose(number)
    above = {int(part) for part in sender.department.path.split("/") if part}
    carrier = home_carrier(number).value
    return [
        Considered(
            one.name, one.channel.name, _failing(one, number, carrier, category, above),
            chosen is not None and one.pk == chosen.id,
        )
        for one in Route.objects.select_related("channel").order_by("position", "pk")
    ]  # fmt: skip


def _failing(route: Route, number: str, carrier: str, category: str, departments: set[int]) -> str:
    if not (route.is_enabled and route.channel.is_enabled and route.channel.removed_at is None):
        return "off"
    if route.categories and category not in route.categories:
        return "category"
    if route.department_ids and departments.isdisjoint(route.department_ids):
        return "department"
    if route.carriers and carrier not in route.carriers:
        return "carrier"
    if route.prefixes and not number.removeprefix("+86").startswith(tuple(route.prefixes)):
        return "prefix"
    return ""
