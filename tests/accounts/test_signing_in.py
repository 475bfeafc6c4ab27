"""Links, codes and keys: each opens once, or until it is revoked."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyotp
import pytest
from django.core import signing
from django.http import Http404
from django.utils import timezone

from hongyan.accounts import api_keys, sign_in_links, two_step, users
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import ApiKey, User
from tests.builders import Company

pytestmark = pytest.mark.django_db


def test_a_link_signs_in_once(company: Company) -> None:
    token = sign_in_links.make(company.sender)
    assert sign_in_links.redeem(token) == company.sender
    assert sign_in_links.redeem(token) is None


def test_a_link_dies_with_a_sign_in_a_new_password_and_the_users_leave(company: Company) -> None:
    sender = company.sender

    def fresh() -> str:
        return sign_in_links.make(User.objects.get(pk=sender.pk))

    token = fresh()
    User.objects.filter(pk=sender.pk).update(last_login=timezone.now())
    assert sign_in_links.redeem(token) is None
    token = fresh()
    users.set_password(company.administrator, sender, "another-horse-2")
    assert sign_in_links.redeem(token) is None
    token = fresh()
    users.deactivate(company.administrator, sender)
    assert sign_in_links.redeem(token) is None


def test_a_link_is_good_for_a_quarter_of_an_hour(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    token = sign_in_links.make(company.sender)
    now = timezone.now().timestamp()
    monkeypatch.setattr(signing.time, "time", lambda: now + sign_in_links.VALID_S + 2)
    assert sign_in_links.redeem(token) is None
    monkeypatch.setattr(signing.time, "time", lambda: now + sign_in_links.VALID_S - 2)
    assert sign_in_links.redeem(token) == company.sender


@pytest.mark.parametrize("token", ["", "x", "~~~", "a~b~c", "ä" * 50])
def test_what_is_no_link_signs_nobody_in(company: Company, token: str) -> None:
    assert sign_in_links.redeem(token) is None


def at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(two_step.timezone, "now", lambda: moment)


def test_a_code_is_right_for_its_half_minute_and_once(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    user, secret, now = company.sender, two_step.new_secret(), timezone.now()
    totp = pyotp.TOTP(secret)
    at(now, monkeypatch)
    assert not two_step.turn_on(user, secret, "000000" if totp.at(now) != "000000" else "111111")
    assert two_step.turn_on(user, secret, totp.at(now))
    assert secret not in User.objects.get(pk=user.pk).totp_secret
    # The code that turned it on has been used.
    assert not two_step.verify(user, totp.at(now))
    later = now + timedelta(seconds=60)
    at(later, monkeypatch)
    code = totp.at(later)
    assert two_step.verify(user, f"{code[:3]} {code[3:]}")
    assert not two_step.verify(user, code)
    at(later + timedelta(minutes=5), monkeypatch)
    assert not two_step.verify(user, totp.at(later + timedelta(seconds=30)))
    for nonsense in ("", "abc", "１２３４５６", "1" * 200):
        assert not two_step.verify(user, nonsense)


def test_who_lost_the_phone_is_helped_by_who_manages_them(company: Company) -> None:
    secret = two_step.new_secret()
    assert two_step.turn_on(company.sender, secret, pyotp.TOTP(secret).now())
    with pytest.raises(Refused):
        two_step.turn_off(company.stranger, company.sender)
    two_step.turn_off(company.sales_head, company.sender)
    assert not two_step.is_on(User.objects.get(pk=company.sender.pk))


def test_a_key_is_kept_as_a_digest_and_works_until_revoked(company: Company) -> None:
    key, secret = api_keys.create_key(company.sender, company.sender, "OA")
    assert secret.startswith("hy_")
    assert len(secret) >= 3 + 43
    assert secret not in str(ApiKey.objects.values_list().get())
    assert api_keys.authenticate(secret).user == company.sender  # type: ignore[union-attr]
    assert api_keys.authenticate(secret + "x") is None
    api_keys.revoke_key(company.sender, key)
    assert api_keys.authenticate(secret) is None


def test_a_keys_last_use_is_written_once_a_minute(company: Company) -> None:
    key, secret = api_keys.create_key(company.sender, company.sender, "OA")
    api_keys.authenticate(secret)
    key.refresh_from_db()
    first = key.last_used_at
    api_keys.authenticate(secret)
    key.refresh_from_db()
    assert key.last_used_at == first
    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    api_keys.authenticate(secret)
    key.refresh_from_db()
    assert first
    assert key.last_used_at
    assert key.last_used_at > first


def test_keys_are_made_and_revoked_by_their_user_and_who_manages_them(company: Company) -> None:
    key, _ = api_keys.create_key(company.sales_head, company.sender, "CRM")
    for actor in (company.stranger, company.viewer):
        with pytest.raises(Refused):
            api_keys.create_key(actor, company.sender, "X")
        with pytest.raises(Http404):
            api_keys.access_key(actor, key.pk)
    with pytest.raises(Refused):
        api_keys.create_key(company.administrator, company.viewer, "A viewer may not use the API")
    api_keys.revoke_key(company.sales_head, api_keys.access_key(company.sales_head, key.pk))
