"""The engine: `step(dialogue, state, event) -> (state, effects)`. Pure and total.

No clock (each event carries its moment), no chance, no store; it never raises, whatever the event, and a state never goes
back but where a person asks for it. An event that comes too late (its turn is over) changes nothing. Between two waits all
that is said becomes one text. Whoever calls it keeps the state, carries out the effects once, and brings what comes of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hongyan.conversations.core import answering
from hongyan.conversations.core.definition import TURNS, Act, Ask, Call, Dialogue
from hongyan.conversations.core.expressions import WrongExpression, rendered
from hongyan.conversations.core.happening import (
    Answered,
    Done,
    Due,
    Effect,
    Event,
    HandedBack,
    How,
    Resumed,
    Started,
    State,
    Stopped,
    Text,
    Waits,
)
from hongyan.conversations.core.way import Way
from hongyan.conversations.core.words import spoken
from hongyan.understanding.answers import Status

LOOKING = frozenset({"look up"})
"""Acts that change nothing: whoever goes back may pass them again."""


def step(dialogue: Dialogue, state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    """The state after an event, and what is to be done. An event that is stale gives the state as it was, and nothing."""
    way = Way(dialogue, state, event.at)
    try:
        return _after(way, event)
    except WrongExpression as wrong:
        return way.failed(str(wrong))


def would_take(dialogue: Dialogue, state: State, text: str, at: datetime) -> bool:
    """Whether the open question, or the one that expired last, takes a text as its answer."""
    asking = Way(dialogue, state, at).open_question()
    return asking is not None and asking.read(text, at).status is Status.OK


def _after(way: Way, event: Event) -> tuple[State, tuple[Effect, ...]]:
    state = way.state
    if state.turn >= TURNS and state.ended is None:
        return way.failed(f"more than {TURNS} turns")
    match event:
        case Started() if state.turn == 0:
            _begin(way, event)
        case Text():
            return answering.replied(way, event)
        case Due() if event.turn == state.turn and state.ended is None:
            _due(way)
        case Done() if event.turn == state.turn and state.waits is Waits.ACT:
            _go_on(way, event.result)
        case Answered() if event.turn == state.turn and state.waits is Waits.CALL:
            _called(way, event)
        case HandedBack() if state.waits is Waits.PERSON:
            _handed_back(way, event)
        case Resumed() if state.waits is Waits.OTHER:
            way.change(waits=Waits.ANSWER)
            way.repeat()
        case Stopped() if state.ended is None and state.turn:
            if event.text:
                way.says.append(event.text)
            way.finish(event.how)
        case _:
            return state, ()
    return way.result()


def _begin(way: Way, event: Started) -> None:
    way.change(
        started_at=way.at,
        values={"person": event.person, "keyword": event.keyword, "now": way.at.isoformat(timespec="minutes")},
    )
    if event.turned_away:
        said = way.dialogue.turned_away.get(event.turned_away)
        word = event.turned_away if event.turned_away in ("closed", "full", "again") else "closed"
        way.says.append(rendered(said, way.names) if said else spoken(way.dialogue.language, word))
        return way.finish(How.TURNED_AWAY)
    return way.advance(0, offered=event.text)


def _due(way: Way) -> None:
    state = way.state
    if state.waits is Waits.ANSWER:
        ask = way.current()
        remind = way.reminder(ask)
        if remind and not state.is_reminded and way.at < way.expiry(ask):
            if way.at >= (state.asked_at or way.at) + remind.after:
                names = way.names | {"question": state.question}
                way.says.append(rendered(remind.text, names) if remind.text else state.question)
                way.change(is_reminded=True)
            return
        if way.at < way.expiry(ask):
            return
    elif way.at < way.end_of_life():
        return
    if way.dialogue.expired:
        way.says.append(rendered(way.dialogue.expired, way.names))
    way.finish(How.EXPIRED)


def _called(way: Way, event: Answered) -> None:
    call = way.current()
    if not isinstance(call, Call):
        return way.fail("the step that waits is no call")
    if not event.error:
        return _go_on(way, event.result)
    said = (call.late if event.error == "late" else call.failed) or call.failed
    word = "late" if event.error == "late" else "failed"
    way.says.append(rendered(said, way.names) if said else spoken(way.dialogue.language, word))
    if call.into:
        way.change(values={**way.state.values, call.into: None})
    if call.on_failure:
        return way.advance(way.place_of(call.on_failure))
    return way.finish(How.COMPLETED)


def _handed_back(way: Way, event: HandedBack) -> None:
    if event.ends:
        return way.finish(How.HANDED_OVER)
    if isinstance(way.current(), Ask):  # by 人工, from an open question
        way.change(waits=Waits.ANSWER)
        return way.repeat()
    return _go_on(way, None)


def _go_on(way: Way, result: Any) -> None:
    """Behind the act, call or hand-over that waited, with what came of it."""
    current = way.current()
    if isinstance(current, Act | Call) and current.into:
        way.change(values={**way.state.values, current.into: result})
    if isinstance(current, Act) and current.verb not in LOOKING:
        way.change(path=())
    if current is None:
        return way.fail(f"the step “{way.state.step}” is gone")
    return way.advance(way.next_of(current))
