"""The main job, end to end, as a newcomer does it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.sync_api import Browser, Page, expect

from tests.flows.conftest import Product

pytestmark = pytest.mark.browser


def a_spreadsheet(path: Path, rows: int) -> Path:
    """Customers with names and points. Two rows are wrong, one is double, one repeats a number; two are virtual phones."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["客户姓名", "手机号码", "积分"])
    sheet.append(["王小雨", "138-0013-8001", 120])
    sheet.append(["李明", "+86 139 1111 0002", 80])
    for number in range(rows - 2):
        sheet.append([f"客户{number}", f"1380020{number:04d}", number + 1])
    sheet.append(["李明", "13911110002", 80])
    sheet.append(["王小雨的另一张卡", "13800138001", 1])
    sheet.append(["坏号码", "12345", 1])
    sheet.append(["没有号码", "", 1])
    book.save(path)
    return path


def _number(text: str) -> int:
    return int(re.sub(r"\D", "", text) or 0)


def test_a_newcomer_imports_writes_watches_resends_and_gets_an_answer(page: Page, tmp_path: Path) -> None:
    # A spreadsheet of customers becomes a recipient list whose columns are variables.
    page.goto("/write/")
    page.click("button[data-bs-target='#to-file']")
    page.set_input_files("[data-upload]", a_spreadsheet(tmp_path / "客户.xlsx", 2000))
    expect(page.locator("#upload .alert-success")).to_contain_text("2,001 行可用，2 行有误，1 行重复")
    expect(page.locator(".hy-chip")).to_contain_text("客户")

    # The text uses them; the phone shows a real recipient's.
    page.fill("[data-text]", "{客户姓名}您好，您的积分为{积分}分，收到请回复。")
    expect(page.locator("#preview [data-count]")).to_have_text("2,000")
    expect(page.locator("#preview [data-messages]")).to_have_text("2,001")
    expect(page.locator("#preview .hy-bubble")).to_contain_text("您的积分为")
    # One number stands in two rows that differ, so it is asked what is meant.
    page.check("#rows_each")
    page.click("button[type=submit].btn-lg")

    # Nothing leaves before the exact effect has been shown.
    expect(page.locator("h1")).to_have_text("检查后发送")
    page.get_by_role("button", name="发送 2,001 条短信").click()
    page.wait_for_url(re.compile(r"/submissions/\d+/"))

    # It finishes while we look on.
    expect(page.locator("#live .hy-badge").first).to_contain_text("已完成")
    delivered = page.locator(".hy-tile", has_text="已送达").locator(".hy-tile-value")
    expect(delivered).to_have_text(re.compile(r"1,[789]\d\d|2,00[01]"))

    # Who did not get it, and why; then once more to those only.
    expect(page.locator(".hy-tile", has_text="尚无报告")).to_have_count(0)
    expect(page.locator("#problems [data-problem=failed]").first).to_be_visible()
    expect(page.locator("#sheet tr[data-line=failed]").first).to_be_hidden()
    page.locator("#sheet summary").click()
    expect(page.locator("#sheet tr[data-line=failed]").first).to_be_visible()
    resend = page.get_by_role("button", name=re.compile("补发给未收到的"))
    missed = _number(resend.inner_text())
    assert 0 < missed < 300
    resend.click()
    page.locator("[data-confirm-yes]").click()
    expect(page.locator("#live")).to_contain_text("是对之前任务的补发")
    expect(page.locator("#live")).to_contain_text(f"/ {missed}")

    # An answer from a virtual phone is in the mailbox within seconds.
    page.goto("/phones/")
    page.get_by_role("link", name=re.compile("王小雨")).click()
    thread = page.locator("[data-thread]")
    expect(thread).to_contain_text("您的积分为120分")
    page.locator(".ph-type input[name=text]").fill("收到，谢谢鸿雁")
    page.locator(".ph-type input[name=text]").press("Enter")
    expect(thread).to_contain_text("收到，谢谢鸿雁")
    page.goto("/mailbox/")
    expect(page.locator("#list")).to_contain_text("收到，谢谢鸿雁")
    page.get_by_role("link", name="收到，谢谢鸿雁").first.click()
    expect(page.locator("#thread")).to_contain_text("您的积分为120分")

    # And we answer back.
    page.fill("#text", "不客气")
    page.get_by_role("button", name="发送").click()
    page.goto("/phones/")
    expect(page.locator("[data-phone]", has_text="王小雨")).to_contain_text("不客气")


def test_what_is_wrong_is_said_before_anything_is_sent(page: Page) -> None:
    page.goto("/write/")
    page.click("button[data-bs-target='#to-numbers']")
    page.fill("#id_numbers", "13800138001\n12345\n１３９１１１１０００２")
    expect(page.locator("#preview")).to_contain_text("12345")
    expect(page.locator("#preview [data-count]")).to_have_text("2")
    page.click("button[type=submit].btn-lg")
    expect(page.locator("[role=alert]")).to_contain_text("内容是空的")
    expect(page.locator("#id_numbers")).to_have_value(re.compile("12345"))


def test_all_of_a_submissions_page_is_current_when_it_is_over(page: Page) -> None:
    page.goto("/write/")
    page.click("button[data-bs-target='#to-numbers']")
    page.fill("#id_numbers", "13800138001\n13911110002\n13800200001")
    page.fill("[data-text]", "系统今晚维护。")
    expect(page.locator("#preview [data-count]")).to_have_text("3")
    page.click("button[type=submit].btn-lg")
    page.get_by_role("button", name="发送给 3 人").click()
    expect(page.locator("#live .hy-badge").first).to_contain_text("已完成")
    # The last figures come too soon for the plot, the list and the history, which are not fetched as often.
    expect(page.locator("#happened")).to_contain_text("发送结束")
    expect(page.locator("#rows [data-drawer-url]")).to_have_count(3)
    expect(page.locator("#rows")).not_to_contain_text("等待")
    page.wait_for_function(
        """() => {
            // What was over within one bar has no plot.
            const drawn = document.getElementById("flow_plot");
            if (!drawn) return true;
            const plot = JSON.parse(drawn.textContent);
            return plot.series.slice(1).flatMap((one) => one.data).reduce((sum, n) => sum + n, 0) === 3;
        }"""
    )


def test_who_signs_in_stands_on_the_overview(browser: Browser, product: Product) -> None:
    page = browser.new_page(locale="zh-CN", base_url=product.base)
    page.goto("/")
    page.fill("#id_username", "admin")
    page.fill("#id_password", "hongyan-demo")
    page.click("form button.btn-primary")
    page.wait_for_url("**/")
    expect(page.locator("#side")).to_be_visible()
    page.context.close()


def test_a_message_goes_out_from_the_command_line(product: Product) -> None:
    done = product.command(
        "send", "--to", "13800138001,13911110002", "--text", "命令行测试", "--wait", "--json"
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert '"delivered": 2' in done.stdout


@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_scrolls_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for path in (
        "/",
        "/write/",
        "/submissions/",
        "/mailbox/",
        "/people/",
        "/phones/",
        "/channels/",
        "/settings/users/",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
