"""Data of a size is as the product would have stored it: sums agree, indexes and references are back, nothing half there."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.contacts import people
from hongyan.contacts.models import AddressBook, Contact, Group
from hongyan.crm.models import Customer, Order
from hongyan.datasets.models import Table
from hongyan.demo.load import load_if_empty
from hongyan.demo.sizes.filling import Sizes, fill
from hongyan.dispatch.models import Message
from hongyan.mailbox.models import Reply
from hongyan.messaging import accounting
from hongyan.messaging.models import Submission

pytestmark = pytest.mark.usefixtures("own_database")

SMALL = Sizes(people=700, orders=300, messages=2_000, rows=400)


def asked(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


SHAPE = """
select indexdef from pg_indexes where tablename ~ '^(contacts|crm)_'
union all select conrelid::regclass::text || pg_get_constraintdef(oid) from pg_constraint where contype = 'f' and convalidated
    and conrelid::regclass::text ~ '^(contacts|crm)_'
order by 1
"""


def test_an_empty_installation_gets_the_demonstration_and_as_many_of_each_kind_as_were_asked_for() -> None:
    shape = asked(SHAPE)
    fill(SMALL, lambda _words: None)
    members = AddressBook.objects.get(name="全国会员")
    assert Contact.objects.filter(book=members).count() == 700
    staff = AddressBook.objects.get(name="集团通讯录")
    assert (Contact.objects.filter(book=staff).count(), Group.objects.filter(book=staff).count()) == (700, 300)
    assert Order.objects.filter(customer__code__startswith="S").count() == 300
    assert Customer.objects.filter(code__startswith="S").count() == 30
    made = Submission.objects.filter(recipients={}, text__contains="拒收请回复R") | Submission.objects.filter(
        title__startswith="预约确认"
    )
    assert made.exists()
    assert Table.objects.get(name="门店销售流水").fields.count() == 12
    # What was taken away to be quick is there again.
    assert asked(SHAPE) == shape
    # A person is found by each way of typing it, and stands at a customer too.
    one = Contact.objects.filter(book=members).order_by("pk")[0]
    found = people.matching(
        User.objects.filter(role="administrator")[0],
        Contact.objects.filter(book=members),
        f"{one.pinyin} {one.number[-4:]}",
    )
    assert one in found
    assert asked(
        "select count(*) from crm_person p join contacts_contact c on c.number = p.number join crm_customer k on k.id = p.customer_id where k.code like 'S%'"
    )[0][0] >= 30  # fmt: skip


def test_sums_totals_and_replies_agree_with_what_they_are_of() -> None:
    load_if_empty()
    before = Message.objects.count()
    fill(SMALL, lambda _words: None)
    assert Message.objects.count() - before == 2_000
    assert accounting.house_imbalances() == []
    assert asked(
        """select count(*) from crm_order o where total <> (select coalesce(sum(round(quantity * price, 2)), 0) from crm_orderline where order_id = o.id)"""
    ) == [(0,)]
    assert not Reply.objects.exclude(message_id__in=Message.objects.values("id")).exists()
    # Months that are over lie packed, and audiences know what passed.
    assert asked("select count(*) > 5 from dispatch_packing where state = 'packed'") == [(True,)]
    assert asked("select count(*) > 500 from audiences_traffic where delivered_at is not null") == [(True,)]


def test_a_second_filling_stands_beside_the_first_and_says_the_same() -> None:
    fill(SMALL, lambda _words: None)
    fill(SMALL, lambda _words: None)
    first, second = AddressBook.objects.filter(name__startswith="全国会员").order_by("pk")
    facts = ("name", "number", "title", "fields", "search")
    assert list(first.contacts.order_by("pk").values_list(*facts)) == list(
        second.contacts.order_by("pk").values_list(*facts)
    )
    assert accounting.house_imbalances() == []


def test_where_somebody_works_in_earnest_it_is_refused_unless_meant() -> None:
    load_if_empty()
    boss = User.objects.get(username="admin")
    Submission.objects.create(owner=boss, department=boss.department, state="draft")
    few = Sizes(people=20, orders=0, messages=0, rows=0)
    with pytest.raises(Refused) as refusal:
        fill(few, lambda _words: None)
    assert refusal.value.code == "in_use"
    assert not AddressBook.objects.filter(name="全国会员").exists()
    fill(few, lambda _words: None, is_meant=True)
    assert AddressBook.objects.filter(name="全国会员").exists()
