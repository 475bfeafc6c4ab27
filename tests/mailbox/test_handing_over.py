"""Who leaves hands over: replies that are there, and those that come."""

from __future__ import annotations

import pytest

from hongyan.accounts import users
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.mailbox import routing
from hongyan.mailbox.handing_over import hand_over
from hongyan.mailbox.models import Reply
from tests.builders import Company, a_user
from tests.mailbox.test_routing import an_incoming

pytestmark = pytest.mark.django_db


def left(company: Company, user: User) -> User:
    users.deactivate(company.administrator, user)
    return User.objects.get(pk=user.pk)


def test_what_was_answered_and_what_will_be_goes_to_the_successor(company: Company) -> None:
    an_incoming(company, "before", "106900011001")
    routing.route_new()
    leaver = left(company, company.sender)
    assert hand_over(company.administrator, leaver, company.stranger) == 1
    an_incoming(company, "after", "106900011001")
    routing.route_new()
    owners = Reply.objects.values_list("text", "owner", "department")
    assert set(owners) == {(text, company.stranger.pk, company.finance.pk) for text in ("before", "after")}


def test_a_successor_who_leaves_hands_all_of_it_over(company: Company) -> None:
    hand_over(company.administrator, left(company, company.sender), company.stranger)
    third = a_user("third", company.root)
    hand_over(company.administrator, left(company, company.stranger), third)
    an_incoming(company, "after", "106900011001")
    routing.route_new()
    assert Reply.objects.get().owner == third


def test_who_comes_back_gets_the_own_answers_again(company: Company) -> None:
    hand_over(company.administrator, left(company, company.sender), company.stranger)
    users.change_user(company.administrator, company.sender, is_active=True)
    an_incoming(company, "again", "106900011001")
    routing.route_new()
    assert Reply.objects.get().owner == company.sender


def test_only_from_who_left_to_who_may_answer_and_by_who_manages_both(company: Company) -> None:
    with pytest.raises(Refused):
        hand_over(company.administrator, company.sender, company.stranger)
    leaver = left(company, company.sender)
    for actor, to in (
        (company.sales_head, company.stranger), (company.administrator, company.viewer),
        (company.administrator, leaver), (company.stranger, company.stranger),
    ):  # fmt: skip
        with pytest.raises(Refused):
            hand_over(actor, leaver, to)
    assert User.objects.get(pk=leaver.pk).successor is None
