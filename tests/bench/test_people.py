"""`hongyan bench people` asks for what people ask for: its audiences are finished, its files are read without a question."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path

import pytest
from django.http import QueryDict
from django.test import Client

from hongyan.accounts.models import User
from hongyan.audiences import conditions, sources
from hongyan.bench import asked, carried
from hongyan.console.audiences import reading
from hongyan.contacts.columns import guess
from hongyan.demo.sizes.filling import Sizes, fill
from hongyan.spreadsheets.writing import write_xlsx

pytestmark = pytest.mark.usefixtures("own_database")


def test_its_pages_are_there_its_audiences_finished_and_its_files_recognised(tmp_path: Path) -> None:
    fill(Sizes(people=60, orders=0, messages=0, rows=60), lambda _words: None)
    user = User.objects.get(username="admin")
    pages = Client()
    pages.force_login(user)
    known = sources.attributes(user)
    for form in asked._audiences(pages).values():
        data = QueryDict(mutable=True)
        for name, value in form.items():
            data.setlist(name, value if isinstance(value, list) else [value])
        tree = reading.finished(user, reading.tree_of(data, known), known)
        assert sum(1 for _one in conditions.tests(tree)) >= 5
    for address in (*asked._searches().values(), *asked._table_pages().values()):
        assert pages.get(address).status_code == 200, address
    _its_files_are_read_without_a_question(tmp_path)


def _its_files_are_read_without_a_question(tmp_path: Path) -> None:
    rows = list(carried._people(50))
    assert len({row[1] for row in rows}) == 50
    text, book = tmp_path / "people.csv", tmp_path / "people.xlsx"
    with text.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([carried.HEADINGS, *rows])
    write_xlsx(book, carried.HEADINGS, iter(rows))
    assert list(carried._csv_rows(text)) == rows
    assert [[str(cell) for cell in row] for row in carried._xlsx_rows(book)] == rows
    assert {"number", "name", "title", "company", "email"} <= set(guess(carried.HEADINGS, list(islice(rows, 20))))
