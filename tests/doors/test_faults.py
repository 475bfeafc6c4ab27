"""kill -9 between commit and answer and between report and acknowledgement, and a database that goes away: nothing is
lost, and what comes again has the same ids."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from hongyan.doors.models import DoorConnection
from hongyan.protocols.events import Verdict
from hongyan.protocols.registry import Protocol
from hongyan.protocols.session import local_clock
from hongyan.runtime.settings import Settings
from tests.beside import LoopThread, database_url, eventually
from tests.builders import Company
from tests.doors.customer import Customer, a_door, door_settings
from tests.doors.test_submitting import LONG, messages, settle, waiting_receipts

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def a_process(settings: Settings, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """`hongyan doors`, or what stands in for it, as a process of its own."""
    environment = os.environ | {
        "HONGYAN_DATABASE_URL": database_url(), "HONGYAN_DOOR_PORT": settings.door_port,
        "HONGYAN_DATA_DIR": os.environ["HONGYAN_DATA_DIR"],
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, *(command or ("-m", "hongyan.cli", "doors"))], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def come_in(customer: Customer) -> None:
    def tried() -> bool:
        try:
            return customer.connect().is_in
        except OSError:
            return False

    eventually(tried)


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def stored() -> int:
    """Submits that are durable, planned or not."""
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from doors_part")
        return int(cursor.fetchone()[0]) + len(messages())


def test_a_kill_between_commit_and_answer_loses_nothing_and_gives_no_id_twice(
    beside: LoopThread, company: Company
) -> None:
    a_door(company)
    settings = door_settings()
    customer = Customer(beside, Protocol.CMPP30, settings)
    with a_process(settings) as process:
        come_in(customer)
        customer.submit("先到的")
        # The customer's answers stop: what is committed from now on is never answered.
        customer.send([one for place in range(200) for one in customer.pieces(f"通知{place}")], wait=False)
        eventually(lambda: stored() > 1)
        kill(process)
    eventually(lambda: customer.closed)
    accepted = [one for one in customer.answers if one.verdict is Verdict.ACCEPTED]
    assert stored() >= len(accepted)
    with a_process(settings):
        come_in(customer)
        eventually(lambda: len(messages()) >= len(accepted) and stored() == len(messages()))
        customer.submit("后到的")
        eventually(lambda: any("后到的" in (one.text or "") for one in messages()))
        settle("delivered")
        eventually(lambda: {one.carrier_id for one in customer.reports} >= set(customer.ids))
        assert len(set(customer.ids)) == len(customer.ids)
        customer.leave()


NEVER_ANSWERS = """
import django
django.setup()
from hongyan.doors.intake import Intake
Intake._answer = lambda self, taken: None
from hongyan.cli import main
main()
"""


@pytest.mark.parametrize("protocol", [Protocol.CMPP30, Protocol.SMGP30, Protocol.SMPP34], ids=lambda one: one.value)
def test_what_was_stored_and_not_answered_is_not_sent_twice_when_it_is_submitted_again(
    beside: LoopThread, company: Company, protocol: Protocol
) -> None:
    a_door(company, protocol.family)
    settings = door_settings()
    customer = Customer(beside, protocol, settings)
    texts = [customer.pieces(text) for text in ("一", "二", LONG)]
    submits = [one for pieces in texts for one in pieces]
    with a_process(settings, "-c", NEVER_ANSWERS, "doors") as process:
        come_in(customer)
        customer.send(submits, wait=False)
        eventually(lambda: len(messages()) == 3)
        assert not customer.answers
        kill(process)
    eventually(lambda: customer.closed)
    customer.answers.clear()
    with a_process(settings):
        come_in(customer)
        assert [one.verdict for one in customer.send(submits)] == [Verdict.ACCEPTED] * 4
        # The same again is meant: a killed process left it in doubt once.
        customer.send(texts[0])
        eventually(lambda: len(messages()) == 4)
        settle("delivered")
        eventually(lambda: len(customer.reports) == 5)
        assert {one.carrier_id for one in customer.reports} == set(customer.ids)
        customer.leave()


def test_an_unanswered_sgip_submit_is_known_again_by_its_sequence(
    beside: LoopThread, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its id is the customer's own, so the same text under another is another message."""
    a_door(company, "sgip")
    settings = door_settings()
    customer = Customer(beside, Protocol.SGIP12, settings)
    at = local_clock()
    customer.clock = lambda: at
    monkeypatch.setattr("hongyan.protocols.sgip.session.secrets.randbits", lambda _bits: 7)
    submits = [*customer.pieces("一"), *customer.pieces("二")]
    with a_process(settings, "-c", NEVER_ANSWERS, "doors") as process:
        come_in(customer)
        customer.send(submits, wait=False)
        eventually(lambda: len(messages()) == 2)
        kill(process)
    eventually(lambda: customer.closed)
    customer.answers.clear()
    with a_process(settings):
        come_in(customer)
        assert [one.verdict for one in customer.send(submits)] == [Verdict.ACCEPTED] * 2
        assert [one.verdict for one in customer.send(customer.pieces("一"))] == [Verdict.ACCEPTED]
        eventually(lambda: len(messages()) == 3 and stored() == 3)
        assert sorted(one.text[-1] for one in messages()) == ["一", "一", "二"]
        assert len(set(customer.ids)) == 3
        customer.leave()


