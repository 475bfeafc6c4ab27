"""The API as programs use it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from hongyan.accounts.api_keys import create_key, revoke_key
from hongyan.accounts.models import User
from hongyan.messaging import tasks
from hongyan.messaging.models import Submission
from tests.builders import Company

pytestmark = pytest.mark.django_db


class Program:
    def __init__(self, user: User) -> None:
        self.key, self.secret = create_key(user, user, "test")
        self.client = Client(headers={"Authorization": f"Bearer {self.secret}"})

    def ask(self, key: str = "", **body: Any) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        return self.client.post("/api/v1/messages", body, content_type="application/json", headers=headers)


def test_a_program_sends_and_follows(company: Company) -> None:
    program = Program(company.sender)
    answer = program.ask(
        to=["138 0013 8000", {"number": "13900000000", "variables": {"姓名": "李"}}, "123"], text="通知"
    )
    assert answer.status_code == 202
    body = answer.json()
    assert (body["accepted"], [one["number"] for one in body["refused"]]) == (2, ["123"])
    tasks.plan(body["id"])
    found = program.client.get(f"/api/v1/submissions/{body['id']}").json()
    assert (found["state"], found["total"], found["balance"]["queued"]) == ("running", 2, 2)
    rows = program.client.get(f"/api/v1/submissions/{body['id']}/messages").json()
    assert {row["number"] for row in rows} == {"+8613800138000", "+8613900000000"}
    assert program.client.get(f"/api/v1/messages/{rows[0]['id']}").json()["state"] == "queued"
    cancelled = program.client.post(f"/api/v1/submissions/{body['id']}/cancel").json()
    assert cancelled["balance"]["cancelled"] == 2


def test_asking_twice_with_one_key_is_asking_once(company: Company) -> None:
    program = Program(company.sender)
    first, second = (program.ask("k1", to=["13800138000"], text="通知").json() for _ in range(2))
    assert first["id"] == second["id"]
    assert Submission.objects.count() == 1
    conflict = program.ask("k1", to=["13800138000"], text="别的")
    assert (conflict.status_code, conflict.json()["code"]) == (409, "idempotency_conflict")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"to": ["13800138000"], "text": ""}, 422, "empty_text"),
        ({"to": ["abc"], "text": "通知"}, 422, "no_valid_number"),
        ({"to": [], "text": "通知"}, 422, "invalid_request"),
        ({"text": "通知"}, 422, "invalid_request"),
        ({"to": ["13800138000"], "text": "通知", "category": "nonsense"}, 422, "invalid_request"),
        ({"to": ["13800138000"], "text": "通知", "at": "2001-01-01T00:00:00Z"}, 422, "time_has_passed"),
    ],
)
def test_what_is_wrong_is_a_problem_document(company: Company, body: dict[str, Any], status: int, code: str) -> None:
    answer = Program(company.sender).ask(**body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert not Submission.objects.exists()


def test_a_key_has_its_users_rights_and_dies_when_revoked(company: Company) -> None:
    program, other = Program(company.sender), Program(company.stranger)
    made = program.ask(to=["13800138000"], text="通知").json()
    assert other.client.get(f"/api/v1/submissions/{made['id']}").status_code == 404
    company.sender.may_send_to_groups = False
    company.sender.save()
    assert program.ask(to=["13800138000", "13900000000"], text="通知").status_code == 403
    revoke_key(None, program.key)
    refused = program.client.get("/api/v1/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "unknown_key")
    assert Client().get("/api/v1/replies").status_code == 401


def test_the_description_is_readable_without_the_internet() -> None:
    page = Client().get("/api/v1/docs").content.decode()
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "cdn" not in page
    assert Client().get("/api/v1/openapi.json").json()["info"]["title"] == "Hongyan API"
