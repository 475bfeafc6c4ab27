"""What goes wrong in an office: each wrong file, text, number or login gets a clear answer, and nothing else suffers."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.sync_api import Page, expect

from tests.flows.conftest import Product

pytestmark = pytest.mark.browser


def an_ugly_workbook(path: Path) -> Path:
    """A merged title above the headings, merged cells below, a number that a spreadsheet has rounded away."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["二〇二六年客户名单"])
    sheet.merge_cells("A1:C1")
    for row in (
        ["姓名", "手机", "积分"],
        ["王小雨", 13800138001, 120],
        ["李明", "1.38E+10", 80],
        ["合并", "13600136000"],
    ):
        sheet.append(row)
    sheet.append([None, "13600136001"])
    sheet.merge_cells("A5:A6")
    book.save(path)
    return path


def a_bomb(path: Path) -> Path:
    """A workbook of a few kilobytes that unpacks to gigabytes."""
    whole = an_ugly_workbook(path.with_name("inner.xlsx"))
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        for name in source.namelist():
            if not name.endswith("sheet1.xml"):
                bomb.writestr(name, source.read(name))
                continue
            with bomb.open(name, "w", force_zip64=True) as file:
                for _ in range(120):
                    file.write(b" " * 10_000_000)
    return path


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def upload(page: Page, file: Path) -> None:
    page.goto("/write/")
    page.click("button[data-bs-target='#to-file']")
    page.set_input_files("[data-upload]", file)


def test_each_file_gets_a_clear_answer(page: Page, tmp_path: Path) -> None:
    big = "姓名,手机号\n" + "".join(f"客户{n},138{n:08d}\n" for n in range(200_000))
    files = {
        an_ugly_workbook(tmp_path / "merged.xlsx"): r"3 行可用，1 行有误",
        written(tmp_path / "gbk.csv", "客户姓名,手机\n王小雨,13800138001\n".encode("gbk")): r"1 行可用，0 行有误",
        written(tmp_path / "empty.xlsx", b""): "文件是空的",
        written(tmp_path / "picture.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20): "不是表格或文本文件",
        a_bomb(tmp_path / "bomb.xlsx"): "解压后远超其大小",
        written(tmp_path / "big.csv", big.encode()): r"200,000 行可用",
    }
    for file, words in files.items():
        upload(page, file)
        expect(page.locator("#upload .alert")).to_contain_text(re.compile(words))


def test_the_errors_of_a_file_come_as_one_list(page: Page, tmp_path: Path) -> None:
    upload(page, an_ugly_workbook(tmp_path / "merged.xlsx"))
    with page.expect_download() as started:
        page.get_by_role("link", name="下载错误清单").click()
    from openpyxl import load_workbook

    started.value.save_as(tmp_path / "errors.xlsx")
    sheet = load_workbook(tmp_path / "errors.xlsx").active
    assert sheet is not None
    (_headings, row) = sheet.iter_rows(values_only=True)
    assert row[0] == "4"
    assert row[2] == "1.38E+10"


def put(page: Page, selector: str, text: str) -> None:
    """As pasting does: whole, and told to the page."""
    page.locator(selector).evaluate(
        "(field, text) => { field.value = text; field.dispatchEvent(new Event('input', { bubbles: true })); }", text
    )


def test_a_text_of_five_thousand_characters_is_named_and_kept(page: Page) -> None:
    page.goto("/write/?number=13800138001")
    put(page, "[data-text]", "鸿雁" * 2500)
    expect(page.locator("#preview .alert")).to_contain_text("最多 1,000 字")
    page.click("button[type=submit].btn-lg")
    expect(page.locator("[role=alert]")).to_contain_text("最多允许 1000 个")
    assert len(page.input_value("[data-text]")) == 5000


def test_a_hundred_thousand_numbers_half_of_them_wrong(page: Page) -> None:
    page.goto("/write/")
    page.click("button[data-bs-target='#to-numbers']")
    page.fill("[data-text]", "通知")
    put(page, "#id_numbers", "\n".join(f"1380{n:07d}" if n % 2 else f"12{n}" for n in range(100_000)))
    expect(page.locator("#preview [data-count]")).to_have_text("50,000")
    expect(page.locator("#preview")).to_contain_text("50,000 项不是号码")
    page.click("button[type=submit].btn-lg")
    expect(page.get_by_role("button", name="发送给 50,000 人")).to_be_visible()
    expect(page.locator("main")).to_contain_text("填写的内容不是号码")


def test_a_carrier_that_refuses_the_login_says_so_and_the_others_go_on(page: Page, product: Product) -> None:
    port = product.environment["HONGYAN_CARRIER_PORT"]
    page.goto("/channels/new/")
    for name, value in {"name": "密码不对", "host": "127.0.0.1", "port": port, "login": "901234"}.items():
        page.fill(f"[name={name}]", value)
    page.fill("[name=secret]", "wrong")
    page.locator("main form button.btn-primary").last.click()
    page.wait_for_url("**/channels/**")
    page.goto("/channels/")
    refused = page.locator(".card", has_text="密码不对")
    expect(refused).to_contain_text("登录被拒绝")
    expect(refused).to_contain_text("密码错误")
    expect(page.locator(".card", has_text="模拟移动").first).to_contain_text("已连接")
    page.goto("/")
    expect(page.locator("main")).to_contain_text("通道“密码不对”未连接")
    sent = product.command("send", "--to", "13800138001", "--text", "照常", "--wait", "--json")
    assert '"delivered": 1' in sent.stdout, sent.stderr
    removed = product.command("channel", "remove", "密码不对", "--json")
    assert removed.returncode == 0, removed.stderr
