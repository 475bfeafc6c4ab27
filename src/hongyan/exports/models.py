"""Files of whole lists: who asked for which, how far it is, until when it is kept."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import User
from hongyan.exports.errors import FAILURES
from hongyan.runtime import clock


class ExportQuerySet(models.QuerySet["Export"]):
    def visible_to(self, user: User) -> Self:
        """One's own, as long as they are kept: the file was written with one's rights, and nobody else has just those."""
        return self.filter(owner=user, expires_at__gt=clock.now())


class Export(models.Model):
    """One list to take away: asked for, written by a job, kept for a week."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Being exported")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")

    owner = models.ForeignKey(User, models.PROTECT, related_name="exports")
    kind = models.CharField(max_length=40)
    """Which list (`tables.Kind.name`)."""
    subject_id = models.BigIntegerField(null=True)
    """Of a record's list: the record."""
    query = models.TextField(blank=True)
    """The filter: the query part of the list's address."""
    title = models.CharField(max_length=200)
    file_name = models.CharField(max_length=120)
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    written_for = models.CharField(max_length=600, blank=True)
    """The role and department whose rights the file has; with others it is not given out."""
    total = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    size_bytes = models.BigIntegerField(default=0)
    error = models.CharField(max_length=20, blank=True)
    """A stable code; the words are in `errors.py`."""
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    objects = ExportQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def error_words(self) -> str:
        return str(FAILURES.get(self.error, self.error))


class ExportPart(models.Model):
    """The file itself, in parts of at most 1 MiB; all of them stand, or none."""

    export = models.ForeignKey(Export, models.CASCADE, related_name="parts")
    number = models.IntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="export_part_is_unique")]
