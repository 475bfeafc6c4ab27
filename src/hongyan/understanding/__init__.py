"""What an incoming text means, read by rules that a person can read. Pure: no Django, no clock, no store."""

from hongyan.understanding.recognising import Asked, Recognised, meaning, recognise
from hongyan.understanding.rules import Label, Rule, RuleBook, WrongPattern, built_in, own_rule

__all__ = [
    "Asked", "Label", "Recognised", "Rule", "RuleBook", "WrongPattern", "built_in", "meaning", "own_rule", "recognise",
]  # fmt: skip
