"""What a text says in answer to a question."""

from __future__ import annotations

from datetime import datetime

from hongyan.understanding.answers.agreeing import yes_no
from hongyan.understanding.answers.choosing import choice, choices
from hongyan.understanding.answers.counting import count
from hongyan.understanding.answers.folding import core, fold
from hongyan.understanding.answers.leaving import leaves, skips
from hongyan.understanding.answers.moments import moment
from hongyan.understanding.answers.questions import Kind, Question, Reading, Status, ask
from hongyan.understanding.answers.written import code, free_text, phone


def read_answer(question: Question, text: str, at: datetime) -> Reading:
    """What `text` says, at the moment `at` of the person who wrote it (aware). Total: any text has a reading, in under a
    millisecond; a value is taken only where it is certain, else asked, where possible with what it probably means."""
    said = fold(text)
    if question.kind is Kind.YES_NO and skips(said):
        # A no to the question itself, not in answer to it.
        return Reading(Status.SKIP)
    read = _read(question, said, text, at)
    has_answered = read.status is Status.OK
    if has_answered and question.kind is Kind.TEXT:
        has_answered = False
    if has_answered and not leaves(question, said, has_answered=True):
        return read
    if has_answered or leaves(question, said, has_answered=False):
        return Reading(Status.STOP)
    return Reading(Status.SKIP) if skips(said) else read


def _read(question: Question, said: str, text: str, at: datetime) -> Reading:
    if not core(said) and question.kind not in (Kind.YES_NO, Kind.TEXT) and "★" not in said:
        return ask("no_answer")
    match question.kind:
        case Kind.CHOICE:
            return choice(question, said)
        case Kind.CHOICES:
            return choices(question, said)
        case Kind.YES_NO:
            return yes_no(question, said, text)
        case Kind.WHOLE | Kind.DECIMAL:
            return count(question, said)
        case Kind.PHONE:
            return phone(said)
        case Kind.CODE:
            return code(question, text)
        case Kind.TEXT:
            return free_text(text)
        case Kind.DATE | Kind.TIME | Kind.MOMENT:
            return moment(question, said, at)
