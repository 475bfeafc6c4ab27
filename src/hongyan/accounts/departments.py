"""Verbs of the department tree."""

from __future__ import annotations

from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.utils.translation import gettext as _

from hongyan.accounts import audit, changes, needs
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Right


def access_department(user: User, department_id: int) -> Department:
    """A department within reach of somebody who manages users. Missing and forbidden answer alike."""
    found = Department.objects.visible_to(user).filter(pk=department_id).first()
    if found is None or not user.may(Right.MANAGE_USERS):
        raise Http404
    return found


def _check_reaches(actor: User, department: Department) -> None:
    if not actor.may(Right.MANAGE_USERS) or not Department.objects.visible_to(actor).filter(pk=department.pk).exists():
        raise Refused("not_allowed", _("You do not manage this department."), field="department", status=403)


def _check_is_below(actor: User, department: Department) -> None:
    """What one stands in oneself is changed by who stands above."""
    _check_reaches(actor, department)
    if (
        department.parent_id is not None
        and not Department.objects.visible_to(actor).filter(pk=department.parent_id).exists()
    ):
        raise Refused("own_department", _("Your own department is changed by an administrator above you."), status=403)


@transaction.atomic
def create(name: str, parent: Department | None) -> Department:
    """A new department below `parent`, or the enterprise itself without one."""
    department = Department.objects.create(name=name, parent=parent, path="")
    department.path = f"{parent.path if parent else '/'}{department.pk}/"
    department.save(update_fields=["path"])
    return department


def _named(name: str) -> str:
    name = name.strip()[:80]
    if not name:
        raise Refused("no_name", _("A department needs a name."), field="name")
    return name


@transaction.atomic
def add(actor: User, name: str, parent: Department, *, address: str | None = None) -> Department:
    """A department below `parent`. Raises Refused."""
    _check_reaches(actor, parent)
    name = _named(name)
    try:
        with transaction.atomic():
            # Locked, so that its path is the one it has when the new row is written.
            made = create(name, Department.objects.select_for_update().get(pk=parent.pk))
    except IntegrityError as error:
        raise Refused(
            "name_taken", _("There is already a department with this name here."), field="name", status=409
        ) from error
    audit.record(actor, "department.created", made, address=address)
    return made


@transaction.atomic
def rename(actor: User, department: Department, name: str, *, address: str | None = None) -> None:
    """Raises Refused."""
    _check_reaches(actor, department)
    before, department.name = department.name, _named(name)
    try:
        with transaction.atomic():
            department.save(update_fields=["name"])
    except IntegrityError as error:
        raise Refused(
            "name_taken", _("There is already a department with this name here."), field="name", status=409
        ) from error
    audit.record(
        actor, "department.renamed", department, detail=changes.of({"name": [before, department.name]}), address=address
    )


@transaction.atomic
def move(actor: User, department: Department, new_parent: Department, *, address: str | None = None) -> None:
    """Move `department` and all below it; the paths of the subtree change in one statement. Raises Refused."""
    rows = {row.pk: row for row in Department.objects.select_for_update().order_by("pk")}
    row, parent = rows[department.pk], rows[new_parent.pk]
    _check_is_below(actor, row)
    _check_reaches(actor, parent)
    if row.parent_id is None:
        raise Refused("enterprise_itself", _("The enterprise itself cannot be moved."), status=409)
    if parent.path.startswith(row.path):
        raise Refused("below_itself", _("A department cannot be placed below itself."), field="parent", status=409)
    if row.parent_id == parent.pk:
        return
    before, old_path, new_path = rows[row.parent_id], row.path, f"{parent.path}{row.pk}/"
    row.parent = parent
    try:
        with transaction.atomic():
            row.save(update_fields=["parent"])
    except IntegrityError as error:
        raise Refused(
            "name_taken", _("There is already a department with this name here."), field="name", status=409
        ) from error
    with connection.cursor() as cursor:
        cursor.execute(
            "update accounts_department set path = %s || substr(path, %s) where path like %s",
            [new_path, len(old_path) + 1, f"{old_path}%"],
        )
    audit.record(
        actor, "department.moved", row, detail=changes.of({"parent": [str(before), str(parent)]}), address=address
    )


@transaction.atomic
def remove(actor: User, department: Department, *, address: str | None = None) -> None:
    """Only an empty one. Raises Refused saying what is in it."""
    _check_reaches(actor, department)
    if department.parent_id is None:
        raise Refused("enterprise_itself", _("The enterprise itself cannot be removed."), status=409)
    _check_is_below(actor, department)
    people, below = department.users.count(), department.children.count()
    if people or below:
        raise Refused(
            "not_empty",
            _("It still contains %(people)d users and %(below)d departments. Move them first.")
            % {"people": people, "below": below},
            status=409,
        )
    if found := needs.department(department):
        words = ", ".join(dict.fromkeys(need.words for need in found[:5])) + (" …" if len(found) > 5 else "")
        raise Refused(
            "needed", _("%(who)s still needs this. Change or cancel that first.") % {"who": words}, status=409
        )
    if department.submissions.exists():
        raise Refused(
            "has_records", _("This department has records, so it cannot be removed. Rename it instead."), status=409
        )
    audit.record(actor, "department.removed", department, address=address)
    department.delete()
