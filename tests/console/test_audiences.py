"""Audiences on the pages: the builder, figures, what is made of one, and the compose page that sends to it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from hongyan.audiences import keeping
from hongyan.audiences.keeping import Facts
from hongyan.audiences.models import Audience
from hongyan.contacts import fields
from hongyan.contacts.models import Contact, Field
from tests.audiences.people import Shop, a_shop, all_of, test_of
from tests.builders import Company
from tests.console.test_rights import signed_in
from tests.crm.making import a_category, a_customer, a_product, an_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(company: Company) -> Shop:
    return a_shop(company)


@pytest.fixture
def sender(shop: Shop) -> Client:
    return signed_in(shop.company.sender)


def form_of(shop: Shop, **further: Any) -> dict[str, Any]:
    """Beijing, and gold or a tag: as the builder posts it."""
    return {
        "name": "北京", "sharing": "own", "note": "", "version": "0", "joined-": "all",
        "part": ["0 test", "1 branch", "1.0 test", "1.1 test"],
        "attribute-0": shop.keys["城市"], "was-0": shop.keys["城市"], "operator-0": "equals", "value-0": "北京",
        "joined-1": "any",
        "attribute-1.0": shop.keys["等级"], "was-1.0": shop.keys["等级"], "operator-1.0": "one_of", "value-1.0": ["金卡"],
        "attribute-1.1": "person.tags", "was-1.1": "person.tags", "operator-1.1": "one_of", "value-1.1": [str(shop.tag.pk)],
    } | further  # fmt: skip


def text(answer: Any) -> str:
    return str(answer.content.decode())


class TestTheBuilder:
    def test_counts_says_and_shows_what_is_put_together(self, shop: Shop, sender: Client) -> None:
        answer = sender.post(reverse("console:audience_count"), form_of(shop))
        assert answer.context["count"] == 3
        assert "城市" in answer.context["sentence"]
        people = sender.post(reverse("console:audience_sample"), form_of(shop)).context["people"]
        assert {one.name for one in people} == {"wang", "li", "sun"}

    def test_leaves_out_what_is_not_finished_and_says_so(self, shop: Shop, sender: Client) -> None:
        answer = sender.post(reverse("console:audience_count"), form_of(shop) | {"value-1.0": [], "value-1.1": []})
        assert answer.context["is_partial"]
        assert answer.context["count"] == 3

    def test_adds_and_removes_conditions_and_groups(self, shop: Shop, sender: Client) -> None:
        def parts(act: str) -> list[str]:
            answer = sender.post(reverse("console:audience_conditions"), form_of(shop, act=act))
            return re.findall(r'name="part" value="([^"]+)"', text(answer))

        assert parts("") == ["0 test", "1 branch", "1.0 test", "1.1 test"]
        assert parts("add 1") == ["0 test", "1 branch", "1.0 test", "1.1 test", "1.2 test"]
        assert parts("group ") == ["0 test", "1 branch", "1.0 test", "1.1 test", "2 branch", "2.0 test"]
        assert parts("remove 1.0") == ["0 test", "1 branch", "1.0 test"]
        assert parts("remove 9.9") == ["0 test", "1 branch", "1.0 test", "1.1 test"]

    def test_asks_which_orders_are_meant_by_conditions_within(self, shop: Shop, sender: Client) -> None:
        of_sender = a_customer(shop.company.sender, "wang", shop.people["wang"].number)
        order = an_order(shop.company.sender, of_sender, a_product("K35", a_category("空调"), "1500"))
        form = {
            "name": "空调", "sharing": "own", "version": "0", "joined-": "all", "part": ["0 test", "0.0 test"],
            "attribute-0": "orders", "was-0": "orders", "operator-0": "total_at_least", "value-0": "1000", "joined-0": "all",
            "attribute-0.0": "order.category", "was-0.0": "order.category", "operator-0.0": "one_of",
            "value-0.0": [str(order.lines.get().product.category_id)],
        }  # fmt: skip
        answer = sender.post(reverse("console:audience_count"), form)
        assert (answer.context["count"], "空调" in answer.context["sentence"]) == (1, True)
        shown = text(sender.post(reverse("console:audience_conditions"), form | {"act": "add 0"}))
        assert re.findall(r'name="part" value="([^"]+)"', shown) == ["0 test", "0.0 test", "0.1 test"]
        assert "order.day" in shown
        shown = text(sender.post(reverse("console:audience_conditions"), form | {"attribute-0": "customers"}))
        assert re.findall(r'name="part" value="([^"]+)"', shown) == ["0 test"]
        sender.post(reverse("console:new_audience"), form)
        assert Audience.objects.get().conditions["all"][0]["where"]["all"][0]["attribute"] == "order.category"

    def test_begins_anew_with_another_attribute(self, shop: Shop, sender: Client) -> None:
        answer = sender.post(
            reverse("console:audience_conditions"), form_of(shop) | {"attribute-0": "messages.unanswered"}
        )
        first = answer.context["root"].parts[0]
        assert (first.operator, first.takes, tuple(first.values)) == ("at_least", "days", ())

    def test_keeps_what_was_put_together_and_what_is_wrong_is_said(self, shop: Shop, sender: Client) -> None:
        answer = sender.post(reverse("console:new_audience"), form_of(shop))
        made = Audience.objects.get(name="北京")
        assert answer["Location"] == reverse("console:audience", args=[made.pk])
        assert keeping.noted(shop.company.sender, made) == 3
        again = sender.post(reverse("console:new_audience"), form_of(shop))
        assert again.status_code == 200
        assert again.context["form"].errors["name"]
        unfinished = sender.post(reverse("console:new_audience"), form_of(shop, name="x") | {"value-0": ""})
        assert 'value="金卡"' in text(unfinished), "nothing typed is lost"
        assert not Audience.objects.filter(name="x").exists()

    def test_two_who_change_it_at_once_lose_nothing_silently(self, shop: Shop, sender: Client) -> None:
        sender.post(reverse("console:new_audience"), form_of(shop))
        made = Audience.objects.get()
        edit = reverse("console:audience_edit", args=[made.pk])
        assert sender.post(edit, form_of(shop, version="1", joined="any", note="a")).status_code == 302
        Audience.objects.update(version=2)
        answer = sender.post(edit, form_of(shop, version="1", name="mine"))
        assert answer.status_code == 200
        assert answer.context["form"].non_field_errors()


class TestOne:
    @pytest.fixture
    def gold(self, shop: Shop) -> Audience:
        tree = all_of(test_of(shop.keys["等级"], "equals", "金卡"))
        return keeping.create(shop.company.sender, Facts("Gold", tree, sharing="department"))

    def test_shows_who_is_in_it_and_its_history(self, gold: Audience, sender: Client) -> None:
        assert "金卡" in text(sender.get(reverse("console:audience", args=[gold.pk])))
        assert sender.get(reverse("console:audience_figures", args=[gold.pk])).context["count"] == 3
        assert len(sender.get(reverse("console:audience_people", args=[gold.pk])).context["people"]) == 3
        assert "Gold" in text(sender.get(reverse("console:audiences")))

    def test_numbers_are_masked_for_who_may_not_see_them(self, shop: Shop, gold: Audience) -> None:
        viewer = signed_in(shop.company.viewer)
        for name in ("audience_figures", "audience_people"):
            page = text(viewer.get(reverse(f"console:{name}", args=[gold.pk])))
            assert "****" in page
            assert shop.people["wang"].number[3:] not in page
        assert viewer.get(reverse("console:audience_export", args=[gold.pk])).status_code == 403

    def test_is_nobodys_who_may_not_see_it(self, shop: Shop, gold: Audience) -> None:
        stranger = signed_in(shop.company.stranger)
        for name in ("audience", "audience_edit", "audience_figures", "audience_people", "audience_export"):
            assert stranger.get(reverse(f"console:{name}", args=[gold.pk])).status_code == 404, name
        assert stranger.post(reverse("console:audience_act", args=[gold.pk]), {"act": "delete"}).status_code == 404
        viewer = signed_in(shop.company.viewer)
        assert viewer.post(reverse("console:audience_act", args=[gold.pk]), {"act": "delete"}).status_code == 404

    def test_is_drawn_from_split_frozen_and_deleted(self, gold: Audience, sender: Client) -> None:
        act = reverse("console:audience_act", args=[gold.pk])
        sender.post(act, {"act": "draw", "size": "2", "seed": "7"})
        assert Audience.objects.get(origin__seed="7").size == 2
        sender.post(act, {"act": "split", "percents": "50", "seed": "8"})
        assert sorted(Audience.objects.filter(origin__seed="8").values_list("size", flat=True)) == [1, 2]
        sender.post(act, {"act": "freeze"})
        sender.post(act, {"act": "delete"})
        assert not Audience.objects.filter(pk=gold.pk).exists()
        assert Audience.objects.count() == 4

    def test_goes_to_the_compose_page(self, gold: Audience, sender: Client) -> None:
        page = text(sender.get(reverse("console:write"), {"audience": gold.pk}))
        assert f'name="audience" value="{gold.pk}"' in page
        answer = sender.post(
            reverse("console:write_preview"), {"audience": gold.pk, "text": "您好", "category": "notice"}
        )
        assert answer.context["people"] == 3


class TestColumnsOfPeople:
    def test_are_made_changed_and_taken_away(self, shop: Shop) -> None:
        admin = signed_in(shop.company.administrator)
        admin.post(reverse("console:people_columns"), {"name": "尺码", "kind": "choice", "choices": "S\nM\nL"})
        made = Field.objects.get(name="尺码")
        one = reverse("console:people_column", args=[made.pk])
        admin.post(one, {"name": "鞋码", "kind": "text", "choices": ""})
        made.refresh_from_db()
        assert (made.name, made.kind, made.choices) == ("鞋码", "text", [])
        admin.post(one, {"act": "delete"})
        assert not Field.objects.filter(pk=made.pk).exists()
        assert signed_in(shop.company.sender).get(reverse("console:people_columns")).status_code == 403

    def test_another_kind_brings_values_into_its_form_and_keeps_what_does_not_fit(self, shop: Shop) -> None:
        user, column = shop.company.administrator, Field.objects.create(name="入会", kind="text")
        for name, value in (("wang", "2026年1月5日"), ("li", "去年")):
            Contact.objects.filter(pk=shop.people[name].pk).update(fields={"入会": value})
        assert fields.change(user, column, "入会日期", "date") == 1
        values = [Contact.objects.get(pk=shop.people[name].pk).fields["入会日期"] for name in ("wang", "li")]
        assert values == ["2026-01-05", "去年"]

    def test_a_person_is_changed_in_the_kinds_of_their_columns(self, shop: Shop) -> None:
        admin, li = signed_in(shop.company.administrator), shop.people["li"]
        page = reverse("console:contact", args=[li.pk])
        assert "老客户" in text(admin.get(page))
        points, yes = (Field.objects.get(name=name) for name in ("积分", "接收"))
        facts = {
            "name": "li",
            "phone_id": "main",
            "phone_number": li.number,
            "phone_kind": li.number_kind,
            "phone_state": li.number_state,
            "tags": "老客户, 新",
            f"field-{points.pk}": "1,300",
            f"field-{yes.pk}": "1",
        }
        edit = reverse("console:edit_contact", args=[li.pk])
        assert admin.post(edit, facts).status_code == 302
        li.refresh_from_db()
        assert li.fields == {"积分": "1300", "接收": True}
        assert set(li.tags.values_list("name", flat=True)) == {"老客户", "新"}
        wrong = admin.post(edit, facts | {f"field-{points.pk}": "viele"})
        assert "积分" in str(wrong.context["form"].errors)

    def test_the_list_is_filtered_by_any_column_and_tag(self, shop: Shop) -> None:
        admin = signed_in(shop.company.administrator)
        points = Field.objects.get(name="积分")

        def names(**query: Any) -> set[str]:
            return {one.name for one in admin.get(reverse("console:people"), query).context["page"].rows}

        assert names(column=points.pk, way="at_least", value="1000") == {"li"}
        assert names(tag=shop.tag.pk) == {"li"}
        assert names(column=points.pk, way="between", value=["1", "1000"]) == {"wang"}
        assert names(column=points.pk, way="nonsense") == {"wang", "li", "zhao", "qian"}


def test_an_audience_is_opened_to_another_on_its_page_which_says_why(shop: Shop, sender: Client) -> None:
    company = shop.company
    gold = keeping.create(company.sender, Facts("Gold", all_of(test_of(shop.keys["等级"], "equals", "金卡"))))
    path, page = reverse("console:audience_rights", args=[gold.pk]), reverse("console:audience", args=[gold.pk])
    other = signed_in(company.stranger)
    assert other.get(path).status_code == other.get(page).status_code == 404
    whom = {"whom": f"user-{company.stranger.pk}", "act": "give"}
    assert "这不是有效的时间" in text(sender.post(path, whom | {"allows": "see", "expires_at": "soon"}, follow=True))
    sender.post(path, whom | {"allows": "see"})
    given = gold.grants.get()
    assert company.sender.name in text(other.get(path))
    assert f"?audience={gold.pk}" not in text(other.get(page))
    assert other.post(path, {"act": "withdraw", "id": given.pk}).status_code == 404
    sender.post(path, {"act": "change", "id": given.pk, "allows": "send", "expires_at": ""})
    assert f"?audience={gold.pk}" in text(other.get(page))
    assert other.get(reverse("console:audience_edit", args=[gold.pk])).status_code == 404
    sender.post(path, {"act": "withdraw", "id": given.pk})
    assert other.get(path).status_code == 404
