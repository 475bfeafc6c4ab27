"""Verbs of files as such: receive one, have it as a file, throw it away. What its rows become is said in rooms above.

The file is kept in the database (`UploadPart`), so that any worker can read it and none is lost with a machine.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.runtime import clock, live
from hongyan.spreadsheets import LIMITS, SpreadsheetError, Trouble
from hongyan.uploads.errors import file_words
from hongyan.uploads.models import Upload, UploadPart

PART_BYTES = 1024 * 1024
FORGOTTEN_AFTER = timedelta(days=7)
KEPT_FOR = timedelta(days=90)
READ_AGAIN_WITHIN = timedelta(days=1)
"""So long may somebody still say that a file should have been read otherwise."""
OLD = """
select id from uploads_upload
where state = 'uploaded' and created_at < %s or state in ('finished', 'failed') and created_at < %s
for update skip locked
"""
OLD_PARTS = """
delete from uploads_uploadpart where upload_id in (
    select id from uploads_upload where state in ('finished', 'failed') and created_at < %s
)
"""


def access_upload(user: User, upload_id: int) -> Upload:
    """The user's own upload; Http404 for missing and forbidden alike."""
    upload: Upload | None = Upload.objects.visible_to(user).filter(pk=upload_id).first()
    if upload is None:
        raise Http404
    return upload


def waiting(user: User, upload: Upload) -> Upload:
    """The user's upload, locked, as long as nobody has begun to read it."""
    found: Upload | None = Upload.objects.select_for_update().visible_to(user).filter(pk=upload.pk).first()
    if found is None:
        raise Http404
    if found.state != Upload.State.UPLOADED:
        raise Refused("upload_started", _("This file is being read already."), status=409)
    return found


@transaction.atomic
def receive(
    user: User,
    file_name: str,
    chunks: Iterable[bytes],
    *,
    purpose: Upload.Purpose,
    target: dict[str, Any] | None = None,
) -> Upload:
    """Keep a file, streamed into parts of 1 MiB. Raises Refused when it is larger than we read.

    Whether the user may is asked by the room whose purpose it is.
    """
    upload: Upload = Upload.objects.create(
        owner=user, purpose=purpose, file_name=Path(file_name.replace("\\", "/")).name[:255], target=target or {}
    )
    held, number = bytearray(), 0

    def put(content: bytes) -> None:
        nonlocal number
        UploadPart.objects.create(upload=upload, number=number, content=content)
        number += 1

    for chunk in chunks:
        held += chunk
        upload.size_bytes += len(chunk)
        if upload.size_bytes > LIMITS.max_bytes:
            raise Refused(Trouble.TOO_LARGE, file_words(SpreadsheetError(Trouble.TOO_LARGE)), field="file", status=413)
        while len(held) >= PART_BYTES:
            put(bytes(held[:PART_BYTES]))
            del held[:PART_BYTES]
    if held:
        put(bytes(held))
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


@transaction.atomic
def again(user: User, upload: Upload) -> Upload:
    """The same file once more, to be read otherwise. Raises Refused when it is kept no longer."""
    old = access_upload(user, upload.pk)
    if not old.parts.exists():
        raise Refused("upload_gone", _("This file is no longer available. Please upload it again."), status=409)
    new: Upload = Upload.objects.create(
        owner=user, purpose=old.purpose, file_name=old.file_name, size_bytes=old.size_bytes, target=old.target,
        reading=old.reading,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into uploads_uploadpart (upload_id, number, content)"
            " select %s, number, content from uploads_uploadpart where upload_id = %s",
            [new.pk, old.pk],
        )
    return new


@transaction.atomic
def discard(user: User, upload: Upload) -> None:
    """Throw away a file that nobody wants read, or a finished one's errors. A running one stays."""
    found = access_upload(user, upload.pk)
    if found.state == Upload.State.RUNNING:
        raise Refused("upload_started", _("This file is being read already."), status=409)
    with connection.cursor() as cursor:
        for table in ("uploads_uploaderror", "uploads_touched"):
            cursor.execute(f"delete from {table} where upload_id = %s", [found.pk])  # noqa: S608 - our own names
    found.delete()


def fail(upload: Upload, sentence: str) -> None:
    """The file cannot be used, for the reason told in its owner's language; it is kept no longer."""
    Upload.objects.filter(pk=upload.pk).update(
        state=Upload.State.FAILED, error=sentence, finished_at=clock.now(), rows_done=0
    )
    UploadPart.objects.filter(upload=upload).delete()
    tell(upload)


def drop_old(now: datetime) -> int:
    """Remove files that nobody went on with, and what is left of those read long ago; gives how many uploads."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(OLD_PARTS, [now - READ_AGAIN_WITHIN])
        cursor.execute(OLD, [now - FORGOTTEN_AFTER, now - KEPT_FOR])
        ids = [row[0] for row in cursor.fetchall()]
        for table in ("uploads_uploaderror", "uploads_touched", "uploads_uploadpart"):
            cursor.execute(f"delete from {table} where upload_id = any(%s)", [ids])  # noqa: S608 - our own names
        Upload.objects.filter(pk__in=ids).delete()
    return len(ids)


def tell(upload: Upload, over: Any = None) -> None:
    """Open pages of the owner look again (topic `uploads-<user id>`); `over` as of `live.publish`."""
    live.publish(f"uploads-{upload.owner_id}", {"upload": upload.pk}, over=over)
