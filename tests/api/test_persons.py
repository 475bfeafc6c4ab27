"""What is known of a number, for programs: gathered, shown, erased; for administrators alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from hongyan.accounts.models import AuditEntry
from hongyan.contacts.models import Contact
from hongyan.erasure import journal, requests
from hongyan.erasure.models import Request
from hongyan.runtime import clock
from tests.api.program import A, Api, B, assert_problem
from tests.builders import Company, a_contact

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "file", lambda: tmp_path / "erased")


def test_everything_about_a_number_is_gathered_and_fetched(company: Company) -> None:
    a_contact(company.book, "王芳", f"+86{A}")
    a_contact(company.book, "李强", f"+86{B}", notes=f"介绍人 {A}")
    api = Api(company.administrator)
    answer = api.post("persons/access", {"number": "138 0013 8000"})
    assert answer.status_code == 202
    asked = answer.json()
    assert (asked["kind"], asked["state"], asked["number"], asked["found"]) == ("access", "looking", "138****8000", {})
    assert_problem(api.get(f"persons/requests/{asked['id']}/file"), 404, "not_found")
    requests.look(asked["id"])
    ready = api.get(f"persons/requests/{asked['id']}").json()
    assert (ready["state"], ready["found"]["people"]) == ("ready", 2)
    assert ready["expires_at"]
    told = api.get(f"persons/requests/{asked['id']}/file").json()
    assert told["number"] == f"+86{A}"
    assert [row["name"] for row in told["own"]["people"]] == ["王芳"]
    assert [set(row) for row in told["named_elsewhere"]["people"]] == [{"table", "id"}]
    assert "李强" not in str(told)
    assert AuditEntry.objects.filter(action="person.file_taken").count() == 1


def test_the_file_is_gone_after_its_day(company: Company) -> None:
    api = Api(company.administrator)
    pk = api.post("persons/access", {"number": A}).json()["id"]
    requests.look(pk)
    with clock.stopped_at(clock.now() + timedelta(days=8)):
        assert_problem(api.get(f"persons/requests/{pk}/file"), 404, "not_found")


def test_nothing_is_erased_before_the_last_digits_were_said(company: Company) -> None:
    a_contact(company.book, "王芳", f"+86{A}")
    api = Api(company.administrator)
    pk = api.post("persons/erasures", {"number": A}).json()["id"]
    assert_problem(api.post(f"persons/requests/{pk}/confirm", {"typed": "8000"}), 409, "not_ready")
    requests.look(pk)
    assert_problem(api.post(f"persons/requests/{pk}/confirm", {"typed": "8001"}), 422, "not_confirmed")
    requests.erase(pk)
    assert Contact.objects.get().number == f"+86{A}"
    begun = api.post(f"persons/requests/{pk}/confirm", {"typed": "8000"})
    assert (begun.status_code, begun.json()["state"]) == (202, "erasing")
    assert_problem(api.post(f"persons/requests/{pk}/confirm", {"typed": "8000"}), 409, "not_ready")
    requests.erase(pk)
    ended = api.get(f"persons/requests/{pk}").json()
    assert (ended["state"], ended["waits_for"]) == ("erased", 0)
    assert ended["ended_at"]
    assert not Contact.objects.exists()


def test_a_request_for_access_erases_nobody(company: Company) -> None:
    api = Api(company.administrator)
    pk = api.post("persons/access", {"number": A}).json()["id"]
    requests.look(pk)
    assert_problem(api.post(f"persons/requests/{pk}/confirm", {"typed": "8000"}), 409, "not_ready")


def test_asked_twice_is_one_request(company: Company) -> None:
    api = Api(company.administrator)
    first = api.post("persons/erasures", {"number": A}).json()["id"]
    assert api.post("persons/erasures", {"number": f"+86 {A}"}).json()["id"] == first
    assert api.post("persons/erasures", {"number": B}).json()["id"] != first


@pytest.mark.parametrize("number", ["hello", "1380013800", ""])
@pytest.mark.parametrize("path", ["persons/access", "persons/erasures"])
def test_what_is_no_number_is_refused_with_its_field(company: Company, path: str, number: str) -> None:
    answer = Api(company.administrator).post(path, {"number": number})
    assert answer.status_code == 422
    assert "number" in str(answer.json()["errors"])
    assert not Request.objects.exists()


def test_what_is_not_there_is_not_found(company: Company) -> None:
    api = Api(company.administrator)
    assert_problem(api.get("persons/requests/999999"), 404, "not_found")
    assert_problem(api.get("persons/requests/999999/file"), 404, "not_found")
    assert_problem(api.post("persons/requests/999999/confirm", {"typed": "8000"}), 404, "not_found")


@pytest.mark.parametrize("who", ["sales_head", "sender", None])
def test_nobody_but_administrators_is_told_anything(company: Company, who: str | None) -> None:
    pk = requests.ask(company.administrator, Request.Kind.ACCESS, A).pk
    requests.look(pk)
    api = Api(getattr(company, who) if who else None)
    status, code = (403, "not_allowed") if who else (401, "unknown_key")
    for answer in (
        api.post("persons/access", {"number": B}),
        api.post("persons/erasures", {"number": B}),
        api.get(f"persons/requests/{pk}"),
        api.get(f"persons/requests/{pk}/file"),
        api.post(f"persons/requests/{pk}/confirm", {"typed": "8000"}),
    ):
        assert A not in answer.content.decode()
        assert_problem(answer, status, code)
    assert Request.objects.count() == 1
