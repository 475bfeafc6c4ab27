"""Recipients come in chunks that are full, so that a channel's submits are, and no number spans two."""

from __future__ import annotations

from itertools import groupby
from unittest.mock import patch

import pytest

from hongyan.contacts.models import RecipientList, RecipientListRow
from hongyan.dispatch.models import Batch
from hongyan.messaging import recipients
from hongyan.messaging.recipients import Selection
from tests.builders import Company
from tests.messaging.waiting import planned

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", [299, 300, 301])
def test_chunks_of_equal_texts_are_full_but_the_last(company: Company, count: int) -> None:
    numbers = tuple(f"+861380013{number:04d}" for number in range(count))
    with patch("hongyan.messaging.recipients.CHUNK", 30):
        planned(company, numbers)
    sizes = list(Batch.objects.order_by("pk").values_list("size", flat=True))
    assert sizes == [30] * (count // 30) + [count % 30] * bool(count % 30)


@pytest.mark.parametrize("rows", [[1, 4, 2, 3, 1, 5, 1], [3, 3, 3], [9], [1] * 7, [2, 2, 2], [1, 9, 1], [4]])
def test_a_number_never_spans_two_chunks_however_many_rows_it_has(company: Company, rows: list[int]) -> None:
    made = RecipientList.objects.create(owner=company.sender, name="rows", columns=["编号"], size=len(rows))
    numbers = [f"+861380013{place:04d}" for place, count in enumerate(rows) for _ in range(count)]
    RecipientListRow.objects.bulk_create(
        RecipientListRow(list=made, line=line, number=number, variables={"编号": str(line)})
        for line, number in enumerate(numbers)
    )
    with patch("hongyan.messaging.recipients.CHUNK", 3):
        chunks = list(recipients.stream(company.sender, Selection(list_ids=(made.pk,)), by_row=True))
    assert [one.number for chunk in chunks for one in chunk] == numbers
    where = [place for place, chunk in enumerate(chunks) for _number, _rows in groupby(chunk, lambda one: one.number)]
    assert len(where) == len(rows)
