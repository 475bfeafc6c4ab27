"""How stored values are compared, filtered and sorted in SQL: operators of each kind, and the expressions behind them.

Values stand in a jsonb column under a key, in the canonical form of `kinds.py`. What does not fit the kind (left from
before its change, or written by an older program) counts as empty and never raises: numbers and days are taken only
where their form is right. The functions `fields_number`, `fields_day`, `fields_time` and `fields_order` are immutable,
so `sorted_by` can be the expression of an index, which conditions then use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext

from hongyan.fields.errors import Unfit
from hongyan.fields.kinds import N_, Kind, Value, parse, show, store
from hongyan.inputs import whole_of

MOST_DAYS = 3660


class Operator(StrEnum):
    EQUALS = "equals"
    DIFFERS = "differs"
    """Also of those without a value."""
    CONTAINS = "contains"
    LACKS = "lacks"
    """Does not contain; also of those without a value."""
    BEGINS = "begins"
    LESS = "less"
    AT_MOST = "at_most"
    MORE = "more"
    AT_LEAST = "at_least"
    BETWEEN = "between"
    """Both ends included."""
    ONE_OF = "one_of"
    """Of several choices: any of them."""
    NONE_OF = "none_of"
    """Also of those without a value."""
    HAS_ALL = "has_all"
    LAST_DAYS = "last_days"
    """Today and the n - 1 days before it."""
    NEXT_DAYS = "next_days"
    """Today and the n - 1 days after it."""
    RETURNS = "returns"
    """Month and day, as of a birthday, come within NEXT_DAYS."""
    EMPTY = "empty"
    FILLED = "filled"


class Takes(StrEnum):
    """What an operator is given."""

    NOTHING = "nothing"
    ONE = "one"
    TWO = "two"
    MANY = "many"
    DAYS = "days"


O = Operator  # noqa: E741 - short for the tables below
TAKES: dict[Operator, Takes] = (
    dict.fromkeys(Operator, Takes.ONE)
    | dict.fromkeys((O.EMPTY, O.FILLED), Takes.NOTHING)
    | {O.BETWEEN: Takes.TWO}
    | dict.fromkeys((O.ONE_OF, O.NONE_OF, O.HAS_ALL), Takes.MANY)
    | dict.fromkeys((O.LAST_DAYS, O.NEXT_DAYS, O.RETURNS), Takes.DAYS)
)

_ORDERED = (O.EQUALS, O.DIFFERS, O.LESS, O.AT_MOST, O.MORE, O.AT_LEAST, O.BETWEEN)
_EITHER = (O.EMPTY, O.FILLED)
OPERATORS: dict[Kind, tuple[Operator, ...]] = {
    Kind.TEXT: (O.CONTAINS, O.LACKS, O.EQUALS, O.DIFFERS, O.BEGINS, O.ONE_OF, O.NONE_OF, *_EITHER),
    Kind.LONG_TEXT: (O.CONTAINS, O.LACKS, *_EITHER),
    Kind.NUMBER: (*_ORDERED, *_EITHER),
    Kind.MONEY: (*_ORDERED, *_EITHER),
    Kind.DATE: (*_ORDERED, O.LAST_DAYS, O.NEXT_DAYS, O.RETURNS, *_EITHER),
    Kind.TIME: (*_ORDERED, *_EITHER),
    Kind.YES_NO: (O.EQUALS, *_EITHER),
    Kind.CHOICE: (O.EQUALS, O.DIFFERS, O.ONE_OF, O.NONE_OF, *_EITHER),
    Kind.CHOICES: (O.ONE_OF, O.HAS_ALL, O.NONE_OF, *_EITHER),
    Kind.PHONE: (O.EQUALS, O.DIFFERS, O.BEGINS, O.ONE_OF, O.NONE_OF, *_EITHER),
    Kind.LINK: (O.EQUALS, O.DIFFERS, O.ONE_OF, O.NONE_OF, *_EITHER),
}
"""The first of each is what is meant most often."""

WORDS: dict[Operator, str] = {
    O.EQUALS: N_("is"),
    O.DIFFERS: N_("is not"),
    O.CONTAINS: N_("contains"),
    O.LACKS: N_("does not contain"),
    O.BEGINS: N_("begins with"),
    O.LESS: N_("is less than"),
    O.AT_MOST: N_("is at most"),
    O.MORE: N_("is more than"),
    O.AT_LEAST: N_("is at least"),
    O.BETWEEN: N_("is between"),
    O.ONE_OF: N_("is one of"),
    O.NONE_OF: N_("is none of"),
    O.HAS_ALL: N_("has all of"),
    O.LAST_DAYS: N_("is within the last days"),
    O.NEXT_DAYS: N_("is within the next days"),
    O.RETURNS: N_("comes round within the next days"),
    O.EMPTY: N_("is empty"),
    O.FILLED: N_("is not empty"),
}
_OF_DAYS: dict[Operator, str] = {
    O.LESS: N_("is before"),
    O.AT_MOST: N_("is not after"),
    O.MORE: N_("is after"),
    O.AT_LEAST: N_("is not before"),
}


def operator_words(kind: Kind, operator: Operator) -> str:
    """The operator in the reader's language, as it stands between a field's name and what is compared with."""
    return gettext((_OF_DAYS if kind in (Kind.DATE, Kind.TIME) else {}).get(operator, WORDS[operator]))


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison, checked: a kind's operator with what it is given."""

    kind: Kind
    operator: Operator
    values: tuple[Value, ...] = ()

    def __str__(self) -> str:
        """As a person reads it behind the field's name; links are shown by their ids."""
        shown = [show(self.kind if TAKES[self.operator] is not Takes.DAYS else Kind.NUMBER, one) for one in self.values]
        return " ".join(
            [operator_words(self.kind, self.operator), (" – " if self.operator is O.BETWEEN else "、").join(shown)]
        ).strip()


