"""Verbs of ported numbers: noted by hand or from a file, removed, read in the background.

A file has a number in one column and, where there is one, its carrier in another; without it the carrier chosen with the
file holds. A number noted again gets the newer carrier. What is in doubt about a file is asked before it is read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.http import Http404
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django import app

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.dispatch.models import PortedNumber
from hongyan.dispatch.numbers import BadNumber, Numbers, mask, normalise, read_many
from hongyan.messaging.words import NOT_YOURS
from hongyan.runtime import clock
from hongyan.spreadsheets import Row, SpreadsheetError
from hongyan.uploads import guesses, receiving
from hongyan.uploads.columns import cells_of
from hongyan.uploads.errors import file_words
from hongyan.uploads.models import Upload, UploadPart
from hongyan.uploads.rows import rows_of

CARRIERS = ("mobile", "unicom", "telecom", "broadnet")
"""Who may serve a ported number."""
_SAID = {
    "mobile": "移动 中国移动 移動 中國移動 mobile cmcc chinamobile yd",
    "unicom": "联通 中国联通 聯通 中國聯通 unicom cucc chinaunicom lt",
    "telecom": "电信 中国电信 電信 中國電信 telecom ctcc chinatelecom dx",
    "broadnet": "广电 中国广电 廣電 中國廣電 broadnet cbn chinabroadnet gd",
}
_BY_WORD = {word: carrier for carrier, words in _SAID.items() for word in words.split()}

UPSERT = """
insert into dispatch_ported_number as p (number, carrier, source, noted_at)
select distinct on (number) number, carrier, %(source)s, %(now)s from staged order by number, line desc
on conflict (number) do update set carrier = excluded.carrier, source = excluded.source, noted_at = excluded.noted_at
returning (xmax = 0)
"""


def carrier_of(cell: str) -> str:
    """The carrier that a cell of a file names, or nothing."""
    word = unicodedata.normalize("NFKC", cell).lower()
    return _BY_WORD.get("".join(char for char in word if char.isalnum()), "")


def _check(user: User) -> None:
    if not user.may(Right.MANAGE_CHANNELS):
        raise Refused("not_allowed", NOT_YOURS, status=403)


def _known(carrier: str) -> str:
    if carrier not in CARRIERS:
        raise Refused("unknown_carrier", gettext_lazy("Choose the carrier that serves the number."), field="carrier")
    return carrier


@transaction.atomic
def note(user: User, text: str, carrier: str, *, address: str | None = None) -> Numbers:
    """Note each mainland number of a pasted text; gives what was read."""
    _check(user)
    found = read_many(text)
    good = [number for number in found.good if number.startswith("+86")]
    now = clock.now()
    PortedNumber.objects.bulk_create(
        [PortedNumber(number=number, carrier=_known(carrier), noted_at=now) for number in good],
        update_conflicts=True, unique_fields=["number"], update_fields=["carrier", "source", "noted_at"], batch_size=2000,
    )  # fmt: skip
    if good:
        audit.record(
            user, "ported_number.added", summary=", ".join(mask(number) for number in good[:5]), address=address,
            detail={"count": len(good), "carrier": carrier},
        )  # fmt: skip
    return Numbers(good, found.bad, found.duplicates, found.words)


@transaction.atomic
def remove(user: User, numbers: Iterable[str], *, address: str | None = None) -> int:
    """The range decides again; gives how many were on the list."""
    _check(user)
    wanted = list(numbers)
    removed, _by_model = PortedNumber.objects.filter(number__in=wanted).delete()
    if removed:
        audit.record(
            user, "ported_number.removed", summary=", ".join(mask(number) for number in wanted[:5]), address=address,
            detail={"count": removed},
        )  # fmt: skip
    return removed


@transaction.atomic
def remove_source(user: User, source: str, *, address: str | None = None) -> int:
    """All that came from one file and has not been noted anew since."""
    _check(user)
    removed, _by_model = PortedNumber.objects.filter(source=source).exclude(source="").delete()
    if removed:
        audit.record(
            user,
            "ported_number.removed",
            summary=source[:200],
            address=address,
            detail={"count": removed, "source": source},
        )
    return removed


@transaction.atomic
def receive(user: User, file_name: str, chunks: Iterable[bytes], carrier: str) -> Upload:
    """Keep a file; it is read in the background where nothing about it is in doubt. Raises Refused."""
    _check(user)
    target = {"carrier": _known(carrier)} if carrier else {}
    upload = receiving.receive(user, file_name, chunks, purpose=Upload.Purpose.PORTED, target=target)
    if upload.size_bytes <= guesses.LOOKED_AT_ONCE_BYTES:
        inspect(upload)
    else:
        app.configure_task("carriers.inspect_ported", allow_unknown=False).defer(upload_id=upload.pk)
    return upload


def inspect(upload: Upload) -> None:
    """Look at the file, and begin to read it if it is plain how."""
    guesses.inspect(upload, propose)
    if upload.state == Upload.State.UPLOADED and guesses.is_plain(upload) and "number" in upload.mapping:
        start(upload.owner, upload)


def propose(upload: Upload) -> dict[str, str]:
    """The column of the numbers and that of their carriers."""
    mapping: dict[str, str] = {}
    for place, column in enumerate(upload.columns):
        filled = [cell for cell in cells_of(upload.preview, place) if cell]
        if filled and sum(bool(carrier_of(cell)) for cell in filled) * 2 >= len(filled):
            mapping.setdefault("carrier", column)
    numbers = upload.found["number_columns"] or [
        column for place, column in enumerate(upload.columns)
        if any(sum(sign.isdigit() for sign in cell) >= 3 for cell in cells_of(upload.preview, place))
    ]  # fmt: skip
    return mapping | ({"number": numbers[0]} if numbers else {})


def answer(user: User, upload: Upload, **answers: Any) -> Upload:
    """Read the file as somebody says; see `guesses.answer`."""
    _check(user)
    return guesses.answer(user, upload, propose, **answers)


@transaction.atomic
def start(user: User, upload: Upload) -> Upload:
    """Begin reading in the background. Raises Refused."""
    _check(user)
    upload = receiving.waiting(user, upload)
    if "number" not in upload.mapping:
        raise Refused(
            "no_number_column", gettext_lazy("Choose the column that holds the phone numbers."), field="number"
        )
    upload.state = Upload.State.RUNNING
    upload.save(update_fields=["state"])
    app.configure_task("carriers.load_ported", allow_unknown=False).defer(upload_id=upload.pk)
    return upload


def access_upload(user: User, upload_id: int) -> Upload:
    """An import of ported numbers, for whoever manages channels. Raises Http404."""
    found: Upload | None = Upload.objects.filter(purpose=Upload.Purpose.PORTED, pk=upload_id).first()
    if found is None or not user.may(Right.MANAGE_CHANNELS):
        raise Http404
    return found


class Reader:
    """Sorts a file's rows into numbers with their carrier and errors. Pure but for what it counts."""

    def __init__(self, upload_id: int, carrier: str, number_at: int | None = None) -> None:
        self._upload_id = upload_id
        self._carrier = carrier
        self._number_at = number_at
        self.seen = 0
        self.bad = 0

    def chunk(self, rows: list[Row]) -> tuple[list[tuple[int, str, str]], list[tuple[Any, ...]]]:
        """(line, number, carrier) of good rows, and (upload, line, column, value, reason) of the others."""
        good: list[tuple[int, str, str]] = []
        errors: list[tuple[Any, ...]] = []
        for line, row, fault in rows:
            self.seen += 1
            if fault:
                self.bad += 1
                errors.append((self._upload_id, line, "", " ".join(row)[:200], fault))
                continue
            # A text file may part number and carrier by a blank only.
            cells = row if len(row) > 1 else row[0].split() if row and len(row[0].split()) == 2 else row
            number, carrier, value, reason = self._of(cells)
            if reason:
                self.bad += 1
                errors.append((self._upload_id, line, "", value[:200], reason))
            else:
                good.append((line, number, carrier))
        return good, errors

    def _of(self, cells: list[str]) -> tuple[str, str, str, str]:
        """(number, carrier, value, reason) of one row."""
        number, first, why = "", "", "number_empty"
        carrier = next((found for cell in cells if (found := carrier_of(cell))), "")
        at = self._number_at
        for cell in cells if at is None or len(cells) == 1 else cells[at : at + 1]:
            if not cell.strip() or carrier_of(cell):
                continue
            try:
                number = normalise(cell)
                break
            except BadNumber as error:
                if not first:
                    first, why = cell, error.reason.value
        if not number:
            return "", "", first, why
        if not number.startswith("+86"):
            return "", "", number, "ported_abroad"
        if not carrier and len([cell for cell in cells if cell.strip()]) > 1 and not self._carrier:
            return (
                "",
                "",
                next((cell for cell in cells if cell.strip() and not _is(cell, number)), ""),
                "carrier_unknown",
            )
        if not (carrier or self._carrier):
            return "", "", number, "carrier_missing"
        return number, carrier or self._carrier, "", ""


