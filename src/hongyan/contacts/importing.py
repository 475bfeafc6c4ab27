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
from hongyan.contacts.fields import defined
from hongyan.contacts.groups import access_changeable_group
from hongyan.contacts.lists import prepare
from hongyan.contacts.models import AddressBook, Group
from hongyan.uploads import guesses, receiving
from hongyan.uploads.models import Upload
from hongyan.uploads.orders import Mode, Order, cleaned, remembered

BY_NUMBER = Order(key="number")


def may_upload(user: User, purpose: Upload.Purpose) -> bool:
    if purpose == Upload.Purpose.RECIPIENTS:
        return user.may(Right.SEND)
    return purpose == Upload.Purpose.CONTACTS and (
        AddressBook.objects.changeable_by(user).exists() or Group.objects.changeable_by(user).exists()
    )


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
    if guesses.reading_of(upload).header_line > 0 and (last := remembered(upload)):
        return last
    return guess(upload.columns, upload.preview)


def answer(user: User, upload: Upload, **answers: Any) -> Upload:
    """Read the file as somebody says; see `guesses.answer`. Large files are looked at in the background no second time."""
    return guesses.answer(user, upload, propose, **answers)


def keys_of(upload: Upload) -> list[str]:
    """By what a file's people may be known again: number, e-mail, name, or a further column that people have already."""
    own = [f"field:{column}" for column in upload.columns if column in defined()]
    return ["number", "email", "name", *own]


@transaction.atomic
def start(
    user: User, upload: Upload, mapping: dict[str, str], *,
    book: AddressBook | None = None, group: Group | None = None, name: str = "", keep_days: int | None = None,
    order: Order = BY_NUMBER,
) -> Upload:  # fmt: skip
    """Begin reading in the background, or trying. `mapping`: our field -> column.

    Contacts go into `book` (and `group`), as `order` says; who may change only the group changes nobody outside it.
    Recipients become a list called `name`, kept for `keep_days` if given.
    """
    upload = receiving.waiting(user, upload)
    clean = cleaned(upload, mapping, set(FIELDS))
    is_of_contacts = upload.purpose == Upload.Purpose.CONTACTS
    is_by_another = is_of_contacts and order.key != "number" and order.mode is Mode.UPDATE
    if "number" not in clean and not is_by_another:
        raise Refused("no_number_column", _("Choose the column that holds the phone numbers."), field="number")
    if is_of_contacts:
        _check_key(upload, clean, order)
        if group is not None:
            group = access_changeable_group(user, group.pk)
            book = group.book
        elif book is not None:
            book = access_changeable_book(user, book.pk)
        if book is None:
            raise Refused("no_book", _("Choose the address book to import into."), field="book")
        upload.target = {"book": book.pk, "order": order.kept()} | ({"group": group.pk} if group else {})
    upload.mapping = clean
    upload.state, upload.rows_done, upload.rows_bad = Upload.State.RUNNING, 0, 0
    upload.save()
    if upload.purpose == Upload.Purpose.RECIPIENTS:
        prepare(user, upload, name=name, keep_days=keep_days)
    app.configure_task("contacts.load_upload", allow_unknown=False).defer(upload_id=upload.pk)
    return upload


def _check_key(upload: Upload, clean: dict[str, str], order: Order) -> None:
    own = order.key.removeprefix("field:")
    is_there = (
        own in upload.columns and own not in clean.values() if order.key.startswith("field:") else order.key in clean
    )
    if order.key not in keys_of(upload) or not is_there:
        raise Refused("no_key", _("Choose by what people are known again, and the column that holds it."), field="key")
