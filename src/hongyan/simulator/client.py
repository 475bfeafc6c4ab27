"""How the console talks to the simulator: small, synchronous, quick to say that nobody is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hongyan.runtime.settings import settings
from hongyan.simulator.control import token


class SimulatorAway(Exception):
    """The simulator does not run, or does not answer."""


class SimulatorRefused(Exception):
    """The simulator understood and said no; the text is its code."""


def call(path: str, body: dict[str, Any] | None = None, *, timeout_s: float = 3) -> dict[str, Any]:
    """The answer to a GET, or to a POST with `body`. Raises SimulatorAway or SimulatorRefused."""
    # A tenth of a second that every start would wait for, and only the virtual phones need.
    import httpx

    own = settings()
    try:
        # The simulator is this installation's: an operator's proxy has no part in it.
        response = httpx.request(
            "POST" if body is not None else "GET",
            f"{own.simulator_address}{path}",
            json=body,
            headers={"X-Token": token(own)},
            timeout=timeout_s,
            trust_env=False,
        )
        answer: dict[str, Any] = response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise SimulatorAway from error
    if response.status_code == 422:
        raise SimulatorRefused(str(answer.get("error")))
    if response.status_code != 200:
        raise SimulatorAway
    return answer


def count(*, on: bool = True) -> None:
    """Begin to count, from zero, how often each number is taken; or stop."""
    call("/count", {"on": on})


def taken(numbers: Sequence[str]) -> dict[str, int]:
    """How many messages (not segments) each of `numbers` was taken for since counting began."""
    return dict(call("/counts", {"numbers": list(numbers)}, timeout_s=60)["of"])


def taken_at_least(least: int) -> dict[str, int]:
    """All numbers that were taken `least` times or oftener: with 2, those that got a message twice."""
    found: dict[str, int] = {}
    while True:
        page = call("/counts", {"least": least, "after": max(found, default="")}, timeout_s=60)["of"]
        found |= page
        if not page:
            return found