def read_test(kind: Kind, operator: str, texts: Sequence[str], *, choices: Sequence[str] = ()) -> Test:
    """The comparison that somebody wrote. Raises Unfit: no_such_operator, nothing_to_compare, no_days, or a value's reason."""
    try:
        chosen = Operator(operator)
    except ValueError:
        raise Unfit("no_such_operator") from None
    if chosen not in OPERATORS[kind]:
        raise Unfit("no_such_operator")
    given = [text.strip() for text in texts if text.strip()]
    match TAKES[chosen]:
        case Takes.NOTHING:
            return Test(kind, chosen)
        case Takes.DAYS:
            days = whole_of(given[0] if given else "", least=1, most=MOST_DAYS)
            if not days:
                raise Unfit("no_days")
            return Test(kind, chosen, (days,))
        case Takes.MANY if kind in (Kind.CHOICE, Kind.CHOICES):
            given = [part for text in given for part in _parts(text, choices)]
    if chosen in (O.CONTAINS, O.LACKS) or (chosen is O.BEGINS and kind is Kind.PHONE):
        # A part of a value need not be one.
        values: list[Value] = [text[:500] for text in given]
    else:
        of_one = Kind.CHOICE if kind is Kind.CHOICES else kind
        values = [value for text in given if (value := parse(of_one, text, choices=choices)) is not None]
    wanted = {Takes.ONE: 1, Takes.TWO: 2}.get(TAKES[chosen])
    if not values or (wanted and len(values) < wanted):
        raise Unfit("nothing_to_compare")
    if chosen is O.BETWEEN:
        values.sort(key=lambda value: (value,))
    return Test(kind, chosen, tuple(dict.fromkeys(values))[:500] if not wanted else tuple(values[:wanted]))


def _parts(text: str, choices: Sequence[str]) -> Sequence[str]:
    return [text] if text in choices else [str(one) for one in (parse(Kind.CHOICES, text, choices=choices) or ())]  # type: ignore[union-attr]


def text_of(column: str, key: str) -> str:
    """SQL of the value under `key` in the jsonb `column`, as text. Percent signs are doubled: run it with parameters."""
    return f"({column}->>{_quoted(key)})"


def sorted_by(kind: Kind, column: str, key: str) -> str:
    """The immutable SQL expression by which values are sorted: null where there is none. Chinese sorts by its pinyin."""
    return _sorted(kind, text_of(column, key))


def condition(test: Test, column: str, key: str, *, today: date) -> tuple[str, list[object]]:
    """SQL with its parameters that is true where the value under `key` in `column` passes, else false or null.

    Negate it by `is not true`. `column` is ours; `key` may be people's own and is quoted.
    """
    kind, operator, values = test.kind, test.operator, test.values
    text = text_of(column, key)
    if operator is O.DIFFERS:
        return _negated(condition(Test(kind, O.EQUALS, values), column, key, today=today))
    if operator is O.LACKS:
        return _negated(condition(Test(kind, O.CONTAINS, values), column, key, today=today))
    if operator is O.NONE_OF:
        return _negated(condition(Test(kind, O.ONE_OF, values), column, key, today=today))
    if operator is O.FILLED:
        return f"({_there(kind, text)})", []
    if operator is O.EMPTY:
        return f"(not ({_there(kind, text)}))", []
    if kind is Kind.CHOICES:
        sign = "?&" if operator is O.HAS_ALL else "?|"
        inner = f"({column}->{_quoted(key)})"
        # Of a text, ? would look into it as if it were an array of one.
        return f"(jsonb_typeof({inner}) = 'array' and {inner} {sign} %s::text[])", [[str(one) for one in values]]
    if kind is Kind.DATE and operator in (O.LAST_DAYS, O.NEXT_DAYS, O.RETURNS):
        return _of_days(operator, text, int(values[0]), today)  # type: ignore[arg-type]
    if operator is O.CONTAINS:
        return f"(lower({text}) like %s)", [f"%{_escaped(str(values[0]).lower())}%"]
    if operator is O.BEGINS:
        return f"(lower({text}) like %s)", [f"{_escaped(_begun(kind, str(values[0])))}%"]
    return _compared(kind, operator, text, values)


