"""Asking for messages: each recipient with its values, bad input named, and asking twice is asking once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from hongyan.contacts.models import RecipientList
from hongyan.dispatch.models import Batch, Message
from hongyan.messaging.models import Submission
from hongyan.messaging.tasks import plan
from tests.api.program import A, Api, B, assert_problem
from tests.builders import Company

pytestmark = pytest.mark.django_db


def test_each_recipient_gets_their_own_values(company: Company) -> None:
    to = [{"number": A, "variables": {"姓名": "王芳"}}, {"number": B, "variables": {"姓名": "李强"}}, "18612345678"]
    asked = Api(company.sender).post("messages", {"to": to, "text": "{姓名}您好"})
    assert asked.json()["accepted"] == 3
    plan(asked.json()["id"])
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


def test_one_recipient_costs_few_queries(company: Company, django_assert_max_num_queries: Any) -> None:
    api = Api(company.sender)
    api.post("messages", {"to": A, "text": "您好"})
    with django_assert_max_num_queries(16):
        assert api.post("messages", {"to": B, "text": "您好", "signature": "云帆"}).status_code == 202


def test_a_few_are_on_their_way_when_answered_and_leave_in_the_order_of_asking(company: Company) -> None:
    api = Api(company.sender)
    balances = ("3.50", "2.10", "1.00")
    for balance in balances:
        account = {"number": A, "variables": {"尾号": "0417", "余额": balance}}
        answer = api.post("messages", {"to": account, "text": "您尾号{尾号}的账户余额{余额}元。"})
        assert answer.json()["state"] == "running"
    texts = Message.objects.order_by("pk").values_list("text", flat=True)
    assert all(f"余额{balance}元" in text for balance, text in zip(balances, texts, strict=True))
    assert set(Batch.objects.values_list("state", flat=True)) == {"ready"}


def test_texts_of_one_request_to_one_number_leave_in_its_order(company: Company) -> None:
    balances = ["9.00", "10.00", "2.00"]
    to = [{"number": A, "variables": {"余额": balance}} for balance in balances]
    assert Api(company.sender).post("messages", {"to": to, "text": "余额{余额}元。"}).json()["accepted"] == 3
    texts = Message.objects.order_by("pk").values_list("text", flat=True)
    assert [text.split("余额")[1].removesuffix("元。") for text in texts] == balances


def test_many_are_planned_by_a_job(company: Company) -> None:
    many = [f"138001{place:05d}" for place in range(101)]
    assert Api(company.sender).post("messages", {"to": many, "text": "您好"}).json()["state"] == "planning"
