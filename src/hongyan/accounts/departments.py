"""Verbs of the department tree."""

from __future__ import annotations

from django.db import connection, transaction

from hongyan.accounts.models import Department


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
