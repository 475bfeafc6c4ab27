"""Files that people give: what they are, how they are read, how far that is, and which rows could not be used."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import User


class OwnedQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """Uploads and lists are their owner's alone."""
        return self.filter(owner=user)


class Upload(models.Model):
    """A file someone gave us, kept in the database so that any worker on any machine can read it.

    It becomes contacts of a book (purpose `contacts`), a recipient list (purpose `recipients`), ported numbers (purpose
    `ported`), users, customers, orders, products, rows of a table, or opt-outs, lists and consents (purpose `listed`); the
    rooms above say what is done with its rows, `guesses.py` how they are read.
    """

    class Purpose(models.TextChoices):
        CONTACTS = "contacts"
        RECIPIENTS = "recipients"
        PORTED = "ported"
        USERS = "users"
        CUSTOMERS = "customers"
        ORDERS = "orders"
        PRODUCTS = "products"
        TABLE = "table"
        LISTED = "listed"

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")
        RUNNING = "running", _("Being read")
        FINISHED = "finished", _("Finished")
        FAILED = "failed", _("Failed")

    owner = models.ForeignKey(User, models.PROTECT, related_name="uploads")
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    state = models.CharField(max_length=16, choices=State.choices, default=State.UPLOADED)
    file_name = models.CharField(max_length=255)
    size_bytes = models.BigIntegerField(default=0)
    reading: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """How it is read (`spreadsheets.Reading`); as guessed, then as somebody said. Empty before the first look."""
    found: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """What the last look showed beside it: doubts, alternatives, what was left aside (`guesses.Found`)."""
    columns: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    """Headings, in the file's order; "1", "2", ... where there is no header row."""
    mapping: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    """Our field ("number", "name", ...) -> column heading."""
    preview: models.JSONField[list[list[str]], list[list[str]]] = models.JSONField(default=list)
    target: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """What the room above noted for itself: the book people go into, the carrier of numbers without one,
    what a check found."""
    total_rows = models.IntegerField(default=0)
    rows_done = models.IntegerField(default=0)
    rows_good = models.IntegerField(default=0)
    rows_updated = models.IntegerField(default=0)
    rows_bad = models.IntegerField(default=0)
    rows_duplicate = models.IntegerField(default=0)
    error = models.TextField(blank=True)
    """Why the whole file could not be used, in the owner's language."""
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    """When what it did was taken back (`undoing.py`)."""

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name


class UploadPart(models.Model):
    """The file itself, in parts of at most 1 MiB, deleted once it has been read."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="parts")
    number = models.IntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["upload", "number"], name="upload_part_is_unique")]


class UploadError(models.Model):
    """One row of a file that could not be used: where and why."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="errors")
    line = models.IntegerField()
    column = models.CharField(max_length=120, blank=True)
    value = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=40)
    """A stable code; the words are in `errors.py`."""

    class Meta:
        ordering = ["line", "id"]


class Touched(models.Model):
    """What an import did to one record, written in the transaction that did it, so that it can be taken back exactly.

    `old` null: the record is new. `new`: the values that it was given, by which one sees whether it was changed since.
    """

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="touched")
    kind = models.CharField(max_length=16)
    """What it is, in the words of the room whose import it is: contact, membership ..."""
    record_id = models.BigIntegerField()
    old: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True)
    new: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        # The undoing of one upload reads its records kind by kind.
        indexes = [models.Index(fields=["upload", "kind", "record_id"], name="touched_by_an_upload")]
