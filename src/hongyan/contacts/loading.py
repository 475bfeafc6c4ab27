"""Reading an upload into a book or a recipient list.

Everything happens in one transaction: rows are copied into a temporary table while the file is read, then sorted out
by set-based statements. A worker that is killed therefore leaves nothing half done, and the job may simply run again;
good rows are committed together or not at all. Progress goes out over a connection of its own.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from hongyan.accounts import audit
from hongyan.contacts import fields, stock
from hongyan.contacts.books import may_change
from hongyan.contacts.columns import LENGTHS
from hongyan.contacts.groups import add_group
from hongyan.contacts.models import AddressBook, Field, Group, RecipientList
from hongyan.contacts.names import readings, search_text
from hongyan.dispatch.numbers import BadNumber, home_carrier, mask, normalise, shown
from hongyan.fields import Kind, Stored, Unfit
from hongyan.spreadsheets import Row, SpreadsheetError
from hongyan.uploads import guesses, receiving
from hongyan.uploads.columns import path_of
from hongyan.uploads.errors import file_words
from hongyan.uploads.models import Upload, UploadPart
from hongyan.uploads.receiving import tell
from hongyan.uploads.rows import rows_of

SLICE = 5000
"""Rows a set-based statement takes at once: enough to be fast, few enough for progress to move."""

LOOKED_AT = 500
"""Rows of a file by which the kind of a new column is guessed."""
MOST_REMEMBERED = 50_000

STAGE = """
create temp table staged (
    place int not null, line int not null, number text not null, name text not null, title text not null,
    company text not null, email text not null, notes text not null, grouping text not null, fields jsonb not null,
    pinyin text not null, search text not null
) on commit drop
"""
COPY_ROWS = (
    "copy staged (place, line, number, name, title, company, email, notes, grouping, fields, pinyin, search) from stdin"
)
COPY_ERRORS = 'copy uploads_uploaderror (upload_id, line, "column", value, reason) from stdin'

# The first row of each number stays in an address book; a list keeps each row that says something else of its number.
# The database does this well beyond memory, so the process stays small.
DUPLICATES = """
with again as (
    delete from staged s using (
        select place, row_number() over (partition by number {rows} order by place) as nth from staged
        where number in (select number from staged group by number having count(*) > 1)
    ) of_number
    where of_number.place = s.place and of_number.nth > 1 returning s.line
)
insert into uploads_uploaderror (upload_id, line, "column", value, reason)
select %(upload)s, line, %(column)s, '', 'number_twice_in_file' from again
"""
A_NUMBER = DUPLICATES.format(rows="")
A_ROW = DUPLICATES.format(rows=", fields")

UPSERT = """
with written as (
    insert into contacts_contact as c
        (book_id, number, name, title, company, email, notes, fields, pinyin, search, created_at, updated_at)
    select %(book)s, number, name, title, company, email, notes, fields, pinyin, search, now(), now()
    from staged where place > %(after)s and place <= %(upto)s order by place
    on conflict (book_id, number) do update set
        -- What the file does not say stays as it was.
        name = case when excluded.name <> '' then excluded.name else c.name end,
        pinyin = case when excluded.name <> '' then excluded.pinyin else c.pinyin end,
        search = case when excluded.name <> '' then excluded.search || c.search_further else c.search end,
        title = coalesce(nullif(excluded.title, ''), c.title),
        company = coalesce(nullif(excluded.company, ''), c.company),
        email = coalesce(nullif(excluded.email, ''), c.email),
        notes = coalesce(nullif(excluded.notes, ''), c.notes),
        fields = c.fields || excluded.fields,
        updated_at = now()
    returning (xmax = 0) as is_new
)
select count(*) filter (where is_new), count(*) filter (where not is_new) from written
"""

LIST_ROWS = """
insert into contacts_recipientlistrow (list_id, line, number, variables)
select %(list)s, place, number, fields from staged where place > %(after)s and place <= %(upto)s order by place
"""


class Reader:
    """Turns the file's rows into staged rows and errors, by the upload's mapping. Pure but for what it counts."""

    def __init__(self, upload: Upload) -> None:
        places = {column: place for place, column in enumerate(upload.columns)}
        self._columns = upload.columns
        self._mapping = upload.mapping
        self._number = places[upload.mapping["number"]]
        self._places = {
            field: places.get(upload.mapping.get(field, ""), -1)
            for field in ("name", "title", "company", "email", "notes", "group")
        }
        self._keeps_all = upload.purpose == Upload.Purpose.RECIPIENTS
        mapped = {self._number, *self._places.values()}
        self._others = [
            (place, column) for place, column in enumerate(upload.columns) if self._keeps_all or place not in mapped
        ]
        self._upload_id = upload.pk
        self._own: dict[str, Column] | None = None
        """How the further columns of people are read: known when the first rows are."""
        self.place = 0
        """Of the last row: its line, or one more where several rows stand in one line."""
        self.seen = 0
        self.bad = 0
        self.unfit = 0
        """Values that do not fit their column: kept as they stand, and told."""
        self.missing: Counter[str] = Counter()
        """How many usable rows lack which value."""

    def chunk(self, rows: list[Row]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """(rows to stage, errors to keep) of one chunk."""
        good: list[tuple[Any, ...]] = []
        errors: list[tuple[Any, ...]] = []
        dump = json.JSONEncoder(ensure_ascii=False).encode
        if self._own is None and not self._keeps_all:
            self._own = self._learn(rows)
        for line, cells, fault in rows:
            self.seen += 1
            place = self.place = max(line, self.place + 1)
            width = len(cells)
            raw = cells[self._number] if self._number < width else ""
            if fault:
                self.bad += 1
                errors.append((self._upload_id, line, self._columns[self._number], raw[:200], fault))
                continue
            try:
                number = normalise(raw)
            except BadNumber as error:
                self.bad += 1
                errors.append((self._upload_id, line, self._columns[self._number], raw[:200], error.reason.value))
                continue
            others = {column: cells[at] if at < width else "" for at, column in self._others}
            if self._keeps_all:
                if "" in others.values():
                    self.missing.update(column for column, value in others.items() if not value)
                # In one form, so that rows that differ in nothing else are the same, in this list and beside others.
                others[self._columns[self._number]] = shown(number)
                good.append((place, line, number, "", "", "", "", "", "", dump(others), "", ""))
                continue
            values = {field: self._cell(cells, at) for field, at in self._places.items()}
            long = next((field for field, value in values.items() if len(value) > LENGTHS[field]), None)
            if long is not None:
                self.bad += 1
                errors.append((self._upload_id, line, self._mapping[long], values[long][:200], "too_long"))
                continue
            name = values["name"]
            stored: dict[str, Stored] = {}
            for column, value in others.items():
                if not value:
                    continue
                stored[column], reason = (
                    self._own[column].read(value) if self._own and column in self._own else (value, "")
                )
                if reason:
                    self.unfit += 1
                    errors.append((self._upload_id, line, column, value[:200], reason))
            good.append((
                place, line, number, name, values["title"], values["company"], values["email"], values["notes"], values["group"],
                dump(stored), readings(name)[0][:200], search_text(name, number, values["company"]),
            ))  # fmt: skip
        return good, errors

    def _learn(self, rows: list[Row]) -> dict[str, Column]:
        """Columns of people for the file's further ones; those that are new by what their first cells look like."""
        samples = {
            column: [cells[at] for _line, cells, _fault in rows[:LOOKED_AT] if at < len(cells)]
            for at, column in self._others
        }
        return {name: Column(found) for name, found in fields.learn(samples).items()}

    @staticmethod
    def _cell(cells: list[str], place: int) -> str:
        return cells[place].strip() if 0 <= place < len(cells) else ""


