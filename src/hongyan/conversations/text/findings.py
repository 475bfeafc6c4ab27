"""What is wrong with a dialogue's text, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple


def N_(text: str) -> str:  # noqa: N802 - the extractor's customary mark for words translated where they are shown
    return text


class Place(NamedTuple):
    """From 1 on, as editors count."""

    line: int
    column: int


SENTENCES: Final[dict[str, str]] = {
    # The file
    "too_large": N_("The file is larger than %(most)s kB. Split the dialogue in two."),
    "empty": N_("The file is empty. Begin with “dialogue: its name”."),
    "not_yaml": N_("This cannot be read: %(problem)s. Put texts with : or # in quotation marks, indent with blanks."),
    "alias": N_("Anchors and aliases (& and *) are not read. Write it out, or put the text in quotation marks."),
    "tag": N_("Tags (!) are not read. Put the text in quotation marks."),
    "too_deep": N_("More than %(most)s levels deep. Steps stand in one list; use “go” to lead from one to another."),
    "key_no_text": N_("A key must be a plain text."),
    "twice": N_("“%(key)s” is written a second time here; first in line %(first)s. Remove one of them."),
    # Its shape
    "no_table": N_("“%(what)s” needs entries, each a name and a colon: %(known)s."),
    "no_list": N_("“%(what)s” needs a list, each entry beginning with “- ”."),
    "no_text": N_("“%(what)s” needs one text."),
    "unknown_key": N_("“%(key)s” is not known here. Known are: %(known)s."),
    "missing_key": N_("“%(key)s” is missing."),
    "no_number": N_("“%(text)s” is no whole number from %(least)s to %(most)s."),
    "no_decimal": N_("“%(text)s” is no number."),
    "no_truth": N_("“%(text)s” is neither true nor false."),
    "no_span": N_("“%(text)s” is no span of time. Write 30m, 4h or 3d."),
    "no_choice": N_("“%(text)s” is not possible for “%(what)s”. Possible are: %(known)s."),
    "no_step": N_("A step needs one of these: %(known)s."),
    "two_steps": N_("“%(first)s” and “%(second)s” are two steps. Begin a new entry with “- ”."),
    "step_twice": N_("There are two steps called “%(id)s”. Their names must differ."),
    "bad_id": N_("“%(id)s” cannot be a step's name: use letters, digits and _, beginning with a letter."),
    "id_taken": N_("“%(id)s” is a name that the engine uses itself. Choose another."),
    "no_steps": N_("Steps are missing."),
    "too_many": N_("More than %(most)s of these."),
    # Its meaning
    "unknown_step": N_("There is no step “%(id)s” to go to."),
    "unreachable": N_("Nothing leads to this step. Remove it, or lead to it with “go”."),
    "circle": N_("From here the way leads back here without a question (%(way)s)."),
    "wrong_expression": N_("“%(text)s” cannot be read: %(problem)s."),
    "unknown_name": N_("“%(name)s” is no question and no value of this dialogue.%(near)s"),
    "not_set_yet": N_(
        "“%(name)s” may not be known yet when this step is reached. Set it on every way, or test it with “when”."
    ),
    "no_options": N_("A question of this kind needs choices. Write them under “choices”."),
    "options_not_read": N_("Choices are not read by a question of kind %(kind)s."),
    "same_choice": N_("“%(first)s” and “%(second)s” are the same to a phone. Change one of them."),
    "reserved_choice": N_(
        "“%(text)s” is a word that steers the dialogue; as a choice it wins there, and the word is lost."
    ),
    "refusal_choice": N_("“%(text)s” always means a refusal of all messages; it can never be chosen. Change it."),
    "maybe_refusal_choice": N_(
        "“%(text)s” may mean a refusal elsewhere. It is read as this choice while the question is open, not later."
    ),
    "unknown_code": N_("“%(code)s” is none of the choices."),
    "range_empty": N_("The least is more than the most."),
    "bad_pattern": N_("This pattern cannot be read: %(problem)s."),
    "keyword_twice": N_("“%(first)s” and “%(second)s” are one keyword to a phone."),
    "keyword_refusal": N_("“%(keyword)s” means a refusal and never begins a dialogue."),
    "keyword_reserved": N_("“%(keyword)s” is a word that steers dialogues; choose another."),
    "no_start": N_("Nobody can begin it: give keywords, or “invite: true”."),
    "no_end": N_("From here the dialogue cannot end: every way leads round."),
    "long_text": N_("This text takes %(segments)s segments at least."),
    "reminder_late": N_("The reminder would come after the end and is never sent."),
    # Its tests
    "test_failed": N_("Test “%(name)s”: %(problem)s"),
    "no_test": N_("No test goes through this step."),
    "no_test_of_branch": N_("No test goes this way: %(branch)s."),
    "no_tests": N_("There is no test. Write a talk under “tests”."),
}
WARNINGS: Final = frozenset(
    """reserved_choice maybe_refusal_choice long_text reminder_late no_test no_test_of_branch no_tests
    unreachable""".split()
)
"""These do not stand in the way of publishing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    code: str
    place: Place
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        return self.code not in WARNINGS

    @property
    def sentence(self) -> str:
        """In English; pages translate `SENTENCES[code]`."""
        return SENTENCES[self.code] % self.values

    def __str__(self) -> str:
        return f"{self.place.line}:{self.place.column}: {self.sentence}"
