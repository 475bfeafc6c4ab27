"""A trial part that goes badly: seen halting in the browser, then continued; with the simulated carrier refusing everything."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from hongyan.runtime.settings import read
from hongyan.simulator.control import token
from tests.flows.conftest import Product

pytestmark = pytest.mark.browser
MANY = 600


def behave(product: Product, **wanted: float) -> None:
    """Change how every simulated account takes submits."""
    own = read(product.environment)
    with httpx.Client(base_url=own.simulator_address, headers={"X-Token": token(own)}, trust_env=False) as client:
        for account in _accounts(client):
            changed = client.post("/account", json={"protocol": account["protocol"], "behaviour": wanted})
            changed.raise_for_status()


def _accounts(client: httpx.Client) -> list[dict[str, Any]]:
    """The simulator starts beside the pages: as soon as it answers."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return list(client.get("/state").raise_for_status().json()["accounts"])
        except httpx.ConnectError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@pytest.fixture
def refusing(product: Product) -> Iterator[None]:
    behave(product, refused=1.0, refusal_code=7)
    yield
    behave(product, refused=0.0, refusal_code=0)


def write(page: Page, text: str) -> None:
    """Ask for a submission with a trial part of sixty."""
    page.goto("/write/")
    page.click("button[data-bs-target='#to-numbers']")
    expect(page.locator("#id_numbers")).to_be_visible()
    page.fill("#id_numbers", " ".join(f"1380003{number:04d}" for number in range(MANY)))
    page.fill("[data-text]", text)
    page.click("[data-canary] summary")
    page.check("#id_canary")
    page.fill("#id_canary_percent", "10")
    page.fill("#id_canary_least", "20")
    expect(page.locator("#preview [data-count]")).to_have_text(str(MANY))
    page.click("button[type=submit].btn-lg")
    expect(page.locator("[data-trial]")).to_contain_text("先试发 60 人")
    page.get_by_role("button", name=f"发送给 {MANY} 人").click()
    page.wait_for_url(re.compile(r"/submissions/\d+/"))


def line(page: Page, kind: str) -> int:
    """What the balance sheet says of one state, all reasons together."""
    cells = page.locator(f"tr[data-line={kind}] td:nth-child(3)").all_text_contents()
    return sum(int(re.sub(r"\D", "", text)) for text in cells)


def test_a_refused_trial_part_halts_live_and_continues_by_a_button(
    page: Page, product: Product, refusing: None
) -> None:
    write(page, "新品上市，欢迎选购。")
    trial = page.locator("#trial")
    expect(trial).to_contain_text("试发后已自动停下：未送达过多")
    expect(trial).to_contain_text(f"{MANY} 个收件人中先发了 60 个")
    expect(page.locator("[data-loaded]")).to_have_text(str(MANY))
    assert line(page, "unplanned") == MANY - 60
    submission = page.url

    # It waits where its owner looks first.
    page.goto("/")
    alert = page.get_by_role("link", name=re.compile("试发后已自动停下"))
    expect(alert).to_be_visible()

    # The carrier is well again: on with the rest, and nobody of the sixty gets it twice.
    behave(product, refused=0.0, refusal_code=0)
    alert.click()
    page.wait_for_url(submission)
    page.get_by_role("button", name="继续发送其余").click()
    page.locator("[data-confirm-yes]").click()
    expect(page.locator("#live .hy-badge").first).to_contain_text("已完成")
    expect(trial).to_contain_text("人工决定继续")
    page.locator("#sheet summary").click()
    page.get_by_role("button", name="核对").click()
    expect(page.locator("#verdict .alert-success")).to_contain_text(f"清点了 {MANY} 条短信")
    number = re.findall(r"\d+", submission)[-1]
    assert product.command("balance", number, "--json").returncode == 0

    # A line of the sheet leads to its messages, a message to its whole way.
    page.locator("tr[data-line=failed] a").first.click()
    page.wait_for_url(re.compile("outcome=failed"))
    page.locator("#rows tr[data-drawer-url]").first.click()
    expect(page.locator("#drawer [data-step=outcome]")).to_contain_text("失败")


def test_a_refused_trial_part_can_be_stopped(page: Page, refusing: None) -> None:
    write(page, "周年庆典，全场八折。")
    expect(page.locator("#trial")).to_contain_text("试发后已自动停下")
    page.get_by_role("button", name="停止发送").click()
    page.locator("[data-confirm-yes]").click()
    expect(page.locator("#live .hy-badge").first).to_contain_text("已取消")
    assert (line(page, "unplanned"), line(page, "unwritten")) == (0, MANY - 60)
    assert line(page, "failed") + line(page, "cancelled") == 60