class Column:
    """Reads the cells of a further column of people, each different one once."""

    def __init__(self, found: Field) -> None:
        self._field = found
        self._known: dict[str, tuple[Stored, str]] = {}
        self._is_plain = found.kind == Kind.TEXT

    def read(self, value: str) -> tuple[Stored, str]:
        """(what is stored, why it does not fit or nothing): what does not fit stays as it stands."""
        if self._is_plain:
            return value, ""
        if (known := self._known.get(value)) is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            try:
                stored = fields.store(self._field, value)
                known = (value if stored is None else stored, "")
            except Unfit as error:
                known = (value, error.code)
            self._known[value] = known
        return known


class Progress:
    """Writes how far a job is over a connection of its own, at most four times a second."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._connection = connection.copy()
        self._last = 0.0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def say(self, *, total: int, done: int, bad: int) -> bool:
        """Whether the file is still wanted: false once somebody has stopped its reading."""
        now = time.monotonic()
        if now - self._last < 0.25:
            return True
        self._last = now
        with self._connection.cursor() as cursor:
            cursor.execute(
                "update uploads_upload set total_rows = %s, rows_done = %s, rows_bad = %s where id = %s and state = 'running'",
                [total, done, bad, self._upload.pk],
            )
            is_wanted = bool(cursor.rowcount)
            if not is_wanted:
                cursor.execute("select 1 from uploads_upload where id = %s", [self._upload.pk])
                is_wanted = cursor.fetchone() is None  # not committed yet, as in a caller's own transaction
            tell(self._upload, cursor)
        return is_wanted


def load(upload_id: int) -> None:
    """Read the upload to its end. Running it again, also while it runs, gives the same result."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext('upload'), %s)", [upload_id % 2**31])
            upload = Upload.objects.select_related("owner").filter(pk=upload_id).first()
            if upload is None or upload.state != Upload.State.RUNNING:
                return
            with translation.override(upload.owner.language or settings.LANGUAGE_CODE), Progress(upload) as progress:
                refusal = _refusal(upload)
                if refusal:
                    _fail(upload, refusal)
                    return
                _load(upload, cursor, progress)
    except SpreadsheetError as error:
        with transaction.atomic():
            upload = Upload.objects.select_related("owner").get(pk=upload_id)
            with translation.override(upload.owner.language or settings.LANGUAGE_CODE):
                _fail(upload, file_words(error))


