"""Signing in with a second step, and one's own settings."""

from __future__ import annotations

import pyotp
import pytest
from django.test import Client

from hongyan.accounts import sign_in_links, two_step, users
from hongyan.accounts.models import AuditEntry, SignIn, User
from tests.builders import PASSWORD, Company
from tests.console.test_rights import signed_in

pytestmark = pytest.mark.django_db
NEW = "my-own-horse-3"


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


class TestAnInvitation:
    def test_is_looked_at_without_being_used_and_signs_in_with_the_new_password(self, company: Company) -> None:
        token = users.invite(company.administrator, company.sender)
        client = Client()
        for _ in range(2):
            answer = client.get(f"/i/{token}/")
            assert company.sender.name in answer.content.decode()
            assert "no-store" in answer["Cache-Control"]
        assert client.post(f"/i/{token}/", {"new": "short"}).status_code == 200
        assert client.post(f"/i/{token}/", {"new": NEW})["Location"] == "/"
        assert client.get("/profile/").status_code == 200
        assert Client().get(f"/i/{token}/").status_code == 410

    def test_does_not_go_around_the_second_step(self, company: Company) -> None:
        with_second_step(company.sender)
        token = users.invite(company.administrator, company.sender)
        client = Client()
        assert client.post(f"/i/{token}/", {"new": NEW})["Location"] == "/sign-in/code/"
        assert client.get("/").status_code == 302

    def test_guesses_lock_the_address_old_links_do_not(self, company: Company) -> None:
        token = users.invite(company.administrator, company.sender)
        users.invite(company.administrator, company.sender)
        late, guesser = Client(REMOTE_ADDR="10.7.7.7"), Client(REMOTE_ADDR="10.6.6.6")
        assert [late.get(f"/i/{token}/").status_code for _ in range(7)] == [410] * 7
        assert [guesser.get(f"/i/guess{at}/").status_code for at in range(7)] == [410] * 4 + [429] * 3

    def test_in_somebody_elses_browser_signs_that_one_out(self, company: Company) -> None:
        token = users.invite(company.administrator, company.sender)
        client = signed_in(company.stranger)
        client.post(f"/i/{token}/", {"new": NEW})
        assert client.get("/profile/").context["user"] == company.sender


def test_a_given_password_is_changed_before_anything_else(company: Company) -> None:
    users.set_password(company.administrator, company.sender, NEW)
    client = Client()
    client.post("/sign-in/", {"username": "sender", "password": NEW})
    assert client.get("/mailbox/")["Location"] == "/profile/password/"
    assert client.get("/mailbox/", headers={"HX-Request": "true"})["HX-Redirect"] == "/profile/password/"
    assert client.get("/profile/password/").status_code == 200
    assert client.post("/profile/password/", {"current": NEW, "new": NEW}).status_code == 200
    assert client.post("/profile/password/", {"current": NEW, "new": PASSWORD})["Location"] == "/"
    assert client.get("/mailbox/").status_code == 200


def test_one_sees_where_one_is_signed_in_and_signs_out_there(company: Company) -> None:
    here, there = Client(HTTP_USER_AGENT="Firefox Windows"), Client(HTTP_USER_AGENT="Chrome Android")
    other = signed_in(company.stranger)
    for client in (here, there):
        client.post("/sign-in/", {"username": "sender", "password": PASSWORD})
    other.get("/profile/")
    sessions = here.get("/profile/").context["sessions"]
    assert [(one["words"], one["is_this"]) for one in sessions] == [
        ("Firefox · Windows", True), ("Chrome · Android", False),
    ]  # fmt: skip
    foreign = SignIn.objects.get(user=company.stranger)
    here.post("/profile/sessions/", {"id": foreign.pk})
    assert other.get("/profile/").status_code == 200
    here.post("/profile/sessions/", {"id": sessions[1]["row"].pk})
    assert there.get("/profile/").status_code == 302
    assert len(here.get("/profile/").context["sessions"]) == 1


def test_a_change_of_the_password_signs_out_everywhere_else(company: Company) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        client.post("/sign-in/", {"username": "sender", "password": PASSWORD})
    here.post("/profile/password/", {"current": PASSWORD, "new": NEW})
    assert there.get("/profile/").status_code == 302
    assert [one["is_this"] for one in here.get("/profile/").context["sessions"]] == [True]
