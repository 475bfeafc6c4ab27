"""What a table's address asks for: conditions, words, order; and the list as it is taken away."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.datasets import finding, links, telling
from hongyan.datasets.finding import Wanted
from hongyan.datasets.models import Field
from hongyan.datasets.rights import View, access_table
from hongyan.exports.tables import Kind as ListKind
from hongyan.exports.tables import Sheet, Table, register
from hongyan.fields import OPERATORS, TAKES, Kind, Takes, Test, Unfit, operator_words, read_test
from hongyan.inputs import asked_of, id_of

MOST_CONDITIONS = 8


@dataclass(slots=True)
class Condition:
    """One line of the filter as it stands on the page; an unfinished one asks nothing."""

    about: Field | None = None
    operator: str = ""
    values: list[str] = field(default_factory=list)
    error: str = ""
    test: Test | None = None

    @property
    def operators(self) -> list[tuple[str, str]]:
        return (
            [(str(one), operator_words(self.about.kind, one)) for one in OPERATORS[self.about.kind]]
            if self.about
            else []
        )

    @property
    def takes(self) -> str:
        if self.about is None:
            return str(Takes.NOTHING)
        known = OPERATORS[self.about.kind]
        chosen = next((one for one in known if one == self.operator), known[0])
        return str(TAKES[chosen])

    @property
    def kind(self) -> str:
        return str(self.about.kind) if self.about else ""

    @property
    def first(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def second(self) -> str:
        return self.values[1] if len(self.values) > 1 else ""

    @property
    def is_yes(self) -> bool:
        return bool(self.test and self.test.values and self.test.values[0] is True)


def conditions_of(view: View, query: QueryDict) -> list[Condition]:
    """The filter's lines: `field`, `op`, `value` and `value2` stand in the address as often as there are lines."""
    ids, operators = query.getlist("field"), query.getlist("op")
    firsts, seconds = query.getlist("value"), query.getlist("value2")
    found = []
    for place, text in enumerate(ids[:MOST_CONDITIONS]):
        one = next((known for known in view.fields if known.pk == id_of(text)), None)
        if one is None:
            continue
        operator = operators[place] if place < len(operators) else ""
        if operator not in OPERATORS[one.kind]:
            operator = str(OPERATORS[one.kind][0])
        values = [given[place] for given in (firsts, seconds) if place < len(given) and given[place].strip()]
        line = Condition(one, operator, values)
        try:
            line.test = read_test(one.kind, operator, _meant(view, one, values), choices=one.choices)
        except Unfit as error:
            # Nothing typed yet is no mistake.
            line.error = str(error) if values else ""
        found.append(line)
    return found


def _meant(view: View, one: Field, values: list[str]) -> list[str]:
    if one.kind is not Kind.LINK or not values:
        return values
    found = links.resolve(view.user, one, values)
    for text in values:
        meant = found[text]
        if isinstance(meant, str):
            raise Unfit(meant)
    return [str(found[text]) for text in values]


def wanted_of(view: View, query: QueryDict) -> Wanted:
    sort, is_down = query.get("sort", ""), False
    if sort.startswith("-"):
        sort, is_down = sort[1:], True
    by = next((one for one in view.fields if one.pk == id_of(sort) and finding.may_ask(view, one)), None)
    tests = tuple(
        (one.about, one.test) for one in conditions_of(view, query) if one.about is not None and one.test is not None
    )
    return Wanted(tests, asked_of(query.get("q")), by, is_down)


def rows_table(user: User, query: QueryDict, table_id: int | None) -> Table:
    view = access_table(user, table_id or 0)
    wanted = wanted_of(view, query)

    def sheet() -> Sheet:
        return telling.sheet(view, wanted)

    name = f"table-{view.table.pk}-{timezone.localdate()}.xlsx"
    return Table(view.table.name, name, finding.found(view, wanted), sheet, subject=view.table)


ROWS = register(
    ListKind(
        "table",
        gettext_lazy("Rows of a table"),
        "table.exported",
        (Right.SEE_PEOPLE, Right.EXPORT),
        rows_table,
        "console:tables",
    )
)
