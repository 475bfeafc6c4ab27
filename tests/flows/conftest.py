"""The whole product, started as a user starts it, and a browser in front of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from hongyan.runtime import postgres
from hongyan.runtime.settings import read

PATIENCE_MS = 60_000
"""How long a page is given for what must come: so long that only what never comes fails, on however busy a machine."""
expect.set_options(timeout=PATIENCE_MS)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def _free_ports() -> int:
    """The first of 28 ports in a row that nobody uses, down to the doors; runs at the same time begin to look in different places."""
    blocks = range(18200, 19400, 28)
    start = os.getpid() % len(blocks)
    for base in (*blocks[start:], *blocks[:start]):
        sockets = [socket.socket() for _ in range(28)]
        try:
            for offset, one in enumerate(sockets):
                one.bind(("127.0.0.1", base + offset))
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()
        return base
    raise AssertionError("no free ports")


@dataclass(frozen=True)
class Product:
    base: str
    process: subprocess.Popen[bytes]
    data: Path
    environment: dict[str, str]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "hongyan.cli", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Hongyan with its demonstration, on ports of its own."""
    data = tmp_path_factory.mktemp("product")
    port = _free_ports()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HONGYAN_")}
    environment |= {"HONGYAN_DATA_DIR": str(data), "HONGYAN_PORT": str(port), "HONGYAN_DEMO": "yes"}
    environment["HONGYAN_CARRIER_PORT"] = str(port + 4)
    with (data / "run.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "hongyan.cli", "run"], env=environment, stdout=log, stderr=log
        )
    product = Product(f"http://127.0.0.1:{port}", process, data, environment)
    deadline = time.monotonic() + 120
    while True:
        try:
            if httpx.get(f"{product.base}/healthz", timeout=5).status_code == 200:
                break
        except httpx.HTTPError:
            pass
        if time.monotonic() > deadline or process.poll() is not None:
            raise AssertionError((data / "run.log").read_text()[-3000:])
        time.sleep(0.2)
    yield product
    process.send_signal(signal.SIGTERM)
    process.wait(40)
    postgres.remove(read(environment))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium fonts-wqy-microhei")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()


def signed_in(browser: Browser, product: Product, **facts: Any) -> BrowserContext:
    """A window of the demonstration's administrator, in Chinese. They sign in as the form does, but show no page for it."""
    context = browser.new_context(locale="zh-CN", base_url=product.base, **facts)
    context.set_default_timeout(PATIENCE_MS)
    asked = context.request.get("/sign-in/").text()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', asked)
    assert token, asked
    form = {"csrfmiddlewaretoken": token[1], "username": "admin", "password": "hongyan-demo"}
    answer = context.request.post("/sign-in/", form=form, max_redirects=0)
    assert (answer.status, answer.headers.get("location")) == (302, "/"), answer.text()
    return context


@pytest.fixture
def page(browser: Browser, product: Product) -> Iterator[Page]:
    context = signed_in(browser, product, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    yield page
    context.close()
