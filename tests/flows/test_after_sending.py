"""After sending: replies sorted by what they say, who is silent, and the reminder; on the running product."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.flows.conftest import Product


def a_submission_with_answers(page: Page) -> str:
    """Of the demonstration: what many have answered."""
    page.goto("/submissions/?q=满意度")
    page.locator("#list tbody a").first.click()
    page.wait_for_url(re.compile(r"/submissions/\d+/"))
    return page.url


def test_the_tile_of_replies_opens_a_roll_call_and_the_silent_are_reminded(page: Page) -> None:
    submission = a_submission_with_answers(page)
    sheet = page.locator("#sheet")
    expect(sheet.locator("[data-sum]")).to_contain_text("✓")
    expect(sheet.locator("tr").first).to_be_hidden()
    page.locator(".hy-tile", has_text="回复").click()
    page.wait_for_url(f"{submission}replies/")
    groups = page.locator("[data-roll-group]")
    expect(groups).to_have_text(
        [
            re.compile("^满意"),
            re.compile("^一般"),
            re.compile("^不满意"),
            re.compile("^其他回复"),
            re.compile("^未回复"),
            re.compile("^未收到"),
        ]
    )
    content = groups.nth(0)
    many = re.sub(r"\D", "", content.inner_text())
    content.click()
    expect(page.locator("[data-roll] tbody tr").first).to_contain_text("满意")
    assert page.locator("[data-roll] tbody tr").count() == min(int(many), 50)

    # The words can be changed, and sort at once.
    page.locator("#groups summary").click()
    page.locator("[name=name]").nth(0).fill("很满意")
    page.get_by_role("button", name="按这些词归类").click()
    expect(page.locator("[data-roll-group]").first).to_contain_text("很满意")

    silent = re.sub(r"\D", "", page.locator("[data-roll-group=silent]").inner_text())
    page.get_by_role("button", name=re.compile(f"提醒未回复的 [{silent},]+ 人")).click()
    page.wait_for_url(re.compile(r"/write/\?draft=\d+"))
    expect(page.locator("[data-text]")).to_have_value(re.compile("^提醒："))
    expect(page.locator("#preview [data-count]")).to_have_text(re.compile(silent))


@pytest.mark.parametrize("language", ["zh-CN", "zh-TW", "en-US"])
def test_roll_call_and_submission_fit_a_phone(browser: Browser, product: Product, page: Page, language: str) -> None:
    paths = [a_submission_with_answers(page)]
    paths.append(f"{paths[0]}replies/")
    state = page.context.storage_state()
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale=language, base_url=product.base, storage_state=state
    )
    phone = context.new_page()
    for path in paths:
        phone.goto(path)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, path
    context.close()


def test_the_mailbox_is_gone_through_by_keys_and_one_stays_after_an_answer(page: Page) -> None:
    page.goto("/mailbox/?folder=unread")
    letters = page.locator("[data-letter]")
    expect(letters.nth(2)).to_be_visible()
    current = page.locator("[data-letter][aria-current]")
    # The first one opens by itself beside the list.
    expect(page.locator("#thread .hy-bubble").first).to_be_visible()
    ids = [letter.get_attribute("id") for letter in letters.all()[:3]]
    expect(current).to_have_id(str(ids[0]))
    page.keyboard.press("j")
    expect(current).to_have_id(str(ids[1]))
    here = page.url
    assert "folder=unread" in here

    # Keys are letters while one writes; Esc leads back to the list.
    answer = page.locator("[data-answer]")
    expect(answer).to_have_attribute("data-answer", str(ids[1]).rpartition("-")[2])
    page.keyboard.press("r")
    expect(answer).to_be_focused()
    page.keyboard.type("jk")
    expect(answer).to_have_value("jk")
    page.locator("[data-phrases]").select_option(index=1)
    expect(answer).to_have_value(re.compile("^jk.+"))
    # What was begun waits for who comes back.
    page.goto("/mailbox/")
    page.goto(here)
    expect(answer).to_have_value(re.compile("^jk.+"))
    answer.fill("收到，谢谢")
    page.get_by_role("button", name="发送").click()
    expect(page.locator("#thread .hy-bubble-mine").last).to_contain_text("收到，谢谢")
    assert page.url == here
    expect(answer).to_have_value("")

    # A note stands in the conversation, for colleagues alone.
    page.locator("summary", has_text="备注").click()
    page.fill("[name=note]", "已电话确认")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#thread .hy-note")).to_contain_text("已电话确认")
    page.locator("#main h1").click()
    page.keyboard.press("u")
    expect(current).not_to_have_id(str(ids[1]))


def test_on_a_phone_the_list_and_the_conversation_come_one_after_the_other(
    browser: Browser, product: Product, page: Page
) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="zh-CN", base_url=product.base,
        storage_state=page.context.storage_state(),
    )  # fmt: skip
    phone = context.new_page()
    phone.goto("/mailbox/")
    expect(phone.locator(".hy-pane-talk")).to_be_hidden()
    phone.locator("[data-letter]").first.click()
    expect(phone.locator(".hy-pane-list")).to_be_hidden()
    expect(phone.locator("[data-answer]")).to_be_in_viewport()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("link", name="返回列表").click()
    expect(phone.locator("[data-letter]").first).to_be_visible()
    context.close()