def book_of(upload: Upload) -> AddressBook | None:
    """The book the file's people go into, if it is still there."""
    return AddressBook.objects.filter(pk=upload.target.get("book") or 0).first()


def _refusal(upload: Upload) -> str:
    """Allowed when asked is checked again when it happens."""
    if not upload.owner.is_active:
        return _("The owner of this upload may no longer sign in.")
    if upload.purpose == Upload.Purpose.RECIPIENTS:
        return ""
    book = book_of(upload)
    if book is None or not may_change(upload.owner, book):
        return _("The address book no longer exists, or you may no longer change it.")
    return ""


def _fail(upload: Upload, sentence: str) -> None:
    RecipientList.objects.filter(upload=upload).delete()
    receiving.fail(upload, sentence)


def _stage(upload: Upload, cursor: Any, progress: Progress) -> Reader:
    """Copy the file's rows into the temporary table, and its errors beside the upload."""
    reader = Reader(upload)
    cursor.execute(STAGE)
    for chunk in rows_of(upload):
        good, errors = reader.chunk(chunk)
        if good:
            with cursor.copy(COPY_ROWS) as copy:
                for row in good:
                    copy.write_row(row)
        if errors:
            with cursor.copy(COPY_ERRORS) as copy:
                for row in errors:
                    copy.write_row(row)
        progress.say(total=reader.seen, done=0, bad=reader.bad)
    return reader


