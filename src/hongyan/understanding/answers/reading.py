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
    # 都不要: of what is offered. A free text may be anything, a refusal too.
    has_answered = read.reason == "none_chosen" or (read.status is Status.OK and question.kind is not Kind.TEXT)
    if leaves(question, said, has_answered=has_answered):
        return Reading(Status.STOP)
    return Reading(Status.SKIP) if not has_answered and skips(said) else read


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
