"""Reading an upload into a book or a recipient list, in the frame of `uploads/running.py`.

People: rows are staged, those already in the book found by their key, what does not fit refused; then either the trial is
told, or new people are inserted and known ones changed, slice by slice. Beside each stands what was done to it
(`uploads.Touched`), from which `undoing.py` takes the import back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.contacts import filling
from hongyan.contacts.books import may_change
from hongyan.contacts.joining import MADE, join_groups, put_phones, put_tags
from hongyan.contacts.models import AddressBook, Field, Group
from hongyan.contacts.names import search_text, sort_key
from hongyan.contacts.reading import Reader
from hongyan.contacts.staging import SLICE, TWICE, stage
from hongyan.runtime import clock
from hongyan.uploads.models import Upload, UploadPart
from hongyan.uploads.orders import SAMPLES, Mode, Sample, Trial, order_of
from hongyan.uploads.running import Progress, copy, finish, refuse_whole, run, tell_trial

TEXTS = ("name", "number", "title", "company", "email", "notes")
# What the file does not say stays as it was.
MERGED = {one: f"case when s.{one} <> '' then s.{one} else c.{one} end" for one in TEXTS} | {
    "fields": "c.fields || s.fields"
}
CHANGES = f"({', '.join(f'c.{one}' for one in MERGED)}) is distinct from ({', '.join(MERGED.values())})"
MERGED_ROW = "jsonb_build_object(" + ", ".join(f"'{one}', {how}" for one, how in MERGED.items()) + ")"
RENAMES = f"(c.name, c.number, c.company) is distinct from ({MERGED['name']}, {MERGED['number']}, {MERGED['company']})"
# Whom somebody may change who was given groups of the book.
WITHIN = """
    and exists (select from contacts_group_contacts l where l.contact_id = c.id and l.group_id = any(%(within)s))
"""
KNOWN = "met m join staged s using (place) join contacts_contact c on c.id = m.id"

INSERT = """
with written as (
    insert into contacts_contact
        (book_id, number, name, title, company, email, notes, fields, pinyin, search, created_at, updated_at)
    select %(book)s, number, name, title, company, email, notes, fields, pinyin, search, %(now)s, %(now)s
    from staged s where place > %(after)s and place <= %(upto)s and not exists (select from met m where m.place = s.place)
    order by place
    returning id
)
insert into uploads_touched (upload_id, kind, record_id, new)
select %(upload)s, 'contact', id, jsonb_build_object('updated_at', to_jsonb(%(now)s::timestamptz)) from written
"""
UPDATE = f"""
with written as (
    update contacts_contact c set {", ".join(f"{one} = {how}" for one, how in MERGED.items())},
        pinyin = coalesce(r.pinyin, c.pinyin), search = coalesce(r.search, c.search), updated_at = %(now)s
    from met m join staged s using (place) left join renamed r on r.id = m.id
    where c.id = m.id and s.place > %(after)s and s.place <= %(upto)s and {CHANGES}
    returning c.id, to_jsonb(old) - 'updated_at' as was, to_jsonb(new) - 'updated_at' as becomes
)
insert into uploads_touched (upload_id, kind, record_id, old, new)
select %(upload)s, 'contact', id,
       (select jsonb_object_agg(key, value) from jsonb_each(was) where becomes->key is distinct from value),
       (select jsonb_object_agg(key, value) from jsonb_each(becomes) where was->key is distinct from value)
from written
"""  # noqa: S608 - our own names


def load(upload_id: int) -> None:
    """Read the upload to its end, or try it. Running it again, also while it runs, gives the same result."""
    purposes = (Upload.Purpose.CONTACTS, Upload.Purpose.RECIPIENTS)
    run(upload_id, purposes, _work, failed=filling.forget)


def _work(upload: Upload, cursor: Any, progress: Progress) -> None:
    if upload.purpose == Upload.Purpose.RECIPIENTS:
        filling.fill(upload, cursor, progress)
        return
    book, within = check_may(upload.owner, upload)
    _People(upload, book, within, cursor, progress).run()


def book_of(upload: Upload) -> AddressBook | None:
    """The book the file's people go into, if it is still there."""
    return AddressBook.objects.filter(pk=upload.target.get("book") or 0).first()


def check_may(user: User, upload: Upload) -> tuple[AddressBook, list[int] | None]:
    """The book, and the groups whose people the user may change; None for all people of the book. Raises Refused.

    Allowed when asked is checked again when it happens.
    """
    book = book_of(upload) if user.is_active else None
    if book is not None and may_change(user, book):
        return book, None
    granted = Group.objects.filter(book=book).changeable_by(user) if book is not None else Group.objects.none()
    within = sorted(granted.order_by().values_list("pk", flat=True))
    if book is None or upload.target.get("group") not in within:
        raise Refused(
            "not_allowed", _("The address book no longer exists, or you may no longer change it."), status=403
        )
    return book, within


