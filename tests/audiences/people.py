"""Some members of a shop, and conditions over them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from hongyan.accounts.models import User
from hongyan.audiences import evaluating
from hongyan.audiences.conditions import Branch, Joined, Node, Test
from hongyan.audiences.models import Traffic
from hongyan.contacts.models import AddressBook, Contact, Field, Tag
from hongyan.runtime import clock
from tests.builders import Company, a_contact


@dataclass
class Shop:
    company: Company
    people: dict[str, Contact]
    keys: dict[str, str]
    """Name of a column -> key of its attribute."""
    tag: Tag
    own_book: AddressBook
    """Of the sender, whom nobody else sees."""
    names: dict[int, str] = field(default_factory=dict)


def a_shop(company: Company) -> Shop:
    columns = {
        name: Field.objects.create(name=name, kind=kind, choices=choices)
        for name, kind, choices in (
            ("城市", "choice", ["北京", "上海"]), ("等级", "choice", ["金卡", "银卡"]), ("积分", "number", []),
            ("生日", "date", []), ("接收", "yes_no", []),
        )
    }  # fmt: skip
    own = AddressBook.objects.create(name="Mine", kind=AddressBook.Kind.PERSONAL, owner=company.sender)
    people = {}
    for nth, (name, book, facts) in enumerate((
        ("wang", company.book, {"城市": "北京", "等级": "金卡", "积分": "900", "生日": "1990-12-03", "接收": True}),
        ("li", company.book, {"城市": "北京", "等级": "银卡", "积分": "1200.5", "接收": False}),
        ("zhao", company.book, {"城市": "上海", "等级": "金卡", "积分": "没有"}),
        ("qian", company.book, {}),
        ("sun", own, {"城市": "北京", "等级": "金卡", "积分": "50"}),
    )):  # fmt: skip
        people[name] = a_contact(
            book, name, f"+861380013800{nth}", fields=facts, company="云帆 100%" if nth < 2 else ""
        )
    # The same number in two books is one recipient.
    a_contact(own, "wang again", people["wang"].number, fields={"城市": "北京"})
    tag = Tag.objects.create(name="老客户")
    people["li"].tags.add(tag)
    shop = Shop(company, people, {name: f"field.{one.pk}" for name, one in columns.items()}, tag, own)
    shop.names = {one.pk: name for name, one in people.items()}
    return shop


def passed(contact: Contact, **days_ago: int) -> None:
    """Say when something last passed with a number: delivered_at=8 is eight days ago."""
    now = clock.now()
    Traffic.objects.create(
        number=contact.number, **{name: now - timedelta(days=days) for name, days in days_ago.items()}
    )  # fmt: skip


def all_of(*parts: Node) -> Branch:
    return Branch(Joined.ALL, parts)


def any_of(*parts: Node) -> Branch:
    return Branch(Joined.ANY, parts)


def none_of(*parts: Node) -> Branch:
    return Branch(Joined.NONE, parts)


def test_of(attribute: str, operator: str, *values: str) -> Test:
    return Test(attribute, operator, values)


def of_which(test: Test, *parts: Node) -> Test:
    """The records of a test that meet all of these."""
    return replace(test, where=all_of(*parts))


test_of.__test__ = False  # type: ignore[attr-defined]


def who(shop: Shop, user: User, what: Any) -> set[str]:
    """Names of the people, by whom the user sees in the enterprise's book and theirs."""
    found = evaluating.page(user, what, clock.now())
    assert len(found) == evaluating.count(user, what, clock.now())
    assert {one.pk for one in evaluating.contacts(user, what, clock.now())} == {one.pk for one in found}
    return {shop.names.get(one.pk, one.name) for one in found}
