"""Reading a file of customers, orders or products: rows that belong together become one record, through the same verbs as
the pages.

All in one transaction: a worker that is killed leaves nothing half done. Each record has a savepoint of its own, so one
that is refused takes nothing else along.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.crm import classifying, rows_read, undoing
from hongyan.crm.importing import KINDS, kind_of
from hongyan.crm.models import Category
from hongyan.uploads.models import Touched, Upload, UploadError, UploadPart
from hongyan.uploads.receiving import tell
from hongyan.uploads.rows import rows_of
from hongyan.uploads.running import Progress, Stopped, finish, refuse_whole, run

SHOWN = 20
MOST_ERRORS = 50_000


class Undone(Exception):
    """Everything is rolled back: it was a try, or all or nothing was asked and something was wrong."""


@dataclass
class Outcome:
    """What reading came to."""

    seen: int = 0
    made: int = 0
    changed: int = 0
    bad: int = 0
    left: int = 0
    """Rows of records that the mode leaves alone."""
    first: list[list[str]] = field(default_factory=list)
    """The first changes: what was done to which record."""
    errors: list[UploadError] = field(default_factory=list)
    customers: set[int] = field(default_factory=set)
    """To be classed anew."""


def load(upload_id: int) -> None:
    """Read the upload to its end, or try it. May run twice."""
    run(upload_id, [purpose for purpose, _right in KINDS.values()], _work)


def _work(upload: Upload, cursor: Any, progress: Progress) -> None:
    outcome, is_try = Outcome(), bool(upload.target.get("is_try"))
    _check_may(upload.owner, upload)
    is_whole = bool(upload.target.get("is_whole"))
    try:
        with transaction.atomic():
            _read(upload, outcome, progress)
            if is_try or (is_whole and outcome.bad):
                raise Undone
    except Undone:
        UploadError.objects.bulk_create(outcome.errors, batch_size=1000)
        if is_try:
            _tell_try(upload, outcome)
        else:
            refuse_whole(upload, outcome.bad, outcome.seen)
        return
    # Who lost the right while the file was being read imports nothing.
    _check_may(User.objects.select_related("department").get(pk=upload.owner_id), upload)
    _finish(upload, outcome)


def _check_may(user: User, upload: Upload) -> None:
    if not user.is_active or not user.may(KINDS[kind_of(upload)][1]):
        raise Refused("not_allowed", _("The owner of this upload may no longer change this."), status=403)


def _read(upload: Upload, outcome: Outcome, progress: Progress) -> None:
    kind = kind_of(upload)
    categories = set(Category.objects.values_list("pk", flat=True)) if kind == "products" else set()
    take = {"customers": rows_read.customer, "orders": rows_read.order, "products": rows_read.product}[kind]
    for group in _groups(upload, outcome):
        try:
            with transaction.atomic():
                done = take(upload.owner, group, upload.target)
                if done is not None and not upload.target.get("is_try"):
                    undoing.note(upload, kind, done.record, done.old)
        except (Refused, Http404) as error:
            outcome.bad += len(group)
            _note(upload, outcome, group, error)
            continue
        if done is None:
            outcome.left += len(group)
            continue
        outcome.made += done.is_new
        outcome.changed += not done.is_new
        outcome.customers |= {done.customer_id} if done.customer_id else set()
        if len(outcome.first) < SHOWN:
            outcome.first.append([str(group[0].line), _("new") if done.is_new else _("changed"), done.words])
        progress.say(total=upload.total_rows, done=outcome.seen, bad=outcome.bad)
    classifying.classify(sorted(outcome.customers))
    if kind == "products":
        new = Category.objects.exclude(pk__in=categories).order_by("pk")
        Touched.objects.bulk_create(Touched(upload=upload, kind="category", record_id=one.pk) for one in new)


def _groups(upload: Upload, outcome: Outcome) -> Iterator[list[rows_read.Row]]:
    """Rows that follow each other and name the same record. A row that is at fault in the file stands alone and is noted."""
    kind = kind_of(upload)
    places = {field: upload.columns.index(column) for field, column in upload.mapping.items()}
    others = (
        [(at, name) for at, name in enumerate(upload.columns) if at not in places.values()]
        if kind == "customers"
        else []
    )
    group: list[rows_read.Row] = []
    for chunk in rows_of(upload):
        for line, cells, fault in chunk:
            outcome.seen += 1
            values = {field: cells[at].strip() if at < len(cells) else "" for field, at in places.items()}
            values |= {name: value for name, value in upload.target.get("defaults", {}).items() if not values.get(name)}
            further = {name: cells[at].strip() for at, name in others if at < len(cells) and cells[at].strip()}
            row = rows_read.Row(line, values, further)
            if fault:
                outcome.bad += 1
                _note(upload, outcome, [row], Refused(fault, fault))
                continue
            if group and rows_read.key(kind, group[-1]) != rows_read.key(kind, row):
                yield group
                group = []
            group.append(row)
    if group:
        yield group


def _note(upload: Upload, outcome: Outcome, group: list[rows_read.Row], error: Refused | Http404) -> None:
    if len(outcome.errors) >= MOST_ERRORS:
        return
    code = error.code if isinstance(error, Refused) else "record_out_of_reach"
    about = error.field if isinstance(error, Refused) else ""
    value = group[0].values.get(about, "") or next(iter(group[0].values.values()), "")
    if code == "facts_missing":
        value = str(error)
    outcome.errors.append(
        UploadError(upload=upload, line=group[0].line, column=upload.mapping.get(about, "")[:120], value=value[:200], reason=str(code)[:40])
    )  # fmt: skip


def _finish(upload: Upload, outcome: Outcome) -> None:
    UploadError.objects.bulk_create(outcome.errors, batch_size=1000)
    UploadPart.objects.filter(upload=upload).delete()
    good = outcome.made + outcome.changed
    detail = {"rows": outcome.seen, "good": good, "updated": outcome.changed, "bad": outcome.bad}
    audit.record(upload.owner, f"{kind_of(upload)}.imported", upload, detail=detail)
    finish(
        upload, total_rows=outcome.seen, rows_done=outcome.seen, rows_good=good, rows_updated=outcome.changed,
        rows_bad=outcome.bad, rows_duplicate=outcome.left,
    )  # fmt: skip


def _tell_try(upload: Upload, outcome: Outcome) -> None:
    """Back to where the owner decides, with what would happen."""
    tried = {
        "made": outcome.made, "changed": outcome.changed, "bad": outcome.bad, "left": outcome.left, "first": outcome.first,
    }  # fmt: skip
    told = Upload.objects.filter(pk=upload.pk, state=Upload.State.RUNNING).update(
        state=Upload.State.UPLOADED, target={**upload.target, "tried": tried}, rows_bad=outcome.bad, rows_done=0
    )
    if not told:
        raise Stopped
    tell(upload)
