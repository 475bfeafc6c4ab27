"""Verbs of uploads: receive a file, look at its columns, start reading it. `loading.py` reads it in the background.

The file is kept in the database (`UploadPart`), so that any worker can read it and none is lost with a machine.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.contacts.books import access_changeable_book
from hongyan.contacts.columns import FIELDS, guess, named
from hongyan.contacts.errors import ContactsError, file_words
from hongyan.contacts.groups import access_changeable_group
from hongyan.contacts.models import AddressBook, Group, Upload, UploadPart
from hongyan.spreadsheets import LIMITS, SpreadsheetError, Trouble, look

PART_BYTES = 1024 * 1024
LOOKED_AT_ONCE_BYTES = 2 * 1024 * 1024
"""A file up to this size is looked at while its giver waits (under half a second); a larger one in the background."""
PREVIEWED = 10
FORGOTTEN_AFTER = timedelta(days=7)
KEPT_FOR = timedelta(days=90)
OLD = """
select id from contacts_upload
where state = 'uploaded' and created_at < %s or state in ('finished', 'failed') and created_at < %s
for update skip locked
"""


def access_upload(user: User, upload_id: int) -> Upload:
    """The user's own upload; Http404 for missing and forbidden alike."""
    upload: Upload | None = Upload.objects.visible_to(user).filter(pk=upload_id).select_related("book", "group").first()
    if upload is None:
        raise Http404
    return upload


def may_upload(user: User, purpose: Upload.Purpose) -> bool:
    if purpose == Upload.Purpose.RECIPIENTS:
        return user.may(Right.SEND)
    if purpose == Upload.Purpose.PORTED:
        return user.may(Right.MANAGE_CHANNELS)
    return AddressBook.objects.changeable_by(user).exists()


@transaction.atomic
def receive(
    user: User, file_name: str, chunks: Iterable[bytes], *,
    purpose: Upload.Purpose, book: AddressBook | None = None, group: Group | None = None,
) -> Upload:  # fmt: skip
    """Keep a file, streamed into parts of 1 MiB. Raises ContactsError when it is larger than we read."""
    if purpose == Upload.Purpose.CONTACTS and book is not None:
        access_changeable_book(user, book.pk)
    if group is not None:
        group = access_changeable_group(user, group.pk)
        book = group.book
    if not may_upload(user, purpose):
        raise ContactsError("no_right", _("You may not upload files."))
    upload: Upload = Upload.objects.create(
        owner=user, purpose=purpose, file_name=Path(file_name.replace("\\", "/")).name[:255], book=book, group=group
    )
    waiting, number = bytearray(), 0

    def put(content: bytes) -> None:
        nonlocal number
        UploadPart.objects.create(upload=upload, number=number, content=content)
        number += 1

    for chunk in chunks:
        waiting += chunk
        upload.size_bytes += len(chunk)
        if upload.size_bytes > LIMITS.max_bytes:
            raise ContactsError(Trouble.TOO_LARGE, file_words(SpreadsheetError(Trouble.TOO_LARGE)))
        while len(waiting) >= PART_BYTES:
            put(bytes(waiting[:PART_BYTES]))
            del waiting[:PART_BYTES]
    if waiting:
        put(bytes(waiting))
    upload.save(update_fields=["size_bytes"])
    audit.record(user, "upload.received", upload, detail={"bytes": upload.size_bytes, "purpose": str(purpose)})
    return upload


@contextmanager
def the_file(upload: Upload) -> Iterator[Path]:
    """The upload as a file of this machine, part by part; gone afterwards."""
    with tempfile.NamedTemporaryFile(prefix="hongyan-upload-") as file:
        for part in (
            UploadPart.objects.filter(upload=upload).order_by("number").values_list("content", flat=True).iterator(4)
        ):
            file.write(part)
        file.flush()
        yield Path(file.name)


def look_or_defer(upload: Upload) -> None:
    """Find the columns now, or in the background if that would keep someone waiting."""
    if upload.size_bytes <= LOOKED_AT_ONCE_BYTES:
        inspect(upload)
        start_if_plain(upload)
    else:
        from hongyan.contacts.tasks import inspect_upload

        transaction.on_commit(lambda: inspect_upload.defer(upload_id=upload.pk))


def start_if_plain(upload: Upload) -> None:
    """Read a file of recipients without a question where it is plain which column holds the numbers."""
    if (
        upload.purpose == Upload.Purpose.RECIPIENTS
        and upload.state == Upload.State.UPLOADED
        and "number" in upload.mapping
    ):
        start(upload.owner, upload, upload.mapping)


def inspect(upload: Upload) -> None:
    """Fill in sheets, columns, preview and a proposed mapping; or state and error if the file is none of ours."""
    try:
        with the_file(upload) as path:
            shape = look(path, sheet=upload.sheet)
    except SpreadsheetError as error:
        upload.state, upload.error = Upload.State.FAILED, file_words(error)
        upload.finished_at = timezone.now()
        upload.save(update_fields=["state", "error", "finished_at"])
        tell(upload)
        return
    upload.sheets, upload.sheet = shape.sheets[:100], shape.sheet[:120]
    upload.has_header = shape.header is not None
    _show(upload, shape.rows, shape.header)
    upload.save()
    tell(upload)


