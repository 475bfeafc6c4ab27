"""Who may open what: one table, looked at as each role; nobody signed in sees anything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import get_resolver

from hongyan.accounts.models import AuditEntry, User
from hongyan.contacts.models import AddressBook
from hongyan.messaging import submissions
from hongyan.messaging.asking import Request
from hongyan.messaging.recipients import Selection
from tests.builders import PASSWORD, Company, a_contact

pytestmark = pytest.mark.django_db
NUMBER = "+8613800138000"

EVERYBODY = "admin head sender viewer"
PAGES = {
    "/": EVERYBODY,
    "/submissions/": EVERYBODY,
    "/mailbox/": EVERYBODY,
    "/mailbox/sent/": EVERYBODY,
    "/profile/": EVERYBODY,
    "/people/": EVERYBODY,
    "/customers/": EVERYBODY,
    "/orders/": EVERYBODY,
    "/products/": EVERYBODY,
    "/customers/numbers/": EVERYBODY,
    "/customers/new/": "admin head sender",
    "/field/": "admin head sender",
    "/customers/merges/": "admin head",
    "/customers/setup/": "admin",
    "/customers/setup/class/": "admin",
    "/customers/setup/type/": "admin",
    "/products/new/": "admin",
    "/write/": "admin head sender",
    "/phrases/": "admin head sender",
    "/people/lists/": "admin head sender",
    "/mailbox/export/": "admin head sender",
    "/settings/keys/": "admin head sender",
    "/settings/users/": "admin head",
    "/settings/departments/": "admin head",
    "/settings/audit/": "admin head",
    "/lists/": "admin head",
    "/consents/": "admin head",
    "/marketing/": "admin head",
    "/mailbox/reading/": "admin head",
    "/channels/": "admin",
    "/channels/new/": "admin",
    "/channels/receipts/": "admin",
    "/routes/": "admin",
    "/doors/": "admin",
    "/doors/new/": "admin",
    "/routes/new/": "admin",
    "/routes/explain/": "admin",
    "/routes/explain/?number=13800138000": "admin",
    "/routes/ported/": "admin",
    "/routes/ranges/": "admin",
    "/routes/prices/": "admin",
    "/routes/codes/": "admin",
    "/settings/hours/": "admin",
    "/settings/signatures/": "admin",
    "/settings/health/": "admin",
}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("path", PAGES)
def test_pages_open_for_those_who_may_and_for_nobody_else(company: Company, path: str) -> None:
    users = {
        "admin": company.administrator,
        "head": company.sales_head,
        "sender": company.sender,
        "viewer": company.viewer,
    }
    for name, user in users.items():
        expected = 200 if name in PAGES[path].split() else 403
        answer = signed_in(user).get(path)
        if answer.streaming:
            b"".join(answer)
        assert answer.status_code == expected, name
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


def all_patterns() -> Iterator[tuple[str, object]]:
    for entry in get_resolver().url_patterns:
        for pattern in getattr(entry, "url_patterns", [entry]):
            yield str(pattern.pattern), pattern


def test_every_route_is_closed_to_strangers_unless_it_says_otherwise(company: Company) -> None:
    open_ones = {
        path for path, pattern in all_patterns() if getattr(getattr(pattern, "callback", None), "is_open_to_all", False)
    }
    assert open_ones == {
        "healthz",
        "sign-in/",
        "sign-in/link/<str:token>/",
        "i/<str:token>/",
        "sign-in/code/",
        "sign-out/",
        "language/",
    }


def test_a_guessed_id_of_another_department_answers_as_a_missing_one(company: Company) -> None:
    submission = submissions.submit(company.sender, Request(text="通知", selection=Selection(numbers=(NUMBER,))))
    own = AddressBook.objects.create(name="own", kind="personal", owner=company.sender)
    person = a_contact(own, "王芳", NUMBER)
    stranger = signed_in(company.stranger)
    for path in (
        f"/submissions/{submission.pk}/", f"/submissions/{submission.pk}/live/", f"/submissions/{submission.pk}/rows/",
        f"/submissions/{submission.pk}/export/", f"/people/{person.pk}/", f"/people/?book={own.pk}",
        f"/people/export/?book={own.pk}", f"/write/?draft={submission.pk}",
    ):  # fmt: skip
        assert stranger.get(path).status_code == 404, path
    assert stranger.post(f"/submissions/{submission.pk}/do/cancel/").status_code == 404
    assert "13800138000" not in stranger.get("/people/?q=王芳").content.decode()
    # Not even the administrator reads a personal book.
    assert signed_in(company.administrator).get(f"/people/?book={own.pk}").status_code == 404


def test_numbers_are_masked_for_who_may_not_see_them(company: Company) -> None:
    a_contact(company.book, "王芳", NUMBER)
    assert "138****8000" in signed_in(company.viewer).get("/people/").content.decode()
    assert "13800138000" not in signed_in(company.viewer).get("/people/").content.decode()
    assert "13800138000" in signed_in(company.sender).get("/people/").content.decode()


def test_sign_in_locks_after_five_failures_and_says_so(company: Company) -> None:
    client = Client(REMOTE_ADDR="10.1.1.1")
    for _ in range(4):
        assert client.post("/sign-in/", {"username": "sender", "password": "wrong"}).status_code == 200
    assert client.post("/sign-in/", {"username": "sender", "password": "wrong"}).status_code == 429
    assert client.post("/sign-in/", {"username": "sender", "password": PASSWORD}).status_code == 429
    other = Client(REMOTE_ADDR="10.1.1.2")
    assert other.post("/sign-in/", {"username": "sender", "password": PASSWORD}).status_code == 302
    assert AuditEntry.objects.filter(action="user.signed_in").count() == 1


def test_the_first_visitor_of_an_empty_installation_becomes_its_administrator() -> None:
    facts = {"enterprise": "云帆", "name": "王", "username": "boss", "password": "long-enough-1"}
    assert Client().post("/sign-in/", facts).status_code == 302
    assert User.objects.get().role == "administrator"
    assert Client().post("/sign-in/", {**facts, "username": "second"}).status_code == 200
    assert User.objects.count() == 1


def test_a_department_administrator_stays_within_the_own_subtree_and_rank(company: Company) -> None:
    head = signed_in(company.sales_head)
    assert head.get(f"/settings/users/{company.stranger.pk}/").status_code == 404
    assert head.get(f"/settings/users/{company.sender.pk}/").status_code == 200
    facts = {
        "username": "new",
        "name": "New",
        "department": company.north.pk,
        "role": "administrator",
        "password": "long-enough-1",
    }
    assert head.post("/settings/users/new/", facts).status_code == 200
    assert not User.objects.filter(username="new").exists()
    assert head.post("/settings/users/new/", {**facts, "role": "sender", "is_active": "on"}).status_code == 302
    assert User.objects.get(username="new").department == company.north
