"""The simulator process: carrier accounts, phones and their control address in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence

import psycopg
import structlog
import uvicorn

from hongyan.runtime import database
from hongyan.runtime.ports import Port, PortRefused
from hongyan.runtime.settings import Settings
from hongyan.simulator.accounts import DemonstrationAccount, demonstration
from hongyan.simulator.carrier import CarrierAccount
from hongyan.simulator.control import Control, make_app
from hongyan.simulator.phones import Phones
from hongyan.simulator.ports import HERE, ports_of
from hongyan.simulator.store import Store
from hongyan.wire.http import Server

log = structlog.get_logger()

SAVE_EVERY_S = 3.0
TELL_EVERY_S = 0.3


class Simulator:
    """What one process runs; `port` is where its control address listens."""

    def __init__(self, settings: Settings, facts: Sequence[DemonstrationAccount] = ()) -> None:
        self._settings = settings
        self._store = Store(settings.data_path / "simulator.json")
        self.phones, self.accounts = self._restored(facts or demonstration(settings))

    def _restored(self, facts: Sequence[DemonstrationAccount]) -> tuple[Phones, list[CarrierAccount]]:
        stored = self._store.read()
        try:
            phones = Phones(stored.get("phones"))
            kept = stored.get("accounts", {})
            return phones, [CarrierAccount(one, phones, kept.get(one.protocol)) for one in facts]
        except (KeyError, TypeError, ValueError) as error:
            log.warning("the simulator's state cannot be read; starting anew", error=str(error))
            self._store.put_aside()
            phones = Phones()
            return phones, [CarrierAccount(one, phones) for one in facts]

    async def run(self) -> None:
        """Until cancelled; the phones' state is kept in the data folder."""
        for account in self.accounts:
            try:
                await account.start()
            except OSError as error:
                facts = account.facts
                port = Port(f"Simulated carrier {facts.protocol}", HERE, facts.port, "HONGYAN_CARRIER_PORT")
                raise PortRefused(error.errno, port.words(error)) from error
            log.info("simulated carrier listens", account=account.facts.title, port=account.port)
        opened = ports_of(self._settings)[-1].open()
        server = Server(
            uvicorn.Config(
                make_app(Control(self.accounts, self.phones), self._settings),
                log_config=None,
                lifespan="off",
                access_log=False,
            )
        )
        tasks = [
            # `serve` would take the signals, which belong to the process.
            asyncio.create_task(server._serve(sockets=[opened])),
            asyncio.create_task(self._save()),
            asyncio.create_task(self._tell()),
        ]
        try:
            # Not `gather`, which would cancel the server before it has closed its socket.
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            server.end()
            for task in tasks[1:]:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError, TimeoutError):
                async with asyncio.timeout(2):
                    await tasks[0]
            for account in self.accounts:
                await account.stop()
            self._write()

    def _write(self) -> None:
        if not self._store.lacks(self.phones.version):
            return
        accounts = {account.facts.protocol: account.stored() for account in self.accounts}
        try:
            self._store.write(self.phones.version, self.phones.stored(), accounts)
        except OSError as error:
            log.warning("the simulator's state cannot be written", error=str(error))

    async def _save(self) -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            self._write()

    async def _tell(self) -> None:
        """Announce changes to open pages. The simulator works without a database; pages then look by themselves."""
        told = self.phones.version
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    database.url(self._settings), autocommit=True, application_name="hongyan simulator"
                ) as connection:
                    while True:
                        await self.phones.wait_for_change(told)
                        told = self.phones.version
                        payload = json.dumps({"topic": "phones", "data": {"version": told}})
                        await connection.execute("select pg_notify('hongyan_live', %s)", [payload])
                        await asyncio.sleep(TELL_EVERY_S)
            except (psycopg.Error, OSError, RuntimeError):
                await asyncio.sleep(2)


async def serve(settings: Settings) -> None:
    """Run the simulated carriers until cancelled."""
    await Simulator(settings).run()