def _compared(kind: Kind, operator: Operator, text: str, values: Sequence[Value]) -> tuple[str, list[object]]:
    left, cast = _sorted(kind, text), _CASTS[kind]
    given = [_comparable(kind, one) for one in values]
    if operator is O.ONE_OF:
        if kind in _IN_ORDER:
            # The index finds by the beginning, the text decides.
            begins = f"{left} = any(array(select fields_order(x) from unnest(%s::text[]) x))"  # noqa: S608
            lowered = [str(one).lower() for one in values]
            return f"({begins} and lower({text}) = any(%s::text[]))", [lowered, lowered]
        return f"({left} = any(%s::{cast}[]))", [given]
    if operator is O.EQUALS and kind in _IN_ORDER:
        lowered_one = str(values[0]).lower()
        return f"({left} = fields_order(%s::text) and lower({text}) = %s)", [lowered_one, lowered_one]
    if operator is O.BETWEEN:
        return f"({left} between %s::{cast} and %s::{cast})", given
    return f"({left} {_SIGNS[operator]} %s::{cast})", given


_SIGNS = {O.EQUALS: "=", O.LESS: "<", O.AT_MOST: "<=", O.MORE: ">", O.AT_LEAST: ">="}
_IN_ORDER = (Kind.TEXT, Kind.LONG_TEXT, Kind.CHOICE, Kind.CHOICES)
_CASTS = dict.fromkeys(Kind, "text") | dict.fromkeys((Kind.NUMBER, Kind.MONEY, Kind.LINK), "numeric")


def _sorted(kind: Kind, text: str) -> str:
    match kind:
        case Kind.NUMBER | Kind.MONEY | Kind.LINK:
            return f"fields_number({text})"
        case Kind.DATE:
            return f"fields_day({text})"
        case Kind.TIME:
            return f"fields_time({text})"
        case Kind.YES_NO | Kind.PHONE:
            return f"nullif({text}, '')"
        case _:
            return f"fields_order({text})"


def _there(kind: Kind, text: str) -> str:
    if kind is Kind.CHOICES:
        return f"coalesce({text}, '') not in ('', '[]')"
    return f"coalesce({text}, '') <> ''" if kind in _IN_ORDER else f"{_sorted(kind, text)} is not null"


def _comparable(kind: Kind, value: Value) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or kind is Kind.LINK:
        return Decimal(str(value))
    return value if isinstance(value, Decimal) else store(kind, value)


def _of_days(operator: Operator, text: str, days: int, today: date) -> tuple[str, list[object]]:
    day = f"fields_day({text})"
    if operator is O.LAST_DAYS:
        first, last = today - timedelta(days=days - 1), today
    else:
        first, last = today, today + timedelta(days=days - 1)
    if operator is not O.RETURNS:
        return f"({day} between %s and %s)", [first.isoformat(), last.isoformat()]
    if days >= 366:
        return f"({day} is not null)", []
    begins, ends = first.strftime("%m-%d"), last.strftime("%m-%d")
    # Who was born on 29 February is remembered on the day before, in years without one.
    if ends == "02-28" and not _is_leap(last.year):
        ends = "02-29"
    within = "between %s and %s" if begins <= ends else "not between %s and %s"
    if begins > ends:
        # Over the turn of the year: what does not lie between the two.
        begins, ends = (last + timedelta(days=1)).strftime("%m-%d"), (first - timedelta(days=1)).strftime("%m-%d")
    return f"(substr({day}, 6) {within})", [begins, ends]


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _begun(kind: Kind, value: str) -> str:
    if kind is Kind.PHONE and not value.startswith("+"):
        return "+86" + "".join(char for char in value if char.isdigit())
    return value.lower()


def _negated(found: tuple[str, list[object]]) -> tuple[str, list[object]]:
    sql, values = found
    return f"({sql} is not true)", values


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _quoted(key: str) -> str:
    """A key as a literal of SQL that goes with parameters."""
    return "'" + key.replace("'", "''").replace("%", "%%").replace("\x00", "") + "'"
