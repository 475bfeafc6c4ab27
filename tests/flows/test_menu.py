"""The frame of every page, as a person uses it: sections, palette, pins, the drawer of a phone, asking, rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.flows.conftest import Product, signed_in

pytestmark = pytest.mark.browser


def section(page: Page, name: str) -> Locator:
    return page.locator(".hy-group", has=page.get_by_role("link", name=name, exact=True)).locator("[data-fold]")


def opened(page: Page) -> list[str]:
    return page.locator(".hy-group:has([aria-expanded=true])").evaluate_all("all => all.map(one => one.dataset.group)")


def test_one_section_is_open_at_a_time_and_stays_so(page: Page) -> None:
    page.goto("/settings/users/")
    assert opened(page) == ["settings"]
    page.locator("[data-group=carriers] [data-fold]").click()
    assert opened(page) == ["carriers"]
    expect(page.locator("#section-settings")).to_be_hidden()
    expect(page.get_by_role("link", name="虚拟手机")).to_be_visible()

    # It stays on this page and on those without a section; going into another section opens that one.
    page.reload()
    assert opened(page) == ["carriers"]
    page.locator("[data-group=people] .hy-group-head a").click()
    page.wait_for_url("**/people/")
    assert opened(page) == ["people"]
    page.goto("/")
    assert opened(page) == ["people"]
    page.locator("[data-group=people] [data-fold]").press("Enter")
    page.reload()
    assert opened(page) == []


def test_the_whole_menu_fits_the_window(page: Page) -> None:
    page.goto("/settings/users/")
    assert page.locator("#side").evaluate("side => side.scrollHeight <= side.clientHeight")


def test_the_palette_finds_by_initials_and_needs_no_mouse(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Control+k")
    hits = page.locator(".hy-palette-hits [role=option]")
    expect(hits.first).to_be_visible()
    page.keyboard.type("td")
    expect(hits.first).to_contain_text("通道")
    page.keyboard.press("Enter")
    page.wait_for_url("**/channels/")

    # An act, by pinyin: its page opens with the field to fill in.
    page.keyboard.press("Control+k")
    page.keyboard.type("xinjianbumen")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/departments/?new=1")
    expect(page.locator("#department_name")).to_be_focused()
    page.keyboard.press("Escape")

    # What was open last comes first; the arrows choose; Escape closes.
    page.keyboard.press("Control+k")
    expect(hits.nth(1)).to_contain_text("通道")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-palette] input")).to_have_attribute("aria-activedescendant", "hit-1")
    page.keyboard.press("Escape")
    expect(page.locator("[data-palette]")).to_be_hidden()


def test_a_page_is_pinned_and_unpinned_without_losing_what_was_typed(page: Page) -> None:
    page.goto("/phrases/new/")
    page.fill("#id_title", "会议")
    star = page.locator("#pin button")
    star.click()
    expect(page.locator("#pin button")).to_have_attribute("aria-pressed", "true")
    pins = page.locator(".hy-pins .hy-pin")
    expect(pins).to_have_count(1)
    expect(page.locator("#id_title")).to_have_value("会议")
    page.goto("/")
    pins.get_by_role("link").click()
    page.wait_for_url("**/phrases/new/")
    pins.get_by_role("button").focus()
    pins.get_by_role("button").press("Enter")
    expect(pins).to_have_count(0)
    expect(page.locator("#pin button")).to_have_attribute("aria-pressed", "false")


def test_rows_are_compact_until_somebody_wants_them_roomy(page: Page) -> None:
    page.goto("/submissions/")
    row = page.locator("#list tbody tr").first

    def height() -> float:
        box = row.bounding_box()
        assert box is not None
        return box["height"]

    assert height() <= 40
    page.locator(".hy-me").click()
    page.locator("[data-rows]").click()
    expect(page.locator("body")).to_have_class(re.compile("hy-roomy"))
    assert height() > 50
    with page.expect_response("**/rows/") as _kept:
        page.locator("[data-rows]").click() if page.locator("[data-rows]").is_visible() else page.evaluate(
            "document.querySelector('[data-rows]').click()"
        )
    page.reload()
    assert height() <= 40


def test_a_row_opens_in_a_new_tab_as_a_link_does(page: Page) -> None:
    page.goto("/submissions/")
    when = page.locator("#list tbody tr").first.locator("td").last
    for open_it in (lambda: when.click(modifiers=["Control"]), lambda: when.click(button="middle")):
        with page.context.expect_page() as opened_page:
            open_it()
        opened_page.value.wait_for_url(re.compile(r"/submissions/\d+/"))
        opened_page.value.close()
    expect(page).to_have_url(re.compile(r"/submissions/$"))


def test_an_input_methods_enter_does_not_open_anything(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Control+k")
    expect(page.locator(".hy-palette-hits [role=option]").first).to_be_visible()
    page.locator("[data-palette] input").dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    page.locator("[data-palette] input").dispatch_event("keydown", {"key": "Enter", "keyCode": 229})
    expect(page.locator("[data-palette]")).to_be_visible()


def test_a_list_keeps_its_head_in_sight(page: Page) -> None:
    page.goto("/people/")
    page.mouse.move(720, 450)
    page.mouse.wheel(0, 600)
    page.wait_for_function("scrollY > 100")
    expect(page.locator("thead th").nth(1)).to_be_in_viewport()


def test_removing_asks_with_the_exact_effect_first(page: Page) -> None:
    page.goto("/people/?q=白")
    page.locator("[data-select]").first.check()
    page.locator("[data-bulk]").get_by_role("button", name="删除").click()
    box = page.locator("[data-confirm-box]")
    expect(box).to_contain_text("已选 1 项")
    expect(box.locator("[data-confirm-no]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(page.locator("[data-select]").first).to_be_checked()


def test_what_was_agreed_to_is_done_although_the_page_was_renewed_meanwhile(page: Page) -> None:
    """Live pages replace their forms; one that stands nowhere any more would silently not be sent."""
    page.goto("/phrases/new/")
    page.fill("#id_title", "要删除的")
    page.fill("#id_text", "您好")
    page.get_by_role("button", name="保存").click()
    page.goto("/phrases/?q=要删除的")
    page.get_by_role("link", name="要删除的").first.click()
    page.locator("form[data-confirm] button").click()
    page.evaluate("document.querySelectorAll('form[data-confirm]').forEach((form) => form.remove())")
    page.locator("[data-confirm-yes]").click()
    page.wait_for_url(re.compile(r"/phrases/$"))
    expect(page.locator("main")).not_to_contain_text("要删除的")


def test_departments_are_chosen_in_a_tree(page: Page) -> None:
    page.goto("/routes/new/")
    tree = page.locator("[data-tree]")
    tree.locator("[data-tree-search]").fill("热线")
    expect(tree.locator("[data-tree-row]:visible")).to_have_count(3)
    tree.locator("[data-tree-search]").press("ArrowDown")
    for _step in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(tree.locator("[data-tree-chosen]")).to_have_text("热线组")


@pytest.fixture
def phone(browser: Browser, product: Product) -> Iterator[Page]:
    context = signed_in(browser, product, viewport={"width": 390, "height": 844}, has_touch=True)
    yield context.new_page()
    context.close()


class TestOnAPhone:
    def test_the_menu_is_a_drawer_that_keeps_the_focus(self, phone: Page) -> None:
        phone.goto("/")
        side, burger = phone.locator("#side"), phone.locator("[data-side-open]")
        expect(side).to_be_hidden()
        burger.click()
        expect(side).to_be_visible()
        expect(burger).to_have_attribute("aria-expanded", "true")
        assert phone.evaluate("getComputedStyle(document.body).overflow") == "hidden"
        for _step in range(60):
            phone.keyboard.press("Tab")
            assert phone.evaluate("document.activeElement === document.body || side.contains(document.activeElement)")
        phone.keyboard.press("Escape")
        expect(side).to_be_hidden()
        expect(burger).to_be_focused()

        burger.click()
        expect(side).to_be_visible()
        phone.mouse.click(370, 400)
        expect(side).to_be_hidden()

    def test_filters_stand_behind_one_button(self, phone: Page) -> None:
        phone.goto("/submissions/")
        expect(phone.locator("[name=category]")).to_be_hidden()
        phone.locator(".hy-filter-more").click()
        expect(phone.locator("[name=category]")).to_be_visible()
        phone.goto("/submissions/?category=notice")
        expect(phone.locator(".hy-filter-more")).to_contain_text("(1)")

    def test_the_way_on_stays_in_sight_while_writing(self, phone: Page) -> None:
        phone.goto("/write/")
        phone.get_by_role("tab", name="号码").or_(phone.locator("[data-bs-target='#to-numbers']")).first.click()
        phone.fill("#id_numbers", "13800138000")
        bottom = phone.locator("[data-bottom]")
        expect(bottom).to_contain_text("1 人 · ¥")
        expect(bottom.get_by_role("button", name="检查")).to_be_in_viewport()

    @pytest.mark.parametrize("path", ["/", "/submissions/", "/mailbox/", "/mailbox/sent/", "/people/", "/channels/"])
    def test_no_page_is_wider_than_the_screen(self, phone: Page, path: str) -> None:
        phone.goto(path)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
