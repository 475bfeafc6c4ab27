"""What an administrator does: a department from where it is looked for, a channel's day, a backup."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.flows.conftest import Product

pytestmark = pytest.mark.browser


def test_a_department_is_made_from_its_page_and_the_palette(page: Page) -> None:
    page.goto("/settings/departments/")
    page.get_by_role("button", name="新建部门", exact=True).first.click()
    drawer = page.locator("[data-drawer]")
    drawer.get_by_label("新部门名称").fill("出口部")
    drawer.get_by_label("上级部门").select_option(label="　销售部")
    drawer.get_by_role("button", name="新建部门").click()
    expect(page.get_by_role("cell", name="出口部", exact=True)).to_be_visible()

    page.goto("/settings/departments/?new=1")
    expect(page.locator("[data-drawer]").get_by_label("新部门名称")).to_be_visible()


def test_a_channel_reads_first_and_keeps_what_passed_at_a_refused_login(page: Page, product: Product) -> None:
    page.goto("/channels/new/")
    for name, value in {
        "name": "Wrong", "host": "127.0.0.1", "port": product.environment["HONGYAN_CARRIER_PORT"], "login": "901234",
        "secret": "wrong", "service_number": "10690009", "price": "0.05",
    }.items():  # fmt: skip
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=protocol]").select_option("cmpp30")
    page.locator("[name=port]").fill(product.environment["HONGYAN_CARRIER_PORT"])
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="Wrong")).to_be_visible()
    expect(page.locator("#lines")).to_contain_text("登录被拒绝")
    expect(page.get_by_text("最近 24 小时", exact=True)).to_be_visible()
    expect(page.locator("form[data-channel-form]")).to_have_count(0)

    page.reload()
    page.locator("#lines a").first.click()
    expect(page.locator("details", has_text="登录被拒绝").first).to_contain_text("ConnectResp")

    # Nothing waits on it: it goes after one look.
    page.goto("/channels/")
    page.get_by_role("link", name="Wrong").click()
    page.get_by_role("link", name="删除").click()
    page.get_by_role("button", name="删除通道").click()
    expect(page.get_by_role("link", name="Wrong")).to_have_count(0)


def test_a_backup_is_made_followed_and_taken_away(page: Page) -> None:
    page.goto("/settings/health/")
    page.get_by_role("button", name="立即备份").click()
    offered = page.locator("#backups").get_by_role("link", name="下载")
    expect(offered).to_be_visible()
    with page.expect_download() as taken:
        offered.click()
    assert taken.value.path().read_bytes().startswith(b"PGDMP")
    page.goto("/settings/audit/?action=backup.downloaded")
    expect(page.locator("#rows")).to_contain_text("下载了备份")
