"""Tables that tests are made of."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any

from openpyxl import Workbook

from hongyan.accounts.models import User
from hongyan.datasets import defining, importing, loading, rows, tables
from hongyan.datasets.defining import Wish
from hongyan.datasets.importing import Order
from hongyan.datasets.models import Field, Row, Table
from hongyan.fields import Kind
from hongyan.uploads.models import Upload
from hongyan.uploads.orders import Mode


def a_table(user: User, *fields: Wish, name: str = "司机") -> tuple[Table, list[Field]]:
    table = tables.create(user, name)
    made = [defining.add(user, table.pk, wish) for wish in fields]
    table.refresh_from_db()
    return table, made


def drivers(user: User) -> tuple[Table, dict[str, Field]]:
    """Plate (unique, required), name, points, paid, since, class, phone."""
    table, made = a_table(
        user, Wish("车牌", Kind.TEXT, is_required=True, is_unique=True), Wish("姓名", Kind.TEXT), Wish("记分", Kind.NUMBER),
        Wish("罚款", Kind.MONEY), Wish("领证", Kind.DATE), Wish("车型", Kind.CHOICE, ("C1", "B2")), Wish("手机", Kind.PHONE),
    )  # fmt: skip
    return table, {one.name: one for one in made}


def a_row(user: User, table: Table, **values: str) -> Row:
    """A row by the fields' names."""
    ids = dict(table.fields.values_list("name", "pk"))
    return rows.add(user, table.pk, {ids[name]: text for name, text in values.items()})


def a_file(lines: Iterable[Iterable[Any]]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in lines:
        sheet.append(list(line))
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def given(user: User, content: bytes, table: Table | None = None, name: str = "file.xlsx") -> Upload:
    return importing.receive(user, name, [content], table.pk if table else None)


def imported(
    user: User, table: Table, content: bytes, mode: str = "create", *, key: Field | None = None, **how: Any
) -> Upload:
    """The upload after its file was read."""
    upload = given(user, content, table)
    importing.start(user, upload, upload.mapping, Order(Mode(mode), key.pk if key else 0, **how))
    loading.load(upload.pk)
    upload.refresh_from_db()
    return upload