def _is(cell: str, number: str) -> bool:
    try:
        return normalise(cell) == number
    except BadNumber:
        return False


def load(upload_id: int) -> None:
    """Read the file to its end: all good rows or none. May run twice."""
    upload = Upload.objects.select_related("owner").filter(pk=upload_id, purpose=Upload.Purpose.PORTED).first()
    if upload is None or upload.state != Upload.State.RUNNING:
        return
    with translation.override(upload.owner.language or None):
        try:
            # Allowed when asked is checked again when it happens.
            if not upload.owner.is_active or not upload.owner.may(Right.MANAGE_CHANNELS):
                raise Refused("not_allowed", _("The owner of this upload may no longer change this."), status=403)
            with transaction.atomic():
                _load(upload)
        except (SpreadsheetError, Refused) as error:
            sentence = file_words(error) if isinstance(error, SpreadsheetError) else str(error)
            receiving.fail(upload, sentence)
            return
    receiving.tell(upload)


def _load(upload: Upload) -> None:
    number = upload.mapping.get("number", "")
    reader = Reader(
        upload.pk, upload.target.get("carrier", ""), upload.columns.index(number) if number in upload.columns else None
    )
    staged = 0
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('upload'), %s)", [upload.pk % 2**31])
        cursor.execute("select state from uploads_upload where id = %s", [upload.pk])
        if cursor.fetchone() != (Upload.State.RUNNING.value,):
            return
        cursor.execute("create temp table staged (line int, number text, carrier text) on commit drop")
        for rows in rows_of(upload):
            good, errors = reader.chunk(rows)
            staged += len(good)
            _copy(cursor, "copy staged (line, number, carrier) from stdin", good)
            _copy(cursor, 'copy uploads_uploaderror (upload_id, line, "column", value, reason) from stdin', errors)
        now = clock.now()
        cursor.execute(UPSERT, {"source": upload.file_name, "now": now})
        new = [row[0] for row in cursor.fetchall()]
        cursor.execute("drop table staged")
    UploadPart.objects.filter(upload=upload).delete()
    Upload.objects.filter(pk=upload.pk).update(
        state=Upload.State.FINISHED, total_rows=reader.seen, rows_done=reader.seen, rows_good=len(new),
        rows_updated=new.count(False), rows_bad=reader.bad, rows_duplicate=staged - len(new), finished_at=now,
    )  # fmt: skip
    audit.record(
        upload.owner, "ported_number.imported", upload,
        detail={"rows": reader.seen, "good": len(new), "bad": reader.bad},
    )  # fmt: skip


def _copy(cursor: Any, statement: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
