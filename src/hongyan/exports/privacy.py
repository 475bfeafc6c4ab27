"""Where a number may lie in this room's tables."""

from __future__ import annotations

from hongyan.exports.models import Export, ExportPart
from hongyan.privacy import Digits, Kind, Place

PLACES = (
    Place(
        "exports_export", Kind.FILES, words=("query", "title", "file_name"),
        never=("kind", "language", "state", "written_for", "error"),
    ),
    Place("exports_exportpart", Kind.FILES, files=("content",)),
)  # fmt: skip


def files_with(digits: Digits) -> list[int]:
    """Lists that were taken away and are still kept, and hold the number."""
    found = Export.objects.filter(parts__isnull=False).distinct().values_list("pk", flat=True)
    return [pk for pk in found if digits.are_in_file(_content(pk))]


def drop_file(export_id: int) -> None:
    """The list as a whole: it can be written again."""
    Export.objects.filter(pk=export_id).delete()


def _content(export_id: int) -> bytes:
    parts = ExportPart.objects.filter(export_id=export_id).order_by("number").values_list("content", flat=True)
    return b"".join(bytes(one) for one in parts.iterator(chunk_size=4))
