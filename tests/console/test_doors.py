"""Customers' doors on pages: for who manages channels only, whole in their forms, audited, and without their secrets."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.doors import figures
from hongyan.doors.accounts import change_door, create_door
from hongyan.doors.models import Door
from hongyan.messaging import resending
from hongyan.messaging.models import Submission
from hongyan.runtime.secrets import decrypt
from tests.builders import Company

FORM = {
    "name": "网上商城", "family": "cmpp", "login": "100001", "secret": "secret-1", "category": "verification",
    "signature_policy": "add", "signature": "", "source_text": "106900018, 106900019", "default_source": "106900018",
    "address_text": "10.1.2.0/24 203.0.113.7", "speed_per_s": "200", "window_size": "50", "connections": "3",
    "callback_host": "", "callback_port": "8801", "is_enabled": "on",
}  # fmt: skip


@pytest.fixture
def admin(client: Client, company: Company) -> Client:
    client.force_login(company.administrator)
    return client


def made(client: Client, company: Company, **facts: Any) -> Any:
    return client.post(reverse("console:new_door"), FORM | {"user": company.sender.pk} | facts)


@pytest.fixture
def door(company: Company) -> Door:
    return create_door(None, name="商城", family="cmpp", login="100001", secret="secret-1", user=company.sender)


def test_a_door_is_made_with_everything_and_its_secret_is_shown_nowhere(admin: Client, company: Company) -> None:
    answer = made(admin, company)
    assert answer.status_code == 302
    found = Door.objects.get()
    assert (found.sources, found.addresses) == (["106900018", "106900019"], ["10.1.2.0/24", "203.0.113.7/32"])
    assert decrypt(found.secret_encrypted) == "secret-1"
    for page in ("door", "door_edit", "door_trace"):
        shown = admin.get(reverse(f"console:{page}", args=[found.pk])).content.decode()
        assert "secret-1" not in shown
        assert found.secret_encrypted not in shown
    assert "100001" in admin.get(answer["Location"]).content.decode()
    entry = AuditEntry.objects.get(action="door.created")
    assert entry.user == company.administrator
    assert "secret" not in str(entry.detail)


def test_a_secret_of_another_installation_is_said_with_what_to_do(admin: Client, door: Door) -> None:
    page = reverse("console:door", args=[door.pk])
    entry = reverse("console:door_edit", args=[door.pk])
    assert admin.get(page).content.decode().count(entry) == 1
    Door.objects.update(secret_encrypted="gAAAAABm-of-another-installation")
    assert admin.get(page).content.decode().count(entry) == 2
    assert Door.objects.get().is_readable is False


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"login": "1000012"}, "login"),
        ({"login": ""}, "login"),
        ({"secret": ""}, "secret"),
        ({"family": "smpp", "login": "acme", "secret": "ninechars"}, "secret"),
        ({"source_text": "1069 0001-8"}, "source_text"),
        ({"default_source": "1069000180000000000000"}, "default_source"),
        ({"address_text": "10.1.2.300"}, "address_text"),
        ({"speed_per_s": "0"}, "speed_per_s"),
        ({"signature": "骗子"}, "signature"),
        ({"category": "none"}, "category"),
        ({"user": "999999"}, "user"),
    ],
)
def test_what_does_not_fit_is_said_at_the_field_and_nothing_is_made(
    admin: Client, company: Company, facts: dict[str, str], field: str
) -> None:
    answer = made(admin, company, **facts)
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert not Door.objects.exists()


def test_a_user_who_may_not_send_has_no_door(admin: Client, company: Company) -> None:
    assert "user" in made(admin, company, user=company.viewer.pk).context["form"].errors


def test_a_login_is_one_doors_within_a_protocol(admin: Client, company: Company) -> None:
    made(admin, company)
    assert "login" in made(admin, company, name="另一个").context["form"].errors
    assert made(admin, company, name="另一个", family="sgip").status_code == 302


def test_an_empty_password_keeps_the_old_one(admin: Client, company: Company) -> None:
    made(admin, company)
    found = Door.objects.get()
    facts = FORM | {"user": company.sender.pk, "secret": "", "name": "改名"}
    assert admin.post(reverse("console:door_edit", args=[found.pk]), facts).status_code == 302
    found.refresh_from_db()
    assert (found.name, decrypt(found.secret_encrypted)) == ("改名", "secret-1")


def test_a_door_is_switched_off_and_on_and_removed(admin: Client, door: Door) -> None:
    for is_enabled in (False, True):
        admin.post(reverse("console:door_switch", args=[door.pk]))
        door.refresh_from_db()
        assert door.is_enabled is is_enabled
    assert admin.post(reverse("console:door_remove", args=[door.pk])).status_code == 302
    assert admin.get(reverse("console:door", args=[door.pk])).status_code == 404
    assert "商城" not in admin.get(reverse("console:doors")).content.decode()
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"door.changed", "door.removed"}


def test_the_empty_list_says_what_to_give_to_a_customer(admin: Client) -> None:
    page = admin.get(reverse("console:doors")).content.decode()
    assert "27890" in page
    assert "127.0.0.1" in page
    assert reverse("console:new_door") in page


PAGES = (
    ("get", "door"), ("get", "door_edit"), ("get", "door_trace"), ("post", "door_edit"), ("post", "door_switch"),
    ("post", "door_remove"),
)  # fmt: skip


@pytest.mark.parametrize(("method", "page"), PAGES)
def test_only_who_manages_channels_gets_at_a_door(
    client: Client, company: Company, door: Door, method: str, page: str
) -> None:
    url = reverse(f"console:{page}", args=[door.pk])
    for user in (company.sales_head, company.sender, company.stranger, company.viewer):
        client.force_login(user)
        assert getattr(client, method)(url).status_code == 403
    client.logout()
    assert getattr(client, method)(url).status_code == 302
    client.force_login(company.administrator)
    assert getattr(client, method)(url).status_code in {200, 302}
    assert getattr(client, method)(reverse(f"console:{page}", args=[999_999])).status_code == 404


def test_what_was_refused_is_shown_in_words(admin: Client, door: Door) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into doors_refusal (door_id, family, peer, what, reason, code, times) values
               (%s, 'cmpp', '10.9.8.7', 'login', 'credentials', '', 3),
               (null, 'smpp', '10.9.8.6', 'login', 'the peer sent command 0x4 before login', '', 1)""",
            [door.pk],
        )
    page = admin.get(reverse("console:door", args=[door.pk])).content.decode()
    assert "密码错误" in page
    assert "10.9.8.7" in page
    assert "10.9.8.6" not in page
    assert "10.9.8.6" in admin.get(reverse("console:doors")).content.decode()


