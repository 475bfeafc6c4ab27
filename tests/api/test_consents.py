"""Opt-outs, lists and the ledger of consents by programs: what is entered, what is refused, who may not."""

from __future__ import annotations

import pytest

from hongyan.consent.models import ConsentEvent, Listed, OptOut, Topic
from tests.api.program import A, Api, B, assert_problem
from tests.builders import Company

pytestmark = pytest.mark.django_db


def test_what_is_no_number_is_named_and_the_others_are_entered(company: Company) -> None:
    api = Api(company.administrator)
    assert api.post("opt-outs", {"numbers": [A, "abc"]}).json() == {"added": 1, "refused": ["abc"]}
    assert api.post("lists/vip", {"numbers": [B], "reason": "partner"}).json() == {"added": 1, "refused": []}
    assert api.post("consents", {"numbers": [A], "evidence": "form 7"}).json() == {"added": 1, "refused": []}
    assert OptOut.objects.get().number == Listed.objects.get().number.replace(B, A) == f"+86{A}"
    assert [one["evidence"] for one in api.get("consents").json()["items"]] == ["form 7"]


def test_what_cannot_be_kept_is_refused_with_its_field(company: Company) -> None:
    api = Api(company.administrator)
    assert_problem(api.post("opt-outs", {"numbers": [A], "topic": "77"}), 422, "unknown_topic")
    assert_problem(api.post("consents", {"numbers": [A], "evidence": "x", "until": "soon"}), 422, "not_a_date")
    empty = assert_problem(api.post("consents", {"numbers": [A], "evidence": ""}), 422, "invalid_request")
    assert empty["errors"] == [{"field": "evidence", "detail": "至少 1 个字符。"}]
    assert_problem(api.get("lists/unheard"), 404, "not_found")
    assert not OptOut.objects.exists()
    assert not ConsentEvent.objects.exists()


def test_who_may_not_learns_nothing_of_topics(company: Company) -> None:
    Topic.objects.create(code="01", name="Offers")
    api = Api(company.sender)
    for path, more in (("opt-outs", {}), ("consents", {"evidence": "x"})):
        for topic in ("01", "77"):
            assert_problem(api.post(path, {"numbers": [A], "topic": topic, **more}), 403, "not_allowed")
    assert_problem(api.get("consents"), 403, "not_allowed")
    assert_problem(api.post("lists/white", {"numbers": [A]}), 403, "not_allowed")
