"""Recipient lists and their rows."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import User
from hongyan.uploads.models import OwnedQuerySet, Upload


class RecipientList(models.Model):
    """Numbers with their variables, typed, pasted or uploaded; reusable until it expires (row B24)."""

    owner = models.ForeignKey(User, models.PROTECT, related_name="recipient_lists")
    upload = models.OneToOneField(Upload, models.SET_NULL, null=True, blank=True, related_name="recipient_list")
    name = models.CharField(_("name"), max_length=120)
    columns: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    """Variables every row has, in the file's order."""
    size = models.IntegerField(default=0)
    carriers: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    """How many rows per home carrier, by number range."""
    stock: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True, editable=False)
    """What its rows come to, a `contacts.stock.Stock`; rows never change once they are there. Null: not counted yet."""
    is_kept = models.BooleanField(default=False)
    """Shown among the reusable lists; a list made for one submission is not."""
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class RecipientListRow(models.Model):
    """One number of a list; `line` is the row of the file it came from. Written by COPY, read in key order."""

    list = models.ForeignKey(RecipientList, models.CASCADE, related_name="rows")
    line = models.IntegerField()
    number = models.CharField(max_length=20)
    variables: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["list", "line"], name="recipient_list_line_is_unique")]
        # Planning, looking through everybody and looking for some numbers go by number.
        indexes = [models.Index(fields=["list", "number", "line"], name="recipient_list_by_number")]
