"""Links to a password: good once, for three days, the newest only, and known to nobody but their user."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections

from hongyan.accounts import invitations, sign_ins, users
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry, Invitation, SignIn, User
from hongyan.accounts.rights import Role
from hongyan.runtime import clock
from tests.builders import PASSWORD, Company, a_user

pytestmark = pytest.mark.django_db
OWN = "my-own-horse-3"


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_a_link_sets_the_password_once(company: Company) -> None:
    token = users.invite(company.sales_head, company.sender)
    assert users.accept(token, OWN) == company.sender
    assert fresh(company.sender).check_password(OWN)
    assert users.accept(token, "another-horse-4") is None
    assert [entry.user for entry in AuditEntry.objects.filter(action__startswith="user.invit").order_by("pk")] == [
        company.sales_head, company.sender,
    ]  # fmt: skip


def test_the_database_does_not_know_the_link(company: Company) -> None:
    token = users.invite(company.administrator, company.sender)
    assert token not in str(list(Invitation.objects.values()))
    assert token not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize("change", ["newer", "late", "inactive", "phone", "own phone", "password", "own password"])
def test_a_link_ends(company: Company, change: str) -> None:
    token = users.invite(company.administrator, company.sender)
    assert invitations.find(token) == company.sender
    match change:
        case "newer":
            users.invite(company.administrator, company.sender)
        case "inactive":
            users.deactivate(company.administrator, company.sender)
        case "phone":
            users.change_user(company.administrator, company.sender, phone="+8613800138000")
        case "own phone":
            users.change_own_facts(company.sender, phone="+8613800138000")
        case "password":
            users.set_password(company.administrator, company.sender, OWN)
        case "own password":
            users.change_own_password(company.sender, OWN)
    later = clock.now() + (timedelta(days=3, seconds=1) if change == "late" else timedelta())
    with clock.stopped_at(later):
        assert invitations.find(token) is None
        assert users.accept(token, "another-horse-4") is None


def test_a_bad_password_leaves_the_link_good(company: Company) -> None:
    token = users.invite(company.administrator, company.sender)
    with pytest.raises(Refused):
        users.accept(token, "short")
    assert users.accept(token, OWN)


def test_only_who_manages_the_user_makes_one(company: Company) -> None:
    boss = a_user("boss", company.north, Role.ADMINISTRATOR)
    for actor, user in (
        (company.sender, company.sender), (company.sales_head, company.stranger), (company.sales_head, boss),
    ):  # fmt: skip
        with pytest.raises(Refused):
            users.invite(actor, user)
    users.deactivate(company.administrator, company.sender)
    with pytest.raises(Refused):
        users.invite(company.administrator, fresh(company.sender))


def test_five_links_an_hour_are_enough_for_one_user(company: Company) -> None:
    for _ in range(invitations.MOST_AN_HOUR):
        users.invite(company.administrator, company.sender)
    with pytest.raises(Refused):
        users.invite(company.administrator, company.sender)
    users.invite(company.administrator, company.stranger)
    with clock.stopped_at(clock.now() + timedelta(hours=1, seconds=1)):
        users.invite(company.administrator, company.sender)


def test_a_password_that_an_administrator_chose_has_to_be_changed(company: Company) -> None:
    made = users.create_user(
        company.administrator, password=PASSWORD, username="new", name="New", department=company.north
    )
    assert made.must_change_password
    with pytest.raises(Refused):
        users.change_own_password(made, PASSWORD)
    users.change_own_password(made, OWN)
    assert not fresh(made).must_change_password
    users.set_password(company.administrator, made, PASSWORD)
    assert fresh(made).must_change_password
    users.change_own_password(company.administrator, OWN)
    assert not fresh(company.administrator).must_change_password


def test_who_was_made_without_a_password_cannot_sign_in_by_any(company: Company) -> None:
    made = users.create_user(company.administrator, username="new", name="New", department=company.north)
    assert not made.has_usable_password()
    assert not made.check_password("")


def test_a_new_password_ends_all_sessions(company: Company) -> None:
    sign_ins.note(company.sender, "a" * 32, address=None, agent="")
    users.set_password(company.administrator, company.sender, OWN)
    assert not SignIn.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_gets_in(company: Company) -> None:
    token = users.invite(company.administrator, company.sender)
    got: list[User | None] = []

    def accept(password: str) -> None:
        got.append(users.accept(token, password))
        connections.close_all()

    both = [threading.Thread(target=accept, args=(word,)) for word in (OWN, "another-horse-4")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(map(bool, got)) == [False, True]
