"""Choosing whom to write to, as a secretary does it: a tree on the left, the chosen ones on the right."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def node(page: Page, label: str):  # type: ignore[no-untyped-def]
    return page.locator(f"[data-whom-tree] [data-node][data-label='{label}']")


def test_a_group_is_ticked_and_a_part_of_it_unticked_again(page: Page) -> None:
    page.goto("/write/")
    group = node(page, "会员等级")
    group.locator("[data-tick]").first.check()
    expect(page.locator("#preview [data-count]")).to_have_text("2,000")
    # By keyboard: right opens the group, down goes into it, the space bar unticks.
    group.locator("[data-tick]").first.press("ArrowRight")
    silver = node(page, "银卡")
    expect(silver.locator("[data-tick]").first).to_be_checked()
    left_out = int(silver.get_attribute("data-count") or 0)
    silver.locator("[data-tick]").first.press("Space")
    expect(silver.locator("[data-tick]").first).not_to_be_checked()
    expect(page.locator(".hy-chip-out")).to_contain_text("银卡")
    expect(page.locator("#preview [data-count]")).to_have_text(f"{2000 - left_out:,}")
    expect(page.locator("[data-left-out]")).to_contain_text(f"{left_out} 人已由您排除")
    # Somebody inside a group that stays.
    gold = node(page, "金卡")
    gold.locator("button[data-twist]").first.click()
    person = gold.locator("[data-node=contact]").first
    person.locator("[data-tick]").uncheck()
    expect(page.locator("#preview [data-count]")).to_have_text(f"{1999 - left_out:,}")
    # The group goes, and with it what was left out of it.
    group.locator("[data-tick]").first.uncheck()
    expect(page.locator("[data-chip]")).to_have_count(0)
    expect(page.locator("[data-nobody]")).to_be_visible()


def test_somebody_without_a_value_reads_a_default(page: Page) -> None:
    page.goto("/write/")
    node(page, "会员等级").locator("[data-tick]").first.check()
    page.fill("[data-text]", "{尊称}您好")
    page.locator("[data-lacking=尊称] [data-default]").fill("顾客")
    page.click("[data-default-put=尊称]")
    expect(page.locator("[data-text]")).to_have_value("{尊称|顾客}您好")
    expect(page.locator("#preview .hy-bubble")).to_contain_text("顾客您好")
    expect(page.locator("[data-defaulted=尊称]")).to_contain_text("2,000")


def test_on_a_phone_the_panes_are_steps_and_the_bar_stays(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/write/")
    node(page, "会员等级").locator("[data-tick]").first.check()
    expect(page.locator("[data-bottom]")).to_contain_text("2,000 人 · ¥")
    expect(page.locator("[data-chips]")).not_to_be_visible()
    page.click("[data-step=chosen]")
    expect(page.locator("[data-chips]")).to_contain_text("会员等级")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_check_page_names_whom_and_shows_everybody(page: Page) -> None:
    page.goto("/write/")
    node(page, "会员等级").locator("[data-tick]").first.check()
    page.fill("[data-text]", "{姓名}您好")
    page.click("button[type=submit].btn-lg")
    expect(page.locator("[data-to-whom]")).to_contain_text("会员等级")
    # Who stands on the block list is left out.
    send = page.get_by_role("button", name=re.compile("发送给 [0-9,]+ 人"))
    expect(send).to_be_visible()
    left_out = re.search(r"不发送\s+([0-9,]+)", page.locator("main").inner_text())
    assert left_out
    assert sum(int(re.sub(r"\D", "", text)) for text in (send.inner_text(), left_out[1])) == 2000
    page.get_by_role("link", name="显示全部人员").click()
    expect(page.locator("tbody tr")).to_have_count(50)
    name = page.locator("tbody tr").nth(3).inner_text().split()[0]
    page.fill("main input[name=who]", name)
    page.press("main input[name=who]", "Enter")
    expect(page.locator("tbody tr").first).to_contain_text(f"{name}您好")
