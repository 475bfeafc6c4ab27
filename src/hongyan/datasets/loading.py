"""Reading a file into a table, or trying what that would do.

One transaction: rows are copied into a temporary table while the file is read, then sorted out by set-based statements.
Who is killed leaves nothing; what fails leaves a sentence; a change of the table's fields under way is noticed before
the first row is written. Progress goes out over a connection of its own, which also hears that somebody stops it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.datasets import links, storing
from hongyan.datasets.importing import Order, order_of, view_of
from hongyan.datasets.models import Field, Filling
from hongyan.datasets.rights import View
from hongyan.datasets.rows import default_of, search_of
from hongyan.fields import Kind, Unfit, parse, store
from hongyan.runtime import clock
from hongyan.spreadsheets import Row
from hongyan.uploads.models import Upload, UploadPart
from hongyan.uploads.orders import Mode
from hongyan.uploads.rows import rows_of
from hongyan.uploads.running import COPY_ERRORS, Progress, copy, finish, refuse_whole, run, tell_trial

SLICE = 10_000
SAMPLES = 20
"""Changes that a trial shows."""
MOST_KEPT = 5_000
"""Texts of a column whose values are remembered: columns of few different ones are read once."""

STAGE = """
create temp table staged (
    place int not null, line int not null, key text, data jsonb not null, search text not null,
    row_id bigint, old jsonb
) on commit drop
"""
COPY_ROWS = "copy staged (place, line, key, data, search) from stdin"


class Reader:
    """Turns a file's rows into staged rows and errors."""

    def __init__(self, upload: Upload, view: View, order: Order) -> None:
        places = {column: place for place, column in enumerate(upload.columns)}
        by_id = {str(one.pk): one for one in view.fields}
        self._user = view.user
        self._columns: list[tuple[Field, int, str, dict[str, Any]]] = [
            (by_id[name], places[column], column, {}) for name, column in upload.mapping.items() if name in by_id
        ]
        self._fields = [one for one, _place, _column, _known in self._columns]
        self._key = next((one for one in self._fields if one.pk == order.key), None)
        self._upload_id = upload.pk
        self.place = self.seen = self.bad = 0

    def chunk(self, rows: list[Row]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """(rows to stage, errors to keep)."""
        for one, place, _column, known in self._columns:
            if one.kind is Kind.LINK:
                texts = {cells[place].strip() for _line, cells, fault in rows if not fault and place < len(cells)} - {
                    ""
                }
                known.clear()
                known.update(
                    {
                        text: Unfit(pk) if isinstance(pk, str) else pk
                        for text, pk in links.resolve(self._user, one, texts).items()
                    }
                )
        good: list[tuple[Any, ...]] = []
        errors: list[tuple[Any, ...]] = []
        dump = json.JSONEncoder(ensure_ascii=False).encode
        for line, cells, fault in rows:
            self.seen += 1
            self.place += 1
            if fault:
                self.bad += 1
                errors.append((self._upload_id, line, "", " ".join(cells)[:200], fault))
                continue
            data, wrong = self._values(line, cells)
            if wrong:
                self.bad += 1
                errors += wrong
            elif data or self._key is None:
                value = data.get(self._key.key) if self._key is not None else None
                key = None if value is None else str(value).lower()
                good.append((self.place, line, key, dump(data), search_of(self._fields, data)))
        return good, errors

    def _values(self, line: int, cells: list[str]) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
        data: dict[str, Any] = {}
        wrong: list[tuple[Any, ...]] = []
        for one, place, column, known in self._columns:
            text = cells[place] if place < len(cells) else ""
            if not text:
                continue
            value = known.get(text)
            if value is None:
                value = known.get(text.strip()) if one.kind is Kind.LINK else self._value(one, text)
                if len(known) < MOST_KEPT and one.kind is not Kind.LINK:
                    known[text] = value
            if isinstance(value, Unfit):
                wrong.append((self._upload_id, line, column[:120], text[:200], value.code))
            elif value is not None:
                data[one.key] = value
        return data, wrong

    @staticmethod
    def _value(one: Field, text: str) -> Any:
        try:
            return store(one.kind, parse(one.kind, text, choices=one.choices))
        except Unfit as error:
            return error


def load(upload_id: int) -> None:
    """Read the upload to its end, or try it. Running it again, also while it runs, gives the same result."""
    run(upload_id, [Upload.Purpose.TABLE], _work)


def _work(upload: Upload, cursor: Any, progress: Progress) -> None:
    try:
        _Loading(upload, view_of(upload), cursor, progress).run()
    except Http404:
        raise Refused(
            "no_table", _("The table no longer exists, or you may no longer change it."), status=404
        ) from None


class _Loading:
    """One reading: the steps share their cursor, counts and names."""

    def __init__(self, upload: Upload, view: View, cursor: Any, progress: Progress) -> None:
        self.upload, self.view, self.cursor, self.progress = upload, view, cursor, progress
        self.order = order_of(upload)
        self.part = storing.part(view.table)
        self.fields = list(view.table.fields.all())
        self.key = next((one for one in self.fields if one.pk == self.order.key), None)
        self.reader = Reader(upload, view, self.order)
        self.refused = 0
        """Rows that were read well and do not fit the table."""

    def run(self) -> None:
        self._stage()
        self._hold()
        self._match()
        self._refuse_what_does_not_fit()
        new, changed, same = self._sorted_out()
        if self.order.is_dry:
            self._tell_trial(new, changed, same)
            return
        bad = self.reader.bad + self.refused
        if self.order.is_whole and bad:
            refuse_whole(self.upload, bad, self.reader.seen)
            return
        self._write(new, changed, same)

    def _say(self, done: int) -> None:
        self.progress.say(total=max(self.reader.seen, self.upload.total_rows), done=done, bad=self.reader.bad)

    def _stage(self) -> None:
        # A trial and the reading after it may share a caller's transaction.
        self.cursor.execute("drop table if exists pg_temp.staged, pg_temp.met, pg_temp.searched")
        self.cursor.execute(STAGE)
        for chunk in rows_of(self.upload):
            good, errors = self.reader.chunk(chunk)
            copy(self.cursor, COPY_ROWS, good)
            copy(self.cursor, COPY_ERRORS, errors)
            # Reading is half of the way, writing the other.
            self._say(self.reader.seen // 2)
        self.cursor.execute("analyze staged")

    def _hold(self) -> None:
        """From here on nobody changes the fields until the rows stand; who has changed them since it began, wins."""
        self.cursor.execute("select structure from datasets_table where id = %s for share", [self.view.table.pk])
        found = self.cursor.fetchone()
        if found is None:
            raise Http404
        if found[0] != self.order.structure:
            raise Refused(
                "fields_changed",
                _(
                    "The table's fields were changed while the file was being read. Nothing was imported; please start again."
                ),
                status=409,
            )

    def _match(self) -> None:
        """Find the row that each row of the file means."""
        if self.key is None:
            return
        same = storing.same(self.key, "r.data")
        # Two imports at once would both find a key missing; they take turns.
        self.cursor.execute("select pg_advisory_xact_lock(hashtext('table'), %s)", [self.view.table.pk % 2**31])
        self._refuse("key is null", self.key, "key_missing")
        self._refuse(
            "place in (select place from (select place, row_number() over (partition by key order by place) as nth"
            " from staged) of_key where nth > 1)", self.key, "value_twice_in_file",
        )  # fmt: skip
        self.cursor.execute(
            f"create temp table met on commit drop as select s.place, min(r.id) as id, count(*) as times"
            f" from staged s join {self.part} r on {same} = s.key group by 1"
        )
        self.cursor.execute("analyze met")
        self._refuse("place in (select place from met where times > 1)", self.key, "several_rows")
        if self.order.mode is Mode.CREATE:
            self._refuse("place in (select place from met)", self.key, "row_exists")
            return
        if self.order.mode is Mode.UPDATE:
            self._refuse("place not in (select place from met)", self.key, "row_unknown")
        self.cursor.execute(
            f"update staged s set row_id = r.id, old = r.data from met m join {self.part} r on r.id = m.id"
            " where m.place = s.place"
        )

    def _refuse_what_does_not_fit(self) -> None:
        mapped = set(self.upload.mapping)
        for one in self.fields:
            if one.is_required and not (one.default and str(one.pk) not in mapped):
                self._refuse(f"row_id is null and not data ? '{one.key}'", one, "required")
            if one.is_unique and one != self.key and str(one.pk) in mapped:
                mine, theirs = storing.same(one, "s.data"), storing.same(one, "r.data")
                self._refuse(
                    f"place in (select place from (select place, row_number() over (partition by {storing.same(one, 'data')}"
                    f" order by place) as nth from staged where data ? '{one.key}') of_value where nth > 1)",
                    one, "value_twice_in_file",
                )  # fmt: skip
                self._refuse(
                    f"place in (select s.place from staged s join {self.part} r on {theirs} = {mine}"
                    " where r.id is distinct from s.row_id)", one, "value_taken",
                )  # fmt: skip

    def _refuse(self, which: str, one: Field, reason: str) -> None:
        column = self.upload.mapping.get(str(one.pk), one.name)
        self.cursor.execute(
            f"""
            with gone as (delete from staged where {which} returning line, data)
            insert into uploads_uploaderror (upload_id, line, "column", value, reason)
            select %s, line, %s, left(coalesce(data->>'{one.key}', ''), 200), %s from gone
            """,
            [self.upload.pk, column[:120], reason],
        )
        self.refused += self.cursor.rowcount

    def _sorted_out(self) -> tuple[int, int, int]:
        """How many rows are new, change, stay as they are; what stays is set aside."""
        self.cursor.execute("delete from staged where row_id is not null and old || data = old")
        same = int(self.cursor.rowcount)
        self.cursor.execute(
            "select count(*) filter (where row_id is null), count(*) filter (where row_id is not null) from staged"
        )
        new, changed = self.cursor.fetchone()
        return new, changed, same

    def _tell_trial(self, new: int, changed: int, same: int) -> None:
        self.cursor.execute(
            "select line, row_id, old, data from staged order by row_id is null, place limit %s", [SAMPLES]
        )
        samples = [
            {"line": line, "row": row, "old": _json(old) or {}, "new": _json(data)}
            for line, row, old, data in self.cursor.fetchall()
        ]
        trial = {
            "new": new,
            "changed": changed,
            "same": same,
            "bad": self.reader.bad + self.refused,
            "samples": samples,
        }
        tell_trial(self.upload, trial, self.reader.seen)

    def _write(self, new: int, changed: int, same: int) -> None:
        now, table = clock.now(), self.view.table
        filling = Filling.objects.create(
            table=table, upload=self.upload, user=self.view.user, file_name=self.upload.file_name, at=now,
            created=new, updated=changed,
        )  # fmt: skip
        self._insert(filling, self._defaults())
        if changed:
            self._update(filling)
        # Who lost the right while the file was being read imports nothing.
        view_of(Upload.objects.select_related("owner__department").get(pk=self.upload.pk))
        UploadPart.objects.filter(upload=self.upload).delete()
        audit.record(
            self.view.user, "table.imported", table,
            detail={"rows": self.reader.seen, "new": new, "updated": changed, "bad": self.reader.bad + self.refused},
        )  # fmt: skip
        app.configure_task("datasets.index", allow_unknown=False).defer(table_id=table.pk)
        finish(
            self.upload, total_rows=self.reader.seen, rows_done=self.reader.seen, rows_good=new + changed + same,
            rows_updated=changed, rows_bad=self.reader.bad + self.refused,
            target={**self.upload.target, "filling": filling.pk, "new": new, "same": same},
        )  # fmt: skip

    def _defaults(self) -> dict[str, Any]:
        """Values of fields that the file has no column for."""
        found = {}
        for one in self.fields:
            if one.default and one.kind is not Kind.LINK:
                found[one.key] = store(one.kind, parse(one.kind, default_of(one), choices=one.choices))
        return found

    def _insert(self, filling: Filling, defaults: dict[str, Any]) -> None:
        search = search_of([one for one in self.fields if str(one.pk) not in self.upload.mapping], defaults)
        for after in range(0, self.reader.place, SLICE):
            self.cursor.execute(
                f"""
                insert into {self.part} (table_id, data, search, version, created_at, updated_at, created_by_id, filling_id)
                select %(table)s, %(defaults)s::jsonb || data, search || %(search)s, 1, %(now)s, %(now)s, %(user)s, %(filling)s
                from staged where row_id is null and place > %(after)s and place <= %(upto)s order by place
                """,
                {
                    "table": self.view.table.pk, "defaults": json.dumps(defaults), "search": f" {search}" if search else "",
                    "now": filling.at, "user": self.view.user.pk, "filling": filling.pk, "after": after, "upto": after + SLICE,
                },
            )  # fmt: skip
            self._say((self.reader.seen + min(after + SLICE, self.reader.seen)) // 2)

    def _update(self, filling: Filling) -> None:
        self.cursor.execute("create temp table searched (row_id bigint, search text) on commit drop")
        for rows in self._merged():
            found = [(row_id, search_of(self.fields, data)) for row_id, data in rows]
            copy(self.cursor, "copy searched (row_id, search) from stdin", found)
        self.cursor.execute(
            f"""
            with changed as (
                select s.row_id, s.data, s.old, n.search,
                       (select jsonb_object_agg(key, value) from jsonb_each(s.data) where s.old->key is distinct from value) as new
                from staged s join searched n using (row_id)
            ), written as (
                update {self.part} r set data = r.data || c.data, search = c.search, version = r.version + 1, updated_at = %(now)s
                from changed c where r.id = c.row_id
            )
            insert into datasets_change (table_id, row_id, act, at, user_id, filling_id, old, new)
            select %(table)s, row_id, 'changed', %(now)s, %(user)s, %(filling)s,
                   (select jsonb_object_agg(key, old->key) from jsonb_object_keys(new) key), new
            from changed
            """,
            {"table": self.view.table.pk, "now": filling.at, "user": self.view.user.pk, "filling": filling.pk},
        )

    def _merged(self) -> Iterable[list[tuple[int, dict[str, Any]]]]:
        """Rows to be changed as they will be, a slice at a time."""
        after = 0
        while True:
            self.cursor.execute(
                "select row_id, old || data from staged where row_id > %s order by row_id limit %s", [after, SLICE]
            )
            rows = [(pk, _json(data)) for pk, data in self.cursor.fetchall()]
            if not rows:
                return
            yield rows
            after = rows[-1][0]


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
