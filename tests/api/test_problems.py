"""Errors that no endpoint made."""

from __future__ import annotations

import pytest

from tests.api.program import Api, assert_problem
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
