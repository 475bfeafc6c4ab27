"""What a person has several of, as orders or rows of a table: asked is whether there are any, how many, and what they come to.

Which of them are meant is said by conditions of their own (`Test.where`) over attributes of theirs (`inside`). All of it is one
set with a row a person, like any other; see `statements.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext, gettext_noop

from hongyan import fields
from hongyan.accounts.models import User
from hongyan.audiences.attributes import Attribute, Number, O, Option, Way
from hongyan.audiences.moments import OF_MOMENTS, days_or_dates
from hongyan.audiences.statements import By, Statement
from hongyan.fields import Kind, Takes, Unfit
from hongyan.inputs import ids_of, whole_of

MOST_TIMES = 1_000_000
SOME, NO = "some", "no"
WORDS: dict[str, tuple[str, Takes, str]] = {
    SOME: (gettext_noop("at least one"), Takes.NOTHING, gettext_noop("has %(what)s")),
    NO: (gettext_noop("none at all"), Takes.NOTHING, gettext_noop("has no %(what)s")),
    "times_at_least": (gettext_noop("at least so many"), Takes.ONE, gettext_noop("has %(what)s: at least %(value)s")),
    "times_at_most": (gettext_noop("at most so many"), Takes.ONE, gettext_noop("has %(what)s: at most %(value)s")),
    "total_at_least": (
        gettext_noop("in total at least (yuan)"), Takes.ONE, gettext_noop("has %(what)s: in total at least %(value)s yuan"),
    ),
    "total_less": (
        gettext_noop("in total less than (yuan)"), Takes.ONE, gettext_noop("has %(what)s: in total less than %(value)s yuan"),
    ),
}  # fmt: skip
HAVING = {
    "times_at_least": "{times} >= {n}", "times_at_most": "{times} > {n}", "total_at_least": "{total} >= {n}",
    "total_less": "{total} >= {n}",
}  # fmt: skip
OF_NONE_TOO = (NO, "times_at_most", "total_less")
"""Also who has none at all is meant: everybody but those of whom the opposite is true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Records(Attribute):
    input: str = "number"
    by: By = "number"
    inside: Callable[[], dict[str, Attribute]]
    """What can be asked about each record, by key; over the aliases of `select`."""
    select: Callable[[Statement, str, str], str]
    """(statement, condition of a record, condition of all together) -> a statement with a row for each person meant."""
    times: str = "count(*)"
    total: str = ""
    """SQL of what records come to in yuan; nothing where that cannot be asked."""

    def ways(self) -> list[Way]:
        return [
            Way(code, gettext(words), takes, sentence)
            for code, (words, takes, sentence) in WORDS.items()
            if self.total or not code.startswith("total")
        ]

    def check(self, user: User, operator: str, values: Sequence[str]) -> None:
        self.compared(operator, values)

    def compared(self, operator: str, values: Sequence[str]) -> int | Decimal | None:
        """What is compared with. Raises Unfit."""
        if self.way(operator).takes is Takes.NOTHING:
            return None
        text = next((one for one in values if one.strip()), "")
        if not text:
            raise Unfit("nothing_to_compare")
        if operator.startswith("total"):
            amount = fields.parse(Kind.MONEY, text)
            if not isinstance(amount, Decimal):
                raise Unfit("not_money")
            return amount
        times = whole_of(text, least=0, most=MOST_TIMES, otherwise=-1)
        if times < 0:
            raise Unfit("not_a_number")
        return times

    def of(self, statement: Statement, operator: str, values: Sequence[str], where: str) -> str:
        """The condition of a person; `where` is that of each record."""
        compared = self.compared(operator, values)
        having = "true"
        if compared is not None:
            having = HAVING[operator].format(times=self.times, total=self.total, n=statement.bind(compared))
        name = statement.join(self.select(statement, where, having), self.by)
        return f"({name}.{self.by} is {'null' if operator in OF_NONE_TOO else 'not null'})"