def _load(upload: Upload, cursor: Any, progress: Progress) -> None:
    reader = _stage(upload, cursor, progress)
    cursor.execute("analyze staged")
    is_of_contacts = upload.purpose == Upload.Purpose.CONTACTS
    cursor.execute(A_NUMBER if is_of_contacts else A_ROW, {"upload": upload.pk, "column": upload.mapping["number"]})
    duplicates = cursor.rowcount
    cursor.execute("create unique index on staged (place)")
    updated = 0
    if is_of_contacts:
        book = book_of(upload)
        assert book is not None
        good = 0
        # Two imports into one book take turns: their upserts could otherwise wait for each other.
        cursor.execute("select pg_advisory_xact_lock(hashtext('address book'), %s)", [book.pk % 2**31])
        for after in range(0, reader.place, SLICE):
            cursor.execute(UPSERT, {"book": book.pk, "after": after, "upto": after + SLICE})
            new, known = cursor.fetchone()
            good, updated = good + new + known, updated + known
            progress.say(total=reader.seen, done=min(reader.seen, after + SLICE), bad=reader.bad)
        _enroll(upload, book, cursor)
    else:
        good = _fill_list(upload, reader, cursor, progress)
    if is_of_contacts or upload.size_bytes > guesses.LOOKED_AT_ONCE_BYTES:
        # A small file of recipients may have been read without a question: it can be read otherwise for a day.
        UploadPart.objects.filter(upload=upload).delete()
    Upload.objects.filter(pk=upload.pk).update(
        state=Upload.State.FINISHED, total_rows=reader.seen, rows_done=reader.seen, rows_good=good,
        rows_updated=updated, rows_bad=reader.bad, rows_duplicate=duplicates, finished_at=timezone.now(),
        found=upload.found | {"missing": dict(reader.missing), "unfit": reader.unfit},
    )  # fmt: skip
    audit.record(
        upload.owner, "upload.finished", upload,
        detail={"rows": reader.seen, "good": good, "updated": updated, "bad": reader.bad, "duplicate": duplicates},
    )  # fmt: skip
    tell(upload)


def _fill_list(upload: Upload, reader: Reader, cursor: Any, progress: Progress) -> int:
    """Fill the recipient list that waits for this upload; gives its size."""
    made = RecipientList.objects.get(upload=upload)
    size = 0
    for after in range(0, reader.place, SLICE):
        cursor.execute(LIST_ROWS, {"list": made.pk, "after": after, "upto": after + SLICE})
        size += cursor.rowcount
        progress.say(total=reader.seen, done=min(reader.seen, after + SLICE), bad=reader.bad)
    # Eight signs of a number ("+8613800") tell its carrier, and there are few of them.
    cursor.execute("select left(number, 8), count(*) from staged group by 1")
    carriers: Counter[str] = Counter()
    for prefix, count in cursor.fetchall():
        carriers[home_carrier(prefix).value] += count
    made.size, made.carriers, made.columns = size, dict(carriers), upload.columns
    made.save(update_fields=["size", "carriers", "columns"])
    stock.take(made)
    return size


def _enroll(upload: Upload, book: AddressBook, cursor: Any) -> None:
    """Put the file's people into the chosen group, and into the groups its column names ("销售部/华东")."""
    group = Group.objects.filter(pk=upload.target.get("group") or 0, book=book).first()
    cursor.execute("select distinct grouping from staged where grouping <> '' order by 1 limit 5000")
    groups = {text: _group_of(book, group, text) for (text,) in cursor.fetchall()}
    pairs = [(one.pk, text) for text, one in groups.items() if one is not None]
    if pairs:
        cursor.execute(
            """
            insert into contacts_group_contacts (group_id, contact_id)
            select g.id, c.id from unnest(%s::bigint[], %s::text[]) g(id, grouping)
            join staged s on s.grouping = g.grouping
            join contacts_contact c on c.book_id = %s and c.number = s.number
            on conflict do nothing
            """,
            [[pk for pk, _ in pairs], [text for _, text in pairs], book.pk],
        )
    if group is not None:
        cursor.execute(
            """
            insert into contacts_group_contacts (group_id, contact_id)
            select %s, c.id from staged s join contacts_contact c on c.book_id = %s and c.number = s.number
            where s.grouping = '' or not %s
            on conflict do nothing
            """,
            [group.pk, book.pk, bool(pairs)],
        )


def _group_of(book: AddressBook, below: Group | None, text: str) -> Group | None:
    """The group a path of names stands for, made where it is missing; at most ten deep."""
    group = below
    for name in (one[:80] for one in path_of(text)):
        group = Group.objects.filter(book=book, parent=group, name=name).first() or add_group(book, name, group)
    return group


def shown_value(value: str, *, in_clear: bool) -> str:
    """A bad cell as its list shows it: what looks like a number is masked for those who may not see numbers."""
    if in_clear or sum(char.isdigit() for char in value) < 7:
        return value
    return mask("+86" + "".join(char for char in value if char.isdigit()))
