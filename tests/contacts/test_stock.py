"""What is kept with a list is what counting its rows gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from hongyan.contacts import lists, stock
from hongyan.contacts.models import RecipientList
from hongyan.contacts.stock import Lack
from tests import builders

ROWS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["王芳", "李明", "", " "])), max_size=12)


class Stocks(TestCase):
    @given(ROWS)
    def test_people_rows_that_differ_and_missing_values_are_those_of_the_rows(
        self, rows: list[tuple[int, str]]
    ) -> None:
        company = builders.company()
        given_rows = [(line, f"+861380013800{who}", {"姓名": name}) for line, (who, name) in enumerate(rows, 1)]
        found = stock.of(lists.from_rows(company.sender, "list", ["姓名"], given_rows))
        first = {number: values["姓名"] for _line, number, values in reversed(given_rows)}
        lacking = Lack(
            sum(not values["姓名"].strip() for *_, values in given_rows),
            sum(not name.strip() for name in first.values()),
        )
        assert (found.people, found.differing, found.rows) == (len(first), len(set(rows)), len(rows))
        assert found.lacks == ({"姓名": lacking} if lacking.rows else {})


def test_a_list_that_was_never_counted_is_counted_when_it_is_looked_at(company: builders.Company) -> None:
    made = lists.from_numbers(company.sender, "list", ["+8613800138001", "+8613800138002"])
    RecipientList.objects.update(stock=None)
    made.refresh_from_db()
    assert stock.of(made).people == 2
    made.refresh_from_db()
    assert made.stock is not None
