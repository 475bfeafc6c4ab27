"""Audiences as records: shared, versioned, needed, drawn from."""

from __future__ import annotations

import pytest
from django.http import Http404

from hongyan.accounts.errors import Refused
from hongyan.audiences import drawing, evaluating, keeping, sentences, sources
from hongyan.audiences.keeping import Facts
from hongyan.audiences.models import Audience
from hongyan.contacts import fields, groups
from hongyan.contacts.models import Field
from hongyan.runtime import clock
from tests.audiences.people import Shop, a_shop, all_of, none_of, test_of, who
from tests.builders import Company, a_contact, a_group

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(company: Company) -> Shop:
    return a_shop(company)


@pytest.fixture
def gold(shop: Shop) -> Audience:
    tree = all_of(test_of(shop.keys["等级"], "equals", "金卡"))
    return keeping.create(shop.company.sender, Facts("Gold", tree))


def test_is_seen_and_changed_by_whom_it_is_shared_with(company: Company, gold: Audience) -> None:
    for sharing, seen_by in (
        ("own", {"sender"}),
        ("department", {"sender", "admin", "head", "viewer"}),
        ("enterprise", {"sender", "admin", "head", "viewer", "stranger"}),
    ):
        Audience.objects.update(sharing=sharing)
        users = (company.sender, company.administrator, company.sales_head, company.viewer, company.stranger)
        assert {one.username for one in users if Audience.objects.visible_to(one).exists()} == seen_by, sharing
    assert [keeping.may_change(one, gold) for one in (company.sender, company.administrator, company.stranger)] == [
        True,
        True,
        False,
    ]
    with pytest.raises(Http404):
        keeping.change(company.stranger, gold, Facts("Mine", all_of()))
    with pytest.raises(Refused):
        keeping.create(company.sender, Facts("All", all_of(test_of("person.name", "filled")), sharing="enterprise"))


def test_each_change_is_a_version_that_says_who_and_what(shop: Shop, gold: Audience) -> None:
    user = shop.company.sender
    city = test_of(shop.keys["城市"], "equals", "北京")
    keeping.change(
        user, gold, Facts("Gold", all_of(test_of(shop.keys["等级"], "equals", "金卡"), none_of(city))), seen=1
    )
    with pytest.raises(Refused) as error:
        keeping.change(user, gold, Facts("Late", all_of(city)), seen=1)
    assert error.value.code == "changed_since"
    new, old = gold.versions.all()
    assert (new.number, new.by, old.number) == (2, user, 1)
    lines = sentences.difference(
        user, sentences.read_stored(old.conditions), sentences.read_stored(new.conditions), sources.attributes(user)
    )
    assert [one.sign for one in lines] == ["", "", "+", "+"]
    assert "北京" in lines[-1].text
    keeping.go_back(user, gold, 1)
    gold.refresh_from_db()
    assert (gold.version, gold.conditions) == (3, old.conditions)
    # What changes nothing is no version.
    keeping.change(user, gold, Facts("Gold", sentences.read_stored(gold.conditions)))
    assert gold.versions.count() == 3


def test_what_an_audience_needs_cannot_be_deleted_under_it(shop: Shop, gold: Audience) -> None:
    admin = shop.company.administrator
    group = a_group(shop.company.book, "VIP", shop.people["li"])
    keeping.create(admin, Facts("VIPs", all_of(test_of("person.groups", "one_of", str(group.pk)))))
    with pytest.raises(Refused, match="VIPs"):
        groups.delete_group(admin, group)
    column = Field.objects.get(name="等级")
    with pytest.raises(Refused, match="Gold"):
        fields.delete(admin, column)
    outer = keeping.create(shop.company.sender, Facts("Outer", all_of(test_of("audience", "one_of", str(gold.pk)))))
    with pytest.raises(Refused, match="Outer"):
        keeping.delete(shop.company.sender, gold)
    keeping.delete(shop.company.sender, outer)
    keeping.delete(shop.company.sender, gold)
    fields.delete(admin, column)


def test_a_sentence_reads_as_it_was_meant(shop: Shop, gold: Audience) -> None:
    user = shop.company.administrator
    tree = all_of(
        test_of(shop.keys["城市"], "one_of", "北京", "上海"), none_of(test_of("messages.unanswered", "at_least", "7"))
    )
    said = sentences.of_tree(user, tree, sources.attributes(user))
    assert said == "城市是“北京”或“上海”，且不满足（送达后一直未回复，已满 7 天）"


class TestDrawing:
    def _many(self, shop: Shop) -> Audience:
        for nth in range(60):
            a_contact(shop.company.book, f"p{nth}", f"+86139001390{nth:02d}")
        return keeping.create(shop.company.sender, Facts("All", all_of(test_of("person.name", "filled"))))

    def test_the_same_seed_draws_the_same_people(self, shop: Shop) -> None:
        user, everybody = shop.company.sender, self._many(shop)
        first = drawing.draw(user, everybody, 20, "4711", clock.now(), name="first")
        again = drawing.draw(user, everybody, 20, "4711", clock.now(), name="again")
        other = drawing.draw(user, everybody, 20, "4712", clock.now(), name="other")
        assert who(shop, user, first) == who(shop, user, again) != who(shop, user, other)
        assert (first.origin["seed"], first.origin["drawn"], first.origin["of"]) == ("4711", 20, 65)
        # Whoever joins moves out only those behind them.
        a_contact(shop.company.book, "new", "+8613900139999")
        later = drawing.draw(user, everybody, 20, "4711", clock.now(), name="later")
        assert len(who(shop, user, first) - who(shop, user, later)) <= 1
        with pytest.raises(Refused):
            drawing.draw(user, everybody, 500, "", clock.now())

    def test_parts_share_nobody_and_leave_nobody_out(self, shop: Shop) -> None:
        user, everybody = shop.company.sender, self._many(shop)
        parts = drawing.split(user, everybody, [10, 30], "1", clock.now())
        people = [who(shop, user, one) for one in parts]
        assert [len(one) for one in people] == [6, 20, 39]
        assert set().union(*people) == who(shop, user, everybody)
        for wrong in ([], [0], [60, 60]):
            with pytest.raises(Refused):
                drawing.split(user, everybody, wrong, "1", clock.now())

    def test_a_static_audience_keeps_its_people(self, shop: Shop) -> None:
        user, everybody = shop.company.sender, self._many(shop)
        kept = drawing.freeze(user, everybody, clock.now())
        a_contact(shop.company.book, "new", "+8613900139999")
        assert (evaluating.count(user, everybody, clock.now()), evaluating.count(user, kept, clock.now())) == (66, 65)
        # Nobody sees more of it than their books hold.
        assert evaluating.count(shop.company.stranger, kept, clock.now()) == 64
