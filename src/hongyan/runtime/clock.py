"""The time, as rules about time ask for it: schedules, quiet hours, validity, retries, receipts that never came.

Code asks `clock.now()` and hands the answer down to plain functions and into SQL as a parameter; SQL does not ask the
server for it. Tests move it with `clock.stopped_at(...)` instead of waiting. What measures (leases, beats, speeds) keeps
the system's clocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_stopped_at: datetime | None = None


def now() -> datetime:
    """The time, aware, in UTC."""
    return _stopped_at or datetime.now(UTC)


@contextmanager
def stopped_at(at: datetime) -> Iterator[None]:
    """For tests: inside, it is `at`."""
    global _stopped_at  # noqa: PLW0603 - one clock for the process is the point
    before, _stopped_at = _stopped_at, at
    try:
        yield
    finally:
        _stopped_at = before
