"""What a person has several of: orders and customers, rows of tables, and what people agreed to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hongyan.accounts.errors import Refused
from hongyan.audiences import checking, conditions, evaluating, keeping, sentences, sources
from hongyan.audiences.conditions import Branch, Joined, Node, Test
from hongyan.audiences.keeping import Facts
from hongyan.audiences.tables import column_key, figure_key, key_of
from hongyan.consent.models import OptOut, Standing, Topic
from hongyan.crm import orders
from hongyan.crm.models import Category, Post, Product
from hongyan.datasets import defining, tables
from hongyan.datasets.defining import Wish
from hongyan.datasets.models import Level
from hongyan.fields import Kind
from tests.audiences.people import Shop, a_shop, all_of, none_of, of_which, test_of, who
from tests.builders import Company
from tests.crm.making import a_category, a_customer, a_product, a_type, an_order
from tests.datasets.building import a_row, a_table

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(company: Company) -> Shop:
    return a_shop(company)


def ask(shop: Shop, *parts: Node) -> set[str]:
    return who(shop, shop.company.administrator, all_of(*parts))


@pytest.fixture
def cooling(shop: Shop) -> dict[str, Product]:
    """wang bought two air conditioners of 1,500 lately and a fridge; li one long ago; zhao one that became void; the products."""
    admin = shop.company.administrator
    white = a_category("家电")
    air = a_category("空调", white)
    wall = a_product("K35", a_category("挂机", air), "1500")
    fridge = a_product("F1", a_category("冰箱", white), "3000")
    today = timezone.localdate()
    of = {
        name: a_customer(admin, name, shop.people[name].number, type=a_type("VIP" if name == "li" else "Member"))
        for name in ("wang", "li", "zhao")
    }
    an_order(admin, of["wang"], wall, on=today - timedelta(days=10))
    an_order(admin, of["wang"], wall, on=today - timedelta(days=89))
    an_order(admin, of["wang"], fridge, on=today)
    an_order(admin, of["li"], wall, on=today - timedelta(days=90), quantity="4")
    orders.set_state(admin, an_order(admin, of["zhao"], wall), "void")
    return {"wall": wall, "fridge": fridge}


def bought(shop: Shop, operator: str, *values: str, days: int = 90, category: str = "空调") -> Test:
    top = Category.objects.get(name=category)
    return of_which(
        test_of("orders", operator, *values), test_of("order.category", "one_of", str(top.pk)),
        test_of("order.day", "last_days", str(days)),
    )  # fmt: skip


class TestOrders:
    def test_of_a_category_and_all_below_it_are_summed_within_days(
        self, shop: Shop, cooling: dict[str, Product]
    ) -> None:
        assert ask(shop, bought(shop, "total_at_least", "2000")) == {"wang"}
        assert ask(shop, bought(shop, "total_at_least", "3000.01")) == set()
        assert ask(shop, bought(shop, "some", days=91)) == {"wang", "li"}
        assert ask(shop, bought(shop, "times_at_least", "2")) == {"wang"}
        assert ask(shop, bought(shop, "times_at_least", "3")) == set()

    def test_that_are_few_or_none_are_asked_of_everybody(self, shop: Shop, cooling: dict[str, Product]) -> None:
        assert ask(shop, bought(shop, "no")) == {"li", "zhao", "qian"}
        assert ask(shop, bought(shop, "times_at_most", "2")) == {"wang", "li", "zhao", "qian"}
        assert ask(shop, bought(shop, "total_less", "3000")) == {"li", "zhao", "qian"}
        assert ask(shop, test_of("orders", "no")) == {"zhao", "qian"}
        assert ask(shop, none_of(test_of("orders", "some"))) == {"zhao", "qian"}

    def test_are_asked_whole_where_no_line_is_meant(self, shop: Shop, cooling: dict[str, Product]) -> None:
        assert ask(shop, test_of("orders", "total_at_least", "6000")) == {"wang", "li"}
        assert ask(shop, of_which(test_of("orders", "some"), test_of("order.total", "more", "5000"))) == {"li"}
        assert ask(shop, of_which(test_of("orders", "times_at_least", "1"), test_of("order.state", "one_of", "open"))) == {
            "wang", "li",
        }  # fmt: skip
        fridge = test_of("order.product", "one_of", str(cooling["fridge"].pk))
        assert ask(shop, of_which(test_of("orders", "some"), fridge)) == {"wang"}

    def test_count_only_of_customers_whom_the_asker_sees(self, shop: Shop, cooling: dict[str, Product]) -> None:
        company = shop.company
        a_customer(company.sender, "Own", shop.people["qian"].number)
        customers = all_of(test_of("customers", "some"))
        assert who(shop, company.sender, customers) == {"qian"}
        assert who(shop, company.sender, all_of(test_of("orders", "some"))) == set()
        assert who(shop, company.administrator, customers) == {"wang", "li", "zhao", "qian"}
        kept = keeping.create(
            company.administrator, Facts("Buyers", all_of(test_of("orders", "some")), sharing="enterprise")
        )
        assert who(shop, company.sender, kept) == set()


def test_customers_are_asked_by_type_post_and_salesperson(shop: Shop, cooling: dict[str, Product]) -> None:
    admin = shop.company.administrator
    vip = next(
        one.value
        for one in sources.attributes(admin)["customers"].inside()["customer.type"].options(admin)
        if one.label == "VIP"
    )  # type: ignore[attr-defined]
    assert ask(shop, of_which(test_of("customers", "some"), test_of("customer.type", "one_of", vip))) == {"li"}
    assert ask(shop, of_which(test_of("customers", "some"), test_of("customer.type", "none_of", vip))) == {
        "wang",
        "zhao",
    }
    mine = test_of("customer.salesperson", "one_of", str(admin.pk))
    assert ask(shop, of_which(test_of("customers", "some"), mine)) == {"wang", "li", "zhao"}
    post = Post.objects.create(name="Taster")
    assert ask(shop, of_which(test_of("customers", "some"), test_of("customer.post", "one_of", str(post.pk)))) == set()
    assert ask(shop, of_which(test_of("customers", "some"), test_of("customer.name", "begins", "Wa"))) == {"wang"}


class TestTables:
    def test_rows_are_joined_by_phone_and_by_person_and_meet_conditions_together(self, shop: Shop) -> None:
        admin, people = shop.company.administrator, shop.people
        table, (phone, person, session, came) = a_table(
            admin, Wish("手机", Kind.PHONE), Wish("会员", Kind.LINK), Wish("场次", Kind.CHOICE, ("周六", "周日")), Wish("已签到", Kind.YES_NO),
            name="活动报名",
        )  # fmt: skip
        a_row(admin, table, 手机=people["wang"].number, 场次="周六", 已签到="是")
        a_row(admin, table, 手机=people["wang"].number, 场次="周日", 已签到="否")
        a_row(admin, table, 手机=people["li"].number, 场次="周日", 已签到="是")
        a_row(admin, table, 会员=people["zhao"].number, 场次="周日")
        by_phone, by_person = key_of(phone), key_of(person)
        sunday = test_of(column_key(session), "equals", "周日")
        present = test_of(column_key(came), "equals", "是")
        assert ask(shop, of_which(test_of(by_phone, "some"), sunday, present)) == {"li"}
        assert ask(shop, of_which(test_of(by_phone, "some"), sunday)) == {"wang", "li"}
        assert ask(shop, test_of(by_phone, "times_at_least", "2")) == {"wang"}
        assert ask(shop, of_which(test_of(by_phone, "no"), present)) == {"zhao", "qian"}
        assert ask(shop, of_which(test_of(by_person, "some"), sunday)) == {"zhao"}
        keeping.create(admin, Facts("Evening", all_of(of_which(test_of(by_phone, "some"), sunday))))
        with pytest.raises(Refused, match="Evening") as error:
            tables.delete(admin, table.pk)
        assert error.value.code == "needed"
        with pytest.raises(Refused):
            defining.remove(admin, session.pk)

    def test_a_column_is_summed_and_its_largest_is_known_over_the_rows_that_are_meant(self, shop: Shop) -> None:
        admin, people = shop.company.administrator, shop.people
        table, (phone, points, kind) = a_table(
            admin,
            Wish("手机", Kind.PHONE),
            Wish("分数", Kind.NUMBER),
            Wish("场次", Kind.CHOICE, ("周六", "周日")),
            name="比赛",
        )
        for name, given, day in (
            ("wang", "7.5", "周六"), ("wang", "2.5", "周日"), ("li", "-3", "周六"), ("li", "", "周日"), ("zhao", "9", "周日"),
        ):  # fmt: skip
            a_row(admin, table, 手机=people[name].number, 分数=given, 场次=day)
        total, most = figure_key(phone, points, "sum"), figure_key(phone, points, "most")
        saturday = test_of(column_key(kind), "equals", "周六")
        # Who has no row comes to nought: qian.
        for test, meant in (
            (test_of(total, "at_least", "10"), {"wang"}), (test_of(total, "less", "10"), {"li", "zhao", "qian"}),
            (test_of(total, "at_least", "0"), {"wang", "zhao", "qian"}), (test_of(total, "less", "0"), {"li"}),
            (test_of(total, "at_least", "-3"), {"wang", "li", "zhao", "qian"}), (test_of(total, "less", "-3"), set()),
            (of_which(test_of(total, "at_least", "7.5"), saturday), {"wang"}),
            (test_of(most, "at_least", "7.5"), {"wang", "zhao"}), (test_of(most, "less", "7.5"), {"li"}),
            (of_which(test_of(most, "less", "9"), saturday), {"wang", "li"}),
        ):  # fmt: skip
            assert ask(shop, test) == meant, (test.operator, test.values)
        known = sources.attributes(admin)
        assert sentences.of_test(admin, test_of(total, "at_least", "10"), known) == "“比赛”中“分数”合计不低于 10"
        with pytest.raises(Refused):
            checking.check(admin, all_of(test_of(total, "at_least", "ten")), known)
        keeping.create(admin, Facts("Winners", all_of(test_of(total, "at_least", "10"))))
        with pytest.raises(Refused, match="Winners"):
            defining.remove(admin, points.pk)
        # With the table, but without the column.
        tables.grant(admin, table.pk, Level.SEE, to_user=shop.company.stranger)
        tables.grant(admin, table.pk, Level.SEE, to_user=shop.company.sender, field=points)
        assert total not in sources.attributes(shop.company.stranger)
        assert key_of(phone) in sources.attributes(shop.company.stranger)

    def test_that_are_not_ones_own_to_see_cannot_be_asked(self, shop: Shop) -> None:
        admin, other = shop.company.administrator, shop.company.stranger
        table, (phone, secret) = a_table(admin, Wish("手机", Kind.PHONE), Wish("工资", Kind.NUMBER), name="工资")
        a_row(admin, table, 手机=shop.people["wang"].number, 工资="9000")
        asked = all_of(of_which(test_of(key_of(phone), "some"), test_of(column_key(secret), "more", "8000")))
        assert who(shop, admin, asked) == {"wang"}
        assert key_of(phone) not in sources.attributes(other)
        kept = keeping.create(admin, Facts("Rich", asked, sharing="enterprise"))
        with pytest.raises(Refused):
            evaluating.count(other, kept, timezone.now())
        assert "工资" not in sentences.of_tree(other, asked, sources.attributes(other))
        # With the table, but without the column.
        tables.grant(admin, table.pk, Level.SEE, to_user=other)
        tables.grant(admin, table.pk, Level.SEE, to_user=shop.company.sender, field=secret)
        assert who(shop, other, all_of(test_of(key_of(phone), "some"))) == {"wang"}
        with pytest.raises(Refused):
            evaluating.count(other, kept, timezone.now())


def test_consents_and_refusals_are_asked_by_topic_and_all_marketing_covers_each(shop: Shop) -> None:
    Topic.objects.create(code="TQ", name="天气")
    number = {name: one.number for name, one in shop.people.items()}
    yesterday = timezone.localdate() - timedelta(days=1)
    for name, topic, until in (("wang", "", None), ("li", "TQ", None), ("zhao", "TQ", yesterday)):
        Standing.objects.create(number=number[name], topic=topic, is_given=True, until=until, event_id=1)
    OptOut.objects.create(number=number["qian"], topic="TQ", source="reply")
    OptOut.objects.create(number=number["li"], source="reply")
    assert ask(shop, test_of("consent.given", "one_of", "TQ")) == {"wang", "li"}
    assert ask(shop, test_of("consent.given", "one_of", "all")) == {"wang"}
    assert ask(shop, test_of("consent.given", "none_of", "TQ")) == {"zhao", "qian"}
    assert ask(shop, test_of("consent.refused", "one_of", "TQ")) == {"qian", "li"}
    assert ask(shop, test_of("consent.refused", "one_of", "all")) == {"li"}
    known = sources.attributes(shop.company.administrator)
    Topic.objects.all().delete()
    gone = all_of(test_of("consent.given", "one_of", "TQ"))
    with pytest.raises(Refused, match="已删除"):
        checking.check(shop.company.administrator, gone, known)


def test_what_is_unfinished_within_and_what_does_not_fit_is_told_at_its_place(shop: Shop) -> None:
    admin = shop.company.administrator
    known = sources.attributes(admin)
    tree = all_of(
        of_which(test_of("orders", "some"), test_of("order.day", "last_days", "90"), Test()),
        test_of("orders", "total_at_least", "viel"),
    )
    assert [one.path for one in checking.troubles(admin, tree, known)] == [(0, 1), (1,)]
    finished = checking.finished(admin, tree, known)
    assert finished.parts == (of_which(test_of("orders", "some"), test_of("order.day", "last_days", "90")),)
    misplaced = Branch(Joined.ALL, (of_which(test_of("person.name", "filled"), test_of("person.name", "filled")),))
    assert checking.troubles(admin, misplaced, known)
    assert conditions.read(conditions.to_json(tree)) == tree


def test_sentences_read_like_sentences(shop: Shop, cooling: dict[str, Product]) -> None:
    admin = shop.company.administrator
    known = sources.attributes(admin)
    for test, said in (
        (test_of(shop.keys["生日"], "returns", "7"), "生日在今后 7 天内"),
        (test_of(shop.keys["城市"], "one_of", "北京", "上海"), "城市是“北京”或“上海”"),
        (test_of(shop.keys["积分"], "at_least", "500"), "积分不低于 500"),
        (test_of(shop.keys["接收"], "equals", "1"), "“接收”为“是”"),
        (test_of("number.opted_out", "equals", "0"), "未退订营销短信"),
        (test_of("messages.answered", "empty"), "从未回复过"),
        (test_of("messages.delivered", "filled"), "有短信送达过"),
        (test_of("person.tags", "one_of", str(shop.tag.pk)), "有标签“老客户”"),
        (test_of("messages.unanswered", "at_least", "7"), "送达后一直未回复，已满 7 天"),
        (test_of("messages.answered", "last_days", "30"), "最近一次回复在最近 30 天内"),
        (bought(shop, "total_at_least", "2000"), "有订单（商品分类是“空调”，且下单日期在最近 90 天内），合计不少于 2000 元"),
        (bought(shop, "no", days=30), "没有订单（商品分类是“空调”，且下单日期在最近 30 天内）"),
    ):  # fmt: skip
        assert sentences.of_test(admin, test, known) == said
