"""How fast a channel may send: a token bucket that follows what the carrier accepts.

An answer "flow control" alone says little: one carrier takes so many a second and refuses the rest, another refuses one
now and then however slowly it is sent to, many do both, a third takes nothing for a while. Two figures tell them apart:

- the most that was accepted a second in the last looks: no limit lies below it;
- what share is refused when no more than that is sent: it has no limit to blame, so it is tolerated. From time to time,
  while anything is refused, one look is taken so.

What is refused beyond the tolerated share means that there is a limit; then just what was accepted at most is sent, and
what is lost of it by chance on top. A quiet look raises the rate: at once to what was accepted before, beyond that by
steps that grow. Where nothing at all is accepted, one submit finds out now and then, less and less often.
"""

from __future__ import annotations

from collections import deque
from math import sqrt

LOOK_S = 1.0
"""What is accepted is counted over whole seconds: many carriers count so themselves."""
FEW, LONGEST_LOOK_S = 20, 3.0
"""Fewer answers say too little of a share that is refused, unless no more come for so long. That nothing was refused says enough."""
SETTLES_S = 0.3
"""From a change of the rate until answers are to what was sent since."""
LEAST_STEP, HELD_STEP, MOST_STEP, GROWS, EASES = 0.04, 0.2, 1.0, 1.6, 0.5
"""By what part the rate rises after a quiet look; more with each quiet one, half as much after one that was not. `HELD_STEP`
where part of the time was not even tried."""
BELOW, LOW = 0.98, 0.93
"""Parts of what was accepted at most: what is sent near a limit, and to find out what is refused without one. A carrier's
bucket may have saved up some of it before."""
REMEMBERED, DOUBTED_AFTER = 10, 8
"""Looks that count for the most, and after which the tolerated share is found anew."""
FALLEN = 0.6
"""Who accepts less than this part of the most has another limit now."""
MOST_TOLERATED, MOST_EXPECTED = 0.25, 0.4
SURE, NOISE, FORMER, DOUBTED = 2.0, 0.02, 0.6, 4
"""Standard deviations; the least share whose chance is reckoned with; the weight of former low looks; submits that were not
refused, thought to each tolerated share, so that two refusals of two are not the whole truth."""
MOST_LOWS = 3
"""Low looks in a row that find too much refused: then it is not the limit's doing."""
SHUT_AFTER, SHUT_AFTER_S = 16, 0.1
"""So many submits refused in a row, for so long: chance does not do that."""
FIRST_HOLD_S, LONGEST_HOLD_S = 0.3, 3.0
"""Between two tries of a carrier that takes nothing."""
LEAST_PART = 1 / 64
"""What is left of the rate when a carrier took nothing for long."""


