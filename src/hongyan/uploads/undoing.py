"""Taking an import back, exactly and row by row: what is new goes, what was changed gets its old values.

Whatever was changed since, or has something built on it, stays as it is and is told. What happens to every record
(`Fate`) is decided first, in one statement, so that looking and doing cannot differ. The room whose import it is says
what its records are and what may be built on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection, models, transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.runtime import clock
from hongyan.uploads import receiving
from hongyan.uploads.models import Touched, Upload

SLICE = 20_000
FORETOLD = 20_000
"""Of an import of so many records it is looked, while somebody waits, what its undoing would do."""
SHOWN = 20


class Fate(StrEnum):
    REMOVED = "removed"
    RESTORED = "restored"
    GONE = "gone"
    """Deleted since: nothing to do."""
    CHANGED = "changed"
    """Changed since: stays as it is."""


STAYING = {Fate.CHANGED.value: _("changed since")}


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing does, or has done."""

    removed: int = 0
    restored: int = 0
    stayed: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)
    """(record, why) of the first that stay."""


# A value is as the import left it; the moment of its last change stands for a new record as a whole.
FATES = """
create temp table fate on commit drop as
select t.record_id as id, t.old, case
    when r.id is null then 'gone'
    {further}
    when exists (select from jsonb_each(t.new) n where to_jsonb(r)->n.key is distinct from n.value) then 'changed'
    when t.old is null then 'removed' else 'restored' end as fate
from uploads_touched t left join {table} r on r.id = t.record_id
where t.upload_id = %(upload)s and t.kind = %(kind)s
"""


def decide(cursor: Any, upload: Upload, kind: str, model: type[models.Model], further: str = "") -> Undone:
    """Fill the temporary table `fate` (id, old, fate) for the records of one kind; `further` are a room's own whens."""
    table = model._meta.db_table
    cursor.execute("drop table if exists pg_temp.fate")
    cursor.execute(FATES.format(table=table, further=further), {"upload": upload.pk, "kind": kind})
    cursor.execute("create unique index on fate (id)")
    cursor.execute("analyze fate")
    cursor.execute("select fate, count(*) from fate group by 1")
    counts = dict(cursor.fetchall())
    done = {Fate.REMOVED.value, Fate.RESTORED.value, Fate.GONE.value}
    cursor.execute("select id, fate from fate where not fate = any(%s) order by id limit %s", [sorted(done), SHOWN])
    return Undone(
        counts.get("removed", 0), counts.get("restored", 0),
        sum(count for fate, count in counts.items() if fate not in done), cursor.fetchall(),
    )  # fmt: skip


def hold(cursor: Any, upload: Upload, kind: str, model: type[models.Model]) -> None:
    """Lock the records, in one order, so that they are still as they were found when they are changed."""
    cursor.execute(
        f"select count(*) from (select r.id from {model._meta.db_table} r join uploads_touched t on t.record_id = r.id"  # noqa: S608
        " where t.upload_id = %s and t.kind = %s order by r.id for update of r) held",
        [upload.pk, kind],
    )


def restore(cursor: Any, model: type[models.Model]) -> None:
    """Give those their old values whose fate it is."""
    own = model._meta.concrete_fields
    columns = [str(one.column) for one in own if not one.primary_key and one.column != "updated_at"]
    cursor.execute(
        f"update {model._meta.db_table} r set ({', '.join(columns)}, updated_at) ="  # noqa: S608 - our own names
        f" (select {', '.join(f'p.{one}' for one in columns)}, %s::timestamptz from jsonb_populate_record(r, f.old) p)"
        " from fate f where f.id = r.id and f.fate = 'restored'",
        [clock.now()],
    )


def removed(cursor: Any) -> Iterator[list[int]]:
    """The records that go, some thousands at a time."""
    after = 0
    while True:
        cursor.execute("select id from fate where fate = 'removed' and id > %s order by id limit %s", [after, SLICE])
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return
        yield ids
        after = ids[-1]


def made(upload: Upload, kind: str) -> list[int]:
    """Records of a kind that the import made beside its rows, such as groups; the youngest first."""
    found = Touched.objects.filter(upload=upload, kind=kind, old__isnull=True).order_by("-record_id")
    return list(found.values_list("record_id", flat=True))


def can_undo(upload: Upload) -> bool:
    return upload.state == Upload.State.FINISHED and upload.undone_at is None and not upload.target.get("is_undoing")


def size(upload: Upload, kind: str) -> int:
    return Touched.objects.filter(upload=upload, kind=kind).count()


@transaction.atomic
def begin(user: User, upload: Upload, defer: Callable[[], object]) -> None:
    """Undo in the background, by the job that `defer` puts off. Raises Refused when it has been undone, or is being."""
    upload = receiving.access_upload(user, upload.pk)
    Upload.objects.select_for_update().get(pk=upload.pk)
    upload.refresh_from_db()
    if not can_undo(upload):
        raise Refused("already_undone", _("This import has been undone already."), status=409)
    if not Touched.objects.filter(upload=upload).exists():
        raise Refused("nothing_to_undo", _("This import changed nothing."), status=409)
    upload.target = {key: value for key, value in upload.target.items() if key != "not_undone"} | {"is_undoing": True}
    upload.save(update_fields=["target"])
    defer()


def run(upload_id: int, work: Callable[[Upload, Any], Undone]) -> None:
    """Do the undoing, in one transaction. May run twice. Why it was refused stays with the upload."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('upload'), %s)", [upload_id % 2**31])
        upload = Upload.objects.select_related("owner__department").filter(pk=upload_id).first()
        if upload is None or not upload.target.get("is_undoing"):
            return
        target = {key: value for key, value in upload.target.items() if key != "is_undoing"}
        with translation.override(upload.owner.language or settings.LANGUAGE_CODE):
            try:
                with transaction.atomic():
                    if not upload.owner.is_active:
                        raise Refused("not_allowed", _("The owner of this upload may no longer sign in."), status=403)
                    done = work(upload, cursor)
            except Refused as error:
                Upload.objects.filter(pk=upload_id).update(target=target | {"not_undone": str(error)})
            else:
                Upload.objects.filter(pk=upload_id).update(
                    target=target | {"undone": asdict(done)}, undone_at=clock.now()
                )
                audit.record(
                    upload.owner, "upload.undone", upload,
                    detail={"removed": done.removed, "restored": done.restored, "stayed": done.stayed},
                )  # fmt: skip
    receiving.tell(upload)


def undone_of(upload: Upload) -> Undone | None:
    found = upload.target.get("undone")
    return msgspec.convert(found, Undone) if found else None


def forgotten(upload: Upload) -> None:
    """What was kept for an undoing that has been done is needed no more."""
    with connection.cursor() as cursor:
        cursor.execute("delete from uploads_touched where upload_id = %s", [upload.pk])
