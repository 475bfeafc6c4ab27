"""The simulator process: carrier accounts, phones and their control address in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
from urllib.parse import urlsplit

import psycopg
import structlog
import uvicorn

from hongyan.runtime import database
from hongyan.runtime.settings import Settings
from hongyan.simulator.accounts import DEMONSTRATION
from hongyan.simulator.carrier import CarrierAccount
from hongyan.simulator.control import Control, make_app
from hongyan.simulator.phones import Phones

log = structlog.get_logger()

SAVE_EVERY_S = 3.0
TELL_EVERY_S = 0.3


async def serve(settings: Settings) -> None:
    """Run until cancelled; the phones' state is kept in the data folder."""
    phones = Phones(settings.data_path / "simulator.json")
    changed = asyncio.Event()
    accounts = [CarrierAccount(facts, phones, changed.set) for facts in DEMONSTRATION]
    for account in accounts:
        await account.start()
        log.info("simulated carrier listens", account=account.facts.title, port=account.facts.port)
    address = urlsplit(settings.simulator_address)
    server = uvicorn.Server(
        uvicorn.Config(
            make_app(Control(accounts, phones), settings),
            host=address.hostname or "127.0.0.1",
            port=address.port or 80,
            log_config=None,
            lifespan="off",
        )
    )
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    tasks = [
        asyncio.create_task(_save(phones)),
        asyncio.create_task(_tell(settings, phones)),
        asyncio.create_task(server._serve()),
    ]
    try:
        await asyncio.gather(*tasks)
    finally:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError, TimeoutError):
            await asyncio.wait_for(tasks[-1], 2)
        for task in tasks:
            task.cancel()
        for account in accounts:
            await account.stop()
        phones.save()


async def _save(phones: Phones) -> None:
    while True:
        await asyncio.sleep(SAVE_EVERY_S)
        phones.save()


async def _tell(settings: Settings, phones: Phones) -> None:
    """Announce changes to open pages. The simulator works without a database; pages then look by themselves."""
    told = phones.version
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(database.url(settings), autocommit=True)
            async with connection:
                while True:
                    await asyncio.sleep(TELL_EVERY_S)
                    if phones.version != told:
                        told = phones.version
                        payload = json.dumps({"topic": "phones", "data": {"version": told}})
                        await connection.execute("select pg_notify('hongyan_live', %s)", [payload])
        except psycopg.Error:
            await asyncio.sleep(2)