class Pace:
    """Tokens are messages. Pure: time is an argument."""

    def __init__(self, per_second: float, now: float, *, burst_at_least: int = 1) -> None:
        self.limit = per_second
        self.rate = per_second
        self.tolerated = 0.0
        """Share of messages that this carrier refuses at any speed."""
        self._least = burst_at_least
        self._tokens = max(burst_at_least, per_second / 10)
        self._filled_at = now
        self._held_until = now
        # Messages and submits answered since the last look; while it lies ahead, these are answers to what was sent before.
        self._accepted = self._refused = self._submits = 0
        self._looked_at, self._looks_at = now, now + LOOK_S
        self._settles = False
        self._step = MOST_STEP
        self._accepted_per_s: deque[float] = deque(maxlen=REMEMBERED)
        """In the last looks."""
        self._is_low = False
        """Sent is what was accepted at most: all that is refused now is refused at any speed."""
        self._lows, self._since_low = 0, DOUBTED_AFTER
        self._low_refused = self._low_submits = 0.0
        self._in_a_row, self._row_began = 0, now
        """Submits refused without one accepted between."""
        self._hold_s = 0.0
        """Between two tries, while the carrier takes nothing."""
        self._is_trying = self._was_held = False
        self._open_rate = per_second
        self._eased_at = self._full_at = now - 1

    # -- tokens --------------------------------------------------------------------------------------------------

    def _fill(self, now: float) -> None:
        if self._settles and now >= self._looked_at:
            self._settles = False
            self._accepted = self._refused = self._submits = 0
        if now >= self._looks_at:
            self._look(now)
        # A tenth of a second's burst keeps the average without waking up for each message.
        most = max(self._least, self.rate / 10)
        self._tokens = min(most, self._tokens + (now - self._filled_at) * self.rate)
        self._filled_at = now

    def limit_to(self, per_second: float) -> None:
        """A new limit: other processes took or left a part of the channel's speed."""
        if per_second != self.limit:
            self.rate = min(per_second, self.rate * per_second / self.limit)
            self.limit = per_second

    def available(self, now: float) -> int:
        """How many messages may leave now."""
        if now < self._held_until:
            return 0
        self._fill(now)
        return self._least if self._hold_s else int(self._tokens)

    def take(self, count: int, now: float) -> None:
        self._fill(now)
        self._tokens -= count
        if self._hold_s:
            self._is_trying = True
            self._held_until = now + self._hold_s

    def wait_s(self, now: float, count: int = 1) -> float:
        """Until `count` more messages may leave."""
        if now < self._held_until:
            return self._held_until - now
        self._fill(now)
        return 0.0 if self._hold_s else max(0.0, (count - self._tokens) / self.rate)

    # -- what the carrier says -----------------------------------------------------------------------------------

    def accepted(self, count: int = 1) -> None:
        """It took a submit of so many messages."""
        self._accepted += count
        self._submits += 1
        if self._in_a_row:
            self._in_a_row = 0
            if self._hold_s:
                self._hold_s, self._is_trying = 0.0, False
                self._held_until = self._filled_at

    def throttled(self, now: float, count: int = 1) -> None:
        """It answered "flow control" to one."""
        if self._in_a_row == 0:
            self._row_began = now
        self._in_a_row += 1
        self._refused += count
        self._submits += 1
        if self._hold_s:
            # What has been under way since before the last try says nothing new.
            if self._is_trying:
                self._is_trying = False
                self._hold_s = min(LONGEST_HOLD_S, self._hold_s * 2)
                self._held_until = now + self._hold_s
                if self._hold_s > LOOK_S:
                    # It does not only count by the second.
                    self.rate = max(1.0, self._open_rate * LEAST_PART, min(self.rate, self._open_rate) / 2)
                    self._step = MOST_STEP
        elif self._in_a_row >= SHUT_AFTER and now - self._row_began >= SHUT_AFTER_S:
            self._was_held = True
            sent_per_s = (self._accepted + self._refused) / max(SHUT_AFTER_S, now - self._looked_at)
            self._hold_s, self._open_rate = FIRST_HOLD_S, min(self.rate, sent_per_s)
            self._held_until = now + self._hold_s

    def _look(self, now: float) -> None:
        """What the answers since the last look say about the rate."""
        answered, elapsed = self._accepted + self._refused, now - self._looked_at
        if self._refused and self._submits < FEW and elapsed < LONGEST_LOOK_S:
            # Whole seconds: of the next one a carrier that counts so may have taken all at its beginning.
            self._looks_at += LOOK_S
            return
        share, rate, was_low = self._refused / answered if answered else 0.0, self.rate, self._is_low
        self._since_low += 1
        if not (self._hold_s and not self._accepted):
            self._conclude(share, self._accepted / elapsed, now)
        if was_low or self.rate < rate:
            self._settles = True
            now += SETTLES_S
        self._looked_at, self._looks_at = now, now + LOOK_S
        self._accepted = self._refused = self._submits = 0
        self._was_held = bool(self._hold_s)

    def _conclude(self, share: float, accepted_per_s: float, now: float) -> None:
        if self._is_low:
            self._tolerate(share, accepted_per_s)
            return
        is_quiet = not self._submits or share <= self._expected
        if not is_quiet:
            self._step = HELD_STEP if self._was_held else max(LEAST_STEP, self._step * EASES)
            if accepted_per_s < FALLEN * self._most and not self._was_held:
                self._accepted_per_s.clear()
        elif not self._refused and self._submits >= FEW:
            self.tolerated /= 2
        self._accepted_per_s.append(accepted_per_s)
        if (self._refused and self._since_low >= DOUBTED_AFTER) or (not is_quiet and share > MOST_TOLERATED):
            self._try_low()
        elif is_quiet:
            self._raise(now)
        else:
            self._keep_below()

    @property
    def _most(self) -> float:
        """Accepted a second in the best of the last looks."""
        return max(self._accepted_per_s, default=0.0)

    @property
    def _expected(self) -> float:
        """Up to this share of refusals the look says nothing new: as much may be chance, in it or in the low looks."""
        known = 1 / self._low_submits if self._low_submits else 0.0
        chance = max(self.tolerated, NOISE) * (1 / self._submits + known)
        return min(MOST_EXPECTED, self.tolerated + SURE * sqrt(chance))

    def _raise(self, now: float) -> None:
        if self.rate >= self.limit or now - self._full_at < LOOK_S:
            return
        known = self._most / (1 - self.tolerated) * BELOW
        self.rate = min(self.limit, max(known, self.rate * (1 + self._step)))
        if not self._submits or self._submits >= FEW:
            self._step = min(MOST_STEP, self._step * GROWS)

    def _keep_below(self) -> None:
        """As much as was accepted, and what is refused of that by chance."""
        wanted = self._most / (1 - self.tolerated) * BELOW or self.rate / 2
        self.rate = max(1.0, min(self.limit, wanted))

    def _try_low(self) -> None:
        self._is_low, self._since_low = True, 0
        self.rate = max(1.0, min(self.rate, self._most * LOW or self.rate / 2))

    def _tolerate(self, share: float, accepted_per_s: float) -> None:
        """A low look has ended: so much is refused whatever the rate."""
        self._since_low = 0
        if share > MOST_TOLERATED + SURE * sqrt(MOST_TOLERATED / max(1, self._submits)) and self._lows < MOST_LOWS:
            # Not low enough: the limit is another one by now.
            self._lows += 1
            self._accepted_per_s.clear()
            self._accepted_per_s.append(accepted_per_s)
            self._try_low()
            return
        self._lows, self._is_low = 0, False
        self._low_refused = self._low_refused * FORMER + share * self._submits
        self._low_submits = self._low_submits * FORMER + self._submits
        self.tolerated = min(MOST_TOLERATED, self._low_refused / (self._low_submits + DOUBTED))
        self._accepted_per_s.append(accepted_per_s)
        self._keep_below()

    def congested(self, state: int, now: float) -> None:
        """It said how full it is, 0 to 100 (SMPP 5.0): it works best from 80 to 89, beyond that it should get less.

        Said with each answer, so the rate falls once a second at most.
        """
        if state >= 80:
            self._full_at = now
        if state >= 90 and now - self._eased_at >= 1:
            self._eased_at = now
            self.rate = max(1.0, self.rate * (2 / 3 if state >= 100 else 9 / 10))
            if state >= 100:
                self._held_until = now + 0.3
