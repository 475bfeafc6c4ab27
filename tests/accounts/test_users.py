"""Who may manage whom, and what may never happen."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.http import Http404

from hongyan.accounts import users
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry, User
from hongyan.accounts.rights import Right, Role
from tests.builders import PASSWORD, Company, a_user

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "another-horse-2"


def facts(company: Company, **changed: Any) -> dict[str, Any]:
    return {"username": "new", "name": "New", "department": company.north, "role": Role.SENDER} | changed


@pytest.mark.parametrize("who", ["sender", "viewer"])
def test_only_administrators_manage_users(company: Company, who: str) -> None:
    actor = getattr(company, who)
    with pytest.raises(Refused):
        users.create_user(actor, password=PASSWORD, **facts(company))
    with pytest.raises(Refused):
        users.set_password(actor, company.stranger, NEW_PASSWORD)
    with pytest.raises(Http404):
        users.access_user(actor, company.sender.pk)
    assert users.create_user(company.sales_head, password=PASSWORD, **facts(company)).pk


@pytest.mark.parametrize(
    "changed",
    [{"role": Role.ADMINISTRATOR}, {"department": "finance"}, {"department": "root"}],
    ids=["a role above the own", "another department", "the department above"],
)
def test_a_department_administrator_stays_below(company: Company, changed: dict[str, Any]) -> None:
    if isinstance(where := changed.get("department"), str):
        changed = {"department": getattr(company, where)}
    with pytest.raises(Refused):
        users.create_user(company.sales_head, password=PASSWORD, **facts(company, **changed))
    with pytest.raises(Refused):
        users.change_user(company.sales_head, company.sender, **changed)
    users.change_user(company.administrator, company.sender, **changed)


def test_a_department_administrator_does_not_touch_who_stands_above(company: Company) -> None:
    boss = a_user("boss", company.north, Role.ADMINISTRATOR)
    with pytest.raises(Refused):
        users.set_password(company.sales_head, boss, NEW_PASSWORD)
    assert not users.may_manage(company.sales_head, boss)
    assert users.may_manage(company.sales_head, company.sender)


def test_another_departments_user_answers_like_a_missing_one(company: Company) -> None:
    for user_id in (company.stranger.pk, company.administrator.pk, 999_999):
        with pytest.raises(Http404):
            users.access_user(company.sales_head, user_id)


def test_the_last_administrator_stays(company: Company) -> None:
    second = a_user("second", company.root, Role.ADMINISTRATOR)
    users.deactivate(second, company.administrator)
    for change in ({"is_active": False}, {"role": Role.SENDER}):
        with pytest.raises(Refused):
            users.change_user(second, second, **change)
    assert User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).get() == second


def test_nobody_changes_their_own_role_or_place(company: Company) -> None:
    a_user("second", company.root, Role.ADMINISTRATOR)
    for change in ({"is_active": False}, {"role": Role.VIEWER}, {"department": company.north}):
        with pytest.raises(Refused):
            users.change_user(company.administrator, company.administrator, **change)
    users.change_user(company.administrator, company.administrator, name="Renamed")


def test_who_may_not_sign_in_has_no_right(company: Company) -> None:
    users.deactivate(company.administrator, company.sender)
    sender = User.objects.get(pk=company.sender.pk)
    assert not any(sender.may(right) for right in Right)


def test_names_that_differ_by_capitals_are_one_name(company: Company) -> None:
    with pytest.raises(Refused, match="登录名"):
        users.create_user(company.administrator, password=PASSWORD, **facts(company, username="SENDER"))
    assert User.objects.get_by_natural_key("Sender") == company.sender


def test_an_extension_belongs_to_one_and_the_next_free_one_is_offered(company: Company) -> None:
    assert company.sender.extension == "1001"
    assert users.next_extension() == "1002"
    with pytest.raises(Refused, match="分机号"):
        users.create_user(company.administrator, password=PASSWORD, **facts(company, extension="1001"))


def test_weak_passwords_are_refused_with_the_reason(company: Company) -> None:
    for weak in ("short-1", "1234567890", "password123"):
        with pytest.raises(Refused):
            users.set_password(company.administrator, company.sender, weak)
    users.set_password(company.administrator, company.sender, NEW_PASSWORD)
    assert User.objects.get(pk=company.sender.pk).check_password(NEW_PASSWORD)


def test_every_change_is_written_down_without_secrets(company: Company) -> None:
    users.change_user(
        company.administrator, company.sender, password=NEW_PASSWORD, may_send_to_groups=False, address="10.0.0.9"
    )
    entry = AuditEntry.objects.get(action="user.changed")
    assert (entry.user, entry.object_id, entry.address) == (company.administrator, str(company.sender.pk), "10.0.0.9")
    assert entry.detail == {"changes": {"password": [None, None], "may_send_to_groups": [True, False]}}
    assert NEW_PASSWORD not in str(entry.detail)


def test_a_refused_change_leaves_nothing_behind(company: Company) -> None:
    with pytest.raises(Refused):
        users.change_user(company.sales_head, company.sender, name="Other", role=Role.ADMINISTRATOR)
    assert User.objects.get(pk=company.sender.pk).name == "Sender"
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_first_administrators_at_once_one_is_made() -> None:
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def ask(name: str) -> None:
        start.wait()
        try:
            users.create_first_administrator(enterprise="云帆", username=name, name=name, password=PASSWORD)
            outcomes.append("made")
        except Refused:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made", "refused"]
    assert User.objects.get().role == Role.ADMINISTRATOR
    connection.close()
