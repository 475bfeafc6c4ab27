"""Who may not come in, and peers that break the rules: refused with the protocol's own code, and nobody else notices."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable

import pytest
from django.db import connection

from hongyan.doors.accounts import change_door, remove_door
from hongyan.doors.models import Door, DoorConnection, DoorRefusal
from hongyan.protocols.events import Verdict
from hongyan.protocols.registry import Protocol
from hongyan.runtime.settings import Settings
from tests.beside import PATIENCE_S, LoopThread, eventually
from tests.builders import Company
from tests.doors.customer import LOGINS, NUMBER, Customer, Made, a_door, doors_open
from tests.doors.test_delivering import a_customer_in
from tests.doors.test_submitting import EVERY, a_door_of, messages

pytestmark = pytest.mark.django_db(transaction=True)
WRONG_PASSWORD = {"cmpp": "3", "sgip": "1", "smgp": "21", "smpp": "ESME_RINVPASWD"}


def refused(customer: Customer) -> str:
    """The code of the refusal."""
    eventually(lambda: customer.connect().refusal)
    assert customer.refusal
    return customer.refusal.code


@EVERY
def test_a_wrong_password_is_refused_and_written_down_without_it(
    company: Company, a_customer: Made, protocol: Protocol, capfd: pytest.CaptureFixture[str]
) -> None:
    door, _ = a_door_of(company, protocol)
    good = a_customer_in(a_customer, protocol)
    assert refused(a_customer(protocol, secret="letmein7")) == WRONG_PASSWORD[protocol.family]
    eventually(lambda: DoorRefusal.objects.filter(door=door).exists())
    entry = DoorRefusal.objects.get(door=door)
    assert (entry.what, entry.reason) == ("login", "credentials")
    assert "letmein7" not in capfd.readouterr().err + str(vars(entry))
    assert good.submit("通知")[0].verdict is Verdict.ACCEPTED


@EVERY
def test_an_address_off_the_list_is_refused(beside: LoopThread, company: Company, protocol: Protocol) -> None:
    a_door_of(company, protocol, addresses=["10.1.0.0/16"])
    with doors_open(beside) as settings:
        assert refused(Customer(beside, protocol, settings))
        eventually(lambda: DoorRefusal.objects.filter(reason="address").exists())


def test_an_address_on_the_list_comes_in(company: Company, a_customer: Made) -> None:
    a_door(company, addresses=["10.1.0.0/16", "127.0.0.0/8"])
    assert a_customer_in(a_customer).is_in


@EVERY
def test_one_connection_too_many_is_refused(company: Company, a_customer: Made, protocol: Protocol) -> None:
    a_door_of(company, protocol, connections=1)
    first = a_customer_in(a_customer, protocol)
    assert refused(a_customer(protocol))
    first.leave()
    eventually(lambda: a_customer(protocol).connect().is_in)


def test_after_five_failures_an_address_is_refused_unseen(company: Company, a_customer: Made) -> None:
    a_door(company)
    a_customer_in(a_customer).leave()
    for _ in range(5):
        refused(a_customer(secret="wrong"))
    assert refused(a_customer()) == "5"
    eventually(lambda: DoorRefusal.objects.filter(reason="frequent").exists())


def test_who_tried_before_the_door_was_made_or_changed_has_not_guessed(company: Company, a_customer: Made) -> None:
    for _ in range(5):
        refused(a_customer())
    assert refused(a_customer()) == "5"
    door = a_door(company)
    a_customer_in(a_customer).leave()
    for _ in range(5):
        refused(a_customer(secret="new-secret"))
    assert refused(a_customer(secret="new-secret")) == "5"
    change_door(None, door, secret="new-secret")
    eventually(lambda: a_customer(secret="new-secret").connect().is_in)


def test_guessing_logins_from_one_address_goes_no_further_than_thirty(
    company: Company, house: Settings, a_customer: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_door(company)
    a_customer_in(a_customer).leave()
    codes = []
    for place in range(31):
        monkeypatch.setitem(LOGINS, "cmpp", f"2000{place:02d}")
        codes.append(refused(a_customer(secret="guess")))
    # A customer that is slow to hear its refusal tries twice, so the thirtieth failure may come sooner.
    assert (codes[0], codes[-1]) == ("3", "5")
    monkeypatch.setitem(LOGINS, "cmpp", "901234")
    assert refused(a_customer()) == "5"


@EVERY
def test_an_unknown_login_gets_the_code_of_a_wrong_password(
    company: Company, a_customer: Made, protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_door_of(company, protocol)
    a_customer_in(a_customer, protocol).leave()
    wrong = refused(a_customer(protocol, secret="guess"))
    assert wrong == WRONG_PASSWORD[protocol.family]
    monkeypatch.setitem(LOGINS, protocol.family, "nobody")
    assert refused(a_customer(protocol)) == wrong
    eventually(lambda: set(DoorRefusal.objects.values_list("reason", flat=True)) == {"login", "credentials"})


def test_an_inactive_users_door_is_shut_at_once(company: Company, a_customer: Made) -> None:
    a_door(company)
    customer = a_customer_in(a_customer)
    company.sender.is_active = False
    company.sender.save()
    eventually(lambda: customer.closed)
    assert refused(a_customer())


def test_a_door_that_is_switched_off_lets_its_customers_go(company: Company, a_customer: Made) -> None:
    door = a_door(company)
    customer = a_customer_in(a_customer)
    change_door(company.administrator, door, is_enabled=False)
    eventually(lambda: customer.closed)


def _remove(company: Company, door: Door) -> None:
    remove_door(None, door)


def _lose_the_user(company: Company, door: Door) -> None:
    company.sender.is_active = False
    company.sender.save()


FAMILIES_BUT_CMPP = (Protocol.SGIP12, Protocol.SMGP30, Protocol.SMPP34)
SHUTTING: dict[str, Callable[[Company, Door], None]] = {
    "switched off": lambda _company, door: change_door(None, door, is_enabled=False),
    "another password": lambda _company, door: change_door(None, door, secret="another"),
    "another address": lambda _company, door: change_door(None, door, addresses=["10.0.0.0/8"]),
    "removed": _remove,
    "without its user": _lose_the_user,
}


@pytest.mark.parametrize(
    ("protocol", "how"),
    [*((Protocol.CMPP30, how) for how in SHUTTING), *((one, "another password") for one in FAMILIES_BUT_CMPP)],
)
def test_who_ignores_the_logout_submits_nothing_more_and_is_cut_off(
    company: Company, a_customer: Made, protocol: Protocol, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    door, _ = a_door_of(company, protocol)
    customer = a_customer_in(a_customer, protocol)
    assert customer.submit("通知")[0].verdict is Verdict.ACCEPTED
    eventually(lambda: len(messages()) == 1)
    line = customer.line
    assert line
    # From now on it neither hears nor answers what the door says.
    monkeypatch.setattr(line, "data_received", lambda _data: None)
    pieces = customer.pieces("还有一条")
    SHUTTING[how](company, door)

    async def submit_until_cut() -> None:
        while not line.ended.done():
            line.session.submit(pieces[0], None, line.now)
            line.flush()
            await asyncio.sleep(0.02)

    customer.beside.run(asyncio.wait_for(submit_until_cut(), PATIENCE_S))
    eventually(lambda: DoorRefusal.objects.filter(reason="closed").exists())


SUBMIT_FIRST = {
    "cmpp": struct.pack(">III", 12 + 8, 4, 1) + bytes(8),
    "sgip": struct.pack(">IIIII", 20 + 8, 3, 1, 2, 3) + bytes(8),
    "smgp": struct.pack(">III", 12 + 8, 2, 1) + bytes(8),
    "smpp": struct.pack(">IIII", 16, 4, 0, 1),
}
LYING = {
    "cmpp": struct.pack(">III", 0xFFFFFFFF, 4, 1),
    "sgip": struct.pack(">IIIII", 0xFFFFFFFF, 3, 1, 2, 3),
    "smgp": struct.pack(">III", 5, 2, 1),
    "smpp": struct.pack(">IIII", 0x7FFFFFFF, 4, 0, 1),
}


async def _answer_to(data: bytes, port: int, *, is_cut: bool) -> bytes:
    """What comes back, up to the end of the connection where it must end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    try:
        return await asyncio.wait_for(reader.read(-1 if is_cut else 4096), PATIENCE_S)
    finally:
        writer.close()