def test_a_kill_between_report_and_acknowledgement_brings_the_same_report_again(
    beside: LoopThread, company: Company
) -> None:
    a_door(company)
    settings = door_settings()
    customer = Customer(beside, Protocol.CMPP30, settings)
    with a_process(settings) as process:
        come_in(customer)
        for place in range(5):
            customer.submit(f"通知{place}")
        eventually(lambda: len(messages()) == 5)
        customer.takes = False
        settle("delivered")
        eventually(lambda: len(customer.reports) == 5)
        kill(process)
    assert waiting_receipts() == 5
    customer.takes = True
    first, customer.reports = customer.reports, []
    with a_process(settings):
        come_in(customer)
        eventually(lambda: len(customer.reports) == 5)
        assert {one.carrier_id for one in customer.reports} == {one.carrier_id for one in first} == set(customer.ids)
        eventually(lambda: waiting_receipts() == 0)
        customer.leave()


def test_what_settles_while_no_door_is_open_is_told_when_one_is(beside: LoopThread, company: Company) -> None:
    a_door(company)
    settings = door_settings()
    customer = Customer(beside, Protocol.CMPP30, settings)
    with a_process(settings) as process:
        come_in(customer)
        customer.submit("通知")
        eventually(messages)
        kill(process)
    settle("delivered")
    with a_process(settings):
        come_in(customer)
        eventually(lambda: [one.carrier_id for one in customer.reports] == customer.ids)
        customer.leave()


def test_without_its_database_a_door_answers_nothing_and_everything_once_it_is_back(
    beside: LoopThread, company: Company
) -> None:
    a_door(company)
    settings = door_settings()
    customer = Customer(beside, Protocol.CMPP30, settings)

    def connections_of_doors(what: str) -> None:
        facts = connection.settings_dict
        with psycopg.connect(host=facts["HOST"], user=facts["USER"], dbname="postgres", autocommit=True) as other:
            other.execute(what)

    with a_process(settings):
        come_in(customer)
        customer.submit("一")
        name = connection.settings_dict["NAME"]
        connections_of_doors(f'alter database "{name}" allow_connections false')
        try:
            connections_of_doors(
                f"""select pg_terminate_backend(pid) from pg_stat_activity
                    where datname = '{name}' and application_name = 'hongyan doors'"""
            )
            customer.send(customer.pieces("二"), wait=False)
            assert not customer.closed
            assert len(customer.answers) == 1
        finally:
            connections_of_doors(f'alter database "{name}" allow_connections true')
        eventually(lambda: len(customer.answers) == 2)
        assert customer.answers[1].verdict is Verdict.ACCEPTED
        eventually(lambda: len(messages()) == 2)
        settle("delivered")
        eventually(lambda: len(customer.reports) == 2)
        customer.leave()
    eventually(lambda: DoorConnection.objects.count() <= 1)
