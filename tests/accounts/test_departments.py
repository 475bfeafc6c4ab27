"""The department tree: shape, rights, and what a move takes along."""

from __future__ import annotations

import pytest
from django.http import Http404

from hongyan.accounts import departments
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry, Department, User
from tests.builders import Company

pytestmark = pytest.mark.django_db


def test_a_move_takes_all_below_along_and_rights_follow(company: Company) -> None:
    team = departments.create("Team", company.north)
    departments.move(company.administrator, company.north, company.finance)
    team.refresh_from_db()
    assert team.path == f"/{company.root.pk}/{company.finance.pk}/{company.north.pk}/{team.pk}/"
    assert not User.objects.visible_to(User.objects.get(pk=company.sales_head.pk)).filter(pk=company.sender.pk).exists()
    assert AuditEntry.objects.get(action="department.moved").detail == {"changes": {"parent": ["Sales", "Finance"]}}


def test_a_department_never_stands_below_itself(company: Company) -> None:
    for place in (company.sales, company.north):
        with pytest.raises(Refused):
            departments.move(company.administrator, company.sales, place)
    with pytest.raises(Refused):
        departments.move(company.administrator, company.root, company.sales)


def test_siblings_have_different_names(company: Company) -> None:
    with pytest.raises(Refused, match="同名部门"):
        departments.add(company.administrator, "Sales", company.root)
    with pytest.raises(Refused, match="同名部门"):
        departments.rename(company.administrator, company.finance, "Sales")
    other = departments.add(company.administrator, "Sales", company.finance)
    with pytest.raises(Refused, match="同名部门"):
        departments.move(company.administrator, other, company.root)
    with pytest.raises(Refused, match="名称"):
        departments.add(company.administrator, "  ", company.root)


def test_only_an_empty_department_goes(company: Company) -> None:
    with pytest.raises(Refused, match="1 个用户和 0 个"):
        departments.remove(company.administrator, company.north)
    with pytest.raises(Refused, match="企业"):
        departments.remove(company.administrator, company.root)
    team = departments.add(company.administrator, "Team", company.north)
    departments.remove(company.administrator, team)
    assert not Department.objects.filter(name="Team").exists()


def test_a_department_administrator_shapes_what_is_below(company: Company) -> None:
    head = company.sales_head
    south = departments.add(head, "South", company.sales)
    departments.move(head, company.north, south)
    for refused in (
        lambda: departments.add(head, "X", company.finance),
        lambda: departments.rename(head, company.root, "X"),
        lambda: departments.move(head, south, company.finance),
        lambda: departments.move(head, company.sales, company.finance),
        lambda: departments.remove(head, company.sales),
        lambda: departments.add(company.sender, "X", company.north),
    ):
        with pytest.raises(Refused):
            refused()
    with pytest.raises(Http404):
        departments.access_department(head, company.finance.pk)
