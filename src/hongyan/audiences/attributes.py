"""What can be asked about a person, in its several manners: each knows its operators, reads what was written, and becomes SQL.

Rooms above and beside make attributes of these and register them in `sources.providers`; an attribute is asked about by its
key, which is stored and so never renamed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext

from hongyan import fields
from hongyan.accounts.models import User
from hongyan.audiences.statements import By, Statement
from hongyan.contacts.models import Field
from hongyan.fields import Kind, Operator, Takes, Unfit

O = Operator  # noqa: E741 - short for the tables below


class Option(NamedTuple):
    """One of what can be chosen."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Way:
    """One way to compare: an operator with its words and what it is given."""

    code: str
    words: str
    takes: Takes
    sentence: str = ""
    """Of a test, with %(what)s and %(value)s (of two: %(first)s and %(last)s), to be translated; else as `sentences.py` has it."""


def N_(text: str) -> str:  # noqa: N802 - the extractor's customary mark for words translated where they are shown
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """Common to all; the other classes here say what they are about."""

    key: str
    label: str | Promise
    section: str | Promise
    """Under which it stands where one is chosen."""
    input: str = "text"
    """How a value is written: text, number, date or options."""

    def ways(self) -> list[Way]:
        raise NotImplementedError

    def way(self, code: str) -> Way:
        """Raises Unfit for what is no way of this attribute."""
        found = next((one for one in self.ways() if one.code == code), None)
        if found is None:
            raise Unfit("no_such_operator")
        return found

    def check(self, user: User, operator: str, values: Sequence[str]) -> None:
        """Raises Unfit for what cannot be compared."""
        raise NotImplementedError

    def sql(self, statement: Statement, operator: str, values: Sequence[str]) -> str:
        """A condition over `c` and what the statement joins: true for who is meant, else false or null."""
        raise NotImplementedError

    def sentence(self, way: Way, values: Sequence[str]) -> str:
        """The sentence of a test, to be translated; nothing where `sentences.py` has it."""
        return way.sentence

    def options(self, user: User, chosen: Sequence[str] = ()) -> list[Option]:
        """What can be chosen, the chosen ones among it."""
        return []

    def said(self, user: User, operator: str, values: Sequence[str]) -> list[str]:
        """The values as a person reads them."""
        # Options of a tree are indented.
        labels = {one: label.strip() for one, label in self.options(user, values)} if self.input == "options" else {}
        return [labels.get(one, "…" if self.input == "options" else one) for one in values]


YES_OR_NO = N_("“%(what)s” is %(value)s")


def _of_fields(kind: Kind, *, without: Sequence[Operator] = ()) -> list[Way]:
    return [
        Way(
            one.value,
            fields.operator_words(kind, one),
            fields.TAKES[one],
            YES_OR_NO if kind is Kind.YES_NO and one is O.EQUALS else "",
        )
        for one in fields.OPERATORS[kind]
        if one not in without
    ]


INPUTS = {
    Kind.NUMBER: "number", Kind.MONEY: "number", Kind.DATE: "date", Kind.CHOICE: "options", Kind.CHOICES: "options",
    Kind.YES_NO: "options",
}  # fmt: skip


def _yes_and_no() -> list[Option]:
    return [Option("1", fields.show(Kind.YES_NO, True)), Option("0", fields.show(Kind.YES_NO, False))]


