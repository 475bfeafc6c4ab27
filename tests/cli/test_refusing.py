"""What a verb refuses is printed in one place, whichever command called it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from hongyan.cli.commands import app

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("command", [["channel", "remove", "none"], ["door", "remove", "none"]])
def test_a_sentence_and_no_trace(command: list[str]) -> None:
    plain = CliRunner().invoke(app, command)
    assert plain.exit_code == 2
    assert "Traceback" not in plain.output
    asked_for = CliRunner().invoke(app, [*command, "--json"])
    assert asked_for.exit_code == 2
    assert json.loads(asked_for.stdout)["error"]
