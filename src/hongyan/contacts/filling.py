"""Filling a recipient list from its file."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hongyan.accounts import audit
from hongyan.contacts import stock
from hongyan.contacts.models import RecipientList
from hongyan.contacts.reading import Reader
from hongyan.contacts.staging import A_NUMBER_OF_A_LIST, SLICE, stage
from hongyan.dispatch.numbers import home_carrier
from hongyan.uploads import guesses
from hongyan.uploads.models import Upload, UploadPart
from hongyan.uploads.running import Progress, finish

LIST_ROWS = """
insert into contacts_recipientlistrow (list_id, line, number, variables)
select %(list)s, place, number, fields from staged where place > %(after)s and place <= %(upto)s order by place
"""


def fill(upload: Upload, cursor: Any, progress: Progress) -> None:
    """Fill the recipient list that waits for this upload."""
    reader = Reader(upload)
    stage(upload, reader, cursor, progress)
    cursor.execute(
        A_NUMBER_OF_A_LIST, {"upload": upload.pk, "column": upload.mapping["number"], "reason": "number_twice_in_file"}
    )
    duplicates = cursor.rowcount
    made = RecipientList.objects.get(upload=upload)
    size = 0
    for after in range(0, reader.place, SLICE):
        cursor.execute(LIST_ROWS, {"list": made.pk, "after": after, "upto": after + SLICE})
        size += cursor.rowcount
        progress.say(total=reader.seen, done=(reader.seen + min(reader.seen, after + SLICE)) // 2, bad=reader.bad)
    # Eight signs of a number ("+8613800") tell its carrier, and there are few of them.
    cursor.execute("select left(number, 8), count(*) from staged group by 1")
    carriers: Counter[str] = Counter()
    for prefix, count in cursor.fetchall():
        carriers[home_carrier(prefix).value] += count
    made.size, made.carriers, made.columns = size, dict(carriers), upload.columns
    made.save(update_fields=["size", "carriers", "columns"])
    stock.take(made)
    if upload.size_bytes > guesses.LOOKED_AT_ONCE_BYTES:
        # A small file may have been read without a question: it can be read otherwise for a day.
        UploadPart.objects.filter(upload=upload).delete()
    audit.record(
        upload.owner, "upload.finished", upload,
        detail={"rows": reader.seen, "good": size, "updated": 0, "bad": reader.bad, "duplicate": duplicates},
    )  # fmt: skip
    finish(
        upload, total_rows=reader.seen, rows_done=reader.seen, rows_good=size, rows_bad=reader.bad,
        rows_duplicate=duplicates, found=upload.found | {"missing": dict(reader.missing), "unfit": reader.unfit},
    )  # fmt: skip


def forget(upload: Upload) -> None:
    """The list that waited for a file that cannot be read."""
    RecipientList.objects.filter(upload=upload).delete()
