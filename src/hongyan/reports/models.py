"""When the nightly chores last ran."""

from __future__ import annotations

from django.db import models


class ChoreRun(models.Model):
    """The last run of a chore of `upkeep.py`, one row for each."""

    name = models.CharField(primary_key=True, max_length=40)
    tried_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    """When it last came to its end; null while it never has."""
    count = models.BigIntegerField(default=0)
    """How many things that run removed or made."""
    error = models.CharField(max_length=300, blank=True)
    """Why the last try came to no end; empty when it did."""
