"""Tables by programs: read, filtered, changed under the key's user's own rights; refused in codes."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from hongyan.datasets import tables
from hongyan.datasets.models import Level, Row
from tests.api.program import Api, assert_problem
from tests.builders import Company
from tests.datasets.building import a_row, drivers

pytestmark = pytest.mark.django_db


def where(*tests: object) -> str:
    return quote(json.dumps(tests, ensure_ascii=False))


def test_a_row_is_added_found_changed_and_deleted(company: Company) -> None:
    table, _fields = drivers(company.sender)
    api, rows = Api(company.sender), f"tables/{table.pk}/rows"
    made = api.post(rows, {"values": {"车牌": "京A1", "记分": "6", "领证": "2020年1月5日"}})
    assert made.status_code == 201
    one = made.json()
    assert one["values"] == {"车牌": "京A1", "记分": "6", "领证": "2020-01-05"}
    test = {"field": "记分", "op": "at_least", "values": ["6"]}
    assert [found["id"] for found in api.get(f"{rows}?where={where(test)}").json()["items"]] == [one["id"]]
    assert api.get(f"{rows}?where={where(test | {'values': ['7']})}").json() == {"items": [], "next": None}
    changed = api.call("PUT", f"{rows}/{one['id']}", {"values": {"记分": "9"}, "version": one["version"]})
    assert changed.json()["values"]["记分"] == "9"
    again = api.call("PUT", f"{rows}/{one['id']}", {"values": {"记分": "1"}, "version": one["version"]})
    assert_problem(again, 409, "changed_meanwhile")
    assert api.call("DELETE", f"{rows}/{one['id']}").json()["values"]["车牌"] == "京A1"
    assert not Row.objects.of(table).exists()


def test_pages_follow_each_other_to_the_end(company: Company) -> None:
    table, _fields = drivers(company.sender)
    for place in range(3):
        a_row(company.sender, table, 车牌=f"京A{place}")
    api, seen, after = Api(company.sender), [], 0
    while after is not None:
        page = api.get(f"tables/{table.pk}/rows?limit=2&after={after}").json()
        seen += [one["values"]["车牌"] for one in page["items"]]
        after = page["next"]
    assert seen == ["京A0", "京A1", "京A2"]


def test_a_table_is_as_wide_as_the_rights_of_the_keys_user(company: Company) -> None:
    table, fields = drivers(company.sender)
    row = a_row(company.sender, table, 车牌="京A1", 罚款="200")
    other = Api(company.stranger)
    assert other.get("tables").json()["items"] == []
    for path in (f"tables/{table.pk}", f"tables/{table.pk}/rows", f"tables/{table.pk}/rows/{row.pk}"):
        assert_problem(other.get(path), 404, "not_found")
    tables.grant(company.sender, table.pk, Level.SEE, to_user=company.stranger)
    tables.grant(company.sender, table.pk, Level.SEE, to_user=company.viewer, field=fields["罚款"])
    (found,) = other.get(f"tables/{table.pk}/rows").json()["items"]
    assert found["values"] == {"车牌": "京A1"}
    hidden = other.get(f"tables/{table.pk}/rows?where={where({'field': '罚款', 'op': 'filled'})}")
    assert_problem(hidden, 422, "no_such_field")
    assert_problem(other.post(f"tables/{table.pk}/rows", {"values": {}}), 403, "not_allowed")


def test_what_makes_no_sense_is_refused_in_codes(company: Company) -> None:
    table, _fields = drivers(company.sender)
    api, rows = Api(company.sender), f"tables/{table.pk}/rows"
    assert_problem(api.post(rows, {"values": {"车牌": "京A1", "记分": "x"}}), 422, "invalid_values")
    assert_problem(api.post(rows, {"values": {"nothing": "1"}}), 422, "no_such_field")
    for text in ("[", "{}", quote('[{"field": "记分", "op": "contains", "values": ["1"]}]')):
        assert_problem(api.get(f"{rows}?where={text}"), 422, "wrong_conditions")
    assert not Row.objects.of(table).exists()
