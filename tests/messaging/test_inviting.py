"""Invitations by text message: one submission, the links in nobody's lists, nothing made where nothing can go."""

from __future__ import annotations

import re

import pytest

from hongyan.accounts import invitations, users
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Invitation, User
from hongyan.dispatch.models import Message, Route
from hongyan.messaging import inviting
from hongyan.messaging.models import Submission
from tests.builders import Company

pytestmark = pytest.mark.django_db
SITE = "https://sms.example.com/"


def people(company: Company, how_many: int) -> list[User]:
    return [
        users.create_user(
            company.administrator, username=f"new{at}", name=f"新人{at}", department=company.north,
            phone=f"+861380013800{at}",
        )
        for at in range(how_many)
    ]  # fmt: skip


def test_each_gets_an_own_link_in_one_submission(company: Company) -> None:
    invited = people(company, 3)
    made = inviting.send(company.administrator, invited, SITE)
    texts = list(Message.objects.filter(submission_id=made.pk).order_by("number").values_list("text", flat=True))
    links = [re.findall(r"https://sms\.example\.com/i/(\w+)/", text or "")[0] for text in texts]
    assert [invitations.find(link) for link in links] == invited
    assert Submission.objects.count() == 1
    assert all(text and text.startswith("【云帆】新人") for text in texts)


def test_the_link_is_dots_to_everybody_also_to_who_asked(company: Company) -> None:
    made = inviting.send(company.administrator, people(company, 1), SITE)
    (text,) = Message.objects.values_list("text", flat=True)
    assert text
    token = re.findall(r"/i/(\w+)/", text)[0]
    for viewer in (company.administrator, None):
        assert token not in made.told_to(viewer, text)
        assert "/i/••••••/" in made.told_to(viewer, text)
    assert made not in Submission.objects.by_people()


def test_nothing_is_made_when_it_cannot_be_sent(company: Company) -> None:
    invited = people(company, 2)
    Route.objects.all().delete()
    with pytest.raises(Refused):
        inviting.send(company.administrator, invited[:1], SITE)
    User.objects.filter(pk=invited[1].pk).update(phone="")
    with pytest.raises(Refused):
        inviting.send(company.administrator, list(User.objects.filter(username__startswith="new")), SITE)
    assert not Invitation.objects.exists()
    assert not Submission.objects.exists()
