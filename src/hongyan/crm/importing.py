"""Verbs of files of customers, orders and products: keep one, say what its columns are, try it, read it.

Trying and reading are one function: a try is rolled back, so what it counted is what reading would do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.crm.columns import LABELS, NEEDED, guess
from hongyan.uploads import guesses, receiving
from hongyan.uploads.guesses import reading_of
from hongyan.uploads.models import Upload

MODES = ("both", "create", "update")
KINDS: dict[str, tuple[Upload.Purpose, Right]] = {
    "customers": (Upload.Purpose.CUSTOMERS, Right.CHANGE_CUSTOMERS),
    "orders": (Upload.Purpose.ORDERS, Right.CHANGE_CUSTOMERS),
    "products": (Upload.Purpose.PRODUCTS, Right.SET_UP_CUSTOMERS),
}
"""Kind of file -> what its upload is called, and the right it needs."""


def kind_of(upload: Upload) -> str:
    return next(kind for kind, (purpose, _right) in KINDS.items() if purpose == upload.purpose)


def check_may(user: User, kind: str) -> None:
    if not user.may(KINDS[kind][1]):
        raise Refused("not_allowed", _("You may not upload files."), status=403)


def receive(user: User, kind: str, file_name: str, chunks: Iterable[bytes]) -> Upload:
    """Keep a file and look at it, a large one in the background. Raises Refused."""
    check_may(user, kind)
    upload = receiving.receive(user, file_name, chunks, purpose=KINDS[kind][0])
    if upload.size_bytes <= guesses.LOOKED_AT_ONCE_BYTES:
        guesses.inspect(upload, propose)
    else:
        app.configure_task("crm.inspect_upload", allow_unknown=False).defer(upload_id=upload.pk)
    return upload


def propose(upload: Upload) -> dict[str, str]:
    """Our field -> column: what the owner chose for the last file with these headings, or a guess."""
    if reading_of(upload).header_line > 0:
        earlier = Upload.objects.filter(
            owner=upload.owner, purpose=upload.purpose, columns=upload.columns, state=Upload.State.FINISHED
        ).exclude(pk=upload.pk)
        last: dict[str, str] | None = earlier.values_list("mapping", flat=True).first()
        if last:
            return last
    return guess(kind_of(upload), upload.columns)


def answer(user: User, upload: Upload, **answers: Any) -> Upload:
    """Read the file as somebody says; see `guesses.answer`."""
    return guesses.answer(user, upload, propose, **answers)


@transaction.atomic
def start(
    user: User, upload: Upload, mapping: dict[str, str], *, mode: str = "both", is_whole: bool = False, is_try: bool = False,
    defaults: dict[str, str] | None = None,
) -> Upload:  # fmt: skip
    """Begin to read in the background; `mapping` is our field -> column.

    `mode`: whether rows make new records, change known ones, or both. `is_whole`: all rows or none. `is_try`: nothing stays,
    but what would happen is counted and its first changes shown. `defaults`: values for columns that the file lacks.
    """
    kind = kind_of(upload)
    check_may(user, kind)
    upload = receiving.waiting(user, upload)
    clean = {field: column for field, column in mapping.items() if field in LABELS[kind] and column in upload.columns}
    if len(set(clean.values())) < len(clean):
        raise Refused("column_twice", _("A column can be used only once."))
    for field in NEEDED[kind]:
        if field not in clean:
            raise Refused(
                "no_column", _("Choose the column that holds: %(what)s.") % {"what": LABELS[kind][field]}, field=field
            )
    if kind == "orders" and not {"customer", "customer_code"} & set(clean):
        raise Refused("no_column", _("Choose the column that names the customer."), field="customer")
    upload.mapping = clean
    upload.target = {
        "mode": mode if mode in MODES else "both", "is_whole": is_whole, "is_try": is_try,
        "defaults": {name: value for name, value in (defaults or {}).items() if value},
    }  # fmt: skip
    upload.state, upload.rows_done = Upload.State.RUNNING, 0
    upload.save()
    app.configure_task("crm.load_upload", allow_unknown=False).defer(upload_id=upload.pk)
    return upload
