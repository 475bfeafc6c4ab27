"""Signing in with a second step, and one's own settings."""

from __future__ import annotations

import pyotp
import pytest
from django.test import Client

from hongyan.accounts import sign_in_links, two_step, users
from hongyan.accounts.models import AuditEntry, User
from tests.builders import PASSWORD, Company
from tests.console.test_rights import signed_in

pytestmark = pytest.mark.django_db


def with_second_step(user: User) -> str:
    secret = two_step.new_secret()
    assert two_step.turn_on(user, secret, pyotp.TOTP(secret).now())
    User.objects.update(totp_step=0)
    return secret


def test_the_name_stays_in_the_form_after_a_wrong_password(company: Company) -> None:
    answer = Client().post("/sign-in/", {"username": "Sender", "password": "wrong"})
    assert 'value="sender"' in answer.content.decode().lower()
    assert "wrong" not in answer.content.decode().split("<form", 2)[1]


def test_a_refused_sign_in_is_audited_for_users_only(company: Company) -> None:
    Client().post("/sign-in/", {"username": "Sender", "password": "wrong"})
    Client().post("/sign-in/", {"username": "my-password-by-mistake", "password": "wrong"})
    (entry,) = AuditEntry.objects.filter(action="user.sign_in_failed")
    assert (entry.user, entry.address) == (company.sender, "127.0.0.1")


def test_capitals_do_not_matter_neither_for_the_name_nor_for_the_lock(company: Company) -> None:
    assert Client().post("/sign-in/", {"username": "SENDER", "password": PASSWORD}).status_code == 302
    attacker = Client(REMOTE_ADDR="10.9.9.9")
    for name in ("stranger", "Stranger", "STRANGER", "sTranger"):
        assert attacker.post("/sign-in/", {"username": name, "password": "wrong"}).status_code == 200
    assert attacker.post("/sign-in/", {"username": "stranger", "password": "wrong"}).status_code == 429


def test_the_second_step_stands_between_password_and_console(company: Company) -> None:
    secret = with_second_step(company.sender)
    client = Client()
    answer = client.post("/sign-in/", {"username": "sender", "password": PASSWORD, "next": "/mailbox/"})
    assert answer["Location"] == "/sign-in/code/"
    assert client.get("/mailbox/").status_code == 302
    answer = client.post("/sign-in/code/", {"code": pyotp.TOTP(secret).now()})
    assert answer["Location"] == "/mailbox/"
    assert client.get("/mailbox/").status_code == 200


def test_a_sign_in_link_does_not_go_around_the_second_step(company: Company) -> None:
    with_second_step(company.sender)
    token = sign_in_links.make(User.objects.get(pk=company.sender.pk))
    client = Client()
    assert client.get(f"/sign-in/link/{token}/")["Location"] == "/sign-in/code/"
    assert client.get("/").status_code == 302


def test_guessing_codes_locks_like_guessing_passwords(company: Company) -> None:
    secret = with_second_step(company.sender)
    client = Client(REMOTE_ADDR="10.8.8.8")
    for _ in range(2):
        # A right password in between does not set the count back.
        assert client.post("/sign-in/", {"username": "sender", "password": PASSWORD}).status_code == 302
        for _ in range(2):
            assert client.post("/sign-in/code/", {"code": "abc"}).status_code == 200
    assert client.post("/sign-in/code/", {"code": "abc"}).status_code == 429
    assert client.post("/sign-in/code/", {"code": pyotp.TOTP(secret).now()}).status_code == 429
    assert client.post("/sign-in/", {"username": "sender", "password": PASSWORD}).status_code == 429


def test_no_foreign_address_after_signing_in(company: Company) -> None:
    for wanted in ("https://example.com/", "//example.com", "javascript:alert(1)"):
        answer = Client().post("/sign-in/", {"username": "sender", "password": PASSWORD, "next": wanted})
        assert answer["Location"] == "/"


def test_changes_of_an_administrator_bite_on_the_next_request(company: Company) -> None:
    client = signed_in(company.sender)
    assert client.get("/write/").status_code == 200
    users.change_user(company.administrator, company.sender, role="viewer")
    assert client.get("/write/").status_code == 403
    users.set_password(company.administrator, company.sender, "another-horse-2")
    assert client.get("/").status_code == 302
    client = signed_in(User.objects.get(pk=company.sender.pk))
    users.deactivate(company.administrator, company.sender)
    assert client.get("/").status_code == 302


def test_the_profile_keeps_language_and_number(company: Company) -> None:
    client = signed_in(company.sender)
    facts = {"name": "王芳", "phone": "138 0013 8000", "email": "", "language": "en", "personal_signature": "王"}
    assert client.post("/profile/", facts).status_code == 302
    sender = User.objects.get(pk=company.sender.pk)
    assert (sender.name, sender.phone, sender.language) == ("王芳", "+8613800138000", "en")
    wrong = client.post("/profile/", {**facts, "name": "Other", "phone": "12"})
    assert wrong.status_code == 200
    assert User.objects.get(pk=company.sender.pk).name == "王芳"


def test_the_own_password_needs_the_present_one(company: Company) -> None:
    client = signed_in(company.sender)
    assert client.post("/profile/password/", {"current": "no", "new": "another-horse-2"}).status_code == 200
    assert client.post("/profile/password/", {"current": PASSWORD, "new": "short"}).status_code == 200
    assert client.post("/profile/password/", {"current": PASSWORD, "new": "another-horse-2"}).status_code == 302
    assert client.get("/profile/").status_code == 200, "this session goes on"
    assert User.objects.get(pk=company.sender.pk).check_password("another-horse-2")