def _show(upload: Upload, rows: list[tuple[int, list[str]]], header: int | None) -> None:
    """Columns and preview with or without a heading row."""
    data = rows if header is None else rows[header + 1 :]
    width = max(len(cells) for _line, cells in rows)
    headings = (rows[header][1] if header is not None else []) + [""] * width
    upload.header_line = rows[header][0] if header is not None else 0
    upload.columns = named(headings[:width])
    upload.preview = [(cells + [""] * width)[:width] for _line, cells in data[:PREVIEWED]]
    upload.mapping = remembered(upload) or guess(upload.columns, upload.preview)


def remembered(upload: Upload) -> dict[str, str]:
    """What the owner chose for the last file with these headings."""
    if not upload.has_header:
        return {}
    last: dict[str, str] | None = (
        Upload.objects.filter(
            owner=upload.owner, purpose=upload.purpose, columns=upload.columns, state=Upload.State.FINISHED
        )
        .exclude(pk=upload.pk)
        .values_list("mapping", flat=True)
        .first()
    )
    return last or {}


@transaction.atomic
def reinterpret(user: User, upload: Upload, *, sheet: str | None = None, has_header: bool | None = None) -> Upload:
    """Look again: at another sheet, or with the first row taken as heading or as data."""
    upload = _waiting(user, upload)
    if sheet is not None and sheet != upload.sheet:
        if sheet not in upload.sheets:
            raise ContactsError(Trouble.NO_SHEET, file_words(SpreadsheetError(Trouble.NO_SHEET)))
        upload.sheet, upload.columns = sheet, []
        upload.save(update_fields=["sheet", "columns"])
        look_or_defer(upload)
    elif has_header is not None and has_header != upload.has_header:
        with the_file(upload) as path:
            shape = look(path, sheet=upload.sheet)
        upload.has_header = has_header
        _show(upload, shape.rows, (shape.header or 0) if has_header else None)
        upload.save()
    return upload


def _waiting(user: User, upload: Upload) -> Upload:
    found: Upload | None = Upload.objects.select_for_update().visible_to(user).filter(pk=upload.pk).first()
    if found is None:
        raise Http404
    if found.state != Upload.State.UPLOADED:
        raise ContactsError("upload_started", _("This file is being read already."))
    return found


@transaction.atomic
def start(
    user: User, upload: Upload, mapping: dict[str, str], *,
    book: AddressBook | None = None, group: Group | None = None, name: str = "", keep_days: int | None = None,
) -> Upload:  # fmt: skip
    """Begin reading in the background. `mapping`: our field -> column; "number" must be there.

    Contacts go into `book` (and `group`); recipients become a list called `name`, kept for `keep_days` if given.
    """
    upload = _waiting(user, upload)
    clean = {field: column for field, column in mapping.items() if field in FIELDS and column in upload.columns}
    if "number" not in clean:
        raise ContactsError("no_number_column", _("Choose the column that holds the phone numbers."))
    if len(set(clean.values())) < len(clean):
        raise ContactsError("column_twice", _("A column can stand for one thing only."))
    if upload.purpose == Upload.Purpose.CONTACTS:
        if group is not None:
            group = access_changeable_group(user, group.pk)
            book = group.book
        if book is None:
            raise ContactsError("no_book", _("Choose the address book the people go into."))
        upload.book, upload.group = access_changeable_book(user, book.pk), group
    upload.mapping = clean
    upload.state = Upload.State.RUNNING
    upload.save()
    if upload.purpose == Upload.Purpose.RECIPIENTS:
        from hongyan.contacts.lists import prepare

        prepare(user, upload, name=name, keep_days=keep_days)
    from hongyan.contacts.tasks import load_upload

    transaction.on_commit(lambda: load_upload.defer(upload_id=upload.pk))
    return upload


@transaction.atomic
def discard(user: User, upload: Upload) -> None:
    """Throw away a file that nobody wants read, or a finished one's errors. A running one stays."""
    found = access_upload(user, upload.pk)
    if found.state == Upload.State.RUNNING:
        raise ContactsError("upload_started", _("This file is being read already."))
    with connection.cursor() as cursor:
        cursor.execute("delete from contacts_uploaderror where upload_id = %s", [found.pk])
    found.delete()


def drop_old(now: datetime) -> int:
    """Remove files that nobody went on with, and what is left of those read long ago; gives how many uploads."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(OLD, [now - FORGOTTEN_AFTER, now - KEPT_FOR])
        ids = [row[0] for row in cursor.fetchall()]
        for table in ("contacts_uploaderror", "contacts_uploadpart"):
            cursor.execute(f"delete from {table} where upload_id = any(%s)", [ids])  # noqa: S608 - our own names
        cursor.execute("update contacts_recipientlist set upload_id = null where upload_id = any(%s)", [ids])
        cursor.execute("delete from contacts_upload where id = any(%s)", [ids])
    return len(ids)


def tell(upload: Upload, cursor: Any = None) -> None:
    """Open pages of the owner look again (topic `uploads-<user id>`)."""
    message = json.dumps({"topic": f"uploads-{upload.owner_id}", "data": {"upload": upload.pk}})
    if cursor is not None:
        cursor.execute("select pg_notify('hongyan_live', %s)", [message])
        return
    with connection.cursor() as own:
        own.execute("select pg_notify('hongyan_live', %s)", [message])
