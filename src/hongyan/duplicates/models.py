"""Pairs of people who may be one, and what became of them. People are named by id alone: whoever is deleted takes nothing along."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import User
from hongyan.contacts.models import AddressBook, Contact


class PairQuerySet(models.QuerySet["Pair"]):
    def visible_to(self, user: User) -> Self:
        """The user may change the books of both: a merge takes people out of groups that a right on one group does not reach."""
        books = list(AddressBook.objects.changeable_by(user).values_list("pk", flat=True))
        people = Contact.objects.filter(book_id__in=books).order_by().values("pk")
        return self.filter(first_id__in=people, second_id__in=people)


class Pair(models.Model):
    """Two records that may be one person. Found -> open -> apart (two people, never offered again) or gone with a merge."""

    class Kind(models.TextChoices):
        SAME_NUMBER = "same_number", _("Same number")
        SAME_NAME = "same_name", _("Same name and company")
        NEAR_NUMBER = "near_number", _("Same name, a digit apart")

    class State(models.TextChoices):
        OPEN = "open", _("To be decided")
        APART = "apart", _("Two people")

    first_id = models.BigIntegerField()
    """The older record."""
    second_id = models.BigIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    is_clear = models.BooleanField(default=False)
    """Nothing in the one speaks against the other, so it may be merged among many."""
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = PairQuerySet.as_manager()

    class Meta:
        ordering = ["-is_clear", "id"]
        constraints = [
            models.UniqueConstraint(fields=["first_id", "second_id"], name="pair_is_kept_once"),
            models.CheckConstraint(name="pair_is_in_order", condition=Q(first_id__lt=models.F("second_id"))),
        ]
        indexes = [
            models.Index(fields=["-is_clear", "id"], name="pair_open", condition=Q(state="open")),
            models.Index(fields=["second_id"], name="pair_of_second"),
        ]


class MergeQuerySet(models.QuerySet["Merge"]):
    def visible_to(self, user: User) -> Self:
        """In books whose contents the user may change."""
        books = AddressBook.objects.changeable_by(user).values("pk")
        return self.filter(book_id__in=books, other_book_id__in=books)


class Merge(models.Model):
    """Two people that became one: what stood in both, what was chosen, what came of it; all that an undo needs."""

    survivor_id = models.BigIntegerField(db_index=True)
    gone_id = models.BigIntegerField()
    name = models.CharField(max_length=80)
    """Of the one that stayed, as the list shows it."""
    other_name = models.CharField(max_length=80)
    book = models.ForeignKey(AddressBook, models.CASCADE, related_name="+", db_constraint=False)
    other_book = models.ForeignKey(AddressBook, models.CASCADE, related_name="+", db_constraint=False)
    before: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    """"survivor" and "gone", as `snapshots.py` takes them."""
    after: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    """The one that stayed, as the merge left it."""
    chosen: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    """As `choosing.decide` gives it."""
    followed: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """What rooms above moved from the one to the other."""
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    objects = MergeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]


class Look(models.Model):
    """When all people were last looked through. One row."""

    asked_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
