"""The virtual phones' pages, with a real simulator in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from hongyan.accounts.models import AuditEntry
from hongyan.simulator import client as simulator_client
from hongyan.simulator.client import SimulatorAway, call
from hongyan.simulator.phones import FIRST_PHONES, Part
from hongyan.simulator.process import Simulator
from tests.beside import PATIENCE_S
from tests.builders import Company
from tests.simulator.test_control import FACTS, settings_in

LOOKING = ["/phones/", "/phones/wall/", "/phones/1/"]
ANSWERING = [
    ("/phones/1/answer/", {"text": "收到"}),
    ("/phones/1/behaviour/", {"behaviour": "off"}),
    ("/phones/crowd/", {}),
]
MANAGING = [
    ("/phones/new/", {"name": "新手机", "number": "13700000001"}),
    ("/phones/1/change/", {"name": "小王"}),
    ("/phones/1/change/", {"what": "remove"}),
    ("/phones/accounts/cmpp30/", {"refused": "10"}),
    ("/phones/accounts/cmpp30/incident/", {"kind": "drop"}),
]


@pytest.fixture
def simulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    settings = settings_in(tmp_path)
    monkeypatch.setattr(simulator_client, "settings", lambda: settings)
    started = threading.Event()
    parts: dict[str, Any] = {}

    async def live() -> None:
        parts["simulator"] = Simulator(settings, FACTS)
        parts["loop"] = asyncio.get_running_loop()
        parts["task"] = asyncio.create_task(parts["simulator"].run())
        started.set()
        await asyncio.wait([parts["task"]])

    thread = threading.Thread(target=lambda: asyncio.run(live()))
    thread.start()
    started.wait(PATIENCE_S)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            call("/state")
            break
        except SimulatorAway:
            assert time.monotonic() < deadline
    yield parts["simulator"]
    parts["loop"].call_soon_threadsafe(parts["task"].cancel)
    thread.join(PATIENCE_S)


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_in(tmp_path)
    monkeypatch.setattr(simulator_client, "settings", lambda: settings)


def signed_in(user: object) -> Client:
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(user, "django.contrib.auth.backends.ModelBackend")  # type: ignore[arg-type]
    browser.cookies["django_language"] = "en"
    return browser


def arrive(simulator: Simulator, text: str) -> None:
    phone = simulator.phones.by_number["+8613800138001"]
    simulator.phones.arrive(phone, Part(text, "106900011001"), time.time(), "cmpp30")


def test_who_is_not_signed_in_or_may_not_send_sees_no_phone(company: Company, simulator: Simulator) -> None:
    for path in LOOKING:
        assert Client().get(path).status_code == 302
        assert signed_in(company.viewer).get(path).status_code == 403
    for path, body in ANSWERING + MANAGING:
        assert "sign-in" in Client().post(path, body)["Location"]
        assert signed_in(company.viewer).post(path, body).status_code == 403
    assert simulator.phones.by_number["+8613800138001"].behaviour == "delivers"


def test_a_sender_looks_and_answers_but_changes_no_carrier(company: Company, simulator: Simulator) -> None:
    browser = signed_in(company.sender)
    for path in LOOKING:
        assert browser.get(path).status_code == 200
    for path, body in ANSWERING:
        assert browser.post(path, body).status_code in {200, 302}
    for path, body in MANAGING:
        assert browser.post(path, body).status_code == 403
    assert len(simulator.phones.by_number) == len(FIRST_PHONES)
    assert "incident" not in browser.get("/phones/").content.decode()


def test_an_administrator_may_do_everything(company: Company, simulator: Simulator) -> None:
    browser = signed_in(company.administrator)
    for path, body in ANSWERING + MANAGING:
        assert browser.post(path, body).status_code in {200, 302}, path
    assert simulator.accounts[0].behaviour.refused == pytest.approx(0.1)
    assert "+8613700000001" in simulator.phones.by_number
    assert "+8613800138001" not in simulator.phones.by_number
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"simulator.changed", "simulator.incident"}


def test_a_message_is_on_the_wall_and_an_answer_in_the_thread(company: Company, simulator: Simulator) -> None:
    arrive(simulator, "明天九点<开会>")
    browser = signed_in(company.sender)
    assert "明天九点&lt;开会&gt;" in browser.get("/phones/wall/").content.decode()
    shown = browser.post("/phones/1/answer/", {"text": "收到👌"}, headers={"HX-Request": "true"}).content.decode()
    assert "收到👌" in shown
    assert "<html" not in shown
    assert simulator.phones.by_number["+8613800138001"].messages[-1].is_mine


def test_a_phone_that_is_off_says_so_and_keeps_what_was_typed(company: Company, simulator: Simulator) -> None:
    arrive(simulator, "在吗")
    browser = signed_in(company.sender)
    browser.post("/phones/1/behaviour/", {"behaviour": "off"})
    shown = browser.post("/phones/1/answer/", {"text": "我在"}).content.decode()
    assert "cannot write" in shown
    assert browser.get("/phones/99/").status_code == 404


def test_impossible_settings_are_said_at_the_field_and_change_nothing(company: Company, simulator: Simulator) -> None:
    browser = signed_in(company.administrator)
    answer = browser.post("/phones/accounts/cmpp30/", {"refused": "140", "latency_s": "250"})
    assert answer.status_code == 422
    assert "From 0 to 100." in answer.content.decode()
    assert simulator.accounts[0].behaviour.latency_s == pytest.approx(0.02)
    browser.post("/phones/accounts/cmpp30/", {"refused": "2.5", "latency_s": "250", "most_per_s": "100"})
    changed = simulator.accounts[0].behaviour
    assert (changed.refused, changed.latency_s, changed.most_per_s) == (0.025, 0.25, 100)
    assert changed.failed == pytest.approx(0.07)
    browser.post("/phones/accounts/cmpp30/", {"what": "usual"})
    assert simulator.accounts[0].behaviour.refused == 0


@pytest.mark.parametrize("number", ["12345", "13800138001", ""])
def test_a_phone_needs_a_mobile_number_of_its_own(company: Company, simulator: Simulator, number: str) -> None:
    answer = signed_in(company.administrator).post("/phones/new/", {"name": "新手机", "number": number})
    assert answer.status_code == 422
    assert len(simulator.phones.by_number) == len(FIRST_PHONES)


def test_without_a_simulator_the_page_says_how_to_start_it(company: Company, away: None) -> None:
    browser = signed_in(company.administrator)
    shown = browser.get("/phones/").content.decode()
    assert "hongyan simulator" in shown
    assert browser.get("/phones/wall/").status_code == 200
    assert browser.post("/phones/crowd/").status_code == 302
    assert browser.get("/phones/1/").status_code == 404
