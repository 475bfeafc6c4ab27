"""Uploads went from contacts/ into a room of their own: nothing of them is lost on the way there or back."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from hongyan.uploads.models import Upload
from tests import builders

pytestmark = pytest.mark.usefixtures("own_database")
"""Without a transaction around it: an index that is made beside its table's use allows none."""


def migrated(*targets: tuple[str, str | None]) -> None:
    MigrationExecutor(connection).migrate(list(targets))  # type: ignore[arg-type]


def test_an_upload_keeps_its_reading_and_its_book_there_and_back() -> None:
    company = builders.company()
    upload = Upload.objects.create(
        owner=company.administrator, purpose="contacts", file_name="a.xlsx", columns=["手机"], target={"book": company.book.pk},
        reading={"encoding": "", "layout": "", "sheet": "二月", "header_line": 2, "has_hidden": True},
    )  # fmt: skip
    migrated(("uploads", None), ("contacts", "0003_ported_numbers_uploads"))
    with connection.cursor() as cursor:
        cursor.execute("select sheet, header_line, has_header, book_id from contacts_upload where id = %s", [upload.pk])
        assert cursor.fetchone() == ("二月", 2, True, company.book.pk)
    migrated(*MigrationExecutor(connection).loader.graph.leaf_nodes())
    again = Upload.objects.get(pk=upload.pk)
    assert (again.reading["sheet"], again.reading["header_line"], again.target) == (
        "二月",
        2,
        {"book": company.book.pk},
    )
