"""Channels: each protocol asks for its own fields; what passes on a connection is for who manages channels."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from hongyan.dispatch.models import Channel
from hongyan.gateway.process import account_of
from hongyan.messaging.channels import gateway_channel
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Role
from tests.builders import Company

FORM = {
    "name": "New", "host": "10.0.0.1", "port": "7890", "login": "61118", "secret": "secret", "service_number": "1069",
    "price": "0.05", "speed_per_s": "100", "window_size": "16", "connections": "1", "numbers_per_submit": "1",
}  # fmt: skip


def make(client: Client, protocol: str, **facts: Any) -> Any:
    return client.post(reverse("console:new_channel"), FORM | {"protocol": protocol} | facts)


@pytest.fixture
def admin(client: Client, company: Company) -> Client:
    client.force_login(company.administrator)
    return client


@pytest.mark.parametrize("protocol", list(Protocol), ids=lambda one: one.value)
def test_a_channel_of_each_protocol_is_made_with_its_own_fields(admin: Client, protocol: Protocol) -> None:
    everything = {
        "service_id": "YXTZ", "with_country_code": "on", "corp_id": "61118", "node": "3010061118", "listen_port": "8801",
        "peer_login": "carrier", "peer_secret": "theirs", "msg_src": "106900", "system_type": "vms", "bind": "transmitter",
        "long_texts": "sar", "source_ton": "5", "source_npi": "0", "dest_ton": "2", "dest_npi": "9", "text_format": "gbk",
        "login_mode": "send", "m_service_id": "P1", "charge_number": "8613800138000", "fee_type": "2", "fee_code": "10",
        "checks_server": "on", "default_alphabet": "latin1", "id_form": "decimal", "address_range": "1069",
        "receipts_by_text": "on", "accepted_is_final": "on", "throttled": "8, 0x58", "reference_bits": "16",
        "zone": "Europe/London", "heartbeat_s": "60", "answer_limit_s": "30",
    }  # fmt: skip
    assert make(admin, protocol.value, **everything).status_code == 302
    made = Channel.objects.get(name="New")
    names = {name.removesuffix("_encrypted") for name in made.options}
    assert names == set(protocol.facts.options)
    assert "theirs" not in str(made.options)
    channel = gateway_channel(made)
    # What the form took, a session can be made of, and every option of it is one that a gateway uses.
    make_session(protocol, Role.CLIENT, account_of(channel), **channel.session_options())
    assert channel.options.throttled_codes == {8, 0x58}
    assert channel.options.timezone == ZoneInfo("Europe/London")
    assert channel.rule_for("你好").is_wide
    if protocol is Protocol.SGIP12:
        assert (channel.options.listen_port, channel.options.peer_login, channel.peer_secret) == (
            8801,
            "carrier",
            "theirs",
        )
        assert channel.wire_number("+8613800138000") == "8613800138000"
    if protocol.family == "smpp":
        assert (channel.options.bind, channel.options.source_ton, channel.options.source_npi) == ("transmitter", 5, 0)


@pytest.mark.parametrize(
    ("protocol", "facts", "field"),
    [
        ("cmpp20", {"login": "1234567"}, "login"),
        ("smpp34", {"secret": "ninechars"}, "secret"),
        ("sgip12", {}, "node"),
        ("sgip12", {"node": "abc"}, "node"),
        ("smgp30", {"msg_src": "123456789"}, "msg_src"),
        ("smpp34", {"source_ton": "9"}, "source_ton"),
        ("cmpp20", {"msg_src": "1234567"}, "msg_src"),
        ("cmpp20", {"fee_code": "1.5"}, "fee_code"),
        ("sgip12", {"node": "1", "fee_type": "01"}, "fee_type"),
        ("smpp34", {"throttled": "0x58, fast"}, "throttled"),
        ("smpp34", {"zone": "Middle/Earth"}, "zone"),
        ("smpp34", {"heartbeat_s": "1"}, "heartbeat_s"),
        ("smpp34", {"id_form": "octal"}, "id_form"),
        ("none", {}, "protocol"),
    ],
)
def test_what_does_not_fit_is_said_at_the_field(
    admin: Client, protocol: str, facts: dict[str, str], field: str
) -> None:
    answer = make(admin, protocol, **facts)
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert not Channel.objects.filter(name="New").exists()


def test_an_empty_password_keeps_the_old_ones(admin: Client) -> None:
    make(admin, "sgip12", node="3010061118", peer_secret="theirs")
    made = Channel.objects.get(name="New")
    facts = FORM | {"protocol": "sgip12", "node": "3010061118", "secret": "", "peer_secret": "", "host": "10.0.0.2"}
    assert admin.post(reverse("console:channel", args=[made.pk]), facts).status_code == 302
    channel = gateway_channel(made)
    assert (channel.host, channel.secret, channel.peer_secret) == ("10.0.0.2", "secret", "theirs")


def test_the_trace_shows_what_a_gateway_wrote_down(admin: Client, company: Company) -> None:
    url = reverse("console:channel_trace", args=[company.channel.pk])
    with connection.cursor() as cursor:
        cursor.execute("truncate dispatch_connection")
        cursor.execute(
            """insert into dispatch_connection (channel_id, node, slot, state, trace, traced_at) values (%s, 'n', 0,
               'logged_in', '[{"ago_s": 1.5, "is_ours": true, "name": "Submit", "sequence": "a", "octets": 207,
               "facts": [["dest_terminal_id", "138****8000"]], "trouble": ""}]', now())""",
            [company.channel.pk],
        )
    page = admin.get(url).content.decode()
    assert "138****8000" in page
    assert "Submit" in page
    admin.force_login(company.sender)
    assert admin.get(url).status_code in {403, 404}


def test_what_a_gateway_says_is_in_the_readers_language(admin: Client, company: Company) -> None:
    with connection.cursor() as cursor:
        cursor.execute("truncate dispatch_connection")
        cursor.execute(
            """insert into dispatch_connection (channel_id, node, slot, state, detail)
               values (%s, 'n', 0, 'refused', 'the carrier refused the login: the password is wrong')""",
            [company.channel.pk],
        )
    page = admin.get(reverse("console:channel", args=[company.channel.pk])).content.decode()
    assert "运营商拒绝登录：密码错误" in page
