"""Channels: each protocol asks for its own fields; what passes on a connection is for who manages channels."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from hongyan.carriers.channels import gateway_channel
from hongyan.dispatch.changes import CHANGE, parameters
from hongyan.dispatch.models import Channel, Connection, Ended, Message
from hongyan.gateway.process import account_of
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Role
from hongyan.protocols.times import BEIJING
from hongyan.reports import channels as figures
from hongyan.reports import upkeep
from hongyan.reports.models import ChannelMoment
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from tests.builders import Company
from tests.messaging.waiting import planned

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
        "peer_login": "carrier", "peer_secret": "theirs", "peer_addresses": "10.1.2.3, 10.1.0.0/16", "msg_src": "106900", "system_type": "vms", "bind": "transmitter",
        "long_texts": "sar", "source_ton": "5", "source_npi": "0", "dest_ton": "2", "dest_npi": "9", "text_format": "gbk",
        "login_mode": "send", "m_service_id": "P1", "charge_number": "8613800138000", "fee_type": "2", "fee_code": "10",
        "checks_server": "on", "reports_once": "on", "default_alphabet": "latin1", "id_form": "decimal", "address_range": "1069",
        "receipts_by_text": "on", "accepted_is_final": "on", "needs_signature": "on", "throttled": "8, 0x58", "reference_bits": "16",
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
    assert admin.post(reverse("console:channel_edit", args=[made.pk]), facts).status_code == 302
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


def test_an_address_that_is_none_is_said_and_nothing_is_made(admin: Client) -> None:
    answer = make(admin, "smpp34", peer_addresses="10.1.2.3, office")
    assert "office" in answer.content.decode()
    assert not Channel.objects.filter(name="New").exists()


def test_a_channels_page_reads_first_what_it_did_and_why_not(admin: Client, company: Company) -> None:
    submission = planned(company)
    ids = list(Message.objects.filter(submission_id=submission.pk).order_by("id").values_list("pk", flat=True))
    now = clock.now()
    figures.note(now - timedelta(minutes=10))
    changes = [(ids[0], "delivered", ""), (ids[1], "failed", "report:UNDELIV"), (ids[2], "submitted", "")]
    raw_connection().execute(CHANGE, parameters(changes, now))
    assert figures.note(now) == 1
    assert sum(one.sent for one in figures.steps(company.channel.pk, now - timedelta(hours=1), now)) == 3
    Ended.objects.create(
        channel=company.channel, slot=0, ended_at=now, is_refused=True, why="the carrier refused the login",
        trace=[{"ago_s": 0.1, "is_ours": False, "name": "ConnectResp", "sequence": "1", "octets": 30, "facts": []}],
    )  # fmt: skip
    admin.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = admin.get(reverse("console:channel", args=[company.channel.pk])).content.decode()
    for said in ("UNDELIV", "33.3%", "the carrier refused the login", "channel_day", "channel_month"):
        assert said in page, said
    page = admin.get(reverse("console:channel_trace", args=[company.channel.pk])).content.decode()
    assert "ConnectResp" in page
    page = admin.get(reverse("console:channels")).content.decode()
    assert "33.3%" in page


def test_a_quiet_day_writes_nothing_and_midnight_begins_anew(company: Company) -> None:
    with clock.stopped_at(datetime(2026, 3, 1, 10, tzinfo=BEIJING)):
        planned(company)
    first = datetime(2026, 3, 1, 12, tzinfo=BEIJING)
    assert figures.note(first) == 0
    raw_connection().execute("update dispatch_tally set day = '2026-03-01', state = 'delivered'")
    assert figures.note(first + timedelta(minutes=5)) == 1
    assert figures.note(first + timedelta(minutes=10)) == 0
    assert figures.note(first + timedelta(days=1)) == 0
    steps = figures.steps(company.channel.pk, first, first + timedelta(minutes=20))
    assert [one.sent for one in steps] == [0, 3, 0, 0, 0]


def test_old_traces_and_days_are_swept(company: Company) -> None:
    now = clock.now()
    for age in (timedelta(hours=1), timedelta(hours=25)):
        Ended.objects.create(
            channel=company.channel, slot=0, ended_at=now - age, is_refused=False, why="x", trace=[]
        )  # fmt: skip
    ChannelMoment.objects.create(
        channel_id=company.channel.pk, at=now - timedelta(days=9), day=now.date(), sent=1, delivered=0, failed=0
    )
    upkeep.run_due(now, tuple(one for one in upkeep.CHORES if one.name in ("ended_connections", "channel_days")))
    assert Ended.objects.count() == 1
    assert not ChannelMoment.objects.exists()


@pytest.mark.parametrize(
    ("state", "minutes", "is_over"),
    [("logged_in", 5, True), ("logged_in", 20, False), ("waiting", 5, False)],
    ids=["connected since", "while connected", "not connected"],
)
def test_trouble_before_the_present_connection_is_told_as_over(
    admin: Client, company: Company, state: str, minutes: int, is_over: bool
) -> None:
    now = clock.now()
    Connection.objects.create(
        channel=company.channel, node="n", slot=1, state=state, detail="", since=now - timedelta(minutes=minutes),
        window_used=0, per_second=0, last_error="10.0.0.1:7890 refuses connections",
        last_error_at=now - timedelta(minutes=10), updated_at=now,
    )  # fmt: skip
    page = admin.get(reverse("console:channel", args=[company.channel.pk])).content.decode()
    assert ("已恢复的故障" in page, "最近的故障" in page) == (is_over, not is_over)
