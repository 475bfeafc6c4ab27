"""Verbs of grants on audiences: who else may see one, write to it, or change it, and until when.

As with books (`contacts/grants.py`), only who may change the audience by standing says so. A grant opens the audience, never
people: whoever uses it gets those whom they may write to anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit, changes, granting
from hongyan.accounts.models import Department, User
from hongyan.accounts.needs import Need
from hongyan.audiences.models import Allows, Audience, Grant
from hongyan.runtime import clock


@dataclass(frozen=True, slots=True)
class Way:
    """One reason why an audience is open to somebody."""

    standing: str | Promise = ""
    """Words of a way without a grant."""
    grant: Grant | None = None


def ways(user: User, audience: Audience) -> list[Way]:
    """Why the user may use it: by which standing, and by which grants in force."""
    found = []
    if audience.owner_id == user.pk:
        found.append(Way(_("it is your own")))
    elif Audience.objects.standing_open_to(user).filter(pk=audience.pk).exists():
        found.append(Way(Audience.Sharing(audience.sharing).label))
    held = audience.grants.of_holder(user).in_force().select_related("user", "department", "given_by")
    return [*found, *(Way(grant=one) for one in held)]


def on(audience: Audience) -> QuerySet[Grant]:
    """Ended ones too, for who may renew them."""
    return audience.grants.select_related("user", "department", "given_by")


@transaction.atomic
def give(
    user: User, audience: Audience, allows: str, *,
    to_user: User | None = None, to_department: Department | None = None, to_role: str = "",
    expires_at: datetime | None = None,
) -> Grant:  # fmt: skip
    """Let somebody do one thing more. Exactly one of user, department, role; who has it already is refused."""
    _access_ruled(user, audience.pk)
    holder = granting.holder(to_user, to_department, to_role)
    granting.check(allows, Allows.values, expires_at)
    try:
        with transaction.atomic():
            found = Grant.objects.create(
                audience=audience, allows=allows, expires_at=expires_at, given_by=user, given_at=clock.now(), **holder,
            )  # fmt: skip
    except IntegrityError:
        raise granting.given_already() from None
    audit.record(user, "audience_grant.given", audience, detail=found.told)
    return found


@transaction.atomic
def change(user: User, audience: Audience, grant_id: int, allows: str, expires_at: datetime | None) -> Grant:
    """Let the holder do something else, or until another time. A time that has passed is no time to set."""
    found = _locked(user, audience, grant_id)
    granting.check(allows, Allows.values, expires_at if expires_at != found.expires_at else None)
    before = found.terms
    found.allows, found.expires_at, found.given_by, found.given_at = allows, expires_at, user, clock.now()
    found.save()
    detail = {"to": found.whom} | changes.of({name: [before[name], now] for name, now in found.terms.items()})
    audit.record(user, "audience_grant.changed", audience, detail=detail)
    return found


@transaction.atomic
def withdraw(user: User, audience: Audience, grant_id: int) -> None:
    found = _locked(user, audience, grant_id)
    audit.record(user, "audience_grant.withdrawn", audience, detail=found.told)
    found.delete()


def may_give(user: User, audience: Audience) -> bool:
    return Audience.objects.ruled_by(user).filter(pk=audience.pk).exists()


def of_department(department: Department) -> Iterator[Need]:
    """Audiences that it, as a department, was let use."""
    for found in Grant.objects.filter(department=department).select_related("audience"):
        yield Need("audience", found.audience_id, found.audience.name)


def _access_ruled(user: User, audience_id: int) -> None:
    if not Audience.objects.ruled_by(user).filter(pk=audience_id).exists():
        raise Http404


def _locked(user: User, audience: Audience, grant_id: int) -> Grant:
    _access_ruled(user, audience.pk)
    found = Grant.objects.select_for_update().filter(pk=grant_id, audience=audience).first()
    if found is None:
        raise Http404
    return found
