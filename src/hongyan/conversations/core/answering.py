"""What becomes of a text that a phone writes: an answer, a word that steers, another dialogue's keyword, a misreading."""

from __future__ import annotations

from datetime import timedelta

from hongyan.conversations.core.asking import LISTED, Asking
from hongyan.conversations.core.definition import Ask, OpenKeyword
from hongyan.conversations.core.expressions import rendered
from hongyan.conversations.core.happening import (
    Corrected,
    Effect,
    HandTo,
    How,
    Left,
    Misread,
    NotMine,
    Reopened,
    State,
    Text,
    Waits,
    Went,
)
from hongyan.conversations.core.way import Way
from hongyan.conversations.core.words import AGAIN, BACK, HELP, LEAVE, MORE, PERSON, SKIP, spoken
from hongyan.understanding import folding
from hongyan.understanding.answers import Kind, Question, Reading, Status, read_answer

ONE_TEXT = timedelta(seconds=3)
"""The same text again within this is one text: a phone that repeats itself, a finger that slipped."""


def core_of(text: str) -> str:
    """Letters and digits of a text, folded; a lone sign as it is. What words are compared by."""
    folded = folding.folded(text)
    return folding.letters(folded) or folded.strip()


def replied(way: Way, event: Text) -> tuple[State, tuple[Effect, ...]]:
    """State and effects after a text. `NotMine` alone where no question is open for it."""
    state = way.state
    asking = way.open_question()
    if state.ended is How.EXPIRED and asking and way.at < (state.asked_at or way.at) + way.dialogue.late:
        if event.other or event.is_refusal or asking.read(event.text, way.at).status is not Status.OK:
            return state, (NotMine(),)
        way.change(ended=None, waits=Waits.ANSWER, tries=0, started_at=way.at)
        way.effects.append(Reopened())
    elif state.ended is not None or state.waits is not Waits.ANSWER or asking is None:
        return state, (NotMine(),)
    core = core_of(event.text)
    if core and core == state.said and state.said_at and way.at - state.said_at < ONE_TEXT:
        return state, ()
    way.change(said=core, said_at=way.at)
    if _is_early(way, event) and not way.state.pending:
        _correct(way, event)
    else:
        _answer(way, asking, event, core)
    return way.result()


def _is_early(way: Way, event: Text) -> bool:
    """Written before the open question had left us: it is about the one before."""
    asked, path = way.state.asked_at, way.state.path
    return bool(event.received_at and asked and path and event.received_at < asked and not event.is_refusal)


def _correct(way: Way, event: Text) -> None:
    place = way.dialogue.at(way.state.path[-1])
    ask = way.dialogue.steps[place] if place is not None else None
    if not isinstance(ask, Ask):
        return
    asking = Asking.of(way.dialogue, ask, way.names)
    read, old = asking.read(event.text, way.at), way.state.answers.get(ask.id, "")
    answer = read.stored
    # Where another answer leads elsewhere, the question that stands open now would not have been asked.
    if answer and answer != old and asking.way(answer) == asking.way(old):
        way.change(answers={**way.state.answers, ask.id: answer})
        way.effects.append(Corrected(ask.id, answer, event.text))
    elif not answer:
        way.effects.append(Misread(ask.id, event.text, "early"))


def _answer(way: Way, asking: Asking, event: Text, core: str) -> None:
    ask, state = asking.ask, way.state
    if state.pending:
        said = _confirmed(way, event.text)
        if said is True:
            return way.take(asking, state.pending, event.text)
        way.change(pending="")
        if said is False:
            return way.repeat()
    if ask.kind is Kind.TEXT and (_steers(way, ask, core) or event.is_refusal or event.other):
        return _steer(way, asking, event, core)
    read = asking.read(event.text, way.at)
    if read.status is Status.OK and read.value is not None:
        stored = read.stored
        if not ask.confirm:
            return way.take(asking, stored, event.text)
        way.change(pending=stored)
        return way.say_again(spoken(way.dialogue.language, "is_it_right", value=asking.told(read.value)))
    if ask.optional and (read.status is Status.SKIP or core in SKIP):
        way.effects.append(Went(ask.id, Left.SKIPPED, text=event.text))
        way.leave_question(ask)
        return way.advance(way.next_of(ask))
    if _steers(way, ask, core) or event.is_refusal or event.other:
        return _steer(way, asking, event, core)
    if read.status is Status.STOP:
        return _leave(way)
    return _misread(way, asking, event.text, read)


