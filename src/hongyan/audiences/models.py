"""Audiences, who else may use them, what they were before, the people of those that stand still, and what passed with each number."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.granting import Lent, LentQuerySet, to_one_of_three, upward
from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Reach, Right


class Allows(models.TextChoices):
    """What one grant on an audience gives; each with what stands above it."""

    SEE = "see", _("see")
    SEND = "send", _("see and send to")
    EDIT = "edit", _("see, send to and change")


class AudienceQuerySet(models.QuerySet["Audience"]):
    def standing_open_to(self, user: User) -> Self:
        """One's own, those shared with everybody, and those shared with a department that one stands in or reaches."""
        if not user.may(Right.SEE_PEOPLE):
            return self.none()
        own = Q(owner=user) | Q(sharing=Audience.Sharing.ENTERPRISE)
        of_departments = Q(sharing=Audience.Sharing.DEPARTMENT)
        if user.reach is not Reach.EVERYTHING:
            within = Q(department_id__in=upward(user.department))
            if user.reach is Reach.SUBTREE:
                within |= Q(department__path__startswith=user.department.path)
            of_departments &= within
        return self.filter(own | of_departments)

    def open_to(self, user: User, allows: Allows, at: datetime | None = None) -> Self:
        """Those by standing, and those that a grant in force at that moment (now) lets the user use so."""
        if not user.may(Right.SEE_PEOPLE):
            return self.none()
        enough = Allows.values[Allows.values.index(allows) :]
        granted = Grant.objects.of_holder(user).in_force(at).filter(allows__in=enough)
        standing = Audience.objects.standing_open_to(user)
        return self.filter(Q(pk__in=standing.order_by().values("pk")) | Q(pk__in=granted.order_by().values("audience")))

    def visible_to(self, user: User) -> Self:
        return self.open_to(user, Allows.SEE)

    def sendable_by(self, user: User, at: datetime | None = None) -> Self:
        """To whose people the user may write, as far as the role and the people's books let them."""
        return self.open_to(user, Allows.SEND, at)

    def ruled_by(self, user: User) -> Self:
        """One's own, and shared ones for who manages people as far as they reach: who shares, grants and deletes."""
        own = Q(owner=user)
        if not user.may(Right.MANAGE_PEOPLE):
            return self.filter(own)
        if user.reach is Reach.EVERYTHING:
            return self.filter(own | ~Q(sharing=Audience.Sharing.OWN))
        below = Q(sharing=Audience.Sharing.DEPARTMENT, department__path__startswith=user.department.path)
        return self.filter(own | below)

    def changeable_by(self, user: User) -> Self:
        """Those that one rules, and those that one was let change."""
        granted = Grant.objects.of_holder(user).in_force().filter(allows=Allows.EDIT)
        ruled = Audience.objects.ruled_by(user)
        return self.filter(Q(pk__in=ruled.order_by().values("pk")) | Q(pk__in=granted.order_by().values("audience")))


class Audience(models.Model):
    """People by what they are and did, never by a list of names alone.

    A live one is asked anew each time; a static one keeps the people it had when it was made (`Member`). Either yields
    to each user only people of the books that user sees.
    """

    class Kind(models.TextChoices):
        LIVE = "live", _("Live")
        STATIC = "static", _("Static")

    class Sharing(models.TextChoices):
        OWN = "own", _("Only me")
        DEPARTMENT = "department", _("Own department")
        ENTERPRISE = "enterprise", _("Everybody")

    name = models.CharField(max_length=80)
    note = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.LIVE)
    sharing = models.CharField(max_length=12, choices=Sharing.choices, default=Sharing.OWN)
    owner = models.ForeignKey(User, models.PROTECT, related_name="audiences")
    department = models.ForeignKey(Department, models.PROTECT, related_name="audiences")
    """The owner's when it was made: with whom "my department" shares it."""
    conditions: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """A `conditions.Branch` as JSON; of a static one, what it was made of."""
    origin: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """Of a static one: {"audience": 3, "seed": "4711", "drawn": 500, "of": 20000, "part": 1}."""
    version = models.IntegerField(default=1)
    size = models.IntegerField(null=True)
    """What it came to for whoever counted last; shown as "about", never acted upon."""
    counted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AudienceQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_static(self) -> bool:
        return self.kind == self.Kind.STATIC


class Grant(Lent):
    """Somebody may see, write to or change an audience; over which people, their own rights say.

    It adds to how the audience is shared.
    """

    audience = models.ForeignKey(Audience, models.CASCADE, related_name="grants")
    allows = models.CharField(max_length=16, choices=Allows.choices)

    objects = LentQuerySet["Grant"].as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            to_one_of_three("audience_grant_is_to_one_of_three"),
            models.CheckConstraint(name="audience_grant_allows_what_there_is", condition=Q(allows__in=Allows.values)),
            # What is allowed includes what is below it: one grant to each is enough.
            models.UniqueConstraint(
                fields=["audience", "user", "department", "role"], nulls_distinct=False,
                name="audience_grant_is_given_once",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.audience} → {self.whom}: {self.get_allows_display()}"


class Version(models.Model):
    """What an audience said from a moment on, and who said so. Never changed."""

    audience = models.ForeignKey(Audience, models.CASCADE, related_name="versions")
    number = models.IntegerField()
    name = models.CharField(max_length=80)
    sharing = models.CharField(max_length=12)
    conditions: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["audience", "number"], name="audience_version_is_unique")]


class Member(models.Model):
    """A person of a static audience. Whoever has been deleted since is one fewer: no foreign key."""

    pk = models.CompositePrimaryKey("audience_id", "contact_id")
    audience = models.ForeignKey(Audience, models.CASCADE, related_name="members")
    contact_id = models.BigIntegerField()


class Taken(models.Model):
    """A person whom an audience yielded when a submission was planned.

    Planning may be killed and go on, and the messages it writes may be what the conditions ask about: so the people are
    taken once, and removed when planning has ended.
    """

    pk = models.CompositePrimaryKey("submission_id", "contact_id")
    submission_id = models.BigIntegerField()
    contact_id = models.BigIntegerField()


class Traffic(models.Model):
    """When something last passed with a number, so that ten million messages need not be looked through; see `traffic.py`."""

    number = models.CharField(max_length=20, primary_key=True)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)


class Gathered(models.Model):
    """How far a submission's outcomes have been gathered into `Traffic`."""

    submission_id = models.BigIntegerField(primary_key=True)
    tally = models.CharField(max_length=200)
    """Its sums by state when they were: other sums mean that something has changed since."""
    at = models.DateTimeField()
    took_ms = models.IntegerField(default=0)
