"""Pinned pages and the height of rows, kept with the user."""

from __future__ import annotations

import pytest

from hongyan.accounts import preferences
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.preferences import MOST_PINS, Pin
from tests.builders import Company

pytestmark = pytest.mark.django_db


def kept(user: User) -> preferences.Preferences:
    return preferences.of(User.objects.get(pk=user.pk))


def test_pins_stand_in_the_order_in_which_they_were_pinned(company: Company) -> None:
    user = company.sender
    preferences.pin(user, "/people/", "People")
    preferences.pin(user, "/mailbox/?folder=unread", "  Unread \n replies ")
    assert kept(user).pins == (Pin("/people/", "People"), Pin("/mailbox/?folder=unread", "Unread replies"))
    preferences.pin(user, "/people/", "Contacts")
    assert [one.label for one in kept(user).pins] == ["Contacts", "Unread replies"]
    preferences.unpin(user, "/people/")
    assert [one.path for one in kept(user).pins] == ["/mailbox/?folder=unread"]
    assert preferences.of(company.viewer).pins == ()


def test_two_tabs_do_not_undo_each_other(company: Company) -> None:
    first, second = (User.objects.get(pk=company.sender.pk) for _tab in range(2))
    preferences.pin(first, "/people/", "People")
    preferences.set_roomy(second, True)
    assert kept(company.sender) == preferences.Preferences((Pin("/people/", "People"),), is_roomy=True)


@pytest.mark.parametrize(
    ("path", "label"),
    [("//elsewhere.example", "x"), ("https://elsewhere.example", "x"), ("/people/", " "), ("/" + "x" * 600, "x")],
)
def test_what_is_no_page_is_not_pinned(company: Company, path: str, label: str) -> None:
    with pytest.raises(Refused):
        preferences.pin(company.sender, path, label)
    assert kept(company.sender).pins == ()


def test_there_is_room_for_so_many_and_no_more(company: Company) -> None:
    for number in range(MOST_PINS):
        preferences.pin(company.sender, f"/people/{number}/", "x")
    with pytest.raises(Refused):
        preferences.pin(company.sender, "/people/99/", "x")
    assert len(kept(company.sender).pins) == MOST_PINS
