"""Whether numbers can be reached, as `reachability/` has judged their history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext_lazy

from hongyan.accounts.models import User
from hongyan.audiences.attributes import Attribute, Chosen, Option
from hongyan.audiences.places import NUMBER
from hongyan.audiences.statements import Statement
from hongyan.reachability.models import State

# As `Number.objects.troubled` has it: what a person has confirmed is in no trouble.
IN_TROUBLE = """
select number from reachability_number
where state = any({states}::text[]) and (confirmed_until is null or confirmed_until <= {now})
"""


def _is_in(statement: Statement, values: Sequence[str]) -> str:
    select = IN_TROUBLE.format(states=statement.bind(list(values)), now=statement.bind(statement.now))
    return f"({statement.join(select)}.number is not null)"


def _states() -> list[Option]:
    return [Option(one.value, str(one.label)) for one in State]


def attributes(_user: User) -> Iterator[Attribute]:
    yield Chosen(
        key="number.health", label=gettext_lazy("Number health"), section=NUMBER, condition=_is_in, choices=_states
    )  # fmt: skip
