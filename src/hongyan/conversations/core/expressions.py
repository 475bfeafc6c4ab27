"""Conditions and texts of a dialogue: minijinja's expressions, bounded, over what was answered and found.

Undefined names are errors (the compiler finds them first), what there is none of reads as nothing, and no expression can
take much memory or time: fuel bounds what is counted, and lists are never repeated by `*`, which is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import minijinja

FUEL = 20_000
LONGEST = 2_000
"""Characters of an expression or a text."""
LONGEST_VALUE = 4_000
_TIMES = re.compile(r"\*")
_LISTS = re.compile(r"\[|\|\s*(?!int\b|float\b|round\b|abs\b|length\b)|\.\s*rows\b|\bin\b|\brange\b")
_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
_ALONE = re.compile(r"\{\{((?:(?!\}\}).)*)\}\}", re.DOTALL)
_IN_BRACES = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}", re.DOTALL)


class WrongExpression(Exception):
    """An expression or text that cannot be read, or has no value. The sentence says why."""


def _shown(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else value


def _environment() -> minijinja.Environment:
    environment = minijinja.Environment()
    environment.undefined_behavior = "strict"
    environment.fuel = FUEL
    environment.finalizer = _shown
    environment.add_filter("digits", lambda text: re.sub(r"\D", "", str(text)))
    environment.add_filter("last", lambda text, n=1: str(text)[-int(n) :] if isinstance(text, str) else text[-1])
    return environment


_ENVIRONMENT = _environment()


def names_in(expression: str) -> set[str]:
    """The names that an expression reads. Raises WrongExpression when it cannot be read."""
    return names_in_text("{{ " + _checked(expression) + " }}")


@lru_cache(maxsize=4096)
def names_in_text(text: str) -> set[str]:
    """The names that a text reads. Raises WrongExpression."""
    for found in _IN_BRACES.finditer(text):
        _checked(found[1] or found[2] or "")
    try:
        # Reading it finds what is wrong with it; asking for its names alone is silent on that.
        _ENVIRONMENT.render_str("{% if false %}" + text + "{% endif %}")
        return set(_ENVIRONMENT.undeclared_variables_in_str(text)) - {"range", "dict", "namespace", "debug"}
    except minijinja.TemplateError as wrong:
        raise WrongExpression(_told(wrong)) from wrong


def value(expression: str, names: Mapping[str, Any]) -> Any:
    """What an expression comes to: a string, number, truth value, None, or a short list. Raises WrongExpression."""
    _checked(expression, names)
    try:
        # A list is looked at before it is handed over: one that was made long takes its memory only then.
        if isinstance(found := _ENVIRONMENT.eval_expr(expression, **names), list) and len(found) > FUEL:
            raise WrongExpression("the list is too long")
    except minijinja.TemplateError as wrong:
        raise WrongExpression(_told(wrong)) from wrong
    except (OverflowError, ValueError, TypeError) as wrong:
        raise WrongExpression(str(wrong)) from wrong
    return found


def holds(expression: str, names: Mapping[str, Any]) -> bool:
    """Whether a condition is met; an empty one always is. Raises WrongExpression."""
    return not expression or bool(value(expression, names))


def rendered(text: str, names: Mapping[str, Any]) -> str:
    """A text with its values in it, blanks at its ends taken off. Raises WrongExpression."""
    if "{" not in text:
        return text.strip()
    for found in _IN_BRACES.finditer(text):
        _checked(found[1] or found[2] or "", names)
    try:
        return _ENVIRONMENT.render_str(text, **names)[:LONGEST_VALUE].strip()
    except minijinja.TemplateError as wrong:
        raise WrongExpression(_told(wrong)) from wrong
    except (OverflowError, ValueError, TypeError) as wrong:
        raise WrongExpression(str(wrong)) from wrong


def filled(text: str, names: Mapping[str, Any]) -> Any:
    """What a text gives: of a single `{{ }}` the value itself, else its text. Raises WrongExpression."""
    alone = _ALONE.fullmatch(text.strip())
    return value(alone[1], names) if alone else rendered(text, names)


def _checked(expression: str, names: Mapping[str, Any] | None = None) -> str:
    """The expression, unless it is too long or may repeat a list."""
    if len(expression) > LONGEST:
        raise WrongExpression(f"longer than {LONGEST} characters")
    bare = _QUOTED.sub("''", expression)
    if _TIMES.search(bare):
        if _LISTS.search(bare):
            raise WrongExpression("“*” multiplies numbers only; lists and filters cannot stand beside it")
        lists = [name for name, found in (names or {}).items() if isinstance(found, list | tuple) and name in bare]
        if lists:
            raise WrongExpression(f"“*” multiplies numbers only; {lists[0]} is a list")
    return expression


def _told(wrong: minijinja.TemplateError) -> str:
    """The first line of what is wrong, without the picture under it."""
    return re.sub(r" \(in <\w+>:\d+\)", "", str(wrong).split("\n", 1)[0])[:200]
