"""Further columns of people, their tags, and how the company counts birthdays."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from hongyan.fields import Kind

KINDS = tuple(one for one in Kind if one not in (Kind.LINK, Kind.PHONE, Kind.LONG_TEXT))
"""Of further columns of people."""


class Field(models.Model):
    """A further column of people with the kind of its values. In `Contact.fields` they stand under its name, in the canonical
    form of `fields/`; what does not fit the kind counts as empty when it is asked about, and is shown as it stands."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    kind = models.CharField(max_length=12, default="text")
    """One of `KINDS`."""
    choices: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)
    position = models.IntegerField(default=100)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A word that people carry, the same in all books."""

    name = models.CharField(_("name"), max_length=40, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class BirthdayPolicy(models.Model):
    """The company's `birthdays.Policy`. One row, or none."""

    both_months = models.BooleanField(default=False)
    after_29th = models.BooleanField(default=False)
    first_of_march = models.BooleanField(default=False)
