"""Grants, whatever they open: to whom (a user, a department with all below it, a role), until when, given by whom.

A room's own grant inherits `Held`, or `Lent` where it may end, and adds what it opens and how far; its verbs ask here
whether that can be given, and tell the audit in the same words.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Role
from hongyan.runtime import clock


class Held(models.Model):
    """Something that a user, a department or a role has."""

    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="+")
    department = models.ForeignKey(Department, models.CASCADE, null=True, blank=True, related_name="+")
    """With all below it."""
    role = models.CharField(max_length=32, blank=True)

    class Meta:
        abstract = True

    @property
    def whom(self) -> str:
        return str(self.user or self.department or Role(self.role).label)


class Lent(Held):
    """That may end. One that has ended stays until it is renewed or withdrawn."""

    allows: models.CharField[str, str]
    expires_at = models.DateTimeField(null=True, blank=True)
    given_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True

    @property
    def has_ended(self) -> bool:
        return self.expires_at is not None and self.expires_at <= clock.now()

    @property
    def terms(self) -> dict[str, str | None]:
        """What a change of it may change, as the audit keeps it."""
        return {"allows": self.allows, "expires_at": self.expires_at.isoformat() if self.expires_at else None}

    @property
    def told(self) -> dict[str, object]:
        """All of it, as the audit keeps it."""
        until = {"until": self.expires_at.isoformat()} if self.expires_at else {}
        return {"to": self.whom, "allows": self.allows, **until}


_G = TypeVar("_G", bound=Lent)


class LentQuerySet(models.QuerySet[_G]):
    def in_force(self, at: datetime | None = None) -> Self:
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=at or clock.now()))

    def of_holder(self, user: User) -> Self:
        """What reaches the user; nothing reaches who may not sign in."""
        return self.filter(reaching(user)) if user.is_active else self.none()


def upward(department: Department) -> list[int]:
    """It and those above it."""
    return [int(part) for part in department.path.split("/") if part]


def reaching(user: User) -> Q:
    """What was given to the user, to the department or one above it, or to the role."""
    return Q(user=user) | Q(department_id__in=upward(user.department)) | Q(role=user.role)


def to_one_of_three(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name,
        condition=Q(user__isnull=False, department=None, role="")
        | Q(user=None, department__isnull=False, role="")
        | (Q(user=None, department=None) & ~Q(role="")),
    )


def holder(to_user: User | None, to_department: Department | None, to_role: str) -> dict[str, Any]:
    """The columns of `Held`. Raises Refused unless it is exactly one, who may sign in."""
    named = [bool(to_user), bool(to_department), bool(to_role)].count(True)
    if named != 1 or (to_role and to_role not in Role.values):
        raise Refused("nobody_named", _("Choose a person, a department or a role."), field="whom")
    if to_user is not None and not to_user.is_active:
        raise Refused("not_active", _("This person may not sign in."), field="whom")
    return {"user": to_user, "department": to_department, "role": to_role}


def check(allows: str, levels: Collection[str], expires_at: datetime | None) -> None:
    """Raises Refused for a level that there is not, or a time that has passed."""
    if allows not in levels:
        raise Refused("no_level", _("Choose what is allowed."), field="allows")
    if expires_at is not None and expires_at <= clock.now():
        raise Refused("over_already", _("This time has passed already."), field="expires_at")


def given_already(field: str = "whom") -> Refused:
    return Refused("granted_already", _("This was given to them already: change it below."), field=field, status=409)
