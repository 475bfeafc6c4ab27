"""Where a number may lie in this room's tables."""

from __future__ import annotations

from django.db import transaction

from hongyan.privacy import Digits, Fate, Kind, Place
from hongyan.uploads.models import Upload, UploadPart

PLACES = (
    Place(
        "uploads_upload", Kind.FILES, words=("file_name", "error"),
        values=("columns", "mapping", "preview", "reading", "found", "target"), never=("purpose", "state"),
    ),
    Place("uploads_uploaderror", Kind.FILES, words=("column", "value"), never=("reason",)),
    Place(
        "uploads_touched", Kind.FILES, values=("old", "new"), never=("kind",), fate=Fate.REMOVED,
        own="new->>'number' = %(number)s or old->>'number' = %(number)s",
    ),
    Place("uploads_uploadpart", Kind.FILES, files=("content",)),
)  # fmt: skip


def files_with(digits: Digits) -> list[int]:
    """Uploads whose file, which is kept for a day after it was read, holds the number."""
    return [
        pk
        for pk in Upload.objects.filter(parts__isnull=False).distinct().values_list("pk", flat=True)
        if digits.are_in_file(_content(pk))
    ]


def drop_file(upload_id: int) -> None:
    """What was read of it stands; whoever wanted to read it again, or has not begun, gives a file without the number."""
    with transaction.atomic():
        if Upload.objects.select_for_update().filter(pk=upload_id, state=Upload.State.UPLOADED).delete()[0] == 0:
            UploadPart.objects.filter(upload_id=upload_id).delete()


def _content(upload_id: int) -> bytes:
    parts = UploadPart.objects.filter(upload_id=upload_id).order_by("number").values_list("content", flat=True)
    return b"".join(bytes(one) for one in parts.iterator(chunk_size=4))
