"""Why a text is no value of a kind, each with a stable code and a sentence for who wrote it."""

from __future__ import annotations

from django.utils.translation import gettext

from hongyan.dispatch import numbers


def N_(text: str) -> str:  # noqa: N802 - the extractor's customary mark for words translated where they are shown
    return text


WORDS: dict[str, str] = {
    "unstorable": N_("It contains a character that cannot be stored."),
    "too_long": N_("This text is too long for its field."),
    "not_a_number": N_("This is not a number."),
    "not_money": N_("This is not an amount of money."),
    "number_too_large": N_("This number has too many digits."),
    "too_many_decimals": N_("At most 8 digits can stand behind the decimal point."),
    "not_a_date": N_("This is not a date; write it as 2026-12-01."),
    "no_such_day": N_("There is no such day in the calendar."),
    "date_in_doubt": N_("Day and month could be mistaken for each other; write it as 2026-12-01."),
    "date_has_time": N_("A time stands beside the date; only a date fits here."),
    "date_too_far": N_("This date is too long ago or too far ahead."),
    "not_a_time": N_("This is not a time of day; write it as 09:30."),
    "not_yes_or_no": N_("Only yes or no fits here."),
    "not_a_choice": N_("This is none of the choices."),
    "not_a_link": N_("This names no record."),
    "link_unknown": N_("No record has this name, or you may not see it."),
    "link_several": N_("Several records have this name; choose one from the list, or enter its number."),
    "no_such_operator": N_("Values of this kind are not compared in this way."),
    "nothing_to_compare": N_("Enter what to compare with."),
    "no_days": N_("Enter a number of days between 1 and 3660."),
    "no_choices": N_("Enter at least one choice."),
    "too_many_choices": N_("At most 200 choices are possible."),
    "choice_has_sign": N_("“%(choice)s” contains a comma, a semicolon or a bar, which separate choices."),
    "choices_alike": N_("Two choices differ only in blanks, capitals or width."),
}
"""Codes are stored with row errors: never rename one. A phone's are those of `dispatch/numbers.py`."""


class Unfit(ValueError):
    """A text that is no value of its kind; `facts` are what the sentence names."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return reason_words(self.code, self.facts)


def reason_words(code: str, facts: dict[str, object] | None = None) -> str:
    """The sentence in the reader's language; the code itself where it is none of ours."""
    if code in set(numbers.Reason):
        return gettext(numbers.WORDS[numbers.Reason(code)])
    if code not in WORDS:
        return code
    sentence = gettext(WORDS[code])
    return sentence % ({"choice": "…"} | (facts or {})) if "%(" in sentence else sentence
