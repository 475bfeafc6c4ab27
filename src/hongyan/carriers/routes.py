"""Verbs of what decides a message's road: routes, number ranges, prices, rules for carriers' codes, retries and failover."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.dispatch.models import CodeRule, DispatchPolicy, NumberRange, ParkedReport, Price, Route
from hongyan.messaging.words import NOT_YOURS

_SENTENCES = {
    "dispatch_price_is_one": _("There is already a price for this channel, carrier and category from that day."),
    "dispatch_price_dates": _("A price must end after it begins."),
    "dispatch_code_rule_is_one": _("There is already a rule for this code."),
    "dispatch_range_prefix": _("A range is the first three to seven digits of a mobile number."),
}
"""Constraints of the database in words."""


def check(user: User) -> None:
    """Raises Refused for who does not manage channels."""
    if not user.may(Right.MANAGE_CHANNELS):
        raise Refused("not_allowed", NOT_YOURS, status=403)


def _save(row: models.Model) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        for name, sentence in _SENTENCES.items():
            if name in str(error):
                raise Refused("refused", sentence, status=409) from error
        raise


@transaction.atomic
def save_route(user: User, route: Route, *, address: str | None = None) -> None:
    """Add or change a route; submissions planned from now on follow it."""
    check(user)
    before = changes.stored(route)
    _save(route)
    audit.record(user, "route.changed", route, detail=changes.between(before, route), address=address)


@transaction.atomic
def remove_route(user: User, route: Route, *, address: str | None = None) -> None:
    check(user)
    audit.record(user, "route.changed", route, detail={"removed": True}, address=address)
    route.delete()


@transaction.atomic
def save_range(user: User, prefix: str, carrier: str, *, address: str | None = None) -> None:
    """Numbers that begin so belong to `carrier`, whatever the built-in table says."""
    check(user)
    row = NumberRange(prefix=prefix, carrier=carrier)
    _save(row)
    audit.record(user, "number_range.changed", row, detail={"carrier": carrier}, address=address)


@transaction.atomic
def remove_range(user: User, row: NumberRange, *, address: str | None = None) -> None:
    check(user)
    audit.record(user, "number_range.removed", row, address=address)
    row.delete()


@transaction.atomic
def save_price(user: User, price: Price, *, address: str | None = None) -> None:
    """What is planned from now on costs this, on the days it holds; what is planned keeps its price."""
    check(user)
    before = changes.stored(price)
    _save(price)
    entered = {
        "micros": price.price_micros, "carrier": price.carrier, "category": price.category,
        "from": price.valid_from.isoformat(), "until": price.valid_until.isoformat() if price.valid_until else "",
    }  # fmt: skip
    detail = changes.between(before, price) if before else entered
    audit.record(user, "price.changed", price, detail=detail, address=address)


@transaction.atomic
def end_price(user: User, price: Price, on: date, *, address: str | None = None) -> None:
    """From that day on the price no longer holds."""
    check(user)
    price.valid_until = on
    save_price(user, price, address=address)


@transaction.atomic
def remove_price(user: User, price: Price, *, address: str | None = None) -> None:
    check(user)
    audit.record(user, "price.removed", price, detail={"micros": price.price_micros}, address=address)
    price.delete()


@transaction.atomic
def save_code_rule(user: User, rule: CodeRule, *, address: str | None = None) -> None:
    """Gateways take it up within a minute."""
    check(user)
    before = changes.stored(rule)
    _save(rule)
    entered = {"action": rule.action, "after_s": rule.after_s, "most": rule.most}
    detail = changes.between(before, rule) if before else entered
    audit.record(user, "code_rule.changed", rule, detail=detail, address=address)


@transaction.atomic
def remove_code_rule(user: User, rule: CodeRule, *, address: str | None = None) -> None:
    """The built-in rule holds again."""
    check(user)
    audit.record(user, "code_rule.removed", rule, address=address)
    rule.delete()


@transaction.atomic
def save_policy(user: User, policy: DispatchPolicy, *, address: str | None = None) -> None:
    check(user)
    before = changes.stored(policy)
    policy.save()
    audit.record(user, "sending_policy.changed", detail=changes.between(before, policy), address=address)


@transaction.atomic
def remove_parked(user: User, parked: models.QuerySet[ParkedReport], *, address: str | None = None) -> int:
    """Throw away receipts that match no message; gives how many."""
    check(user)
    removed, _by_model = parked.delete()
    if removed:
        audit.record(user, "parked_report.removed", detail={"count": removed}, address=address)
    return removed