@pytest.mark.parametrize("what", [SUBMIT_FIRST, LYING], ids=["submit before login", "a length that cannot be"])
@EVERY
def test_who_breaks_the_rules_is_answered_or_cut_and_others_do_not_notice(
    company: Company, a_customer: Made, house: Settings, beside: LoopThread, protocol: Protocol, what: dict[str, bytes]
) -> None:
    a_door_of(company, protocol)
    good = a_customer_in(a_customer, protocol)
    for _ in range(3):
        # SMPP answers a submit before login and goes on; all else ends the connection.
        is_cut = protocol.family != "smpp" or what is LYING
        answer = beside.run(_answer_to(what[protocol.family], house.door_port_of(protocol.family), is_cut=is_cut))
        if protocol.family == "smpp":
            assert struct.unpack(">IIII", answer[:16])[2] != 0
    assert good.submit("通知")[0].verdict is Verdict.ACCEPTED


def test_a_crowd_that_never_logs_in_is_kept_small(
    company: Company, a_customer: Made, house: Settings, beside: LoopThread
) -> None:
    a_door(company)

    async def crowd() -> int:
        made = [await asyncio.open_connection("127.0.0.1", house.door_port_of("cmpp")) for _ in range(60)]
        ended = [asyncio.create_task(reader.read(1)) for reader, _ in made]
        while sum(one.done() for one in ended) < 40:
            await asyncio.wait([one for one in ended if not one.done()], return_when=asyncio.FIRST_COMPLETED)
        # Who comes now is seen to after all of them.
        last, _writer = await asyncio.open_connection("127.0.0.1", house.door_port_of("cmpp"))
        await last.read(1)
        _writer.close()
        cut = sum(one.done() for one in ended)
        for _, writer in made:
            writer.close()
        await asyncio.gather(*ended, return_exceptions=True)
        return cut

    assert beside.run(crowd()) == 40
    assert a_customer_in(a_customer).is_in


