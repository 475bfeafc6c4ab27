"""Which routes were looked at for a number and why each did or did not take it, as the routes stand now."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from hongyan.accounts.models import User
from hongyan.messaging.asking import ported, router


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
            "": _("would also match, but another comes first"),
            "off": _("route or channel is switched off"),
            "category": _("is not for this category"),
            "department": _("is not for this department"),
            "carrier": _("is not for this carrier"),
            "prefix": _("is not for this number range"),
        }[self.failing]


def considered(sender: User, category: str, number: str) -> list[Considered]:
    """Every route for this sender, category and number, with ported numbers and corrected ranges as planning heeds them."""
    routes = router(sender, category)
    routes.know(ported([number]))
    return [
        Considered(one.rule.name, one.rule.channel_name, one.failing, one.place == 1)
        for one in routes.explain(number).tried
    ]
