"""Verbs of imports: receive a file of people or recipients, propose what its columns are, start reading it.

`uploads/` keeps the file and its guesses; `loading.py` reads it in the background.
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
from hongyan.contacts.books import access_changeable_book
from hongyan.contacts.columns import FIELDS, guess
from hongyan.contacts.groups import access_changeable_group
from hongyan.contacts.lists import prepare
from hongyan.contacts.models import AddressBook, Group
from hongyan.uploads import guesses, receiving
from hongyan.uploads.models import Upload


def may_upload(user: User, purpose: Upload.Purpose) -> bool:
    if purpose == Upload.Purpose.RECIPIENTS:
        return user.may(Right.SEND)
    return purpose == Upload.Purpose.CONTACTS and AddressBook.objects.changeable_by(user).exists()


def receive(user: User, file_name: str, chunks: Iterable[bytes], *, purpose: Upload.Purpose) -> Upload:
    """Keep a file. Raises Refused."""
    if not may_upload(user, purpose):
        raise Refused("not_allowed", _("You may not upload files."), status=403)
    return receiving.receive(user, file_name, chunks, purpose=purpose)


def look_or_defer(upload: Upload) -> None:
    """Find the columns now, or in the background if that would keep someone waiting.

    A file of recipients about which nothing is in doubt is read at once; all else waits for its giver.
    """
    if upload.size_bytes <= guesses.LOOKED_AT_ONCE_BYTES:
        guesses.inspect(upload, propose)
        start_if_plain(upload)
    else:
        app.configure_task("contacts.inspect_upload", allow_unknown=False).defer(upload_id=upload.pk)


def start_if_plain(upload: Upload) -> None:
    if (
        upload.purpose == Upload.Purpose.RECIPIENTS
        and upload.state == Upload.State.UPLOADED
        and "number" in upload.mapping
        and guesses.is_plain(upload)
    ):
        start(upload.owner, upload, upload.mapping)


def propose(upload: Upload) -> dict[str, str]:
    """Our field -> column: what the owner chose for the last file with these headings, or a guess."""
    if guesses.reading_of(upload).header_line > 0:
        last: dict[str, str] | None = (
            Upload.objects.filter(
                owner=upload.owner, purpose=upload.purpose, columns=upload.columns, state=Upload.State.FINISHED
            )
            .exclude(pk=upload.pk)
            .values_list("mapping", flat=True)
            .first()
        )
        if last:
            return last
    return guess(upload.columns, upload.preview)


def answer(user: User, upload: Upload, **answers: Any) -> Upload:
    """Read the file as somebody says; see `guesses.answer`. Large files are looked at in the background no second time."""
    return guesses.answer(user, upload, propose, **answers)


@transaction.atomic
def start(
    user: User, upload: Upload, mapping: dict[str, str], *,
    book: AddressBook | None = None, group: Group | None = None, name: str = "", keep_days: int | None = None,
) -> Upload:  # fmt: skip
    """Begin reading in the background. `mapping`: our field -> column; "number" must be there.

    Contacts go into `book` (and `group`); recipients become a list called `name`, kept for `keep_days` if given.
    """
    upload = receiving.waiting(user, upload)
    clean = {field: column for field, column in mapping.items() if field in FIELDS and column in upload.columns}
    if "number" not in clean:
        raise Refused("no_number_column", _("Choose the column that holds the phone numbers."), field="number")
    if len(set(clean.values())) < len(clean):
        raise Refused("column_twice", _("A column can be used only once."))
    if upload.purpose == Upload.Purpose.CONTACTS:
        if group is not None:
            group = access_changeable_group(user, group.pk)
            book = group.book
        if book is None:
            raise Refused("no_book", _("Choose the address book to import into."), field="book")
        book = access_changeable_book(user, book.pk)
        upload.target = {"book": book.pk} | ({"group": group.pk} if group else {})
    upload.mapping = clean
    upload.state = Upload.State.RUNNING
    upload.save()
    if upload.purpose == Upload.Purpose.RECIPIENTS:
        prepare(user, upload, name=name, keep_days=keep_days)
    app.configure_task("contacts.load_upload", allow_unknown=False).defer(upload_id=upload.pk)
    return upload