def test_what_passes_is_shown_as_it_was_written_down(admin: Client, door: Door) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into doors_connection (door_id, node, peer, trace, traced_at) values (%s, 'n', '10.9.8.7:5000',
               '[{"ago_s": 1.5, "is_ours": false, "name": "Submit", "sequence": "a", "octets": 207,
               "facts": [["dest_terminal_id", "138****8000"]], "trouble": ""}]', now())""",
            [door.pk],
        )
    page = admin.get(reverse("console:door_trace", args=[door.pk])).content.decode()
    assert "138****8000" in page
    assert "10.9.8.7:5000" in page


def test_what_a_door_sent_is_a_submission_that_nobody_resends(admin: Client, company: Company, door: Door) -> None:
    submission = Submission.objects.create(
        owner=company.sender, department=company.north, title="Door", origin="door", state="finished", is_planned=True
    )
    assert admin.get(reverse("console:submission", args=[submission.pk])).status_code == 200
    with pytest.raises(Refused) as refused:
        resending.resend(company.administrator, submission)
    assert refused.value.code == "of_a_door"


def test_what_a_customer_has_scheduled_is_seen(admin: Client, door: Door) -> None:
    page = reverse("console:door", args=[door.pk])
    assert "定时待发" not in admin.get(page).content.decode()
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into doors_scheduled (due_at, door_id, lane, source, numbers, written, ids, content, alphabet, reference,
                                            total, part, wants)
               values ('2026-12-01 09:30+08', %s, 1, '1069', '+8613800138000', '13800138000', 'ab', '明天见', '', 0, 1, 1, 1)""",
            [door.pk],
        )
    shown = admin.get(page).content.decode()
    assert "定时待发" in shown
    assert "2026-12-01 09:30" in shown
    assert figures.scheduled([door.pk])[door.pk].count == 1


def test_the_alphabet_of_data_coding_0_is_a_setting(admin: Client, company: Company) -> None:
    answer = made(admin, company, family="smpp", login="acme", secret="secret", default_alphabet="latin1")
    assert answer.status_code == 302
    assert Door.objects.get().default_alphabet == "latin1"
    assert "Latin-1" in admin.get(answer["Location"]).content.decode()
    with pytest.raises(Refused):
        change_door(None, Door.objects.get(), default_alphabet="ebcdic")
