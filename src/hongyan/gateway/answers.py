"""What became of each flight: accepted, refused, tried again, or of unknown fate; exactly one of these."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hongyan.dispatch.channels import Channel
from hongyan.dispatch.leasing import LeasedMessage
from hongyan.dispatch.moving import PutOff
from hongyan.dispatch.retrying import Action, Decision, Fail, NextRoute, RetryAt, Rules, decide
from hongyan.gateway.flights import Flight, LongMessage
from hongyan.gateway.hand import Hand
from hongyan.gateway.pace import Pace
from hongyan.gateway.recorder import Recorder
from hongyan.gateway.refusals import Refusals
from hongyan.gateway.shared import SharedIds
from hongyan.gateway.works import Work
from hongyan.protocols.events import AnsweredLate, SubmitAnswered, SubmitUnanswered, Verdict
from hongyan.runtime import clock

NOBODY: Mapping[str, str] = {}


@dataclass(slots=True)
class Speed:
    """Messages accepted, for the live figure."""

    total: int = 0
    last_total: int = 0
    per_second: float = 0.0

    def measure(self, elapsed: float) -> float:
        self.per_second = (self.total - self.last_total) / elapsed if elapsed > 0 else 0.0
        self.last_total = self.total
        return self.per_second


class Answers:
    """Those to one channel's submits in this process."""

    def __init__(
        self, channel: Channel, hand: Hand, recorder: Recorder, pace: Pace, rules: Callable[[], Rules]
    ) -> None:
        self.speed = Speed()
        self.refusals = Refusals(channel.protocol.value)
        self.long: dict[int, LongMessage] = {}
        """Message id -> what its segments have met so far."""
        self._channel = channel
        self._hand = hand
        self._recorder = recorder
        self._pace = pace
        self._rules = rules
        self._ids = SharedIds()
        self._loop = asyncio.get_running_loop()

    def answered(self, event: SubmitAnswered) -> None:
        flight = event.reference
        assert isinstance(flight, Flight)
        if event.congestion is not None:
            self._pace.congested(event.congestion, self._loop.time())
        match event.verdict:
            case Verdict.ACCEPTED:
                self.refusals.accepted()
                self._pace.accepted(len(flight.messages))
                self._accepted(flight, event)
            case Verdict.THROTTLED:
                self._pace.throttled(self._loop.time(), len(flight.messages))
                self._hand.turned_away(flight)
            case Verdict.REFUSED:
                rule = self._rules().find(self._channel.protocol.value, event.code, self._channel.id)
                # Who goes another way by a rule is not lost, whatever else may pass here.
                if rule is None or rule.action is not Action.NEXT_ROUTE:
                    self.refusals.refused(event.code, len(flight.messages), self._loop.time())
                self._refused(flight, event.code)

    def _refused(self, flight: Flight, code: str) -> None:
        """As the rules for this code say: the end, another try later, or another channel.

        A long message waits for the fate of all its segments: only if every one was refused is it tried again.
        """
        if flight.of > 1 or not self._has_another_try(flight.work, flight.messages, code):
            self.end(flight, "failed", f"submit:{code}", code=code)
            return
        self._hand.landed(flight.work, len(flight.messages))

    def _has_another_try(self, work: Work, messages: Sequence[LeasedMessage], code: str) -> bool:
        """Puts refused messages off for later or for another channel, if their code's rule says so; for later too, if the
        carrier refuses everything."""
        channel, due_at = self._channel, None
        decision: Decision = decide(
            channel.protocol.value, code, work.batch.tries + 1, self._rules(), channel_id=channel.id
        )
        match decision:
            case Fail() if not self.refusals.blames_carrier(code):
                return False
            case Fail():
                due_at = clock.now() + timedelta(seconds=self.refusals.again_after_s)
            case RetryAt(after_s):
                due_at = clock.now() + timedelta(seconds=after_s)
            case NextRoute():
                pass
        for message in messages:
            self._recorder.put_off(PutOff(message.id, code, due_at))
        return True

    def unanswered(self, event: SubmitUnanswered) -> None:
        flight = event.reference
        assert isinstance(flight, Flight)
        if flight.work.batch.category == "verification" and not flight.work.is_stopped:
            # A second code does less harm than none.
            self._hand.turned_away(flight)
        else:
            self.end(flight, "uncertain", "unanswered_yet" if event.may_come else "unanswered")

    def answered_late(self, event: AnsweredLate) -> None:
        """Its messages are uncertain by now; with the ids known their receipts settle them, and a refusal does at once."""
        flight, answer = event.reference, event.answer
        assert isinstance(flight, Flight)
        if answer.verdict is Verdict.ACCEPTED:
            self._store_ids(flight, answer)
        elif answer.verdict is Verdict.REFUSED and flight.of == 1:
            for message in flight.messages:
                self._recorder.changed(message.id, "failed", f"submit:{answer.code}")

    def _accepted(self, flight: Flight, event: SubmitAnswered) -> None:
        self._store_ids(flight, event)
        refused = {one.recipient: f"submit:{one.code}" for one in event.failures} if event.failures else NOBODY
        self.end(flight, "submitted", "", refused)

    def _store_ids(self, flight: Flight, event: SubmitAnswered) -> None:
        segment, of = flight.segment, flight.of
        self._recorder.submitted(
            self._channel.id,
            self._ids.of(event.carrier_ids),
            [(one.id, segment, of, one.number) for one in flight.messages],
        )

    def end(
        self, flight: Flight, state: str, reason: str, refused: Mapping[str, str] = NOBODY, *, code: str = ""
    ) -> None:
        """This segment is done with: for a long message, the worst of its segments decides once all are.

        `refused` are wire numbers that an accepted submit did not reach, with the carrier's code; `code` is that of a
        submit that was refused whole.
        """
        done = 0
        for message in flight.messages:
            now, why = state, reason
            if refused and (singly := refused.get(self._channel.wire_number(message.number))):
                now, why = "failed", singly
            if flight.of > 1:
                long = self.long[message.id]
                long.landed(now, why, code)
                if long.missing:
                    continue
                del self.long[message.id]
                if not long.may_have_left and self._has_another_try(flight.work, [message], long.code):
                    done += 1
                    continue
                now, why = long.failed or (now, why)
            self._recorder.changed(message.id, now, why)
            done += 1
        self.speed.total += done
        self._hand.landed(flight.work, done)
