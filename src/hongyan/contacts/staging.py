"""The temporary table that a file of people or recipients is copied into, and what is sorted out there before anything is written."""

from __future__ import annotations

from typing import Any

from hongyan.contacts.reading import Reader
from hongyan.uploads.models import Upload
from hongyan.uploads.rows import rows_of
from hongyan.uploads.running import COPY_ERRORS, Progress, copy

SLICE = 5000
"""Rows a set-based statement takes at once: enough to be fast, few enough for progress to move."""

STAGE = """
create temp table staged (
    place int not null, line int not null, number text not null, name text not null, title text not null,
    company text not null, email text not null, notes text not null, grouping text not null, tags text not null, second text not null,
    fields jsonb not null, pinyin text not null, search text not null
) on commit drop
"""
COPY_ROWS = (
    "copy staged (place, line, number, name, title, company, email, notes, grouping, tags, second, fields, pinyin, search)"
    " from stdin"
)

# The first row of each key stays in an address book; a list keeps each row that says something else of its number.
# The database does this well beyond memory, so the process stays small.
TWICE = """
with again as (
    delete from staged s using (
        select place, row_number() over (partition by {key} order by place) as nth from staged
        where {key} in (select {key} from staged group by {key} having count(*) > 1)
    ) of_key
    where of_key.place = s.place and of_key.nth > 1 returning s.line, {value} as value
)
insert into uploads_uploaderror (upload_id, line, "column", value, reason)
select %(upload)s, line, %(column)s, left(value, 200), %(reason)s from again
"""
A_NUMBER_OF_A_LIST = TWICE.replace("partition by {key}", "partition by {key}, fields").format(key="number", value="''")


def stage(upload: Upload, reader: Reader, cursor: Any, progress: Progress) -> None:
    """Copy the file's rows into the temporary table, and its errors beside the upload."""
    # A trial and the reading after it may share a caller's transaction.
    cursor.execute("drop table if exists pg_temp.staged, pg_temp.met, pg_temp.renamed")
    cursor.execute(STAGE)
    for chunk in rows_of(upload):
        good, errors = reader.chunk(chunk)
        copy(cursor, COPY_ROWS, good)
        copy(cursor, COPY_ERRORS, errors)
        # Reading is half of the way, writing the other.
        progress.say(total=max(reader.seen, upload.total_rows), done=reader.seen // 2, bad=reader.bad)
    cursor.execute("create unique index on staged (place)")
    cursor.execute("analyze staged")
