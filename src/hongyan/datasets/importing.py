"""Verbs of imports: a file becomes a new table, or rows of one that is there; tried first, begun, stopped.

`uploads/` keeps the file and its guesses; `loading.py` reads it in the background.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.datasets import defining, tables
from hongyan.datasets.defining import Wish
from hongyan.datasets.models import Field, Level, Table
from hongyan.datasets.rights import View, access_table
from hongyan.fields import Kind, guess
from hongyan.runtime import clock
from hongyan.spreadsheets import SpreadsheetError
from hongyan.uploads import guesses, receiving
from hongyan.uploads.columns import cells_of, heard
from hongyan.uploads.errors import file_words
from hongyan.uploads.models import Upload
from hongyan.uploads.orders import Mode
from hongyan.uploads.rows import rows_of

SAMPLED = 500
"""Rows by which kinds are guessed."""


@dataclass(frozen=True, slots=True)
class Order:
    """How a file's rows go into a table; kept in the upload's target."""

    mode: Mode
    key: int = 0
    """The field by which a row is recognised; 0 for none, where all are new."""
    is_whole: bool = False
    """All rows or none."""
    is_dry: bool = False
    """Only say what would happen."""
    structure: int = 0
    """The table's, when it was begun."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A column of a file as a field of a table to be."""

    column: str
    kind: Kind
    choices: tuple[str, ...]
    samples: tuple[str, ...]


def receive(user: User, file_name: str, chunks: Iterable[bytes], table_id: int | None = None) -> Upload:
    """Keep a file for a table that is there, or for a new one. Raises Refused."""
    if table_id is not None:
        access_table(user, table_id, Level.EDIT)
    elif not tables.may_create(user):
        raise Refused("not_allowed", _("You may not create tables."), status=403)
    target: dict[str, Any] = {"table": table_id} if table_id is not None else {}
    upload = receiving.receive(user, file_name, chunks, purpose=Upload.Purpose.TABLE, target=target)
    if upload.size_bytes <= guesses.LOOKED_AT_ONCE_BYTES:
        look(upload)
    else:
        app.configure_task("datasets.look", allow_unknown=False).defer(upload_id=upload.pk)
    return upload


def look(upload: Upload) -> None:
    """Fill in what is guessed about the file, and of which kinds its columns are."""
    guesses.inspect(upload, propose)
    if upload.state == Upload.State.UPLOADED and "table" not in upload.target:
        upload.target = {**upload.target, "guessed": _guessed(upload)}
        upload.save(update_fields=["target"])
        receiving.tell(upload)


def _guessed(upload: Upload) -> list[dict[str, Any]]:
    sample: list[list[str]] = []
    try:
        for rows in rows_of(upload):
            sample += [cells for _line, cells, fault in islice(rows, SAMPLED) if not fault]
            if len(sample) >= SAMPLED:
                break
    except SpreadsheetError as error:
        upload.state, upload.error, upload.finished_at = Upload.State.FAILED, file_words(error), clock.now()
        upload.save(update_fields=["state", "error", "finished_at"])
        return []
    found = []
    for place, column in enumerate(upload.columns):
        cells = cells_of(sample, place)
        one = guess(cells, column)
        shown = list(dict.fromkeys(cell for cell in cells if cell.strip()))[:3]
        found.append({"column": column, "kind": str(one.kind), "choices": list(one.choices), "samples": shown})
    return found


def proposed(upload: Upload) -> list[Proposed]:
    return [
        Proposed(one["column"], Kind(one["kind"]), tuple(one["choices"]), tuple(one["samples"]))
        for one in upload.target.get("guessed", [])
    ]


def propose(upload: Upload) -> dict[str, str]:
    """Field id -> column: as for the owner's last file with these headings, else by name."""
    table_id = upload.target.get("table")
    if table_id is None:
        return {}
    view = view_of(upload)
    last: dict[str, str] | None = (
        Upload.objects.filter(
            owner=upload.owner, purpose=upload.purpose, columns=upload.columns, state=Upload.State.FINISHED,
            target__table=table_id,
        ).exclude(pk=upload.pk).values_list("mapping", flat=True).first()
    )  # fmt: skip
    ids = {str(one.pk) for one in view.fields if one.pk in view.changeable}
    if last and set(last) <= ids:
        return last
    by_name = {heard(column): column for column in reversed(upload.columns)}
    return {
        str(one.pk): by_name[heard(one.name)]
        for one in view.fields
        if one.pk in view.changeable and heard(one.name) in by_name
    }


