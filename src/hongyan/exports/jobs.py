"""Verbs of lists that a job writes: ask for one, write it, have it, throw it away.

The file is kept in the database, as uploads are, so that any process may write it and any other give it out. It is put
there in one transaction with the word that it is ready: who is killed while writing leaves nothing, and the job that
runs again begins anew. Rights are asked when the list is asked for, when it is written and whenever it is fetched.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import structlog
from django.db import Error, InterfaceError, OperationalError, connection, transaction
from django.http import Http404, QueryDict
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.exports.models import Export, ExportPart
from hongyan.exports.tables import Kind, Table, note
from hongyan.runtime import clock, live
from hongyan.spreadsheets.writing import ROWS_A_SHEET, Cell, write_xlsx

log = structlog.get_logger()

State = Export.State
KEPT_FOR = timedelta(days=7)
MOST_WAITING = 5
"""Lists that one user may have under way."""
PART_BYTES = 1024 * 1024
TOLD_EVERY = 5_000
"""Rows between two words about how far it is."""
WRITING_LOCK = 0x4578706F
"""Kind of the advisory locks that writers hold."""


class _Withdrawn(Exception):
    """Its owner threw the list away while it was being written."""


def ask(
    user: User, kind: Kind, table: Table, query: QueryDict, subject_id: int | None, *,
    begin: Callable[[int], object], address: str | None = None,
) -> Export:  # fmt: skip
    """Have a list written; `begin` puts its job into the queue, in the same transaction.

    Who asks again for what is under way gets that. Raises Refused for one list too many.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        under_way = Export.objects.visible_to(user).filter(state__in=[State.WAITING, State.RUNNING])
        asked = query.urlencode()
        if same := under_way.filter(kind=kind.name, subject_id=subject_id, query=asked).first():
            return same
        if under_way.count() >= MOST_WAITING:
            raise Refused(
                "too_many",
                _("Your other exports are still in progress: wait for one to finish, or stop it."),
                status=409,
            )
        now = clock.now()
        export = Export.objects.create(
            owner=user, kind=kind.name, subject_id=subject_id, query=asked, title=table.title[:200],
            file_name=table.file_name, language=translation.get_language() or "", created_at=now, expires_at=now + KEPT_FOR,
        )  # fmt: skip
        note(user, kind, table, query, address=address)
        begin(export.pk)
        tell(export)
    return export


def write(export_id: int, kinds: Mapping[str, Kind]) -> None:
    """Write the list, alone. May be killed and run again. What is ready, failed or thrown away stays so."""
    with _alone(export_id):
        export = Export.objects.select_related("owner__department").filter(pk=export_id).first()
        if export is None or not export.is_under_way:
            return
        try:
            with translation.override(export.language):
                _write(export, kinds[export.kind])
        except _Withdrawn:
            log.info("an export was withdrawn while it was written", export=export_id)
        except Http404:
            _fail(export, "gone")
        except (OperationalError, InterfaceError):
            # The database went away: the job is run again.
            raise
        except Exception:
            _fail(export, "fault")
            log.exception("an export could not be written", export=export_id)


