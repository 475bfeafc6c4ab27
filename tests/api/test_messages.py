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
    assert {"【云帆】王芳您好", "【云帆】李强您好"} <= texts


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
        ({"to": {"number": A, "variables": {"x": 1}}, "text": "您好"}, 422, "invalid_request", "to.variables.x"),
        ({"to": A, "text": "您好", "canary": {"percent": 90}}, 422, "invalid_request", "canary.percent"),
        ({"to": [A, None], "text": "您好"}, 422, "invalid_request", "to[1]"),
        ({"to": [A, True], "text": "您好"}, 422, "invalid_request", "to[1]"),
        ({"to": [1.38e10], "text": "您好"}, 422, "invalid_request", "to[0]"),
        ({"to": [A, [B]], "text": "您好"}, 422, "invalid_request", "to[1]"),
        ({"to": [A, {"nummer": B}], "text": "您好"}, 422, "invalid_request", "to[1].nummer"),
        ({"to": [A, {"variables": {}}], "text": "您好"}, 422, "invalid_request", "to[1].number"),
        ({"to": A, "text": "您好", "at": 1764547200}, 422, "invalid_request", "at"),
        ({"to": A, "text": "您好", "at": "9999-12-31T23:59:59-12:00"}, 422, "invalid_request", "at"),
        ({"to": A, "text": "您好", "at": "2999-12-31T23:59:59-12:00"}, 422, "time_too_far", "at"),
        ({"to": A, "text": "您好", "at": "2099-01-01T00:00:00Z"}, 422, "time_too_far", "at"),
        ({"to": A, "text": "您好", "scheduled_at": "2026-12-01T00:00:00Z"}, 422, "invalid_request", "scheduled_at"),
        ({"to": A, "text": "您好", "canary": {"percentage": 1}}, 422, "invalid_request", "canary.percentage"),
        (
            {"to": [{"number": A, "variables": {"a": "\ud83d"}}], "text": "{a}"},
            422,
            "invalid_request",
            "to[0].variables.a",
        ),
        ({"to": [{"number": A, "variables": {"\ud83d": "a"}}], "text": "x"}, 422, "invalid_request", None),
        ({"to": A, "text": "\ud83d"}, 422, "invalid_request", "text"),
        ({"to": A, "text": "您好", "\ud83d": 1}, 422, "invalid_request", None),
        ('{"to": "13800138000", "text": "a", "text": "b"}', 400, "bad_request", None),
        ('{"to": "13800138000", "text": "a", "validity_minutes": NaN}', 400, "bad_request", None),
        ('{"to": ' + "[" * 100_000, 400, "bad_request", None),
        ('{"to": ' + "9" * 5000 + "}", 400, "bad_request", None),
        ("[]", 422, "invalid_request", "body"),
        ("null", 422, "invalid_request", "body"),
        ({"to": A, "text": "您好", "canary": {"least": 9, "most": 8}}, 422, "canary_out_of_range", "canary.least"),
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


def test_numbers_may_be_whole_numbers_of_json(company: Company) -> None:
    asked = Api(company.sender).post("messages", {"to": [13800138000, {"number": 13900139000}], "text": "您好"})
    assert (asked.status_code, asked.json()["accepted"]) == (202, 2)
    assert Api(company.sender).post("messages", {"to": 8613800138000, "text": "您好"}).status_code == 202


def test_an_unknown_field_is_named_with_the_one_that_is_probably_meant(company: Company) -> None:
    api = Api(company.sender)
    for given, meant in (("scheduled_at", "at"), ("Text", "text"), ("signatur", "signature"), ("mobile", "to")):
        document = api.post("messages", {"to": A, "text": "您好", given: "x"}, **{"Accept-Language": "en"}).json()
        assert document["errors"][0] == {"field": given, "detail": f"There is no such field. Is “{meant}” meant?"}
    assert Submission.objects.count() == 0


def test_everything_that_is_wrong_is_said_at_once_in_the_callers_language(company: Company) -> None:
    api = Api(company.sender)
    body = {"to": [True], "text": 5, "at": "morgen", "category": "spam", "x": 1}
    said = {
        language: {one["field"]: one["detail"] for one in api.post("messages", body, **{"Accept-Language": language}).json()["errors"]}
        for language in ("zh-CN", "zh-TW", "en")
    }  # fmt: skip
    assert all(set(one) == {"to[0]", "text", "at", "category", "x"} for one in said.values())
    assert [one["text"] for one in said.values()] == ["此处应为文本。", "此處應為文字。", "A text is expected here."]


def test_unknown_parameters_are_refused_too(company: Company) -> None:
    api = Api(company.sender)
    for path, field in (("replies?afte=5", "afte"), ("submissions?limit=1&limit=2", "limit"), ("me?x=1", "x")):
        document = assert_problem(api.get(path), 422, "invalid_request")
        assert [one["field"] for one in document["errors"]] == [field]


def test_answers_hold_real_characters_and_the_installations_time(company: Company) -> None:
    api = Api(company.sender)
    api.post("messages", {"to": A, "text": "您好", "title": "年会", "at": str(timezone.now() + timedelta(days=1))})
    answer = api.get("submissions")
    assert "年会" in answer.content.decode()
    assert answer.json()["items"][0]["scheduled_at"].endswith("+08:00")


def test_submissions_are_listed_in_pages_as_far_as_the_user_sees_them(company: Company) -> None:
    api = Api(company.sender)
    ids = [api.post("messages", {"to": A, "text": "您好"}).json()["id"] for _ in range(3)]
    first = api.get("submissions?limit=2").json()
    assert [one["id"] for one in first["items"]] == ids[:2]
    assert [one["id"] for one in api.get(f"submissions?after={first['next']}").json()["items"]] == ids[2:]
    assert api.get("submissions?state=scheduled").json() == {"items": [], "next": None}
    assert api.get("submissions?state=draft").status_code == 422
    assert Api(company.stranger).get("submissions").json()["items"] == []


@pytest.mark.parametrize(
    ("facts", "sent"),
    [
        ({}, "【云帆】您好"),
        ({"signature": "云帆"}, "【云帆】您好"),
        ({"signature": ""}, "您好"),
        ({"signature": None}, "【云帆】您好"),
        ({"text": "【云帆】您好"}, "【云帆】您好"),
    ],
)
def test_without_a_signature_the_default_one_stands_before_the_text(
    company: Company, facts: dict[str, Any], sent: str
) -> None:
    assert Api(company.sender).post("messages", {"to": A, "text": "您好"} | facts).status_code == 202
    message = Message.objects.get()
    assert Batch.objects.get(pk=message.pk // 1000).text == sent
