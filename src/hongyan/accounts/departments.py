"""Verbs of the department tree."""

from __future__ import annotations

from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.utils.translation import gettext as _

from hongyan.accounts import audit
from hongyan.accounts.errors import AccountsError
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
        raise AccountsError(_("This department is not one of yours."))


def _check_is_below(actor: User, department: Department) -> None:
    """What one stands in oneself is changed by who stands above."""
    _check_reaches(actor, department)
    if (
        department.parent_id is not None
        and not Department.objects.visible_to(actor).filter(pk=department.parent_id).exists()
    ):
        raise AccountsError(_("Your own department is changed by an administrator above you."))


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
        raise AccountsError(_("A department needs a name."))
    return name


@transaction.atomic
def add(actor: User, name: str, parent: Department, *, address: str | None = None) -> Department:
    """A department below `parent`. Raises AccountsError."""
    _check_reaches(actor, parent)
    name = _named(name)
    try:
        with transaction.atomic():
            # Locked, so that its path is the one it has when the new row is written.
            made = create(name, Department.objects.select_for_update().get(pk=parent.pk))
    except IntegrityError as error:
        raise AccountsError(_("There is already a department of this name here.")) from error
    audit.record(actor, "department.created", made, address=address)
    return made


@transaction.atomic
def rename(actor: User, department: Department, name: str, *, address: str | None = None) -> None:
    """Raises AccountsError."""
    _check_reaches(actor, department)
    before, department.name = department.name, _named(name)
    try:
        with transaction.atomic():
            department.save(update_fields=["name"])
    except IntegrityError as error:
        raise AccountsError(_("There is already a department of this name here.")) from error
    audit.record(actor, "department.renamed", department, detail={"before": before}, address=address)


@transaction.atomic
def move(actor: User, department: Department, new_parent: Department, *, address: str | None = None) -> None:
    """Move `department` and all below it; the paths of the subtree change in one statement. Raises AccountsError."""
    rows = {row.pk: row for row in Department.objects.select_for_update().order_by("pk")}
    row, parent = rows[department.pk], rows[new_parent.pk]
    _check_is_below(actor, row)
    _check_reaches(actor, parent)
    if row.parent_id is None:
        raise AccountsError(_("The enterprise itself cannot be moved."))
    if parent.path.startswith(row.path):
        raise AccountsError(_("A department cannot stand below itself."))
    if row.parent_id == parent.pk:
        return
    before, old_path, new_path = rows[row.parent_id], row.path, f"{parent.path}{row.pk}/"
    row.parent = parent
    try:
        with transaction.atomic():
            row.save(update_fields=["parent"])
    except IntegrityError as error:
        raise AccountsError(_("There is already a department of this name here.")) from error
    with connection.cursor() as cursor:
        cursor.execute(
            "update accounts_department set path = %s || substr(path, %s) where path like %s",
            [new_path, len(old_path) + 1, f"{old_path}%"],
        )
    audit.record(actor, "department.moved", row, detail={"from": str(before), "to": str(parent)}, address=address)


@transaction.atomic
def remove(actor: User, department: Department, *, address: str | None = None) -> None:
    """Only an empty one. Raises AccountsError saying what is in it."""
    _check_reaches(actor, department)
    if department.parent_id is None:
        raise AccountsError(_("The enterprise itself cannot be removed."))
    _check_is_below(actor, department)
    people, below = department.users.count(), department.children.count()
    if people or below:
        raise AccountsError(
            _("There are still %(people)d users and %(below)d departments in it; move them first.")
            % {"people": people, "below": below}
        )
    if department.submissions.exists() or department.address_books.exists():
        raise AccountsError(_("It has records of its own, which stay with it; rename it instead."))
    audit.record(actor, "department.removed", department, address=address)
    department.delete()
