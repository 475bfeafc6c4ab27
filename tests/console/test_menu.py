"""The menu, its counts and pins, and the palette: what each role sees, and that nothing is out of reach."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from hongyan.accounts import preferences
from hongyan.accounts.models import User
from hongyan.console import finding, menu, navigation
from hongyan.console.navigation import Page
from hongyan.mailbox.models import Reply
from tests.builders import Company
from tests.console.test_every_route import ROUTES
from tests.console.test_rights import signed_in

pytestmark = pytest.mark.django_db
LANGUAGES = ("zh-hans", "zh-hant", "en")
NOT_PLACES = {
    "sign_in": "before one is in", "second_step": "before one is in", "search": "the palette itself",
    "mailbox_unread": "a figure", "write_preview": "part of the compose page", "write_picker": "part of the compose page", "write_tree": "part of the compose page",
    "phones_wall": "part of the phones", "import_template": "a file", "people_column_way": "a part of the filter", "find_related": "a part of a person's form", "mailbox_export": "a file",
    "new_department": "a drawer of the departments", "new_order": "begins on its customer's page", "customer_type_fields": "a part of the customer's form",
    "customers_export": "a file", "orders_export": "a file", "lists_export": "a file", "consents_export": "a file", "user_import_template": "a file",
    "field_mine": "what the phone page keeps", "field_worker": "a script", "find_number": "leads on to the number's page",
    "mailbox_sent_export": "a file", "people_export": "a file", "people_cards": "a file", "export_audit": "a file",
}  # fmt: skip
"""Routes without an id that are no pages to go to, each with the reason."""


def text(answer: Any) -> str:
    return str(answer.content.decode())


def menu_of(answer: Any) -> menu.Menu:
    found: menu.Menu = answer.context["menu"]
    return found


def links(found: menu.Menu) -> list[menu.Link]:
    return [one for entry in found.entries for one in (entry.links if isinstance(entry, menu.Group) else (entry,))]


def test_every_page_is_in_the_menu_or_the_palette(company: Company) -> None:
    known = {page.path for page in navigation.everything()}
    client = signed_in(company.administrator)
    lost = [
        path
        for path, route in ROUTES.items()
        if "<" not in path
        and not hasattr(route.callback, "is_open_to_all")
        and route.name not in NOT_PLACES
        and f"/{path}" not in known
        and client.get(f"/{path}").status_code != 405
    ]
    assert lost == []


def test_every_entry_asks_for_the_right_that_its_page_asks_for(company: Company) -> None:
    """What is shown opens, what would not open is not shown; for each role, entry by entry."""
    for user in (company.administrator, company.sales_head, company.sender, company.viewer):
        client = signed_in(user)
        for page in navigation.everything():
            opens = client.get(page.url).status_code == 200
            if page.url_name != "api:openapi-view":  # strangers who write a program may read it, too
                assert opens == page.is_for(user), (page.url, user.role)
        shown = {one.url for one in links(menu_of(client.get("/")))}
        assert shown == {page.url for page in navigation.in_the_menu() if page.is_for(user)}


def test_every_entry_has_its_words_in_all_languages() -> None:
    for page in navigation.everything():
        for words in (page.label, page.words):
            with translation.override("en"):
                english = str(words)
            assert english, page.url
            for language in ("zh-hans", "zh-hant"):
                with translation.override(language):
                    assert str(words) != english, (page.url, english)


def test_no_two_entries_of_one_kind_have_one_name() -> None:
    for language in LANGUAGES:
        with translation.override(language):
            names = [str(page.label) for page in navigation.everything()]
            sections = [str(one.label) for one in navigation.MENU if isinstance(one, navigation.Section)]
            assert len(set(names)) == len(names), language
            assert not set(sections) & set(names), language


class TestTheOpenSection:
    def opened(self, client: Client, path: str) -> list[str]:
        return [one.key for one in menu_of(client.get(path)).entries if isinstance(one, menu.Group) and one.is_open]

    def test_is_that_of_the_page(self, company: Company) -> None:
        client = signed_in(company.administrator)
        assert self.opened(client, "/settings/users/") == ["settings"]
        assert self.opened(client, f"/settings/users/{company.sender.pk}/") == ["settings"]
        assert self.opened(client, "/routes/ported/") == ["carriers"]
        assert self.opened(client, "/") == []

    def test_is_the_one_that_was_opened_on_such_a_page(self, company: Company) -> None:
        client = signed_in(company.administrator)
        client.cookies[menu.SECTION_COOKIE] = "carriers.settings"
        assert self.opened(client, "/settings/users/") == ["carriers"]
        assert self.opened(client, "/people/") == ["people"]
        assert self.opened(client, "/") == ["carriers"]
        client.cookies[menu.SECTION_COOKIE] = ".settings"
        assert self.opened(client, "/settings/users/") == []
        client.cookies[menu.SECTION_COOKIE] = "nonsense"
        assert self.opened(client, "/settings/users/") == ["settings"]

    def test_marks_the_part_of_a_page_that_the_filter_asks_for(self, company: Company) -> None:
        client = signed_in(company.administrator)
        for path, url in {
            "/mailbox/sent/": "/mailbox/sent/",
            "/mailbox/sent/?q=x&state=failed": "/mailbox/sent/?state=failed",
            "/submissions/?state=finished": "/submissions/",
            "/submissions/calendar/?month=2026-11": "/submissions/calendar/",
            "/routes/prices/": "/routes/prices/",
            "/routes/ported/": "/routes/",
        }.items():
            assert [one.url for one in links(menu_of(client.get(path))) if one.is_here] == [url], path

    def test_of_a_single_page_is_the_page_itself(self, company: Company) -> None:
        entries = menu_of(signed_in(company.viewer).get("/")).entries
        assert [one.url for one in entries if isinstance(one, menu.Link)] == ["/"]
        (people,) = [one for one in entries if isinstance(one, menu.Group) and one.key == "people"]
        assert {"/people/", "/people/audiences/"} <= {one.url for one in people.links}


def test_what_waits_is_counted_in_one_statement(company: Company) -> None:
    Reply.objects.create(
        owner=company.administrator, incoming_id=1, number="+8613800138000", text="1", received_at=timezone.now()
    )
    client = signed_in(company.administrator)
    client.get("/profile/password/")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = client.get("/profile/password/")
    counting = [one["sql"] for one in asked if "COUNT(" in one["sql"]]
    assert len(counting) == 1
    # The session and the user are the only others.
    assert len(asked) <= 4, [one["sql"][:90] for one in asked]
    waits = {one.url: one.waits for one in links(menu_of(answer)) if one.is_counted}
    assert waits == {"/submissions/": 0, "/mailbox/": 1, "/customers/": 0, "/channels/": 1}


def test_a_fragment_counts_nothing(company: Company) -> None:
    client = signed_in(company.administrator)
    client.get("/settings/users/")
    with CaptureQueriesContext(connection) as asked:
        client.get("/settings/users/", headers={"HX-Request": "true"})
    assert not any("mailbox_reply" in one["sql"] for one in asked)


class TestPins:
    def test_stand_at_the_top_and_go_again(self, company: Company) -> None:
        client = signed_in(company.sender)
        asked = {"path": "/people/?q=&page=3&group=7", "label": "Sales", "next": "/people/"}
        answer = client.post("/pins/", asked | {"act": "pin"}, follow=True)
        pins = menu_of(answer).pins
        assert [(one.url, str(one.label)) for one in pins] == [("/people/?group=7", "Sales")]
        client.post("/pins/", asked | {"act": "unpin"})
        assert menu_of(client.get("/")).pins == ()

    def test_of_the_register_are_named_in_the_readers_language(self, company: Company) -> None:
        preferences.pin(company.sender, "/mailbox/sent/?state=failed", "whatever")
        client = signed_in(company.sender)
        for language in LANGUAGES:
            client.cookies["django_language"] = language
            name = str(menu_of(client.get("/")).pins[0].label)
            with translation.override(language):
                assert name == translation.gettext("Failed messages")

    def test_that_the_role_no_longer_opens_are_not_shown(self, company: Company) -> None:
        preferences.pin(company.administrator, "/channels/1/", "A channel")
        preferences.pin(company.administrator, "/people/", "People")
        User.objects.filter(pk=company.administrator.pk).update(role="sender")
        pins = menu_of(signed_in(User.objects.get(pk=company.administrator.pk)).get("/")).pins
        assert [one.url for one in pins] == ["/people/"]

    @pytest.mark.parametrize(
        "path", ["/nowhere/", "//elsewhere.example/", "javascript:alert(1)", "", "/api/v1/account"]
    )
    def test_are_pages_of_ours(self, company: Company, path: str) -> None:
        client = signed_in(company.sender)
        answer = client.post("/pins/", {"path": path, "label": "x", "act": "pin", "next": "//elsewhere.example/"})
        assert answer["Location"] == "/"
        assert preferences.of(User.objects.get(pk=company.sender.pk)).pins == ()


def test_the_height_of_rows_is_kept_with_the_user(company: Company) -> None:
    client = signed_in(company.sender)
    assert 'class="hy-roomy"' not in text(client.get("/"))
    client.post("/rows/", {"rows": "roomy", "next": "/"})
    assert 'class="hy-roomy"' in text(client.get("/"))
    assert 'class="hy-roomy"' not in text(signed_in(company.viewer).get("/"))


class TestThePalette:
    @staticmethod
    def found(user: User, query: str, *recent: str) -> list[str]:
        answer = signed_in(user).get("/search/", {"q": query, "recent": recent})
        return [hit["url"] for hit in answer.json()["hits"]]

    @pytest.mark.parametrize(
        ("query", "url"),
        [
            ("tongdao", "/channels/"), ("td", "/channels/"), ("通道", "/channels/"), ("channel", "/channels/"),
            ("CHANNELS ", "/channels/"), ("ｔｄ", "/channels/"), ("tong dao", "/channels/"), ("chongshi", "/routes/codes/"), ("cs", "/routes/codes/"),
            ("xjbm", "/settings/departments/?new=1"), ("新建部门", "/settings/departments/?new=1"),
            ("tjtd", "/channels/new/"), ("添加通道", "/channels/new/"), ("add a channel", "/channels/new/"),
            ("fsrw", "/submissions/"), ("黑名单", "/lists/"), ("退订", "/lists/"),
            ("jmyy", "/profile/#id_language"), ("節假日", "/settings/hours/"), ("holidays", "/settings/hours/"),
            ("mima", "/profile/password/"), ("faduanxin", "/write/"), ("xdx", "/write/"), ("api", "/settings/keys/"),
        ],
    )  # fmt: skip
    def test_finds_by_name_pinyin_and_initials_in_every_language(self, company: Company, query: str, url: str) -> None:
        client = signed_in(company.administrator)
        for language in LANGUAGES:
            client.cookies["django_language"] = language
            hits = [hit["url"] for hit in client.get("/search/", {"q": query}).json()["hits"]]
            assert url in hits[:8], (language, hits)

    def test_offers_only_what_the_role_may_use(self, company: Company) -> None:
        for user in (company.sales_head, company.sender, company.viewer):
            usable = {page.url for page in navigation.everything() if page.is_for(user)}
            for query in ("", "通道", "新建", "yh", "a"):
                hits = signed_in(user).get("/search/", {"q": query, "recent": "/channels/"}).json()["hits"]
                assert {hit["page"] for hit in hits if hit["page"]} <= usable

    def test_puts_what_was_open_last_first(self, company: Company) -> None:
        assert self.found(company.administrator, "", "/settings/audit/", "/people/", "/gone/", "https://x/")[:2] == [
            "/settings/audit/", "/people/",
        ]  # fmt: skip
        acts = {page.url for page in navigation.ACTS}
        assert next(url for url in self.found(company.administrator, "xj") if url in acts) != "/routes/new/"
        assert (
            next(url for url in self.found(company.administrator, "xj", "/routes/new/") if url in acts)
            == "/routes/new/"
        )

    @pytest.mark.parametrize("query", ["'", "%", "\\", "x" * 500, "🦢", "。", "１２３", "İ"])
    def test_answers_whatever_is_typed(self, company: Company, query: str) -> None:
        assert signed_in(company.administrator).get("/search/", {"q": query}).status_code == 200

    def test_every_entry_is_found_by_its_own_name(self, company: Company) -> None:
        everything = list(navigation.everything())
        for language in LANGUAGES:
            with translation.override(language):
                for page in everything:
                    best = finding.pages(company.administrator, str(page.label), everything)
                    assert page in best[:3], (language, page.url)


def test_a_page_has_a_path() -> None:
    assert Page("x", "people", "users", query="a=b", anchor="c").url == "/people/?a=b#c"
