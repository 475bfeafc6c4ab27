"""Whose key it is, what it may, and how often."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hongyan.accounts.models import ApiKey, User
from hongyan.accounts.rights import Role
from hongyan.runtime.settings import read
from tests.api.program import Api, assert_problem
from tests.builders import Company

pytestmark = pytest.mark.django_db


def test_me_names_the_user_and_rights(company: Company) -> None:
    me = Api(company.sender).get("me").json()
    assert (me["username"], me["department"]) == ("sender", "North")
    assert "send" in me["rights"]
    assert "manage_users" not in me["rights"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "messages"),
        ("GET", "submissions/1"),
        ("GET", "submissions/1/messages"),
        ("POST", "submissions/1/pause"),
        ("POST", "submissions/1/resume"),
        ("POST", "submissions/1/cancel"),
        ("GET", "messages/1"),
        ("GET", "replies"),
        ("GET", "me"),
    ],
)
def test_every_endpoint_wants_a_key_and_the_right(company: Company, method: str, path: str) -> None:
    """Once without, once with: a refusal cannot pass for a wrong reason."""
    assert assert_problem(Api(None).call(method, path), 401, "unknown_key")
    api = Api(company.sender)
    assert api.call(method, path).status_code in (200, 404, 422)
    User.objects.filter(pk=company.sender.pk).update(role=Role.VIEWER)
    assert_problem(api.call(method, path), 403, "not_allowed")
    User.objects.filter(pk=company.sender.pk).update(role=Role.SENDER, is_active=False)
    assert_problem(api.call(method, path), 401, "unknown_key")
    User.objects.filter(pk=company.sender.pk).update(is_active=True)
    ApiKey.objects.update(revoked_at=timezone.now())
    answer = api.call(method, path)
    assert_problem(answer, 401, "unknown_key")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_session_is_no_key(company: Company) -> None:
    api = Api(None)
    api.client.force_login(company.administrator)
    assert_problem(api.get("me"), 401, "unknown_key")


def test_a_key_that_asks_too_often_is_told_when_to_ask_again(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    from hongyan.api import keys

    monkeypatch.setattr(keys, "settings", lambda: read({"HONGYAN_API_REQUESTS_PER_MINUTE": "3"}))
    one, other = Api(company.sender), Api(company.sender)
    assert [one.get("me").status_code for _ in range(3)] == [200, 200, 200]
    refused = one.get("me")
    document = assert_problem(refused, 429, "too_many_requests")
    assert 1 <= int(refused["Retry-After"]) <= 20
    assert refused["Retry-After"] in document["detail"]
    assert other.get("me").status_code == 200

    # The allowance fills up with time, a request each twenty seconds here.
    ApiKey.objects.update(spare_at=timezone.now() - timedelta(seconds=21))
    assert one.get("me").status_code == 200
    assert one.get("me").status_code == 429


def test_no_limit_is_a_limit_too(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    from hongyan.api import keys

    monkeypatch.setattr(keys, "settings", lambda: read({"HONGYAN_API_REQUESTS_PER_MINUTE": "0"}))
    api = Api(company.sender)
    assert {api.get("me").status_code for _ in range(5)} == {200}
    assert ApiKey.objects.get().spare_at is None
