"""Mail merge: `{姓名}您好` with each recipient's own values. A missing or empty value is an error, never a blank.

`{name}` names a column or contact field, `{2}` the second column of a list; `{卡号:尾4}` or `{card:last4}` takes a value's
last four characters; `{{` and `}}` stand for the braces themselves. A template is taken apart once and then joined for
each recipient.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_PART = re.compile(r"\{\{|\}\}|\{([^{}\n]{1,40})\}")
_LAST = re.compile(r"(?P<name>.+?)\s*[:\uff1a]\s*(?:尾|后|後|last)\s*(?P<last>[1-9]\d?)\s*位?", re.IGNORECASE)

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
class Variable:
    """Where a recipient's value stands."""

    name: str
    written: str
    """With its braces, as in the text."""
    last: int = 0
    """So many characters of the value's end; 0: the whole."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text taken apart: literals and, between them, variables."""

    literals: tuple[str, ...]
    """One more than there are variables."""
    variables: tuple[Variable, ...]

    @property
    def names(self) -> list[str]:
        """Each variable once, in order of appearance."""
        return list(dict.fromkeys(one.name for one in self.variables))

    @property
    def unfilled(self) -> str:
        """The text with its variables as they are written."""
        between = zip(self.variables, self.literals[1:], strict=True)
        return self.literals[0] + "".join(variable.written + literal for variable, literal in between)

    def render(self, values: Mapping[str, str], columns: Sequence[str] = ()) -> str:
        """The recipient's text. Raises MissingVariable."""
        if not self.variables:
            return self.literals[0]
        parts = [self.literals[0]]
        for variable, literal in zip(self.variables, self.literals[1:], strict=True):
            value = value_of(variable.name, values, columns)
            if not value:
                raise MissingVariable(variable.name)
            parts.append(value[-variable.last :] if variable.last else value)
            parts.append(literal)
        return "".join(parts)


def parse(text: str) -> Template:
    """Take `text` apart. Braces that name nothing, as in "{}", stay as they are."""
    literals: list[str] = []
    variables: list[Variable] = []
    literal, position = "", 0
    for match in _PART.finditer(text):
        literal += text[position : match.start()]
        position = match.end()
        if match.group(1) is None:
            literal += match.group(0)[0]
        else:
            literals.append(literal)
            variables.append(_variable(match))
            literal = ""
    literals.append(literal + text[position:])
    return Template(tuple(literals), tuple(variables))


def _variable(match: re.Match[str]) -> Variable:
    inside = match.group(1).strip()
    if cut := _LAST.fullmatch(inside):
        return Variable(cut["name"], match.group(0), int(cut["last"]))
    return Variable(inside, match.group(0))
