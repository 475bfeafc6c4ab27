"""Where a number comes from: its home carrier, province and city, as far as the number tells.

Provinces and cities are those of the ranges of seven digits, from the tables that `phonenumbers` brings. A number says where it
was issued, which is not where its owner lives, and since numbers may be carried to another carrier, the carrier is looked up
among the ported ones first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache

from django.utils.translation import get_language, gettext, gettext_lazy

from hongyan.accounts.models import User
from hongyan.audiences.attributes import Attribute, Chosen, Option
from hongyan.audiences.statements import Statement
from hongyan.dispatch.models import NumberRange
from hongyan.dispatch.numbers import CARRIER_WORDS, Carrier, home_carrier
from hongyan.dispatch.routing import Ranges

NUMBER = gettext_lazy("Mobile number")
PROVINCES = (
    "北京市 天津市 上海市 重庆市 河北省 山西省 辽宁省 吉林省 黑龙江省 江苏省 浙江省 安徽省 福建省 江西省 山东省 河南省 湖北省 湖南省 "
    "广东省 海南省 四川省 贵州省 云南省 陕西省 甘肃省 青海省 内蒙古 广西 西藏 宁夏 新疆"
).split()
CITY_STATES = PROVINCES[:4]
PORTED = "select number, carrier from dispatch_ported_number"


@cache
def _tables() -> tuple[dict[str, dict[str, list[str]]], dict[str, str]]:
    """(kind of place -> its Chinese name -> the beginnings of its numbers, Chinese name -> English name)."""
    from phonenumbers.geodata import GEOCODE_DATA

    places: dict[str, dict[str, list[str]]] = {"province": defaultdict(list), "city": defaultdict(list)}
    english: dict[str, str] = {}
    for digits, names in GEOCODE_DATA.items():
        name = names.get("zh", "")
        if not digits.startswith("861") or len(digits) < 7 or not name:
            continue
        province = next((one for one in PROVINCES if name.startswith(one)), "")
        if not province:
            continue
        places["province"][province].append(f"+{digits}")
        city = name if name in CITY_STATES else name.removeprefix(province)
        if city:
            places["city"][city].append(f"+{digits}")
        of_city, _comma, of_province = names.get("en", "").partition(", ")
        english.setdefault(city, of_city)
        english.setdefault(province, of_province or of_city)
    return places, english


def _options(kind: str) -> list[Option]:
    places, english = _tables()
    names = PROVINCES if kind == "province" else sorted(places["city"], key=lambda one: english.get(one, one))
    if (get_language() or "").startswith("zh"):
        return [Option(one, one) for one in names]
    return [Option(one, english.get(one) or one) for one in names]


def _condition(kind: str) -> object:
    def condition(statement: Statement, values: Sequence[str]) -> str:
        found = [one for value in values for one in _tables()[0][kind].get(value, ())]
        by_length = defaultdict(list)
        for one in found:
            by_length[len(one)].append(one)
        tests = [
            f"left(c.number, {length}) = any({statement.bind(sorted(some))}::text[])"
            for length, some in sorted(by_length.items())
        ]
        return f"({' or '.join(tests)})" if tests else "false"

    return condition


def _of_carrier(statement: Statement, values: Sequence[str]) -> str:
    """By the ported number, else by what an administrator says of its range, else by the range."""
    fours = [str(four) for four in range(1300, 2000) if home_carrier(f"+86{four}0000000").value in values]
    ranges = Ranges(dict(NumberRange.objects.values_list("prefix", "carrier")))
    by_range = f"substr(c.number, 4, 4) = any({statement.bind(fours)}::text[])"
    for prefix in sorted(ranges.carriers, key=len):
        stands = "true" if ranges.carriers[prefix] in values else "false"
        by_range = f"case when c.number like {statement.bind(f'+86{prefix}%')} then {stands} else {by_range} end"
    is_abroad = "true" if Carrier.ABROAD.value in values else "false"
    ported = f"{statement.join(PORTED)}.carrier"
    return (
        f"(case when {ported} is not null then {ported} = any({statement.bind(list(values))}::text[])"
        f" when c.number not like '+86%%' then {is_abroad} else {by_range} end)"
    )


def _carriers() -> list[Option]:
    return [Option(one.value, gettext(CARRIER_WORDS[one])) for one in Carrier]


def attributes(_user: User) -> Iterator[Attribute]:
    yield Chosen(
        key="number.province", label=gettext_lazy("Province of the number"), section=NUMBER,
        condition=_condition("province"), choices=lambda: _options("province"),  # type: ignore[arg-type]
    )  # fmt: skip
    yield Chosen(
        key="number.city", label=gettext_lazy("City of the number"), section=NUMBER,
        condition=_condition("city"), choices=lambda: _options("city"),  # type: ignore[arg-type]
    )  # fmt: skip
    yield Chosen(
        key="number.carrier", label=gettext_lazy("Home carrier"), section=NUMBER, condition=_of_carrier,
        choices=_carriers,
    )  # fmt: skip
