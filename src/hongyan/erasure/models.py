"""Requests of people about what is known of them; those that were carried out are the journal of erasures."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import User
from hongyan.runtime.secrets import decrypt


class Request(models.Model):
    """One person's request, known by a number.

    access   looking -> ready (a file, until `expires_at`)
    erasure  looking -> ready (says what would go) -> erasing -> [holding ->] erased
    """

    class Kind(models.TextChoices):
        ACCESS = "access", _("Access")
        ERASURE = "erasure", _("Erasure")

    class State(models.TextChoices):
        LOOKING = "looking", _("Looking through everything")
        READY = "ready", _("Looked through")
        ERASING = "erasing", _("Being erased")
        HOLDING = "holding", _("Waits for receipts")
        """All is gone but messages whose receipts are still to come."""
        ERASED = "erased", _("Erased")
        FAILED = "failed", _("Failed")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.LOOKING)
    seal = models.CharField(max_length=20, db_index=True)
    """Stands for the number (`privacy.seal`): all that is left of it once it is erased."""
    masked = models.CharField(max_length=20)
    number_encrypted = models.TextField(blank=True)
    """As long as the job needs it."""
    file_encrypted = models.TextField(blank=True)
    found: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    """How much was found, by kind."""
    waits_for = models.IntegerField(default=0)
    """Messages on the wire."""
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    """Null: done again after a restore."""
    asked_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.masked

    @property
    def number(self) -> str:
        """In clear; empty once it is erased."""
        return decrypt(self.number_encrypted)

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.LOOKING, self.State.ERASING)

    @property
    def facts(self) -> dict[str, Any]:
        """What programs are told."""
        return {
            "id": self.pk, "kind": self.kind, "state": self.state, "number": self.masked, "found": self.found,
            "waits_for": self.waits_for, "asked_at": self.asked_at, "ended_at": self.ended_at, "expires_at": self.expires_at,
        }  # fmt: skip
