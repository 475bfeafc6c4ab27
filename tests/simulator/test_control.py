"""The control address over real HTTP, and what outlives a restart of the process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hongyan.runtime.settings import Settings
from hongyan.simulator.accounts import DemonstrationAccount
from hongyan.simulator.control import token
from hongyan.simulator.phones import FIRST_PHONES
from hongyan.simulator.process import Simulator
from tests.beside import PATIENCE_S
from tests.simulator.wire import QUICK, Customer

FACTS = (
    DemonstrationAccount("Mobile", "cmpp30", 0, "901234", "secret"),
    DemonstrationAccount("Abroad", "smpp34", 0, "hongyan", "secret"),
)


def settings_in(folder: Path) -> Settings:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # No database there: the simulator does without.
    return Settings(
        data_dir=str(folder), secret_key="test", simulator_port=str(port), database_url="postgresql://127.0.0.1:1/none"
    )


class Running:
    def __init__(self, simulator: Simulator, client: httpx.AsyncClient) -> None:
        self.simulator = simulator
        self.client = client

    async def get(self, path: str) -> Any:
        return (await self.client.get(path)).json()

    async def post(self, path: str, **body: Any) -> Any:
        return (await self.client.post(path, json=body)).json()


@contextlib.asynccontextmanager
async def a_simulator(folder: Path) -> AsyncIterator[Running]:
    settings = settings_in(folder)
    simulator = Simulator(settings, FACTS)
    running = asyncio.create_task(simulator.run())
    async with httpx.AsyncClient(
        base_url=settings.simulator_address, headers={"X-Token": token(settings)}, trust_env=False
    ) as client:
        while True:
            assert not running.done(), running.exception()
            with contextlib.suppress(httpx.ConnectError):
                await client.get("/state")
                break
            await asyncio.sleep(0.01)
        try:
            yield Running(simulator, client)
        finally:
            running.cancel()
            await asyncio.wait([running])


async def test_nobody_drives_the_simulator_without_the_installations_token(tmp_path: Path) -> None:
    async with a_simulator(tmp_path) as running:
        for path in ("/state", "/counts", "/changes"):
            assert (await running.client.get(path, headers={"X-Token": "guess"})).status_code == 403
        for path in ("/answer", "/phone", "/phones", "/account", "/incident", "/crowd", "/count"):
            assert (await running.client.post(path, json={}, headers={"X-Token": ""})).status_code == 403


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/answer", {"id": 1, "text": "  "}, "nothing_to_send"),
        ("/answer", {"id": 1, "text": "在吗"}, "nothing_to_answer"),
        ("/answer", {"id": 999, "text": "在吗"}, "no_such_phone"),
        ("/answer", {"id": 1, "text": "长" * 20_000, "service_number": "10690001"}, "text_too_long"),
        ("/phone", {"id": 1, "behaviour": "explodes"}, "no_such_behaviour"),
        ("/phones", {"number": "abc"}, "bad_number"),
        ("/phones", {"number": "13800138001"}, "phone_exists"),
        ("/account", {"protocol": "cmpp30", "behaviour": {"refused": 7}}, "bad_setting"),
        ("/account", {"protocol": "telex"}, "no_such_account"),
        ("/incident", {"protocol": "cmpp30", "kind": "flood"}, "no_such_incident"),
        ("/crowd", {"count": -1}, "bad_count"),
        ("/crowd", [1], "not_json"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_a_code(tmp_path: Path, path: str, body: Any, code: str) -> None:
    async with a_simulator(tmp_path) as running:
        answer = await running.client.post(path, json=body)
        assert (answer.status_code, answer.json()) == (422, {"error": code})


async def test_a_phone_answers_on_the_account_and_service_number_it_was_written_from(tmp_path: Path) -> None:
    async with a_simulator(tmp_path) as running:
        mobile = running.simulator.accounts[0]
        mobile.behave(QUICK)
        customer = await Customer(mobile).log_in()
        customer.submit("请回复", "13800138001")
        await customer.until(lambda: mobile.phones.by_number["+8613800138001"].messages)
        shown = await running.post("/answer", id=1, text="收到")
        assert [(one["text"], one["is_mine"]) for one in shown["messages"]] == [("请回复", False), ("收到", True)]
        (written,) = await customer.written()
        assert (written.sender, written.service_number, written.text) == ("13800138001", "106900011001", "收到")
        assert (await running.get("/state"))["tally"]["answers"] == 1


async def test_a_crowd_answers_exactly_as_large_as_announced(tmp_path: Path) -> None:
    async with a_simulator(tmp_path) as running:
        mobile = running.simulator.accounts[0]
        mobile.behave(QUICK)
        customer = await Customer(mobile).log_in()
        for start in range(0, 1300, 100):
            customer.submit("投票", *(str(13500000000 + number) for number in range(start, start + 100)))
        customer.submit("再来一次", "13500000000", "13800138001")
        await customer.reported(1302)
        assert (await running.get("/state"))["crowd"] == 1301
        assert await running.post("/crowd", count=1000) == {"answered": 1000}
        written = await customer.written(1000)
        assert len({one.sender for one in written}) == len(written) == 1000
        assert "13800138001" in {one.sender for one in written}


async def test_switching_a_phone_on_lets_its_messages_arrive(tmp_path: Path) -> None:
    async with a_simulator(tmp_path) as running:
        mobile = running.simulator.accounts[0]
        mobile.behave(QUICK)
        await running.post("/phone", id=1, behaviour="off")
        customer = await Customer(mobile).log_in()
        customer.submit("长信" * 50, "13800138001")
        await customer.answered(2)
        assert (await running.get("/state"))["phones"][0]["waiting"] == 1
        await running.post("/phone", id=1, behaviour="delivers")
        assert len(await customer.reported(2)) == 2


async def test_who_waits_for_a_change_is_told_at_once(tmp_path: Path) -> None:
    async with a_simulator(tmp_path) as running:
        version = (await running.get("/state"))["version"]
        waiting = asyncio.create_task(running.get(f"/changes?since={version}"))
        await running.post("/phone", id=1, name="小王")
        assert (await asyncio.wait_for(waiting, PATIENCE_S))["version"] > version


async def test_phones_threads_and_settings_outlive_a_restart(tmp_path: Path) -> None:
    async with a_simulator(tmp_path) as running:
        mobile = running.simulator.accounts[0]
        mobile.behave(QUICK)
        await running.post("/phones", number="13700000001", name="新手机")
        await running.post("/phone", id=2, behaviour="off")
        customer = await Customer(mobile).log_in()
        customer.submit("第一条", "13800138001", "13911110002")
        await customer.reported()
        await customer.until(lambda: mobile.phones.by_number["+8613800138001"].messages)
        await running.post("/account", protocol="cmpp30", behaviour={"refused": 0.25, "latency_s": 0})
        before = await running.get("/state")
    async with a_simulator(tmp_path) as running:
        after = await running.get("/state")
        assert after["phones"] == before["phones"]
        assert after["tally"] == before["tally"]
        assert after["accounts"][0]["behaviour"] == before["accounts"][0]["behaviour"]
        customer = await Customer(running.simulator.accounts[0]).log_in()
        await running.post("/phone", id=2, behaviour="delivers")
        assert [report.code for report in await customer.reported()] == ["DELIVRD"]


@pytest.mark.parametrize("content", ["{", "[]", '{"form": 2, "phones": {"phones": [{"id": 1}]}, "accounts": {}}'])
async def test_a_state_file_that_cannot_be_read_is_put_aside(tmp_path: Path, content: str) -> None:
    (tmp_path / "simulator.json").write_text(content)
    async with a_simulator(tmp_path) as running:
        assert len((await running.get("/state"))["phones"]) == len(FIRST_PHONES)
    assert (tmp_path / "simulator.unreadable").read_text() == content


async def test_how_often_each_number_was_taken_is_read_in_bulk(tmp_path: Path) -> None:
    async with a_simulator(tmp_path) as running:
        await running.post("/count", on=True)
        carrier = running.simulator.accounts[0]
        carrier.behave(QUICK)
        customer = await Customer(carrier).log_in()
        customer.submit("长" * 150, "13500000001", "13500000002")
        customer.submit("又", "13500000002")
        await customer.answered(4)
        counts = await running.post("/counts", numbers=["+8613500000001", "13500000002", "13500000003"])
        assert counts["of"] == {"+8613500000001": 1, "13500000002": 2, "13500000003": 0}
        assert (counts["messages"], counts["times"]) == (3, {"1": 1, "2": 1})
        assert (await running.post("/counts", least=2))["of"] == {"+8613500000002": 2}
        assert (await running.post("/counts", least=1, after="+8613500000001"))["of"] == {"+8613500000002": 2}
        assert (await running.post("/counts", numbers="all")) == {"error": "bad_numbers"}
        await running.post("/count", on=False)
        assert (await running.get("/counts"))["counting"] is False
