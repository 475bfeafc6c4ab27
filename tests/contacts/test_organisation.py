"""Departments and the groups of the company's book are one tree: known by their names from the top down."""

from __future__ import annotations

import pytest

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Department
from hongyan.contacts import organisation
from tests.builders import Company, a_group

pytestmark = pytest.mark.django_db


def test_groups_that_are_departments_already_are_not_offered(company: Company) -> None:
    top = a_group(company.book, "Company")
    sales = a_group(company.book, "Sales", parent=top)
    west = a_group(company.book, "West", parent=sales)
    assert [(one.group_id, one.words) for one in organisation.offered(company.administrator)] == [
        (west.pk, "Sales / West")
    ]


def test_a_group_taken_over_stands_where_its_names_say_with_all_above_it(company: Company) -> None:
    factory = a_group(company.book, "Factory")
    hall = a_group(company.book, "Hall 1", parent=factory)
    made = organisation.take_over(company.administrator, hall.pk)
    assert made.parent is not None
    assert (made.name, made.parent.name, made.parent.parent) == ("Hall 1", "Factory", company.root)
    count = Department.objects.count()
    assert organisation.take_over(company.administrator, hall.pk) == made
    assert Department.objects.count() == count
    assert not organisation.offered(company.administrator)


def test_who_reaches_only_a_part_takes_nothing_over(company: Company) -> None:
    group = a_group(company.book, "Factory")
    assert not organisation.offered(company.sales_head)
    with pytest.raises(Refused):
        organisation.take_over(company.sales_head, group.pk)
