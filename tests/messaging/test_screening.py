"""What is held back before it is planned, where the rule is the channel's."""

from __future__ import annotations

import pytest
from django.utils import translation

from hongyan.dispatch.models import Message
from hongyan.messaging.asking import Request, rehearse
from hongyan.messaging.explaining import explain
from hongyan.messaging.models import Signature
from hongyan.messaging.recipients import Selection
from hongyan.messaging.submissions import submit
from tests.builders import Company

pytestmark = pytest.mark.django_db

MOBILE, ABROAD = "+8613800138000", "+85291234567"


@pytest.fixture(autouse=True)
def _carrier_wants_signatures(company: Company) -> None:
    company.channel.options = {"needs_signature": True}
    company.channel.save()
    Signature.objects.create(text="云帆家电")


def asked(text: str, signature: str = "", category: str = "notice", number: str = MOBILE) -> Request:
    return Request(text=text, category=category, signature=signature, selection=Selection(numbers=(number,)))


@pytest.mark.parametrize(
    ("request_", "is_held"),
    [
        (asked("您好"), True),
        (asked("您好【重要】请看"), True),
        (asked("【】您好"), True),
        (asked("您好", signature="云帆家电"), False),
        (asked("【云帆家电】您好"), False),
        (asked("您好【云帆家电】"), False),
        (asked("八折【云帆家电】拒收请回复R", category="marketing"), False),
        (asked("您好", number=ABROAD), False),
    ],
)
def test_a_text_without_a_signature_is_held_back_where_the_carrier_wants_one(
    company: Company, request_: Request, is_held: bool
) -> None:
    found = rehearse(company.sender, request_)
    assert dict(found.blocked) == ({"missing_signature": 1} if is_held else {})
    assert found.sendable == (0 if is_held else 1)


def test_another_carrier_takes_it(company: Company) -> None:
    company.channel.options = {}
    company.channel.save()
    assert dict(rehearse(company.sender, asked("您好")).blocked) == {}


def test_what_was_held_back_says_so(company: Company) -> None:
    submission = submit(company.sender, asked("您好"))
    message = Message.objects.get(submission_id=submission.pk)
    assert (message.state, message.reason) == ("blocked", "missing_signature")
    with translation.override("en"):
        assert "The text has no signature" in [one.title for one in explain(company.sender, submission, message)]