class _People:
    """One reading: the steps share their cursor, counts and names."""

    def __init__(
        self, upload: Upload, book: AddressBook, within: list[int] | None, cursor: Any, progress: Progress
    ) -> None:
        self.upload, self.book, self.within, self.cursor, self.progress = upload, book, within, cursor, progress
        self.order = order_of(upload)
        self.reader = Reader(upload, may_lack_number=self.order.key != "number")
        self.now = clock.now()
        self.refused = self.twice = 0

    def run(self) -> None:
        stage(self.upload, self.reader, self.cursor, self.progress)
        self._match()
        self._refuse_what_does_not_fit()
        new, changed, same = self._sorted_out()
        bad = self.reader.bad + self.refused
        is_refused = self.order.is_whole and bool(bad + self.twice)
        if self.order.is_dry or is_refused:
            Field.objects.filter(pk__in=self.reader.made_fields).delete()
        if self.order.is_dry:
            trial = Trial(new, changed, same, bad + self.twice, self._samples())
            tell_trial(self.upload, trial, self.reader.seen)
        elif is_refused:
            refuse_whole(self.upload, bad + self.twice, self.reader.seen)
        else:
            self._write(changed)
            self._finish(new, changed, same)

    def _key(self, of: str) -> str:
        """What a person is known by, in the staged rows (`s`) or in the book (`c`)."""
        if self.order.key == "number":
            return f"{of}.number"
        if self.order.key in ("email", "name"):
            return f"nullif(lower({of}.{self.order.key}), '')"
        return f"nullif(lower({of}.fields->>%(own)s), '')"

    @property
    def _column(self) -> str:
        return self.upload.mapping.get(self.order.key, self.order.key)

    def _facts(self, **more: Any) -> dict[str, Any]:
        own = self.order.key.removeprefix("field:")
        return {
            "upload": self.upload.pk,
            "book": self.book.pk,
            "own": own,
            "now": self.now,
            "within": self.within,
            "column": self._column[:120],
        } | more

    def _match(self) -> None:
        """Find the person that each row means."""
        # Two imports into one book take turns: both would find a person missing, or wait for each other's rows.
        self.cursor.execute("select pg_advisory_xact_lock(hashtext('address book'), %s)", [self.book.pk % 2**31])
        is_number = self.order.key == "number"
        if not is_number:
            self._refuse(f"{self._key('s')} is null", "key_missing")
        key = self._key("staged")
        reason = "number_twice_in_file" if is_number else "value_twice_in_file"
        value = "''" if is_number else self._key("s")
        self.cursor.execute(TWICE.format(key=key, value=value), self._facts(reason=reason))
        self.twice = self.cursor.rowcount
        self.cursor.execute(
            "create temp table met on commit drop as select s.place, min(c.id) as id, count(*) as times from staged s"  # noqa: S608
            f" join contacts_contact c on c.book_id = %(book)s and {self._key('c')} = {self._key('s')}"
            f"{'' if self.within is None else WITHIN} group by 1",
            self._facts(),
        )
        self.cursor.execute("create unique index on met (place)")
        self.cursor.execute("analyze met")

    def _refuse_what_does_not_fit(self) -> None:
        met = "select from met m where m.place = s.place"
        if self.order.key != "number":
            self._refuse(f"exists ({met} and m.times > 1)", "several_people")
        if self.order.mode is Mode.CREATE:
            self._refuse(f"exists ({met})", "person_exists")
        if self.order.mode is Mode.UPDATE:
            self._refuse(f"not exists ({met})", "person_unknown")
        if self.order.key != "number":
            self._refuse(f"s.number = '' and not exists ({met})", "number_missing")
            self._refuse(
                "s.place in (select place from (select place, row_number() over (partition by number order by place) as nth"
                " from staged where number <> '') of_number where nth > 1)", "number_twice_in_file",
            )  # fmt: skip
        if self.order.key != "number" or self.within is not None:
            self._refuse(
                "s.number <> '' and exists (select from contacts_contact c where c.book_id = %(book)s and c.number = s.number"
                f" and not exists ({met} and m.id = c.id))", "number_taken",
            )  # fmt: skip

    def _refuse(self, which: str, reason: str) -> None:
        self.cursor.execute(
            f"""
            with gone as (delete from staged s where {which} returning line, {self._key("s")} as value)
            insert into uploads_uploaderror (upload_id, line, "column", value, reason)
            select %(upload)s, line, %(column)s, left(coalesce(value, ''), 200), %(reason)s from gone
            """,  # noqa: S608 - our own names
            self._facts(reason=reason),
        )
        self.refused += self.cursor.rowcount

    def _sorted_out(self) -> tuple[int, int, int]:
        """How many rows are new people, change known ones, leave them as they are."""
        self.cursor.execute("select count(*) from staged")
        total = self.cursor.fetchone()[0]
        self.cursor.execute(f"select count(*), count(*) filter (where {CHANGES}) from {KNOWN}")  # noqa: S608
        known, changed = self.cursor.fetchone()
        return total - known, changed, known - changed

    def _samples(self) -> list[Sample]:
        self.cursor.execute(
            f"select s.line, c.id, to_jsonb(c), {MERGED_ROW}"  # noqa: S608
            f" from {KNOWN} where {CHANGES} order by s.place limit %s",
            [SAMPLES],
        )
        found = [(line, pk, _flat(old), _flat(new)) for line, pk, old, new in self.cursor.fetchall()]
        self.cursor.execute(
            "select line, to_jsonb(s) from staged s where not exists (select from met m where m.place = s.place)"
            " order by place limit %s",
            [SAMPLES - len(found)],
        )
        found += [(line, None, {}, _flat(new)) for line, new in self.cursor.fetchall()]
        return [
            Sample(line, pk, {key: old.get(key, "") for key in new if old.get(key, "") != new[key]},
                   {key: value for key, value in new.items() if old.get(key, "") != value})
            for line, pk, old, new in found
        ]  # fmt: skip

    def _say(self, done: int) -> None:
        seen = self.reader.seen
        self.progress.say(total=seen, done=(seen + min(seen, done)) // 2, bad=self.reader.bad + self.refused)

    def _write(self, changed: int) -> None:
        self.cursor.execute(
            "create temp table renamed (id bigint primary key, pinyin text, search text) on commit drop"
        )
        put_phones(self.upload, self.book, self.cursor, is_known=True)
        for rows in self._renamed() if changed else ():
            copy(self.cursor, "copy renamed (id, pinyin, search) from stdin", rows)
        for after in range(0, self.reader.place, SLICE):
            facts = self._facts(after=after, upto=after + SLICE)
            self.cursor.execute(INSERT, facts)
            if changed:
                self.cursor.execute(UPDATE, facts)
            self._say(after + SLICE)
        put_phones(self.upload, self.book, self.cursor, is_known=False)
        join_groups(self.upload, self.book, self.cursor)
        put_tags(self.upload, self.book, self.cursor)
        self.cursor.execute(MADE, [self.upload.pk, "field", self.reader.made_fields])

    def _renamed(self) -> Iterable[list[tuple[Any, ...]]]:
        """How changed people are sorted and found from now on, a slice at a time."""
        for after in range(0, self.reader.place, SLICE):
            self.cursor.execute(
                f"select c.id, {MERGED['name']}, {MERGED['number']}, {MERGED['company']}, c.search_further from {KNOWN}"  # noqa: S608
                f" where s.place > %s and s.place <= %s and {RENAMES}",
                [after, after + SLICE],
            )
            yield [
                (pk, sort_key(name), search_text(name, number, company) + further)
                for pk, name, number, company, further in self.cursor.fetchall()
            ]

    def _finish(self, new: int, changed: int, same: int) -> None:
        # Who lost the right while the file was being read imports nothing.
        owner = User.objects.select_related("department").get(pk=self.upload.owner_id)
        _book, within = check_may(owner, self.upload)
        if within is not None and not (self.within is not None and set(self.within) <= set(within)):
            raise Refused(
                "not_allowed",
                _("What you may change became less while the file was read. Nothing was imported."),
                status=403,
            )
        UploadPart.objects.filter(upload=self.upload).delete()
        bad = self.reader.bad + self.refused
        audit.record(
            owner, "upload.finished", self.upload,
            detail={
                "rows": self.reader.seen, "good": new + changed + same, "updated": changed, "bad": bad,
                "duplicate": self.twice,
            },
        )  # fmt: skip
        finish(
            self.upload, total_rows=self.reader.seen, rows_done=self.reader.seen, rows_good=new + changed + same,
            rows_updated=changed, rows_bad=bad, rows_duplicate=self.twice,
            found=self.upload.found | {"missing": dict(self.reader.missing), "unfit": self.reader.unfit},
            target={key: value for key, value in self.upload.target.items() if key != "trial"} | {"new": new, "same": same},
        )  # fmt: skip


def _flat(row: Any) -> dict[str, Any]:
    """A person's values by column; the further ones behind `field:`."""
    found = json.loads(row) if isinstance(row, str) else row
    own = {f"field:{name}": value for name, value in found["fields"].items()}
    return {one: found[one] for one in TEXTS if found[one]} | own
