"""A conversation on its way through the steps: what it knows, where it goes, what it says, how it ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from hongyan.conversations.core.asking import Asking, typed
from hongyan.conversations.core.definition import (
    LONGEST_LIFE,
    STEPS_AN_EVENT,
    Act,
    Ask,
    Call,
    Dialogue,
    End,
    Go,
    HandOver,
    Reminder,
    Say,
    Set,
    Step,
)
from hongyan.conversations.core.expressions import WrongExpression, filled, holds, rendered, value
from hongyan.conversations.core.happening import (
    Asked,
    Do,
    Effect,
    Finished,
    HandTo,
    How,
    Left,
    Request,
    State,
    Tell,
    Wait,
    Waits,
    Went,
)
from hongyan.conversations.core.words import spoken
from hongyan.understanding.answers import Status

LEFT = {
    How.STOPPED: Left.STOPPED,
    How.INTERRUPTED: Left.INTERRUPTED,
    How.HANDED_OVER: Left.HANDED_OVER,
    How.FAILED: Left.FAILED,
    How.EXPIRED: Left.EXPIRED,
    How.GAVE_UP: Left.GAVE_UP,
}
"""How the question that stood open was left, when all ended so."""


class Way:
    """One event's way from state to state."""

    def __init__(self, dialogue: Dialogue, state: State, at: datetime) -> None:
        self.dialogue = dialogue
        self.before = state
        self.at = at
        self.state = state
        self.effects: list[Effect] = []
        self.says: list[str] = []
        self.passed = 0

    # What is known

    @property
    def names(self) -> dict[str, Any]:
        """For expressions: each question's answer, None where there is none; `said`, the same in words; all values."""
        asks = {one.id: one.kind for one in self.dialogue.steps if isinstance(one, Ask)}
        answers = self.state.answers
        return {
            **{ask: typed(kind, answers[ask]) if ask in answers else None for ask, kind in asks.items()},
            "said": {ask: self.state.told.get(ask) if ask in answers else None for ask in asks},
            **self.state.values,
        }

    def open_question(self) -> Asking | None:
        place = self.dialogue.at(self.state.step)
        ask = self.dialogue.steps[place] if place is not None else None
        try:
            return Asking.of(self.dialogue, ask, self.names) if isinstance(ask, Ask) else None
        except WrongExpression:
            return None

    def change(self, **values: Any) -> None:
        self.state = replace(self.state, **values)

    # The way through the steps

    def advance(self, place: int, offered: str = "") -> None:
        """From `place` on, to the next wait or the end."""
        steps = self.dialogue.steps
        while place < len(steps):
            self.passed += 1
            if self.passed > STEPS_AN_EVENT:
                return self.fail(f"more than {STEPS_AN_EVENT} steps without a question")
            current = steps[place]
            if not holds(current.when, self.names):
                if isinstance(current, Ask):
                    self.leave_question(current)
                place += 1
                continue
            self.change(step=current.id, waits=Waits.NOTHING)
            if self.waits_at(current, offered):
                return None
            place = self.next_of(current)
        return self.finish(How.COMPLETED)

    def waits_at(self, current: Step, offered: str) -> bool:
        """Take a step; True when the way ends there for now."""
        match current:
            case Say():
                self.says.append(rendered(current.text, self.names))
                return False
            case Set():
                names = self.names
                found = {name: value(expression, names) for name, expression in current.values.items()}
                self.change(values={**self.state.values, **found})
                return False
            case Go():
                return False
            case Ask():
                asking = Asking.of(self.dialogue, current, self.names)
                if asking.is_empty:
                    self.leave_question(current)
                    return False
                self.put(asking, offered)
            case Act():
                self.effects.append(Do(current.id, current.verb, self.arguments(current)))
                self.change(waits=Waits.ACT)
            case Call():
                self.effects.append(Request(current.id, current.plugin, self.arguments(current)))
                self.change(waits=Waits.CALL)
            case HandOver():
                self.says.append(rendered(current.text, self.names))
                self.effects.append(HandTo(current.queue, self.state.question))
                self.change(waits=Waits.PERSON)
            case End():
                self.says.append(rendered(current.text, self.names))
                self.finish(How.COMPLETED)
        return True

    def arguments(self, current: Act | Call) -> dict[str, Any]:
        names = self.names
        return {
            name: {key: filled(one, names) for key, one in given.items()}
            if isinstance(given, dict)
            else filled(given, names)
            for name, given in current.arguments.items()
        }

    def put(self, asking: Asking, offered: str) -> None:
        """Ask, unless what stood behind the keyword is an answer."""
        ask = asking.ask
        self.effects.append(Asked(ask.id))
        self.change(tries=0, page=0, pending="", is_reminded=False, is_insisting=False, waits=Waits.ANSWER)
        if offered and not ask.confirm:
            read = asking.read(offered, self.at)
            if read.status is Status.OK:
                return self.take(asking, read.stored, offered)
        page = asking.pages[0]
        self.says.append(page)
        self.change(question=page)
        return self.asked()

    def take(self, asking: Asking, answer: str, text: str) -> None:
        ask = asking.ask
        self.effects.append(Went(ask.id, Left.ANSWERED, answer, text))
        told = {**self.state.told, ask.id: asking.told_of(answer)}
        self.change(
            answers={**self.state.answers, ask.id: answer},
            told=told,
            path=(*self.state.path, ask.id),
            tries=0,
            page=0,
            pending="",
        )
        way = asking.way(answer)
        self.advance(self.place_of(way) if way else self.next_of(ask))

    def leave_question(self, ask: Ask) -> None:
        """Without an answer: what was answered on another way there does not count."""
        if ask.id in self.state.answers:
            self.change(answers={key: kept for key, kept in self.state.answers.items() if key != ask.id})

    def current(self) -> Step | None:
        place = self.dialogue.at(self.state.step)
        return self.dialogue.steps[place] if place is not None else None

    def next_of(self, current: Step) -> int:
        if not isinstance(current, End) and current.go:
            return self.place_of(current.go)
        return self.place_of(current.id) + 1

    def place_of(self, step_id: str) -> int:
        place = self.dialogue.at(step_id)
        if place is None:
            raise WrongExpression(f"there is no step “{step_id}”")
        return place

    # Saying and ending

    def asked(self) -> None:
        self.change(asked_at=self.at)

    def say_again(self, text: str) -> None:
        self.says.append(text)
        self.asked()

    def repeat(self) -> None:
        """The open question once more."""
        asking = self.open_question()
        if asking is None:
            return self.fail(f"the question “{self.state.step}” is gone")
        page = asking.pages[min(self.state.page, len(asking.pages) - 1)]
        self.change(question=page)
        return self.say_again(page)

    def finish(self, how: How, why: str = "") -> None:
        if self.state.ended is not None:
            return
        current = self.current()
        if isinstance(current, Ask) and self.state.waits is not Waits.NOTHING and how in LEFT:
            self.effects.append(Went(current.id, LEFT[how]))
        self.change(ended=how, waits=Waits.NOTHING, pending="")
        self.effects.append(Finished(how, why))

    def fail(self, why: str) -> None:
        self.says = [spoken(self.dialogue.language, "failed")]
        self.finish(How.FAILED, why)

    def failed(self, why: str) -> tuple[State, tuple[Effect, ...]]:
        """The event led to something that has no value: the conversation ends where it stood, and says so once."""
        self.state, self.effects, self.says = self.before, [], []
        self.fail(why)
        return self.result()

    # Time

    def reminder(self, ask: Step | None) -> Reminder | None:
        return (ask.remind if isinstance(ask, Ask) else None) or self.dialogue.remind

    def end_of_life(self) -> datetime:
        return (self.state.started_at or self.at) + LONGEST_LIFE

    def expiry(self, ask: Step | None) -> datetime:
        span = (ask.expires if isinstance(ask, Ask) else None) or self.dialogue.expires
        return min((self.state.asked_at or self.at) + span, self.end_of_life())

    def result(self) -> tuple[State, tuple[Effect, ...]]:
        """The state one turn on; all that was said as one text, and the next moment that is waited for."""
        self.change(turn=self.state.turn + 1)
        state, effects = self.state, list(self.effects)
        if said := "\n".join(text for text in self.says if text):
            effects.append(Tell(said))
        if state.waits is Waits.ANSWER:
            ask = self.current()
            until, remind = self.expiry(ask), self.reminder(ask)
            # A reminder that would come after the end is none.
            if remind and not state.is_reminded and (state.asked_at or self.at) + remind.after < until:
                until = (state.asked_at or self.at) + remind.after
            effects.append(Wait(until))
        elif state.waits in (Waits.PERSON, Waits.OTHER):
            effects.append(Wait(self.end_of_life()))
        return state, tuple(effects)
