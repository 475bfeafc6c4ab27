"""Verbs and gates of audiences: keep, change, share, go back, freeze, delete. Each change is a version that stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Reach, Right
from hongyan.audiences import checking, conditions, evaluating, needing, sources
from hongyan.audiences.conditions import Branch
from hongyan.audiences.models import Audience, Version
from hongyan.runtime import clock

Sharing = Audience.Sharing


@dataclass(frozen=True, slots=True)
class Facts:
    """What a form or a program says about an audience."""

    name: str
    tree: Branch
    note: str = ""
    sharing: str = Sharing.OWN


def access_audience(user: User, audience_id: int) -> Audience:
    """One that the user may see; Http404 for missing and forbidden alike."""
    found = Audience.objects.visible_to(user).filter(pk=audience_id).select_related("owner", "department").first()
    if found is None:
        raise Http404
    return found


def access_changeable_audience(user: User, audience_id: int) -> Audience:
    found = access_audience(user, audience_id)
    if not may_change(user, found):
        raise Http404
    return found


def access_ruled_audience(user: User, audience_id: int) -> Audience:
    """One that is the user's to share and to delete."""
    found = access_audience(user, audience_id)
    if not Audience.objects.ruled_by(user).filter(pk=found.pk).exists():
        raise Http404
    return found


def may_change(user: User, audience: Audience) -> bool:
    return Audience.objects.changeable_by(user).filter(pk=audience.pk).exists()


def sharings_for(user: User) -> list[Audience.Sharing]:
    """With whom the user may share."""
    found = [Sharing.OWN, Sharing.DEPARTMENT]
    if user.may(Right.MANAGE_PEOPLE) and user.reach is Reach.EVERYTHING:
        found.append(Sharing.ENTERPRISE)
    return found


def _check(user: User, facts: Facts, audience: Audience | None) -> tuple[str, str]:
    name = " ".join(facts.name.split())
    if not user.may(Right.SEE_PEOPLE):
        raise Refused("not_allowed", _("You may not see people."), status=403)
    if not name:
        raise Refused("no_name", _("Give the audience a name."), field="name")
    if len(name) > 80:
        raise Refused("name_too_long", _("A name has at most 80 characters."), field="name")
    same = Audience.objects.filter(owner=audience.owner if audience else user, name=name)
    if (same.exclude(pk=audience.pk) if audience else same).exists():
        raise Refused("name_taken", _("There is an audience with this name already."), field="name", status=409)
    is_kept = audience is not None and facts.sharing == audience.sharing
    # Who was let change it says what it asks, not who else has it.
    rules = audience is None or Audience.objects.ruled_by(user).filter(pk=audience.pk).exists()
    if not is_kept and not (rules and facts.sharing in sharings_for(user)):
        raise Refused("not_allowed", _("You may not share it with these."), field="sharing", status=403)
    return name, " ".join(facts.note.split())[:300]


@transaction.atomic
def create(user: User, facts: Facts) -> Audience:
    """A new live audience. Raises Refused."""
    name, note = _check(user, facts, None)
    checking.check(user, facts.tree, sources.attributes(user))
    made = Audience.objects.create(
        name=name, note=note, sharing=facts.sharing, owner=user, department=user.department,
        conditions=conditions.to_json(facts.tree),
    )  # fmt: skip
    _keep_version(user, made)
    audit.record(user, "audience.created", made)
    return made


@transaction.atomic
def change(user: User, audience: Audience, facts: Facts, *, seen: int | None = None) -> Audience:
    """Change it; `seen` is the version that the person looked at: where another has changed it since, nothing is lost silently.

    A static one keeps its people and its conditions. Raises Refused.
    """
    access_changeable_audience(user, audience.pk)
    row = Audience.objects.select_for_update().get(pk=audience.pk)
    if seen is not None and seen != row.version:
        raise Refused(
            "changed_since",
            _(
                "Somebody has changed this audience since you opened it. What you see is yours; theirs is in the history."
            ),
            status=409,
        )
    name, note = _check(user, facts, row)
    said = conditions.to_json(facts.tree) if not row.is_static else row.conditions
    if not row.is_static:
        checking.check(user, facts.tree, sources.attributes(user), row)
    is_new = (row.name, row.sharing, row.conditions) != (name, facts.sharing, said)
    row.name, row.note, row.sharing, row.conditions = name, note, facts.sharing, said
    if is_new:
        row.version += 1
        row.size = row.size if row.is_static else None
    row.save()
    if is_new:
        _keep_version(user, row)
        audit.record(user, "audience.changed", row, detail={"version": row.version})
    return row


def go_back(user: User, audience: Audience, number: int) -> Audience:
    """Say again what a version said: as a new version."""
    version = audience.versions.filter(number=number).first()
    if version is None or audience.is_static:
        raise Http404
    return change(
        user, audience, Facts(audience.name, conditions.read(version.conditions), audience.note, audience.sharing)
    )


def _keep_version(user: User, row: Audience) -> None:
    Version.objects.create(
        audience=row, number=row.version, name=row.name, sharing=row.sharing, conditions=row.conditions, by=user
    )


@transaction.atomic
def delete(user: User, audience: Audience) -> None:
    """Take it away. Raises Refused while something needs it, and says what."""
    access_ruled_audience(user, audience.pk)
    row = Audience.objects.select_for_update().get(pk=audience.pk)
    needing.check(row)
    audit.record(user, "audience.deleted", row)
    with connection.cursor() as cursor:
        cursor.execute("delete from audiences_member where audience_id = %s", [row.pk])
    row.delete()


def noted(user: User, audience: Audience) -> int:
    """How many it is for the user now; kept to be shown in lists. Raises Refused, TakesTooLong."""
    now = clock.now()
    size = evaluating.count(user, audience, now)
    Audience.objects.filter(pk=audience.pk).update(size=size, counted_at=now)
    audience.size, audience.counted_at = size, now
    return size


@transaction.atomic
def make_static(
    user: User, name: str, what: Audience | Branch, contact_ids: list[int], *, origin: dict[str, Any],
    sharing: str = Sharing.OWN,
) -> Audience:  # fmt: skip
    """A static audience of these people, who must be the user's to see. Raises Refused."""
    tree = what if isinstance(what, Branch) else conditions.read(what.conditions) if what.conditions else Branch()
    name, note = _check(user, Facts(name, tree, sharing=sharing), None)
    if not contact_ids:
        raise Refused("nobody", _("Nobody is in it."))
    made = Audience.objects.create(
        name=name, note=note, kind=Audience.Kind.STATIC, sharing=sharing, owner=user, department=user.department,
        conditions=conditions.to_json(tree) if tree.parts else {}, origin=origin,
        size=len(contact_ids), counted_at=clock.now(),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into audiences_member (audience_id, contact_id) select %s, unnest(%s::bigint[])",
            [made.pk, contact_ids],
        )
    _keep_version(user, made)
    audit.record(user, "audience.created", made, detail={"contacts": len(contact_ids)})
    return made