def _write(export: Export, kind: Kind) -> None:
    user = export.owner
    if not kind.is_for(user):
        _fail(export, "no_right")
        return
    export.written_for = _rights_of(user)
    table = kind.table(user, QueryDict(export.query), export.subject_id)
    total = table.found.order_by().count()
    _say(export, state=State.RUNNING, total=total, done=0)
    # What came in since it was counted may go on to the last sheet's end.
    most = max(1, -(-total // ROWS_A_SHEET)) * ROWS_A_SHEET
    headings, rows = table.sheet()
    with tempfile.TemporaryDirectory(prefix="hongyan-export-") as folder:
        path = Path(folder) / "export.xlsx"
        write_xlsx(path, headings, _counted(export, islice(rows, most)), title=table.title, expected=total)
        _keep(export, path)


def _counted(export: Export, rows: Iterator[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
    for row in rows:
        yield row
        export.done += 1
        if export.done % TOLD_EVERY == 0:
            _say(export, done=export.done)


def _say(export: Export, **facts: object) -> None:
    """Raises _Withdrawn when there is no such export any more."""
    for name, value in facts.items():
        setattr(export, name, value)
    if not Export.objects.filter(pk=export.pk).update(**facts):
        raise _Withdrawn
    tell(export)


def _keep(export: Export, path: Path) -> None:
    """Put the file where it is fetched from, all of it or nothing."""
    with transaction.atomic(), path.open("rb") as file:
        if not Export.objects.select_for_update().filter(pk=export.pk).exists():
            raise _Withdrawn
        number = 0
        while part := file.read(PART_BYTES):
            ExportPart.objects.create(export=export, number=number, content=part)
            number += 1
        now = clock.now()
        _say(
            export, state=State.READY, done=export.done, total=export.done, size_bytes=file.tell(), finished_at=now,
            expires_at=now + KEPT_FOR, written_for=export.written_for,
        )  # fmt: skip


def _fail(export: Export, code: str) -> None:
    with suppress(_Withdrawn):
        _say(export, state=State.FAILED, error=code, finished_at=clock.now())


def _rights_of(user: User) -> str:
    """What decides how far a user sees: a file that was written for one such is not given to another."""
    return f"{user.role} {user.department.path}"


def access_export(user: User, export_id: int) -> Export:
    """The user's own; Http404 for missing, somebody else's and past its day alike."""
    export = Export.objects.visible_to(user).filter(pk=export_id).first()
    if export is None:
        raise Http404
    return export


def check_rights(user: User, export: Export, kinds: Mapping[str, Kind]) -> None:
    """Ask once more, now that the file is fetched. Raises Refused, or Http404 when what it is of may not be seen."""
    kind = kinds[export.kind]
    if not kind.is_for(user) or export.written_for != _rights_of(user):
        raise Refused(
            "rights_changed",
            _("This file was created with rights you no longer have. Please export the list again."),
            status=403,
        )
    kind.table(user, QueryDict(export.query), export.subject_id)


@contextmanager
def fetched(user: User, export: Export, kinds: Mapping[str, Kind], *, address: str | None = None) -> Iterator[Path]:
    """The finished file as one of this machine, gone afterwards. Audited. Raises as `check_rights`."""
    check_rights(user, export, kinds)
    with tempfile.TemporaryDirectory(prefix="hongyan-export-") as folder:
        path = Path(folder) / "export.xlsx"
        with transaction.atomic(), path.open("wb") as file:
            # Locked, so that it is not thrown away between two of its parts.
            found = Export.objects.select_for_update().visible_to(user).filter(pk=export.pk, state=State.READY).first()
            if found is None:
                raise Http404
            for part in found.parts.order_by("number").values_list("content", flat=True).iterator(chunk_size=4):
                file.write(part)
            audit.record(
                user, "export.fetched", found, detail={"rows": found.done, "bytes": found.size_bytes}, address=address
            )
        yield path


@transaction.atomic
def discard(user: User, export_id: int) -> None:
    """Throw a list away, or stop its being written."""
    export = Export.objects.select_for_update().visible_to(user).filter(pk=export_id).first()
    if export is None:
        raise Http404
    _delete([export.pk])
    tell(export)


def drop_old(now: datetime) -> int:
    """Remove what is kept no longer; gives how many."""
    with transaction.atomic():
        ids = list(
            Export.objects.select_for_update(skip_locked=True).filter(expires_at__lte=now).values_list("pk", flat=True)
        )
        _delete(ids)
    return len(ids)


def _delete(ids: list[int]) -> None:
    with connection.cursor() as cursor:
        # By statement: Django would read the files in order to delete them.
        cursor.execute("delete from exports_exportpart where export_id = any(%s)", [ids])
        cursor.execute("delete from exports_export where id = any(%s)", [ids])


@contextmanager
def _alone(export_id: int) -> Iterator[None]:
    """No two write one export at once, even if the first was taken for dead: the lock lives with its connection."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s, %s)", [WRITING_LOCK, export_id])
    try:
        yield
    finally:
        with suppress(Error), connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s, %s)", [WRITING_LOCK, export_id])


def tell(export: Export) -> None:
    """Open pages of the owner look again (topic `exports-<user id>`)."""
    live.publish(f"exports-{export.owner_id}")
