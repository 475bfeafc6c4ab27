"""When the nightly chores last ran, how channels' days went, how long texts are kept, and backups."""

from __future__ import annotations

from datetime import time

from django.db import models

from hongyan.accounts.models import User


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


class ChannelMoment(models.Model):
    """What the sums of a day said of a channel at the end of five minutes; see channels.py."""

    pk = models.CompositePrimaryKey("channel_id", "at")
    channel_id = models.IntegerField()
    at = models.DateTimeField()
    day = models.DateField()
    sent = models.BigIntegerField()
    delivered = models.BigIntegerField()
    failed = models.BigIntegerField()


class RetentionTerm(models.Model):
    """After how many months texts and numbers of a category are removed; without a row they stay."""

    category = models.CharField(primary_key=True, max_length=16)
    months = models.PositiveSmallIntegerField()


class BackupPlan(models.Model):
    """The one row of when backups are made by themselves."""

    id = models.BooleanField(primary_key=True, default=True)
    is_on = models.BooleanField(default=False)
    at = models.TimeField(default=time(2, 30))
    kept = models.PositiveSmallIntegerField(default=7)
    """So many files stay; the oldest goes when there is one more."""


class Backup(models.Model):
    """One backup: asked for, being written, there, failed, or removed again."""

    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    """Null: by the plan."""
    asked_at = models.DateTimeField(auto_now_add=True)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    name = models.CharField(max_length=80, blank=True)
    octets = models.BigIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name
