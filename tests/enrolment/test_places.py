"""The department that a cell names."""

from __future__ import annotations

from typing import Any

import pytest

from hongyan.accounts import departments
from hongyan.accounts.models import Department, User
from hongyan.enrolment.places import Places, Unplaced
from tests.builders import Company

pytestmark = pytest.mark.django_db


def found(user: User, cell: str, **how: Any) -> Any:
    try:
        place = Places(user, Department.objects.all()).find(cell, **how)
    except Unplaced as why:
        return str(why)
    return (place.department.name, *place.missing)


def test_is_named_from_the_top_with_or_without_the_enterprise_or_by_its_end(company: Company) -> None:
    top, sales, north = company.root.name, company.sales.name, company.north.name
    for cell in (north, f"{sales}/{north}", f"{sales} > {north}", f"{top}\\{sales}\\{north}", f" {sales}／{north}/"):
        assert found(company.administrator, cell) == (north,)
    assert found(company.administrator, top) == (top,)
    assert found(company.administrator, "none") == "department_unknown"


def test_an_end_that_two_have_is_no_name(company: Company) -> None:
    departments.create(company.north.name, company.finance)
    assert found(company.administrator, company.north.name) == "department_ambiguous"
    assert found(company.administrator, f"{company.finance.name}/{company.north.name}") == (company.north.name,)
    # Who manages one of them alone means that one.
    assert found(company.sales_head, company.north.name) == (company.north.name,)


def test_nobody_places_people_beyond_their_reach(company: Company) -> None:
    assert found(company.sales_head, company.finance.name) == "department_beyond"
    assert found(company.sales_head, company.root.name, may_be_made=True) == "department_beyond"
    assert found(company.sales_head, f"{company.finance.name}/x", may_be_made=True) == "department_beyond"


def test_what_is_missing_is_made_below_what_there_is(company: Company) -> None:
    sales = company.sales.name
    assert found(company.administrator, f"{sales}/East/First", may_be_made=True) == (sales, "East", "First")
    assert found(company.administrator, "East", may_be_made=True) == (company.root.name, "East")
    assert found(company.sales_head, "East", may_be_made=True) == (sales, "East")
    assert found(company.administrator, "x" * 81, may_be_made=True) == "department_unknown"