def of_field(found: Field, section: str | Promise) -> OwnField:
    kind = Kind(found.kind)
    return OwnField(
        key=f"field.{found.pk}", label=found.name, section=section, input=INPUTS.get(kind, "text"), name=found.name,
        kind=kind, choices=tuple(found.choices),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnField(Attribute):
    """A column that people made, of persons or of a table of their own, with its kind."""

    name: str
    kind: Kind
    choices: tuple[str, ...] = ()
    column: str = "c.fields"
    """Where its values stand, under `name`."""
    only: tuple[Operator, ...] = ()
    """Of its operators those that may be used; none: all."""

    def ways(self) -> list[Way]:
        return [one for one in _of_fields(self.kind) if not self.only or one.code in self.only]

    def check(self, user: User, operator: str, values: Sequence[str]) -> None:
        fields.read_test(self.kind, self.way(operator).code, values, choices=self.choices)

    def sql(self, statement: Statement, operator: str, values: Sequence[str]) -> str:
        test = fields.read_test(self.kind, operator, values, choices=self.choices)
        if (
            self.column == "c.fields"
            and self.kind in (Kind.TEXT, Kind.CHOICE)
            and test.operator in (O.EQUALS, O.DIFFERS, O.ONE_OF, O.NONE_OF)
        ):
            # People have no index in the order of a column's values, for whose sake `condition` would reckon that order.
            lowered = statement.bind([str(one).lower() for one in test.values])
            found = f"(lower({fields.text_of(self.column, self.name)}) = any({lowered}::text[]))"
            return f"({found} is not true)" if test.operator in (O.DIFFERS, O.NONE_OF) else found
        sql, given = fields.condition(test, self.column, self.name, today=statement.today)
        return statement.bound(sql, list(given))

    def options(self, user: User, chosen: Sequence[str] = ()) -> list[Option]:
        if self.kind is Kind.YES_NO:
            return _yes_and_no()
        return [Option(one, one) for one in dict.fromkeys([*self.choices, *chosen])]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnText(Attribute):
    """A column of text that every person has."""

    column: str

    def ways(self) -> list[Way]:
        return _of_fields(Kind.TEXT)

    def check(self, user: User, operator: str, values: Sequence[str]) -> None:
        fields.read_test(Kind.TEXT, operator, values)

    def sql(self, statement: Statement, operator: str, values: Sequence[str]) -> str:
        test = fields.read_test(Kind.TEXT, operator, values)
        given = [str(one).lower() for one in test.values]
        column = f"lower({self.column})"
        match test.operator:
            case O.EMPTY:
                return f"({self.column} = '')"
            case O.FILLED:
                return f"({self.column} <> '')"
            case O.CONTAINS | O.LACKS | O.BEGINS:
                pattern = given[0].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
                found = f"{column} like {statement.bind(pattern if test.operator is O.BEGINS else '%' + pattern)}"
                return f"(not {found})" if test.operator is O.LACKS else f"({found})"
            case _:
                sign = "<> all" if test.operator in (O.DIFFERS, O.NONE_OF) else "= any"
                return f"({column} {sign}({statement.bind(given)}::text[]))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Attribute):
    """Something that is a number of every person."""

    input: str = "number"

    def ways(self) -> list[Way]:
        return _of_fields(Kind.NUMBER, without=(O.EMPTY, O.FILLED))

    def check(self, user: User, operator: str, values: Sequence[str]) -> None:
        fields.read_test(Kind.NUMBER, operator, values)

    def compared(self, statement: Statement, left: str, operator: str, values: Sequence[str]) -> str:
        """`left` compared with what was written."""
        test = fields.read_test(Kind.NUMBER, operator, values)
        given = [statement.bind(one) for one in test.values]
        if test.operator is O.BETWEEN:
            return f"({left} between {given[0]} and {given[1]})"
        signs = {O.EQUALS: "=", O.DIFFERS: "<>", O.LESS: "<", O.AT_MOST: "<=", O.MORE: ">", O.AT_LEAST: ">="}
        return f"({left} {signs[test.operator]} {given[0]})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted(Number):
    """How often something happened: a set with a column `times`, nought where there is no row."""

    select: str
    by: By = "number"

    def sql(self, statement: Statement, operator: str, values: Sequence[str]) -> str:
        times = f"coalesce({statement.join(self.select, self.by)}.times, 0)"
        return self.compared(statement, times, operator, values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging(Attribute):
    """Whether a person is in any of some sets: tags, groups, who got a submission."""

    input: str = "options"
    select: Callable[[Statement, Sequence[str]], str]
    """A statement that gives the members of any of the sets, each once."""
    choices: Callable[[User, Sequence[str]], list[Option]]
    by: By = "contact_id"
    says: tuple[str, str]
    """Sentences of who is in any of them and of who is in none, with %(value)s."""
    all_says: str = ""
    """The sentence of who is in all of them, where that can be asked."""

    def ways(self) -> list[Way]:
        found = [(O.ONE_OF, N_("any of"), self.says[0]), (O.NONE_OF, N_("none of"), self.says[1])]
        if self.all_says:
            found.insert(1, (O.HAS_ALL, N_("all of"), self.all_says))
        return [Way(one.value, gettext(words), Takes.MANY, sentence) for one, words, sentence in found]

    def check(self, user: User, operator: str, values: Sequence[str]) -> None:
        self.way(operator)
        if not values:
            raise Unfit("nothing_to_compare")
        known = {one.value for one in self.choices(user, values)}
        if not set(values) <= known:
            raise Unfit("gone")

    def sql(self, statement: Statement, operator: str, values: Sequence[str]) -> str:
        if operator == O.HAS_ALL:
            return "(" + " and ".join(self._any(statement, [one]) for one in values) + ")"
        found = self._any(statement, values)
        return f"(not {found})" if operator == O.NONE_OF else found

    def _any(self, statement: Statement, values: Sequence[str]) -> str:
        return f"({statement.join(self.select(statement, values), self.by)}.{self.by} is not null)"

    def options(self, user: User, chosen: Sequence[str] = ()) -> list[Option]:
        return self.choices(user, chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class YesOrNo(Attribute):
    """Whether something holds."""

    input: str = "options"
    condition: Callable[[Statement], str]
    """True or false, never null."""
    says: tuple[str, str]
    """Sentences of whom it holds for, and of whom not."""

    def ways(self) -> list[Way]:
        return [Way(O.EQUALS.value, fields.operator_words(Kind.YES_NO, O.EQUALS), Takes.ONE, YES_OR_NO)]

    def check(self, user: User, operator: str, values: Sequence[str]) -> None:
        fields.read_test(Kind.YES_NO, self.way(operator).code, values)

    def sql(self, statement: Statement, operator: str, values: Sequence[str]) -> str:
        test = fields.read_test(Kind.YES_NO, operator, values)
        found = self.condition(statement)
        return found if test.values[0] is True else f"(not {found})"

    def sentence(self, way: Way, values: Sequence[str]) -> str:
        return self.says[0 if fields.read_test(Kind.YES_NO, way.code, values).values[0] is True else 1]

    def options(self, user: User, chosen: Sequence[str] = ()) -> list[Option]:
        return _yes_and_no()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen(Attribute):
    """One of some known words, told from the row by a condition: home carrier, province."""

    input: str = "options"
    condition: Callable[[Statement, Sequence[str]], str]
    """That it is any of these; true or false, never null."""
    choices: Callable[[], list[Option]]

    def ways(self) -> list[Way]:
        return [
            Way(one.value, fields.operator_words(Kind.CHOICE, one), Takes.MANY) for one in (O.ONE_OF, O.NONE_OF)
        ]  # fmt: skip

    def check(self, user: User, operator: str, values: Sequence[str]) -> None:
        self.way(operator)
        if not values:
            raise Unfit("nothing_to_compare")
        if not set(values) <= {one.value for one in self.choices()}:
            raise Unfit("not_a_choice")

    def sql(self, statement: Statement, operator: str, values: Sequence[str]) -> str:
        found = self.condition(statement, values)
        return f"(not {found})" if operator == O.NONE_OF else found

    def options(self, user: User, chosen: Sequence[str] = ()) -> list[Option]:
        return self.choices()


def missing(key: str) -> str:
    """What is said in place of an attribute that is gone."""
    if key.startswith(("table.", "column.")):
        return gettext("a table or column that has been deleted or is not open to you")
    return gettext("a deleted column") if key.startswith("field.") else gettext("something that is no longer known")
