"""The API as programs meet it: keys, sending, following, and errors as problem documents."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hongyan.accounts import api_keys
from hongyan.accounts.models import ApiKey, User
from hongyan.accounts.rights import Role
from hongyan.contacts.models import RecipientList
from hongyan.messaging.models import Reply, Submission
from hongyan.messaging.tasks import plan
from hongyan.runtime.settings import read
from tests.builders import Company

pytestmark = pytest.mark.django_db
A, B = "13800138000", "13900139000"


class Api:
    """A program with a key of `user`."""

    def __init__(self, user: User | None) -> None:
        self.secret = api_keys.create_key(user, user, "test")[1] if user else ""
        self.client = Client(raise_request_exception=False)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        if self.secret:
            headers["Authorization"] = f"Bearer {self.secret}"
        return self.client.generic(
            method,
            f"/api/v1/{path}",
            data=body if isinstance(body, str) else json.dumps(body or {}),
            content_type="application/json",
            headers=headers,
        )

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "code", "errors"} <= set(document)
    assert (document["status"], document["code"]) == (status, code)
    assert document["type"] == f"urn:hongyan:problem:{code}"
    return document


def test_one_number_is_asked_for_and_followed_to_its_messages(company: Company) -> None:
    api = Api(company.sender)
    asked = api.post("messages", {"to": A, "text": "会议改到三点", "signature": "云帆", "title": "会议"})
    assert asked.status_code == 202, asked.content
    body = asked.json()
    assert (body["state"], body["accepted"], body["refused_count"], body["refused"]) == ("planning", 1, 0, [])
    submission = Submission.objects.get(pk=body["id"])
    assert (submission.owner, submission.origin) == (company.sender, Submission.Origin.API)
    plan(submission.pk)
    seen = api.get(f"submissions/{submission.pk}").json()
    assert seen["total"] == 1
    assert sum(seen["balance"].values()) == 1
    page = api.get(f"submissions/{submission.pk}/messages").json()
    assert [one["number"] for one in page["items"]] == [f"+86{A}"]
    assert page["next"] is None
    one = api.get(f"messages/{page['items'][0]['id']}").json()
    assert one == page["items"][0]


def test_a_trial_part_is_asked_for_and_followed(company: Company) -> None:
    api = Api(company.sender)
    numbers = [f"1380013{number:04d}" for number in range(40)]
    body = {"to": numbers, "text": "通知", "canary": {"percent": 10, "least": 5}}
    asked = api.post("messages", body, **{"Idempotency-Key": "k"}).json()
    assert api.get(f"submissions/{asked['id']}").json()["canary"] is None
    plan(asked["id"])
    seen = api.get(f"submissions/{asked['id']}").json()
    assert (seen["canary"]["state"], seen["canary"]["size"], seen["canary"]["of"]) == ("waiting", 5, 40)
    assert (seen["total"], seen["loaded"], seen["dropped"]) == (5, 40, {})
    assert api.post("messages", body, **{"Idempotency-Key": "k"}).json()["id"] == asked["id"]
    assert_problem(
        api.post("messages", {**body, "canary": None}, **{"Idempotency-Key": "k"}), 409, "idempotency_conflict"
    )


def test_each_recipient_gets_their_own_values(company: Company) -> None:
    to = [{"number": A, "variables": {"姓名": "王芳"}}, {"number": B, "variables": {"姓名": "李强"}}, "18612345678"]
    asked = Api(company.sender).post("messages", {"to": to, "text": "{姓名}您好"})
    assert asked.json()["accepted"] == 3
    plan(asked.json()["id"])
    from hongyan.dispatch.models import Message

    texts = set(Message.objects.filter(submission_id=asked.json()["id"]).values_list("text", flat=True))
    assert {"王芳您好", "李强您好"} <= texts


def test_bad_numbers_are_named_with_their_reasons_and_the_others_go(company: Company) -> None:
    asked = Api(company.sender).post("messages", {"to": [A, "138", "abc", A], "text": "您好"}).json()
    assert (asked["accepted"], asked["refused_count"]) == (1, 2)
    assert [(one["number"], one["code"]) for one in asked["refused"]] == [
        ("138", "number_too_short"),
        ("abc", "number_has_letters"),
    ]
    assert all(one["detail"] for one in asked["refused"])


def test_pages_of_messages_follow_each_other_without_gap(company: Company) -> None:
    api = Api(company.sender)
    asked = api.post("messages", {"to": [f"138001380{n:02}" for n in range(25)], "text": "您好"}).json()
    plan(asked["id"])
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        page = api.get(f"submissions/{asked['id']}/messages?after={after}&limit=10").json()
        seen += [one["number"] for one in page["items"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) == 25


def test_asking_twice_with_one_key_is_asking_once(company: Company) -> None:
    api, body = Api(company.sender), {"to": [{"number": A, "variables": {"x": "1"}}], "text": "{x}"}
    key = {"Idempotency-Key": "order-42"}
    first, second = api.post("messages", body, **key), api.post("messages", body, **key)
    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert (Submission.objects.count(), RecipientList.objects.count()) == (1, 1)


def test_one_key_for_two_requests_is_a_conflict(company: Company) -> None:
    api, key = Api(company.sender), {"Idempotency-Key": "order-42"}
    api.post("messages", {"to": A, "text": "一"}, **key)
    assert_problem(api.post("messages", {"to": A, "text": "二"}, **key), 409, "idempotency_conflict")
    assert_problem(
        api.post("messages", {"to": [{"number": A, "variables": {"x": "1"}}], "text": "一"}, **key),
        409,
        "idempotency_conflict",
    )
    assert Submission.objects.count() == 1
    # A key is its user's own.
    assert Api(company.stranger).post("messages", {"to": A, "text": "二"}, **key).status_code == 202


def test_a_replay_long_after_its_time_still_answers(company: Company) -> None:
    api, at = Api(company.sender), timezone.now() + timedelta(minutes=5)
    body, key = {"to": A, "text": "您好", "at": at.isoformat()}, {"Idempotency-Key": "later"}
    first = api.post("messages", body, **key).json()
    assert first["state"] == "scheduled"
    assert api.post("messages", body, **key).json()["id"] == first["id"]


def test_steering(company: Company) -> None:
    api = Api(company.sender)
    asked = api.post("messages", {"to": A, "text": "您好"}).json()
    path = f"submissions/{asked['id']}"
    assert api.post(f"{path}/pause").json()["state"] == "paused"
    assert_problem(api.post(f"{path}/pause"), 409, "wrong_state")
    assert api.post(f"{path}/resume").json()["state"] == "planning"
    assert api.post(f"{path}/cancel").json()["state"] == "cancelled"


def test_who_may_write_to_one_only_may_not_write_to_two(company: Company) -> None:
    company.sender.may_send_to_groups = False
    company.sender.save()
    api = Api(company.sender)
    assert api.post("messages", {"to": A, "text": "您好"}).status_code == 202
    assert_problem(api.post("messages", {"to": [A, B], "text": "您好"}), 403, "one_recipient_only")
    assert_problem(
        api.post("messages", {"to": [{"number": A}, {"number": B}], "text": "您好"}), 403, "one_recipient_only"
    )
    assert RecipientList.objects.count() == 0


def test_what_belongs_to_another_department_answers_like_what_is_not_there(company: Company) -> None:
    theirs = Api(company.stranger).post("messages", {"to": A, "text": "您好"}).json()["id"]
    plan(theirs)
    message = Api(company.stranger).get(f"submissions/{theirs}/messages").json()["items"][0]["id"]
    mine = Api(company.sender)
    for method, there, missing in (
        ("GET", f"submissions/{theirs}", "submissions/999999"),
        ("GET", f"submissions/{theirs}/messages", "submissions/999999/messages"),
        ("POST", f"submissions/{theirs}/cancel", "submissions/999999/cancel"),
        ("GET", f"messages/{message}", "messages/999999"),
    ):
        refused, absent = mine.call(method, there), mine.call(method, missing)
        assert_problem(refused, 404, "not_found")
        assert refused.content == absent.content


def test_replies_are_ones_own_beyond_the_last_seen(company: Company) -> None:
    def a_reply(n: int, owner: User) -> Reply:
        return Reply.objects.create(
            incoming_id=n, number=f"+86{A}", service_number="1069", text=f"收到{n}", received_at=timezone.now(),
            owner=owner, department=owner.department,
        )  # fmt: skip

    first, second = a_reply(1, company.sender), a_reply(2, company.sender)
    a_reply(3, company.stranger)
    api = Api(company.sender)
    page = api.get("replies").json()
    assert [one["id"] for one in page["items"]] == [first.pk, second.pk]
    assert page["next"] == second.pk
    assert [one["id"] for one in api.get(f"replies?after={first.pk}").json()["items"]] == [second.pk]
    assert api.get(f"replies?after={second.pk}").json() == {"items": [], "next": None}


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


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ("{", 400, "bad_request", None),
        ({"text": "您好"}, 422, "invalid_request", "to"),
        ({"to": A}, 422, "invalid_request", "text"),
        ({"to": A, "text": "   "}, 422, "empty_text", "text"),
        ({"to": [], "text": "您好"}, 422, "recipient_count", "to"),
        ({"to": ["abc"], "text": "您好"}, 422, "no_valid_number", "to"),
        ({"to": A, "text": "x" * 1500}, 422, "text_too_long", "text"),
        ({"to": A, "text": "a\x00b"}, 422, "invalid_request", "text"),
        ({"to": A, "text": "您好", "category": "spam"}, 422, "invalid_request", "category"),
        ({"to": A, "text": "您好", "signature": "别人"}, 422, "unknown_signature", "signature"),
        ({"to": A, "text": "您好", "at": "2020-01-01T00:00:00Z"}, 422, "time_has_passed", "at"),
        ({"to": A, "text": "您好", "at": "2099-01-01T00:00:00"}, 422, "invalid_request", "at"),
        ({"to": {"number": A, "variables": {"x": 1}}, "text": "您好"}, 422, "invalid_request", None),
        ({"to": A, "text": "您好", "canary": {"percent": 90}}, 422, "invalid_request", None),
        ({"to": A, "text": "您好", "canary": {"least": 9, "most": 8}}, 422, "canary_out_of_range", "canary_least"),
        ({"to": A, "text": "1234", "category": "verification", "canary": {}}, 422, "canary_of_codes", "canary"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    company: Company, body: Any, status: int, code: str, field: str | None
) -> None:
    document = assert_problem(Api(company.sender).post("messages", body), status, code)
    if field:
        assert field in [one["field"] for one in document["errors"]]
    assert Submission.objects.count() == 0


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

    monkeypatch.setattr("hongyan.api.messages.submissions.access_submission", crash)
    broken = api.get("submissions/1")
    assert_problem(broken, 500, "internal_error")
    assert b"secret detail" not in broken.content


def test_numbers_are_masked_for_who_may_not_see_them(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    from hongyan.accounts import rights

    api = Api(company.sender)
    asked = api.post("messages", {"to": A, "text": "您好"}).json()
    plan(asked["id"])
    monkeypatch.setitem(rights.RIGHTS, Role.SENDER, rights.RIGHTS[Role.SENDER] - {rights.Right.SEE_NUMBERS})
    assert api.get(f"submissions/{asked['id']}/messages").json()["items"][0]["number"] == "138****8000"


def test_one_recipient_costs_few_queries(company: Company, django_assert_max_num_queries: Any) -> None:
    api = Api(company.sender)
    api.post("messages", {"to": A, "text": "您好"})
    with django_assert_max_num_queries(16):
        assert api.post("messages", {"to": B, "text": "您好", "signature": "云帆"}).status_code == 202


def test_the_description_is_complete_and_needs_no_other_host(company: Company) -> None:
    page = Client().get("/api/v1/docs")
    assert page.status_code == 200
    assert b"cdn." not in page.content
    schema = Client().get("/api/v1/openapi.json").json()
    assert "/api/v1/messages" in schema["paths"]


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
