"""`hongyan door`, as a script calls it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from hongyan.cli.commands import app
from hongyan.doors.models import Door
from hongyan.runtime.secrets import decrypt
from tests.builders import Company

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _django_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hongyan.cli.doors.set_up_django", lambda: None)


def run(*arguments: str, code: int = 0) -> Any:
    done = CliRunner().invoke(app, ["door", *arguments, "--json"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_a_door_is_added_listed_and_removed(company: Company) -> None:
    made = run(
        "add", "--name", "Shop", "--login", "100001", "--user", "sender", "--secret", "secret-1", "--source", "106900018",
        "--allow", "10.1.0.0/16", "--speed", "50",
    )  # fmt: skip
    door = Door.objects.get(pk=made["id"])
    assert (door.user, door.sources, door.addresses, door.speed_per_s) == (
        company.sender,
        ["106900018"],
        ["10.1.0.0/16"],
        50,
    )
    assert decrypt(door.secret_encrypted) == "secret-1"
    [row] = run("list")
    assert (row["name"], row["port"], row["connections"], row["waiting"]) == ("Shop", 27890, [], 0)
    assert "secret-1" not in json.dumps(row)
    run("remove", "Shop")
    assert run("list") == []


@pytest.mark.parametrize(
    "wrong",
    [
        ("--user", "nobody"),
        ("--user", "viewer"),
        ("--protocol", "http"),
        ("--allow", "10.1"),
        ("--login", "1000011"),
        ("--callback", "here"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_made(company: Company, wrong: tuple[str, str]) -> None:
    facts = {"--name": "Shop", "--login": "100001", "--user": "sender", "--secret": "s"} | dict([wrong])
    answer = run("add", *[word for pair in facts.items() for word in pair], code=2)
    assert answer["error"]
    assert not Door.objects.exists()


def test_what_is_not_there_cannot_be_removed(company: Company) -> None:
    assert run("remove", "Shop", code=2)["error"]