def view_of(upload: Upload) -> View:
    """The table the file is for, as its owner may use it. Raises Http404, Refused."""
    table_id = upload.target.get("table")
    if table_id is None:
        raise Http404
    return access_table(upload.owner, table_id, Level.EDIT)


def answer(user: User, upload: Upload, **answers: Any) -> Upload:
    """Read the file as somebody says; see `guesses.answer`."""
    answers.pop("number", None)
    upload = guesses.answer(user, upload, propose, **answers)
    if "table" not in upload.target and upload.state == Upload.State.UPLOADED:
        upload.target = {**upload.target, "guessed": _guessed(upload)}
        upload.save(update_fields=["target"])
    return upload


@transaction.atomic
def create_table(user: User, upload: Upload, name: str, wishes: Sequence[tuple[str, Wish]]) -> Table:
    """A table whose fields are columns of the file, and its rows on their way into it. Raises Refused."""
    upload = receiving.waiting(user, upload)
    if not wishes:
        raise Refused("no_fields", _("Choose at least one column."))
    if len(wishes) > defining.MOST_FIELDS:
        raise Refused("too_many_fields", _("A table can have up to 200 fields."), status=409)
    table = tables.create(user, name or Path(upload.file_name).stem)
    mapping = {str(defining.add(user, table.pk, wish).pk): column for column, wish in wishes}
    upload.target = {"table": table.pk}
    upload.save(update_fields=["target"])
    start(user, upload, mapping, Order(Mode.CREATE))
    return table


@transaction.atomic
def start(user: User, upload: Upload, mapping: Mapping[str, str], order: Order) -> Upload:
    """Begin reading in the background, or trying. `mapping`: field id -> column. Raises Refused."""
    upload = receiving.waiting(user, upload)
    view = view_of(upload)
    ids = {str(one.pk) for one in view.fields if one.pk in view.changeable}
    clean = {place: column for place, column in mapping.items() if place in ids and column in upload.columns}
    if not clean:
        raise Refused("no_fields", _("Choose at least one column."))
    if len(set(clean.values())) < len(clean):
        raise Refused("column_twice", _("A column can be used only once."))
    if order.mode is not Mode.CREATE and str(order.key) not in clean:
        raise Refused("no_key", _("Choose the field by which a row is recognised, and its column."), field="key")
    key = next((one for one in view.fields if one.pk == order.key), None)
    if key is not None and key.kind in (Kind.LONG_TEXT, Kind.CHOICES, Kind.YES_NO):
        raise Refused("no_key", _("A row cannot be recognised by a field of this kind."), field="key")
    missing = [one.name for one in _required(view.table) if str(one.pk) not in clean and not one.default]
    if missing and order.mode is not Mode.UPDATE:
        raise Refused(
            "required_unmapped",
            _("New rows need these fields: %(fields)s. Choose their columns.") % {"fields": "、".join(missing)},
        )
    upload.mapping, upload.state, upload.rows_done, upload.rows_bad = clean, Upload.State.RUNNING, 0, 0
    upload.target = {
        "table": view.table.pk,
        "order": {
            "mode": str(order.mode), "key": order.key if str(order.key) in clean else 0, "is_whole": order.is_whole,
            "is_dry": order.is_dry, "structure": view.table.structure,
        },
    }  # fmt: skip
    upload.save(update_fields=["mapping", "state", "rows_done", "rows_bad", "target"])
    app.configure_task("datasets.load", allow_unknown=False).defer(upload_id=upload.pk)
    return upload


def order_of(upload: Upload) -> Order:
    kept = upload.target["order"]
    return Order(Mode(kept["mode"]), kept["key"], kept["is_whole"], kept["is_dry"], kept["structure"])


def _required(table: Table) -> list[Field]:
    return list(Field.objects.filter(table=table, is_required=True))
