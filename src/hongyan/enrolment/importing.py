"""Verbs of a file of users: receive it, read it otherwise, check what it would do, begin, invite once more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import msgspec
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Right, Role
from hongyan.accounts.users import check_manages
from hongyan.enrolment.columns import LABELS, guess
from hongyan.enrolment.planning import Planned, Planner, Terms, Wrong
from hongyan.spreadsheets import SpreadsheetError
from hongyan.uploads import guesses, receiving
from hongyan.uploads.errors import file_words
from hongyan.uploads.models import Upload, UploadError
from hongyan.uploads.rows import rows_of

MOST_ROWS = 20_000
CHECKED_AT_ONCE = 500
"""Rows that are checked while somebody waits; more in the background."""
SHOWN = 100
"""Rows of a check that its page shows."""


def check_right(user: User) -> None:
    """Raises Refused for who does not manage users."""
    if not user.may(Right.MANAGE_USERS):
        raise Refused("not_allowed", _("You may not manage users."), status=403)


@transaction.atomic
def receive(user: User, file_name: str, chunks: Iterable[bytes]) -> Upload:
    """Keep a file, and look at it now or, if it is large, in the background. Raises Refused."""
    check_right(user)
    upload = receiving.receive(user, file_name, chunks, purpose=Upload.Purpose.USERS)
    if upload.size_bytes <= guesses.LOOKED_AT_ONCE_BYTES:
        guesses.inspect(upload, propose)
    else:
        app.configure_task("enrolment.inspect_users", allow_unknown=False).defer(upload_id=upload.pk)
    return upload


def propose(upload: Upload) -> dict[str, str]:
    """Our field -> column."""
    return guess(upload.columns, upload.preview)


def access_upload(user: User, upload_id: int) -> Upload:
    """The user's own file of users. Raises Http404."""
    upload = receiving.access_upload(user, upload_id)
    if upload.purpose != Upload.Purpose.USERS or not user.may(Right.MANAGE_USERS):
        raise Http404
    return upload


def terms_of(upload: Upload) -> Terms:
    return msgspec.convert(upload.target.get("terms", {}), Terms)


@transaction.atomic
def answer(user: User, upload: Upload, **answers: Any) -> Upload:
    """Read the file as somebody says; see `guesses.answer`. What was checked before is no longer so."""
    check_right(user)
    upload = guesses.answer(user, upload, propose, **answers)
    _forget_check(upload)
    upload.save(update_fields=["target"])
    return upload


def _forget_check(upload: Upload) -> None:
    upload.target = {name: value for name, value in upload.target.items() if name not in ("check", "is_checking")}
    UploadError.objects.filter(upload=upload).delete()


@transaction.atomic
def check(user: User, upload: Upload, mapping: dict[str, str], terms: Terms) -> Upload:
    """Find out what the file would do, by these columns and terms; of a long one in the background. Raises Refused."""
    check_right(user)
    upload = receiving.waiting(user, upload)
    clean = {ours: column for ours, column in mapping.items() if ours in LABELS and column in upload.columns}
    if "username" not in clean:
        raise Refused("no_username_column", _("Choose the column that holds the sign-in names."), field="username")
    if terms.role not in Role.values:
        raise Refused("unknown_role", _("There is no role with this name."), field="role")
    if upload.total_rows > MOST_ROWS:
        raise Refused(
            "too_many_rows", _("One file may hold up to %(most)d users; divide this one.") % {"most": MOST_ROWS}
        )
    place = Department.objects.visible_to(user).filter(pk=terms.department).first()
    if terms.department and place is None:
        raise Refused("not_allowed", _("You do not manage this department."), field="department", status=403)
    check_manages(user, place or user.department, terms.role)
    _forget_check(upload)
    upload.mapping = clean
    upload.target = upload.target | {"terms": asdict(terms)}
    if upload.total_rows <= CHECKED_AT_ONCE:
        upload.save(update_fields=["mapping", "target"])
        find_out(upload)
    else:
        upload.target["is_checking"] = True
        upload.save(update_fields=["mapping", "target"])
        app.configure_task("enrolment.check_users", allow_unknown=False).defer(upload_id=upload.pk)
    return upload


@transaction.atomic
def find_out(upload: Upload) -> None:
    """Check the file and keep what was found; a file that cannot be read has failed."""
    planner = Planner(upload.owner, upload, terms_of(upload))
    counts = dict.fromkeys(("new", "changed", "same", "left", "bad"), 0)
    shown: list[dict[str, Any]] = []
    needed: dict[str, dict[str, Any]] = {}
    departments: dict[str, None] = {}
    digest = sha256()
    wrong: list[UploadError] = []
    try:
        for rows in rows_of(upload):
            for one in planner.chunk(rows):
                digest.update(repr(one).encode())
                if isinstance(one, Wrong):
                    counts["bad"] += 1
                    wrong.append(error_of(upload, one))
                    continue
                counts[one.act] += 1
                if one.place is not None and one.place.missing:
                    departments[planner.places.words(one.place)] = None
                for need in one.needs:
                    needed.setdefault(f"{need.kind} {need.id}", asdict(need))
                if one.act in ("new", "changed") and len(shown) < SHOWN:
                    shown.append(_line(one))
    except SpreadsheetError as error:
        receiving.fail(upload, file_words(error))
        return
    UploadError.objects.filter(upload=upload).delete()
    UploadError.objects.bulk_create(wrong, batch_size=2000)
    upload.target = {name: value for name, value in upload.target.items() if name != "is_checking"} | {
        "check": {
            "counts": counts, "rows": shown, "departments": sorted(departments), "mark": digest.hexdigest()[:16],
            "needs": list(needed.values()),
        }
    }  # fmt: skip
    upload.rows_bad = counts["bad"]
    upload.save(update_fields=["target", "rows_bad"])
    receiving.tell(upload)


def _line(one: Planned) -> dict[str, Any]:
    return {
        "line": one.line, "act": one.act, "user": one.user_id, "username": one.username, "name": one.name,
        "changes": [asdict(change) for change in one.changes], "is_needed": bool(one.needs),
    }  # fmt: skip


def error_of(upload: Upload, wrong: Wrong) -> UploadError:
    """Under the heading that the file has for the column."""
    column = upload.mapping.get(wrong.column, "")
    return UploadError(upload=upload, line=wrong.line, column=column, value=wrong.value, reason=wrong.reason)


@transaction.atomic
def start(user: User, upload: Upload, *, shown: str, site: str, address: str | None = None) -> Upload:
    """Begin what the check with the mark `shown` showed. Links will lead to `site`. Raises Refused."""
    check_right(user)
    upload = receiving.waiting(user, upload)
    found = upload.target.get("check")
    if not found or found["mark"] != shown:
        raise Refused("check_first", _("Check the file first, so that you see what will happen."), status=409)
    if not found["counts"]["new"] and not found["counts"]["changed"]:
        raise Refused("nothing_to_do", _("No row of this file creates or changes a user."), status=409)
    UploadError.objects.filter(upload=upload).delete()
    upload.target = upload.target | {"site": site, "address": address or ""}
    upload.state, upload.rows_bad = Upload.State.RUNNING, 0
    upload.save(update_fields=["state", "target", "rows_bad"])
    app.configure_task("enrolment.load_users", allow_unknown=False).defer(upload_id=upload.pk)
    return upload
