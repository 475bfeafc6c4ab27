"""The frame in which every file is read in the background: one transaction, one sentence for whatever ends it.

A worker that is killed leaves nothing half done, and its job simply runs again; good rows are committed together or not
at all. Progress goes out over a connection of its own, which also hears that somebody stops it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

import msgspec
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.runtime import clock
from hongyan.spreadsheets import SpreadsheetError
from hongyan.uploads import receiving
from hongyan.uploads.errors import file_words
from hongyan.uploads.models import Upload, UploadError
from hongyan.uploads.orders import Trial
from hongyan.uploads.receiving import tell

COPY_ERRORS = 'copy uploads_uploaderror (upload_id, line, "column", value, reason) from stdin'


class Stopped(Exception):
    """Somebody stopped it: everything is rolled back."""


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

    def say(self, *, total: int, done: int, bad: int) -> None:
        """Raises Stopped once somebody has stopped the reading."""
        now = time.monotonic()
        if now - self._last < 0.25:
            return
        self._last = now
        with self._connection.cursor() as cursor:
            cursor.execute(
                "update uploads_upload set total_rows = %s, rows_done = %s, rows_bad = %s where id = %s and state = 'running'",
                [total, done, bad, self._upload.pk],
            )
            if not cursor.rowcount:
                cursor.execute("select 1 from uploads_upload where id = %s", [self._upload.pk])
                # Not there for this connection: not committed yet, as in a caller's own transaction.
                if cursor.fetchone() is not None:
                    raise Stopped
            tell(self._upload, cursor)


Work = Callable[[Upload, Any, Progress], None]


def run(
    upload_id: int, purposes: Collection[str], work: Work, *, failed: Callable[[Upload], None] | None = None
) -> None:
    """Do `work` (upload, cursor, progress) for an upload that is to be read, in the language of its owner.

    Running it again, also while it runs, gives the same result. What `work` raises becomes the upload's sentence;
    `failed` then clears away what was prepared for it.
    """
    sentence, language, upload = "", settings.LANGUAGE_CODE, None
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext('upload'), %s)", [upload_id % 2**31])
            upload = (
                Upload.objects.select_related("owner__department")
                .filter(pk=upload_id, purpose__in=purposes, state=Upload.State.RUNNING)
                .first()
            )
            if upload is None:
                return
            language = upload.owner.language or language
            with translation.override(language), Progress(upload) as progress:
                if not upload.owner.is_active:
                    raise Refused("not_allowed", _("The owner of this upload may no longer sign in."), status=403)
                UploadError.objects.filter(upload=upload)._raw_delete("default")
                work(upload, cursor, progress)
    except Stopped:
        return
    except SpreadsheetError as error:
        with translation.override(language):
            sentence = file_words(error)
    except Refused as error:
        with translation.override(language):
            sentence = str(error)
    except IntegrityError:
        with translation.override(language):
            sentence = _(
                "Meanwhile somebody entered a value that may appear only once. Nothing was imported; try again."
            )
    if sentence and upload is not None:
        with transaction.atomic():
            if failed is not None:
                failed(upload)
            receiving.fail(upload, sentence)


def finish(upload: Upload, **facts: Any) -> None:
    """The file has been read. Raises Stopped if somebody has stopped it meanwhile."""
    done = Upload.objects.filter(pk=upload.pk, state=Upload.State.RUNNING).update(
        state=Upload.State.FINISHED, finished_at=clock.now(), **facts
    )
    if not done:
        raise Stopped
    tell(upload)


def tell_trial(upload: Upload, trial: dict[str, Any] | Trial, total: int) -> None:
    """Back to where the owner decides, with what would happen. Raises Stopped."""
    done = Upload.objects.filter(pk=upload.pk, state=Upload.State.RUNNING).update(
        state=Upload.State.UPLOADED, target={**upload.target, "trial": msgspec.to_builtins(trial)}, total_rows=total,
        rows_done=0,
    )  # fmt: skip
    if not done:
        raise Stopped
    tell(upload)


def refuse_whole(upload: Upload, bad: int, total: int) -> None:
    """Some rows cannot be used and all or none was asked: the errors stay, nothing else does."""
    Upload.objects.filter(pk=upload.pk, state=Upload.State.RUNNING).update(
        state=Upload.State.FAILED, finished_at=clock.now(), rows_done=0, rows_bad=bad, total_rows=total,
        error=_("%(rows)d rows cannot be used, so nothing was imported, as you chose.") % {"rows": bad},
    )  # fmt: skip
    tell(upload)


def copy(cursor: Any, statement: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        with cursor.copy(statement) as copying:
            for row in rows:
                copying.write_row(row)


@transaction.atomic
def stop(user: User, upload: Upload) -> None:
    """Stop the reading of a file: nothing of it is kept."""
    found = receiving.access_upload(user, upload.pk)
    stopped = Upload.objects.filter(pk=found.pk, state=Upload.State.RUNNING).update(
        state=Upload.State.FAILED, error=_("Stopped. Nothing of this file was imported."), finished_at=clock.now(),
        rows_done=0,
    )  # fmt: skip
    if stopped:
        tell(found)
