"""What is known of numbers that were not reached, and what is done about it."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import User
from hongyan.runtime import clock


class State(models.TextChoices):
    """Why a number is worth no message now; "" is a number that works."""

    DEAD = "dead", _("Number no longer exists")
    OFF = "off", _("Often off or suspended")
    FULL = "full", _("Inbox full")
    SUSPECT = "suspect", _("May belong to somebody else now")


class NumberQuerySet(models.QuerySet["Number"]):
    def troubled(self) -> Self:
        """Those that something may be paused for: nobody has said that they are right."""
        return self.exclude(state="").filter(Q(confirmed_until=None) | Q(confirmed_until__lte=clock.now()))


class Number(models.Model):
    """A number that has failed at least once since it was last reached, or did before.

    `judging.judge` makes `state` of its history: none -> "" -> dead, off, full; reached or answering again -> "" or suspect;
    confirmed by a person -> "". A number that has never failed has no row.
    """

    number = models.CharField(max_length=20, primary_key=True)
    state = models.CharField(max_length=8, choices=State.choices, blank=True)
    since = models.DateTimeField(null=True)
    """The first failure of this kind; of `suspect`, when it was suddenly reached."""
    failures = models.IntegerField(default=0)
    """Since it was last reached."""
    code = models.CharField(max_length=40, blank=True)
    protocol = models.CharField(max_length=16, blank=True)
    failed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    """A person said that the number is right: what failed before counts no more."""
    confirmed_until = models.DateTimeField(null=True)
    """Until then nothing is paused, whatever carriers say."""
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    judged_at = models.DateTimeField()

    objects = NumberQuerySet.as_manager()

    class Meta:
        indexes = [
            # The page of numbers, and the tasks of salespersons.
            models.Index(fields=["state", "number"], name="number_troubled", condition=~Q(state="")),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_confirmed(self) -> bool:
        return self.confirmed_until is not None and self.confirmed_until > clock.now()

    @property
    def badge(self) -> str:
        """The name under which pages show its state."""
        return f"number_{self.state}" if self.state else ""


class Gathered(models.Model):
    """How far a submission's outcomes have been looked at; see `dispatch/gathering.py`."""

    submission_id = models.BigIntegerField(primary_key=True)
    tally = models.CharField(max_length=200)
    at = models.DateTimeField()
    took_ms = models.IntegerField(default=0)


class Policy(models.Model):
    """What is paused. One row."""

    paused: models.JSONField[dict[str, list[str]], dict[str, Any]] = models.JSONField(default=dict)
    """Category -> the states in which its messages are not sent."""
