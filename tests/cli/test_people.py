"""`hongyan person`, as whoever runs the machine calls it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hongyan.cli.commands import app
from hongyan.contacts.models import Contact
from hongyan.dispatch.changes import CHANGE, parameters
from hongyan.dispatch.models import Batch, Message
from hongyan.erasure import journal, requests
from hongyan.erasure.models import Request
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from tests.builders import Company, a_contact
from tests.messaging.waiting import planned

pytestmark = pytest.mark.django_db
HERS, OTHER = "+8613800138000", "+8613900139000"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hongyan.cli.people.set_up_django", lambda: None)
    monkeypatch.setattr(journal, "file", lambda: tmp_path / "erased")
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, code: int = 0, typed: str = "") -> Any:
    done = CliRunner().invoke(app, ["person", *arguments, "--json"], input=typed)
    assert done.exit_code == code, done.output
    # What was typed is echoed among it.
    told = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return json.loads(told[-1]) if told else None


def on_the_wire(company: Company) -> None:
    submission = planned(company, (HERS, OTHER))
    Batch.objects.filter(submission_id=submission.pk).update(state="leased", leased_by="g", watermark=2)
    ids = Message.objects.filter(submission_id=submission.pk).values_list("pk", flat=True)
    raw_connection().execute(CHANGE, parameters([(one, "submitted", "") for one in ids], clock.now()))


def test_everything_is_written_into_a_file_that_only_its_owner_reads(company: Company, tmp_path: Path) -> None:
    a_contact(company.book, "王芳", HERS)
    done = run("export", "138-0013-8000")
    assert (done["file"], done["found"]["people"]) == ("person-8000.zip", 1)
    file = tmp_path / "person-8000.zip"
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as packed:
        assert "王芳" in packed.read("person.html").decode()
        assert json.loads(packed.read("person.json"))["number"] == HERS


def test_a_file_that_is_there_is_not_overwritten_and_nobodys_request_is_dropped(
    company: Company, tmp_path: Path
) -> None:
    row = requests.ask(company.administrator, Request.Kind.ACCESS, HERS)
    requests.look(row.pk)
    (tmp_path / "mine.zip").write_text("mine")
    (tmp_path / "person-8000.zip").write_text("mine")
    for options in (("--to", "mine.zip"), ()):
        assert "exists" in run("export", HERS, *options, code=2)["error"]
    assert (tmp_path / "mine.zip").read_text() == (tmp_path / "person-8000.zip").read_text() == "mine"
    assert requests.take(company.administrator, row.pk)


def test_a_folder_that_is_not_there_is_said_before_anything_is_done(company: Company) -> None:
    assert "no folder" in run("export", HERS, "--to", "nowhere/mine.zip", code=2)["error"]
    assert not Request.objects.exists()


@pytest.mark.parametrize("command", ["export", "erase"])
def test_what_is_no_number_is_refused(company: Company, command: str) -> None:
    assert run(command, "hello", code=2)["error"]
    assert not Request.objects.exists()


def test_a_number_is_erased_when_it_was_meant(company: Company) -> None:
    a_contact(company.book, "王芳", HERS)
    a_contact(company.book, "李强", OTHER)
    run("erase", HERS, code=1, typed="n\n")
    assert Contact.objects.count() == 2
    assert not Request.objects.exists()
    done = run("erase", HERS, typed="y\n")
    assert (done["state"], done["found"]["people"], done["waits_for"]) == ("erased", 1, 0)
    assert Contact.objects.get().number == OTHER


def test_what_is_on_the_wire_is_said_and_asking_again_goes_on(company: Company) -> None:
    on_the_wire(company)
    first = run("erase", HERS, "--yes")
    assert (first["state"], first["waits_for"]) == ("holding", 1)
    again = run("erase", HERS, "--yes")
    assert (again["id"], again["state"]) == (first["id"], "holding")
    mine = Message.objects.get(number=HERS)
    raw_connection().execute(CHANGE, parameters([(mine.pk, "delivered", "")], clock.now()))
    assert run("erase", HERS, "--yes")["state"] == "erased"
    assert not Message.objects.filter(number=HERS).exists()


def test_what_a_restore_brought_back_is_erased_again(company: Company) -> None:
    assert run("again") == {"erased": 0}
    run("erase", HERS, "--yes")
    Request.objects.all().delete()
    a_contact(company.book, "王芳", HERS)
    assert run("again") == {"erased": 1}
    assert not Contact.objects.exists()