OF_FIGURES: dict[str, tuple[str, str, str, str]] = {
    "sum": (
        "coalesce(sum({column}), 0)", gettext_noop("Sum of “%(column)s” in “%(table)s”"),
        gettext_noop("%(what)s is at least %(value)s"), gettext_noop("%(what)s is below %(value)s"),
    ),
    "most": (
        "max({column})", gettext_noop("Largest “%(column)s” in “%(table)s”"),
        gettext_noop("%(what)s is at least %(value)s"), gettext_noop("%(what)s is below %(value)s"),
    ),
}  # fmt: skip
"""SQL of what a column of a person's rows comes to, its words, and the sentences of its two ways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure(Records):
    """What a column of records comes to: the sum, to which who has none comes with nought, or the largest, which those lack."""

    figure: str
    """Of `OF_FIGURES`."""
    column: str
    """SQL of the column's number, null where there is none."""

    def ways(self) -> list[Way]:
        _sql, _words, least, below = OF_FIGURES[self.figure]
        return [
            Way(O.AT_LEAST.value, fields.operator_words(Kind.NUMBER, O.AT_LEAST), Takes.ONE, least),
            Way(O.LESS.value, fields.operator_words(Kind.NUMBER, O.LESS), Takes.ONE, below),
        ]

    def compared(self, operator: str, values: Sequence[str]) -> Decimal:
        test = fields.read_test(Kind.NUMBER, self.way(operator).code, values)
        return Decimal(str(test.values[0]))

    def of(self, statement: Statement, operator: str, values: Sequence[str], where: str) -> str:
        comes_to, compared = OF_FIGURES[self.figure][0].format(column=self.column), self.compared(operator, values)
        is_below = operator == O.LESS
        # Who has no row is in no set: where nought passes, everybody passes of whom the opposite is not true.
        nought_passes = self.figure == "sum" and (compared > 0 if is_below else compared <= 0)
        sign = "<" if is_below is not nought_passes else ">="
        having = f"{comes_to} {sign} {statement.bind(compared)}"
        name = statement.join(self.select(statement, where, having), self.by)
        return f"({name}.{self.by} is {'null' if nought_passes else 'not null'})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Attribute):
    """A column of days that every record has."""

    input: str = "date"
    column: str

    def ways(self) -> list[Way]:
        return [
            Way(one.value, gettext(words), takes) for one, (words, takes) in OF_MOMENTS.items() if takes is not Takes.NOTHING
        ]  # fmt: skip

    def check(self, user: User, operator: str, values: Sequence[str]) -> None:
        days_or_dates(self.way(operator), values)

    def sql(self, statement: Statement, operator: str, values: Sequence[str]) -> str:
        given = days_or_dates(self.way(operator), values)
        if operator in (O.LAST_DAYS, O.LACKS):
            sign = ">" if operator == O.LAST_DAYS else "<="
            return f"({self.column} {sign} {statement.bind(statement.today)}::date - {given[0]}::int)"
        bound = [f"{statement.bind(one)}::date" for one in given]
        if operator == O.BETWEEN:
            return f"({self.column} between {bound[0]} and {bound[1]})"
        return f"({self.column} {'<' if operator == O.LESS else '>='} {bound[0]})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount(Number):
    """A column of numbers that every record has."""

    column: str

    def sql(self, statement: Statement, operator: str, values: Sequence[str]) -> str:
        return self.compared(statement, self.column, operator, values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Attribute):
    """A record that others name: the product of a line, the post of a person."""

    input: str = "options"
    condition: Callable[[Statement, list[int]], str]
    """That it is any of these ids; true, false or null."""
    choices: Callable[[User, Sequence[str]], list[Option]]

    def ways(self) -> list[Way]:
        return [Way(one.value, fields.operator_words(Kind.CHOICE, one), Takes.MANY) for one in (O.ONE_OF, O.NONE_OF)]

    def check(self, user: User, operator: str, values: Sequence[str]) -> None:
        self.way(operator)
        if not values:
            raise Unfit("nothing_to_compare")
        if not set(values) <= {one.value for one in self.choices(user, values)}:
            raise Unfit("gone")

    def sql(self, statement: Statement, operator: str, values: Sequence[str]) -> str:
        found = self.condition(statement, list(ids_of(values)))
        return f"(({found}) is not true)" if operator == O.NONE_OF else f"({found})"

    def options(self, user: User, chosen: Sequence[str] = ()) -> list[Option]:
        return self.choices(user, chosen)
