"""Errors that no endpoint made."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from hongyan.accounts.errors import Refused
from tests.api.program import A, Api, assert_problem
from tests.builders import Company

pytestmark = pytest.mark.django_db


def test_errors_that_no_endpoint_made_are_problem_documents_too(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = Api(company.sender)
    assert_problem(api.get("nothing/here"), 404, "not_found")
    wrong = api.call("DELETE", "me")
    assert_problem(wrong, 405, "method_not_allowed")
    assert wrong["Allow"] == "GET"
    assert_problem(api.get("replies?after=99999999999999999999999"), 422, "invalid_request")
    assert_problem(api.get("messages/99999999999999999999999"), 404, "not_found")

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("hongyan.api.submissions.submissions.access_submission", crash)
    broken = api.get("submissions/1")
    assert_problem(broken, 500, "internal_error")
    assert b"secret detail" not in broken.content


def test_what_the_database_gave_up_is_said_and_nothing_is_changed(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dear(*_args: object) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local statement_timeout = '20ms'")
            cursor.execute("select pg_sleep(20)")

    monkeypatch.setattr("hongyan.api.messages._submit_once", dear)
    answer = Api(company.sender).post("messages", {"to": A, "text": "一"})
    assert_problem(answer, 503, "took_too_long")
    assert "Retry-After" not in answer


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Refused("name_taken", "Taken."), 422, "name_taken"),
        (Refused("too_late", "Too late.", status=409), 409, "too_late"),
        (Refused("not_allowed", "No.", status=403), 403, "not_allowed"),
        (Refused("no_channel", "No such channel.", status=404), 404, "no_channel"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else "",
)
def test_what_a_verb_of_any_room_refuses_is_a_problem_with_its_code_and_sentence(
    company: Company, monkeypatch: pytest.MonkeyPatch, error: Refused, status: int, code: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("hongyan.api.submissions.submissions.access_submission", refuse)
    answer = Api(company.sender).get("submissions/1")
    assert_problem(answer, status, code)
    assert answer.json()["detail"] == str(error)
