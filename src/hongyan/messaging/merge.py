"""Mail merge: `{姓名}您好` with each recipient's own values. A missing or empty value is an error, never a blank.

`{name}` names a column or contact field, `{2}` the second column of a list; `{卡号:尾4}` or `{card:last4}` takes a value's
last four characters; `{称呼|顾客}` reads “顾客” where there is no value, `{称呼|}` nothing; `{{` and `}}` stand for the braces
themselves. A template is taken apart once and then joined for
each recipient.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from hongyan.spreadsheets import trimmed

_PART = re.compile(r"\{\{|\}\}|\{([^{}\n]{1,120})\}")
_DEFAULT = re.compile(r"[|\uff5c]")
_LAST = re.compile(r"(?P<name>.+?)\s*[:\uff1a]\s*(?:尾|后|後|last)\s*(?P<last>[1-9]\d?)\s*位?", re.IGNORECASE)

CONTACT_FIELDS = ("姓名", "称呼", "公司", "手机")
"""What every contact offers beside the columns it was imported with."""
ALIASES = {
    "name": "姓名", "title": "称呼", "company": "公司", "number": "手机", "mobile": "手机", "稱呼": "称呼", "手機": "手机",
    "birthday": "生日",
}  # fmt: skip


class MissingVariable(Exception):
    """A recipient has no value for a variable of the text."""

    def __init__(self, variable: str) -> None:
        super().__init__(variable)
        self.variable = variable


def value_of(variable: str, values: Mapping[str, str], columns: Sequence[str] = ()) -> str | None:
    """What stands for `variable`: by its name, by the field's other name, or by the column's number.

    A value of nothing but blanks and characters without a width is none.
    """
    value = values.get(variable) or values.get(ALIASES.get(variable, ""))
    if not value and variable.isdigit() and 0 < int(variable) <= len(columns):
        value = values.get(columns[int(variable) - 1])
    # Hardly any value begins with a blank, and only those are looked through.
    return value if value and (value[0].isalnum() or trimmed(value)) else None


@dataclass(frozen=True, slots=True)
class Variable:
    """Where a recipient's value stands."""

    name: str
    written: str
    """With its braces, as in the text."""
    last: int = 0
    """So many characters of the value's end; 0: the whole."""
    default: str | None = None
    """What is read where there is no value; None: then there is no message."""
    whole: str = ""
    """Of one with a default: all that stands in the braces, since a column may be called that."""

    def text_for(self, values: Mapping[str, str], columns: Sequence[str] = ()) -> str | None:
        """What a recipient reads in its place; None where they cannot."""
        is_called_that = self.default is not None and self.whole in values
        value = value_of(self.whole, values) if is_called_that else value_of(self.name, values, columns)
        if value is None:
            return None if is_called_that else self.default
        return value[-self.last :] if self.last else value


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
    def needed(self) -> list[str]:
        """Those without which there is no message: somewhere they have no default."""
        return list(dict.fromkeys(one.name for one in self.variables if one.default is None))

    @property
    def defaults(self) -> list[Variable]:
        """Those that have a default, each name once."""
        return list({one.name: one for one in reversed(self.variables) if one.default is not None}.values())[::-1]

    def with_default(self, name: str, default: str) -> str:
        """The text with a default wherever `name` stands without one."""
        between = zip(self.variables, self.literals[1:], strict=True)
        return _braces(self.literals[0]) + "".join(
            (
                f"{variable.written[:-1]}|{default}}}"
                if variable.name == name and variable.default is None
                else variable.written
            )
            + _braces(literal)
            for variable, literal in between
        )

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
            text = variable.text_for(values, columns)
            if text is None:
                raise MissingVariable(variable.name)
            parts.append(text)
            parts.append(literal)
        return "".join(parts)

    def values_in(self, text: str, known: Mapping[str, str] = MappingProxyType({})) -> dict[str, str] | None:
        """Values that make `text` of this template; None when it was not made of it.

        Of two variables that stand side by side nobody knows where the one ended: `known` helps, and without it the text
        comes out the same all the same.
        """
        found = self._read(text, {})
        # The same pattern for all is looked for a hundred times faster than one for each.
        if found and any(value_of(name, found) not in (None, value) for name, value in known.items()):
            return self._read(text, known) or found
        return found

    def _read(self, text: str, known: Mapping[str, str]) -> dict[str, str] | None:
        pattern, places = re.escape(self.literals[0]), dict[tuple[str, int, str | None], int]()
        values: dict[str, str] = {}
        for variable, literal in zip(self.variables, self.literals[1:], strict=True):
            key = (variable.name, variable.last, variable.default)
            if value := value_of(variable.name, known):
                values[variable.name] = value
                pattern += re.escape(value[-variable.last :])
            else:
                pattern += rf"(?:\{places[key]})" if key in places else "(.*?)" if variable.default == "" else "(.+?)"
                places.setdefault(key, len(places) + 1)
            pattern += re.escape(literal)
        if not self._could_be(text):
            return None
        match = re.fullmatch(pattern, text, re.DOTALL)
        if match is None:
            return None
        for (name, _last, default), place in places.items():
            # Where the default stood there was no value, and there will be none again.
            if default is not None and match[place] == default:
                continue
            values[name] = max(values.get(name, ""), match[place], key=len)
        # Of "{a}{b}" the first may have been given a blank, which is no value.
        has_all = all(value_of(name, values) for name in self.needed)
        return values if has_all and self.render(values) == text else None

    def _could_be(self, text: str) -> bool:
        """Whether the literals stand in `text` in their order: found in one pass, where a pattern of many variables would
        try each way of parting a text that is of another template."""
        first, last = self.literals[0], self.literals[-1]
        if not (text.startswith(first) and text.endswith(last)):
            return False
        at, end = len(first), len(text) - len(last)
        for variable, literal in zip(self.variables, self.literals[1:-1], strict=False):
            found = text.find(literal, at if variable.default == "" else at + 1, end)
            if found < 0:
                return False
            at = found + len(literal)
        return at < end or not self.variables or (at == end and self.variables[-1].default == "")


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
    whole = match.group(1).strip()
    inside, default = whole, None
    # Nothing before the bar names nothing: such a name stays what it was.
    if (bar := _DEFAULT.search(whole)) and whole[: bar.start()].strip():
        inside, default = whole[: bar.start()].strip(), whole[bar.end() :].strip()
    cut = _LAST.fullmatch(inside)
    name, last = (cut["name"], int(cut["last"])) if cut else (inside, 0)
    return Variable(name, match.group(0), last, default, whole if default is not None else "")


def _braces(literal: str) -> str:
    return literal.replace("{", "{{").replace("}", "}}")
