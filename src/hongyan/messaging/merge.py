"""Mail merge: `{姓名}您好` with each recipient's own values. A missing or empty value is an error, never a blank.

`{name}` names a column or contact field, `{2}` the second column of a list; `{{` and `}}` stand for the braces
themselves. A template is taken apart once and then joined for each recipient.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_PART = re.compile(r"\{\{|\}\}|\{([^{}\n]{1,40})\}")

CONTACT_FIELDS = ("姓名", "称呼", "公司", "手机")
"""What every contact offers beside the columns it was imported with."""
ALIASES = {
    "name": "姓名", "title": "称呼", "company": "公司", "number": "手机", "mobile": "手机", "稱呼": "称呼", "手機": "手机",
}  # fmt: skip


class MissingVariable(Exception):
    """A recipient has no value for a variable of the text."""

    def __init__(self, variable: str) -> None:
        super().__init__(variable)
        self.variable = variable


def value_of(variable: str, values: Mapping[str, str], columns: Sequence[str] = ()) -> str | None:
    """What stands for `variable`: by its name, by the field's other name, or by the column's number."""
    value = values.get(variable) or values.get(ALIASES.get(variable, ""))
    if not value and variable.isdigit() and 0 < int(variable) <= len(columns):
        value = values.get(columns[int(variable) - 1])
    return value


@dataclass(frozen=True, slots=True)
class Template:
    """A text taken apart: literals and, between them, variable names."""

    literals: tuple[str, ...]
    """One more than there are variables."""
    variables: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Each variable once, in order of appearance."""
        return list(dict.fromkeys(self.variables))

    def render(self, values: Mapping[str, str], columns: Sequence[str] = ()) -> str:
        """The recipient's text. Raises MissingVariable."""
        if not self.variables:
            return self.literals[0]
        parts = [self.literals[0]]
        for variable, literal in zip(self.variables, self.literals[1:], strict=True):
            value = value_of(variable, values, columns)
            if not value:
                raise MissingVariable(variable)
            parts.append(value)
            parts.append(literal)
        return "".join(parts)


def parse(text: str) -> Template:
    """Take `text` apart. Braces that name nothing, as in "{}", stay as they are."""
    literals, variables, literal, position = [], [], "", 0
    for match in _PART.finditer(text):
        literal += text[position : match.start()]
        position = match.end()
        if match.group(1) is None:
            literal += match.group(0)[0]
        else:
            literals.append(literal)
            variables.append(match.group(1).strip())
            literal = ""
    literals.append(literal + text[position:])
    return Template(tuple(literals), tuple(variables))
