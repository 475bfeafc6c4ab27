"""What was left to the background under a name that is no more."""

from __future__ import annotations

import pytest
from procrastinate.contrib.django import app


@pytest.mark.parametrize("job", ["inspect_ported", "load_ported"])
def test_a_job_that_waited_while_the_room_was_called_otherwise_still_runs(job: str) -> None:
    assert app.tasks[f"messaging.{job}"] is app.tasks[f"carriers.{job}"]
