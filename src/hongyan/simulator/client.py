"""How the console talks to the simulator: small, synchronous, quick to say that nobody is there."""

from __future__ import annotations

from typing import Any

import httpx

from hongyan.runtime.settings import settings
from hongyan.simulator.control import token


class SimulatorAway(Exception):
    """The simulator does not run, or does not answer."""


class SimulatorRefused(Exception):
    """The simulator understood and said no; the text is its code."""


def call(path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """The answer to a GET, or to a POST with `body`. Raises SimulatorAway or SimulatorRefused."""
    own = settings()
    try:
        # The simulator is this installation's: an operator's proxy has no part in it.
        response = httpx.request(
            "POST" if body is not None else "GET",
            f"{own.simulator_address}{path}",
            json=body,
            headers={"X-Token": token(own)},
            timeout=3,
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
