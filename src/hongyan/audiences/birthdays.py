"""Whose birthday comes round soon, by the sun or the moon as each keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hongyan import fields
from hongyan.accounts.models import User
from hongyan.audiences.attributes import Attribute, Way
from hongyan.audiences.statements import Statement
from hongyan.contacts import birthday_policy
from hongyan.fields import Kind, Operator, Takes, Unfit
from hongyan.inputs import whole_of

O = Operator  # noqa: E741 - short for the table below
_WAYS = {O.RETURNS: Takes.DAYS, O.FILLED: Takes.NOTHING, O.EMPTY: Takes.NOTHING}


@dataclass(frozen=True, slots=True, kw_only=True)
class ComesRound(Attribute):
    """The birthday of the person's record, whose column is `column`."""

    input: str = "number"
    column: str = "c.birthday"

    def ways(self) -> list[Way]:
        return [Way(one.value, fields.operator_words(Kind.DATE, one), takes) for one, takes in _WAYS.items()]

    def check(self, user: User, operator: str, values: Sequence[str]) -> None:
        if self.way(operator).takes is Takes.DAYS and not _days(values):
            raise Unfit("no_days")

    def sql(self, statement: Statement, operator: str, values: Sequence[str]) -> str:
        if operator != O.RETURNS:
            return f"({self.column} {'=' if operator == O.EMPTY else '<>'} '')"
        keys = birthday_policy.keys_within(statement.today, _days(values))
        return f"({self.column} = any({statement.bind(keys)}::text[]))"


def _days(values: Sequence[str]) -> int:
    return whole_of(values[0] if values else "", least=1, most=birthday_policy.MOST_DAYS)
