"""Kinds of values that people define for fields of their own: read, shown, stored, compared in SQL, guessed.

Whoever has such fields (columns of tables, further fields of people and customers, conditions of audiences) keeps a `Kind`
with its choices and uses this:

    value = parse(Kind.MONEY, "¥1,200")           # Decimal("1200"); Unfit says what is wrong
    row["f3"] = store(Kind.MONEY, value)           # "1200", as JSON keeps it
    show(Kind.MONEY, load(Kind.MONEY, row["f3"]))  # "1,200.00"
    test = read_test(Kind.MONEY, "at_least", ["1000"])
    sql, values = condition(test, "r.data", "f3", today=today)
"""

from __future__ import annotations

from hongyan.fields.comparing import (
    OPERATORS,
    TAKES,
    Operator,
    Takes,
    Test,
    condition,
    operator_words,
    read_test,
    sorted_by,
    text_of,
)
from hongyan.fields.errors import Unfit, reason_words
from hongyan.fields.guessing import Guess, guess
from hongyan.fields.kinds import Kind, Stored, Value, check_choices, kind_words, load, parse, show, store

__all__ = [
    "OPERATORS",
    "TAKES",
    "Guess",
    "Kind",
    "Operator",
    "Stored",
    "Takes",
    "Test",
    "Unfit",
    "Value",
    "check_choices",
    "condition",
    "guess",
    "kind_words",
    "load",
    "operator_words",
    "parse",
    "read_test",
    "reason_words",
    "show",
    "sorted_by",
    "store",
    "text_of",
]
