"""Verbs of the department tree."""

from __future__ import annotations

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from hongyan.accounts import audit
from hongyan.accounts.errors import AccountsError
from hongyan.accounts.models import Department, User


@transaction.atomic
def create(name: str, parent: Department | None) -> Department:
    """A new department below `parent`, or the enterprise itself without one."""
    department = Department.objects.create(name=name, parent=parent, path="")
    department.path = f"{parent.path if parent else '/'}{department.pk}/"
    department.save(update_fields=["path"])
    return department


class MovedBelowItself(Exception):
    """A department cannot stand below one of its own."""


@transaction.atomic
def move(department: Department, new_parent: Department) -> None:
    """Move `department` and all below it; the paths of the subtree change in one statement."""
    departments = {row.pk: row for row in Department.objects.select_for_update().order_by("pk")}
    new_path = f"{departments[new_parent.pk].path}{department.pk}/"
    old_path = departments[department.pk].path
    if new_path.startswith(old_path):
        raise MovedBelowItself
    with connection.cursor() as cursor:
        cursor.execute(
            "update accounts_department set path = %s || substr(path, %s) where path like %s",
            [new_path, len(old_path) + 1, f"{old_path}%"],
        )
    department.path, department.parent = new_path, new_parent
    department.save(update_fields=["parent"])


def _save(department: Department, name: str) -> None:
    if not name:
        raise AccountsError(_("A department needs a name."))
    try:
        with transaction.atomic():
            department.name = name
            department.save(update_fields=["name"])
    except IntegrityError as error:
        raise AccountsError(_("There is already a department of this name here.")) from error


@transaction.atomic
def add(actor: User, name: str, parent: Department) -> Department:
    """A department below `parent`. Raises AccountsError."""
    if not name:
        raise AccountsError(_("A department needs a name."))
    try:
        with transaction.atomic():
            made = create(name, parent)
    except IntegrityError as error:
        raise AccountsError(_("There is already a department of this name here.")) from error
    audit.record(actor, "department.created", made)
    return made


@transaction.atomic
def rename(actor: User, department: Department, name: str) -> None:
    _save(department, name)
    audit.record(actor, "department.renamed", department)


@transaction.atomic
def remove(actor: User, department: Department) -> None:
    """Only an empty one. Raises AccountsError saying what is in it."""
    if department.parent_id is None:
        raise AccountsError(_("The enterprise itself cannot be removed."))
    if department.children.exists() or department.users.exists():
        raise AccountsError(_("There are still users or departments in it; move them first."))
    if department.submissions.exists() or department.address_books.exists():
        raise AccountsError(_("It has records of its own, which stay with it; rename it instead."))
    audit.record(actor, "department.removed", department)
    department.delete()
