"""Endpoints: tables of the company's own and their rows."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Field as Described
from ninja import Query, Router, Schema, Status

from hongyan.accounts.errors import Refused
from hongyan.api.keys import user_of
from hongyan.api.shapes import After, Body, Id, Limit, Text, Told, next_of, shown
from hongyan.datasets import finding, rows
from hongyan.datasets.finding import Wanted
from hongyan.datasets.models import Field, Level, Row, Table
from hongyan.datasets.rights import View, access_table
from hongyan.fields import Kind, Test, Unfit, read_test
from hongyan.inputs import asked_of

router = Router(tags=["tables"])
NEXT = gettext_noop("Pass it as `after` to get the next page; null at the end.")
MOST_TESTS = 20


class FieldOut(Schema):
    id: int
    name: str
    kind: str = Described(examples=["text", "number", "money", "date", "choice", "phone", "link"])
    choices: list[str]
    target: int | None = Described(
        description=gettext_noop("Of a link: the table it leads to; null leads to contacts.")
    )
    is_required: bool
    is_unique: bool
    may_change: bool


class TableOut(Schema):
    id: int
    name: str = Described(examples=["驾驶员"])
    purpose: str
    level: str = Described(description=gettext_noop("What the key's user may do: see, edit or manage."))
    fields: list[FieldOut]


class TablePage(Schema):
    items: list[TableOut]
    next: int | None = Described(description=NEXT)


class RowOut(Schema):
    id: int
    version: int
    values: dict[str, Any] = Described(
        examples=[{"车牌": "沪A12345", "累计记分": "6"}],
        description=gettext_noop("By field: numbers as text with every digit, dates as 2026-12-01, links as ids."),
    )
    updated_at: Told


class RowPage(Schema):
    items: list[RowOut]
    next: int | None = Described(description=NEXT)


class RowIn(Body):
    """Values by field, as a person would write them; what is not named stays, what is empty is emptied."""

    values: dict[Text, Text] = Described(max_length=200, examples=[{"车牌": "沪A12345", "累计记分": "6"}])
    version: int | None = Described(
        None,
        description=gettext_noop("The version that was read: a change is refused when it is not that one any more."),
    )


def _table(view: View) -> dict[str, Any]:
    return {
        "id": view.table.pk, "name": view.table.name, "purpose": view.table.purpose, "level": view.level.name.lower(),
        "fields": [
            {"id": one.pk, "name": one.name, "kind": one.kind_code, "choices": one.choices, "target": one.target_id,
             "is_required": one.is_required, "is_unique": one.is_unique, "may_change": one.pk in view.changeable}
            for one in view.fields
        ],
    }  # fmt: skip


def _row(view: View, pk: int, data: dict[str, Any], version: int, updated_at: datetime) -> dict[str, Any]:
    values = {
        one.name: shown(view.user, value) if one.kind is Kind.PHONE and isinstance(value, str) else value
        for one in view.fields
        if (value := data.get(one.key)) is not None
    }
    return {"id": pk, "version": version, "values": values, "updated_at": updated_at}


def _of(view: View, row: Row) -> dict[str, Any]:
    return _row(view, row.pk, row.data, row.version, row.updated_at)


@router.get(
    "/tables",
    response=TablePage,
    summary=gettext_noop("Tables"),
    description=gettext_noop("Tables the key's user may see, with their fields, in order of id, after `after`."),
)
def list_tables(request: HttpRequest, after: After, limit: Limit) -> dict[str, Any]:
    user = user_of(request)
    found = list(Table.objects.visible_to(user).filter(pk__gt=after).order_by("pk")[: limit + 1])
    return {
        "items": [_table(access_table(user, one.pk)) for one in found[:limit]],
        "next": next_of(found, limit),
    }


@router.get("/tables/{table_id}", response=TableOut, summary=gettext_noop("One table"))
def get_table(request: HttpRequest, table_id: Id) -> dict[str, Any]:
    return _table(access_table(user_of(request), table_id))


Where = Annotated[
    Text,
    Query(
        "",
        max_length=4000,
        examples=['[{"field": "累计记分", "op": "at_least", "values": ["6"]}]'],
        description=gettext_noop("Conditions that all must hold, as JSON: field, op and values of each."),
    ),
]
Words = Annotated[Text, Query("", max_length=200, description=gettext_noop("Words that the texts of a row hold."))]


@router.get(
    "/tables/{table_id}/rows",
    response=RowPage,
    summary=gettext_noop("Rows of a table"),
    description=gettext_noop("Rows that hold the words and conditions, in order of id, after `after`."),
)
def list_rows(request: HttpRequest, table_id: Id, after: After, limit: Limit, q: Words, where: Where) -> dict[str, Any]:
    view = access_table(user_of(request), table_id)
    wanted = Wanted(tests=_tests(view, where), words=asked_of(q))
    found = list(finding.found(view, wanted).filter(pk__gt=after).order_by("pk")[: limit + 1])
    return {
        "items": [_of(view, one) for one in found[:limit]],
        "next": next_of(found, limit),
    }


def _tests(view: View, where: str) -> tuple[tuple[Field, Test], ...]:
    if not where.strip():
        return ()
    wrong = Refused(
        "wrong_conditions", _("Conditions are a JSON list of objects with field, op and values."), field="where"
    )
    try:
        given = json.loads(where)
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(given, list) or len(given) > MOST_TESTS:
        raise wrong
    tests = []
    for one in given:
        if not isinstance(one, dict) or not isinstance(one.get("values", []), list):
            raise wrong
        about = _field(view, str(one.get("field", "")), "where")
        values = [str(value) for value in one.get("values", [])]
        try:
            tests.append((about, read_test(about.kind, str(one.get("op", "")), values, choices=about.choices)))
        except Unfit as error:
            raise Refused("wrong_conditions", f"{about.name}: {error}", field="where") from None
    return tuple(tests)


def _field(view: View, name: str, place: str) -> Field:
    found = next((one for one in view.fields if one.name == name), None)
    if found is None:
        raise Refused("no_such_field", _("The table has no field “%(name)s”.") % {"name": name[:60]}, field=place)
    return found


def _given(view: View, body: RowIn) -> dict[int, str]:
    given = {_field(view, name, "values").pk: text for name, text in body.values.items()}
    if set(given) - view.changeable:
        raise Refused("not_allowed", _("You may not change one of these fields."), field="values", status=403)
    return given


@router.post("/tables/{table_id}/rows", response={201: RowOut}, summary=gettext_noop("Add a row"))
def add_row(request: HttpRequest, table_id: Id, body: RowIn) -> Any:
    user = user_of(request)
    view = access_table(user, table_id, Level.EDIT)
    return Status(201, _of(view, rows.add(user, table_id, _given(view, body))))


@router.get("/tables/{table_id}/rows/{row_id}", response=RowOut, summary=gettext_noop("One row"))
def get_row(request: HttpRequest, table_id: Id, row_id: Id) -> dict[str, Any]:
    view = access_table(user_of(request), table_id)
    return _of(view, rows.access_row(view, row_id))


@router.put("/tables/{table_id}/rows/{row_id}", response=RowOut, summary=gettext_noop("Change a row"))
def change_row(request: HttpRequest, table_id: Id, row_id: Id, body: RowIn) -> dict[str, Any]:
    user = user_of(request)
    view = access_table(user, table_id, Level.EDIT)
    return _of(view, rows.change(user, table_id, row_id, _given(view, body), version=body.version))


@router.delete("/tables/{table_id}/rows/{row_id}", response=RowOut, summary=gettext_noop("Delete a row"))
def delete_row(request: HttpRequest, table_id: Id, row_id: Id) -> dict[str, Any]:
    user = user_of(request)
    view = access_table(user, table_id, Level.EDIT)
    gone = _of(view, rows.access_row(view, row_id))
    rows.delete(user, table_id, [row_id])
    return gone
