"""Following a submission to its messages, and steering it."""

from __future__ import annotations

import pytest

from hongyan.accounts.rights import Role
from hongyan.messaging.models import Submission
from hongyan.messaging.tasks import plan
from tests.api.program import A, Api, assert_problem
from tests.builders import Company

pytestmark = pytest.mark.django_db


def test_one_number_is_asked_for_and_followed_to_its_messages(company: Company) -> None:
    api = Api(company.sender)
    asked = api.post("messages", {"to": A, "text": "会议改到三点", "signature": "云帆", "title": "会议"})
    assert asked.status_code == 202, asked.content
    body = asked.json()
    assert (body["state"], body["accepted"], body["refused_count"], body["refused"]) == ("running", 1, 0, [])
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


def test_steering(company: Company) -> None:
    api = Api(company.sender)
    asked = api.post("messages", {"to": A, "text": "您好"}).json()
    path = f"submissions/{asked['id']}"
    assert api.post(f"{path}/pause").json()["state"] == "paused"
    assert_problem(api.post(f"{path}/pause"), 409, "wrong_state")
    assert api.post(f"{path}/resume").json()["state"] == "running"
    assert api.post(f"{path}/cancel").json()["state"] == "cancelled"


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


def test_numbers_are_masked_for_who_may_not_see_them(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    from hongyan.accounts import rights

    api = Api(company.sender)
    asked = api.post("messages", {"to": A, "text": "您好"}).json()
    plan(asked["id"])
    monkeypatch.setitem(rights.RIGHTS, Role.SENDER, rights.RIGHTS[Role.SENDER] - {rights.Right.SEE_NUMBERS})
    assert api.get(f"submissions/{asked['id']}/messages").json()["items"][0]["number"] == "138****8000"


def test_a_submission_that_stands_still_says_why_in_the_callers_language(company: Company) -> None:
    api = Api(company.sender)
    made = api.post("messages", {"to": A, "text": "一"}).json()["id"]
    assert api.get(f"submissions/{made}").json()["error"] == ""
    for error, words in (
        ("nobody_left", "recipients are left"),
        ("canary_halted", "trial part"),
        ("too_late", "ten minutes"),
    ):
        Submission.objects.filter(pk=made).update(state="paused", error=error)
        told = api.call("GET", f"submissions/{made}", **{"Accept-Language": "en"}).json()
        assert told["error"] == error
        assert words in told["error_words"]
    assert api.get("submissions").json()["items"][0]["error"] == "too_late"