def _confirmed(way: Way, text: str) -> bool | None:
    """Whether what was said back is right; None: the text says neither."""
    read = read_answer(Question(Kind.YES_NO), text, way.at)
    return bool(read.value) if read.status is Status.OK else None


def _steers(way: Way, ask: Ask, core: str) -> bool:
    """Whether a word says where to go, in this dialogue and at this question."""
    return (
        core in BACK | AGAIN | HELP | LEAVE
        or (core in MORE and ask.kind in LISTED)
        or (core in PERSON and way.dialogue.person != "")
    )


def _steer(way: Way, asking: Asking, event: Text, core: str) -> None:
    """Words that are no answer but say where to go."""
    language = way.dialogue.language
    if core in MORE and asking.ask.kind in LISTED:
        return _next_page(way, asking)
    if core in BACK:
        return _back(way, asking.ask)
    if core in AGAIN:
        way.effects.append(Went(asking.ask.id, Left.BACK, text=event.text))
        way.change(answers={}, path=(), tries=0, page=0, pending="", is_reminded=False, is_insisting=False)
        return way.advance(0)
    if core in HELP:
        said = way.dialogue.help
        return way.say_again(rendered(said, way.names) if said else spoken(language, "no_help"))
    if core in PERSON:
        way.says.append(spoken(language, "with_person"))
        way.effects.append(HandTo(way.dialogue.person, event.text))
        return way.change(waits=Waits.PERSON)
    if core in LEAVE or event.is_refusal:
        return _leave(way)
    return _give_way(way)


def _next_page(way: Way, asking: Asking) -> None:
    pages = asking.pages
    if way.state.page + 1 < len(pages):
        way.change(page=way.state.page + 1)
        way.says.append(pages[way.state.page])
        way.asked()
    elif len(pages) > 1:
        way.says.append(spoken(way.dialogue.language, "no_more"))
    else:
        _misread(way, asking, "0", asking.read("0", way.at))


def _back(way: Way, ask: Ask) -> None:
    if not way.state.path:
        return way.repeat()
    previous = way.state.path[-1]
    place = way.dialogue.at(previous)
    way.effects.append(Went(ask.id, Left.BACK))
    answers = {key: kept for key, kept in way.state.answers.items() if key != previous}
    way.change(answers=answers, path=way.state.path[:-1], tries=0, page=0, pending="")
    if place is None:
        return way.fail(f"the step “{previous}” is gone")
    return way.advance(place)


def _leave(way: Way) -> None:
    way.says.append(spoken(way.dialogue.language, "left"))
    way.finish(How.STOPPED)


def _give_way(way: Way) -> None:
    """Another dialogue's keyword."""
    policy = way.dialogue.open_keyword
    if policy is OpenKeyword.FINISH_FIRST and not way.state.is_insisting:
        way.change(is_insisting=True)
        return way.say_again(spoken(way.dialogue.language, "way_out") + "\n" + way.state.question)
    if policy is OpenKeyword.SWITCH:
        way.change(waits=Waits.OTHER)
        way.effects.append(NotMine(suspends=True))
        return None
    way.finish(How.INTERRUPTED)
    way.effects.append(NotMine())
    return None


def _misread(way: Way, asking: Asking, text: str, read: Reading) -> None:
    ask = asking.ask
    way.effects.append(Misread(ask.id, text, read.reason))
    way.change(tries=way.state.tries + 1, pending="")
    if way.state.tries >= (ask.tries or way.dialogue.tries):
        if ask.gave_up:
            way.effects.append(Went(ask.id, Left.GAVE_UP, text=text))
            way.leave_question(ask)
            return way.advance(way.place_of(ask.gave_up))
        said = way.dialogue.gave_up
        way.says.append(rendered(said, way.names) if said else spoken(way.dialogue.language, "gave_up"))
        return way.finish(How.GAVE_UP)
    if read.suggestion is not None:
        way.change(pending=asking.stored(read.suggestion))
        said = spoken(way.dialogue.language, "did_you_mean", value=asking.told(read.suggestion))
        return way.say_again(said)
    hint = asking.hint(read)
    if ask.again:
        return way.say_again(rendered(ask.again, way.names | {"hint": hint, "question": way.state.question}))
    page = asking.pages[min(way.state.page, len(asking.pages) - 1)]
    return way.say_again(hint + spoken(way.dialogue.language, "please") + "\n" + page)