def test_a_flood_beyond_the_window_is_put_off_and_nothing_of_it_is_lost_or_sent(
    company: Company, a_customer: Made
) -> None:
    a_door(company, window_size=8)
    customer = a_customer_in(a_customer)
    answers = customer.send([one for place in range(400) for one in customer.pieces(f"通知{place}")])
    accepted = [one for one in answers if one.verdict is Verdict.ACCEPTED]
    assert len(answers) == 400
    assert 8 <= len(accepted) < 400
    assert all(one.verdict is not Verdict.REFUSED for one in answers)
    eventually(lambda: len(messages()) == len(accepted))


def test_live_connections_are_shown(company: Company, a_customer: Made) -> None:
    door = a_door(company)
    customer = a_customer_in(a_customer)
    eventually(lambda: DoorConnection.objects.filter(door=door).count() == 1)
    customer.leave()
    eventually(lambda: not DoorConnection.objects.exists())


def test_what_passes_is_written_down_when_asked_for_and_holds_no_secret(company: Company, a_customer: Made) -> None:
    door = a_door(company)
    customer = a_customer_in(a_customer)
    customer.submit("通知")
    eventually(lambda: DoorConnection.objects.filter(door=door).exists())
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify('doors_trace', %s)", [str(door.pk)])
    eventually(lambda: DoorConnection.objects.get().trace)
    shown = DoorConnection.objects.get().trace
    assert {"Submit", "SubmitResp", "Connect"} <= {one["name"] for one in shown}
    assert NUMBER not in str(shown)
    assert "secret" not in str(shown)
