"""One tree of departments: those of the company's address books that users do not stand in yet, and taking them over.

A department carries rights, costs and figures; a group of an enterprise book carries people to write to, and may be anything
(everybody, a project, a street). So they stay two records, known to be one by their names from the top down: whoever picks a
group where a department is asked for gets the department of that name, made if need be with all above it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from hongyan.accounts import departments
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Reach, Right
from hongyan.contacts.models import AddressBook, Group

MOST = 500
"""Groups offered at once; a book of more is a directory of something else."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offered:
    """A group that is no department yet."""

    group_id: int
    path: Path
    """Names from the top down, the enterprise itself left out."""

    @property
    def words(self) -> str:
        return " / ".join(self.path)


def offered(actor: User) -> list[Offered]:
    """For who reaches the whole tree; others make departments below their own."""
    if not actor.may(Right.MANAGE_USERS) or actor.reach is not Reach.EVERYTHING:
        return []
    root, known = _known()
    found = [
        Offered(group.pk, path)
        for group, path in _groups(root)
        if path and len(path[-1]) <= 80 and path not in known
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.path)[:MOST]


@transaction.atomic
def take_over(actor: User, group_id: int, *, address: str | None = None) -> Department:
    """The department that the group is: found by its names, or made with all above it. Raises Refused."""
    if actor.reach is not Reach.EVERYTHING:
        raise Refused("not_allowed", _("You do not manage this department."), field="department", status=403)
    root, known = _known()
    path = next((path for group, path in _groups(root) if group.pk == group_id), None)
    if path is None:
        raise Http404
    for depth in range(1, len(path) + 1):
        if path[:depth] not in known:
            known[path[:depth]] = departments.add(actor, path[depth - 1], known[path[: depth - 1]], address=address)
    return known[path]


def _known() -> tuple[Department, dict[Path, Department]]:
    """The enterprise, and each department by its names from the top down; the enterprise's path is empty."""
    rows = list(Department.objects.order_by("path"))
    if not rows:
        raise Http404
    names = {row.pk: row.name for row in rows}
    paths = {tuple(names[int(part)] for part in row.path.split("/")[2:-1]): row for row in rows}
    return rows[0], paths


def _groups(root: Department) -> Iterator[tuple[Group, Path]]:
    """Groups of enterprise books with their names from the top down; a top group named as the enterprise is it."""
    rows = list(Group.objects.filter(book__kind=AddressBook.Kind.ENTERPRISE).order_by("path"))
    names = {row.pk: row.name.strip() for row in rows}
    for row in rows:
        path = tuple(names[int(part)] for part in row.path.strip("/").split("/"))
        yield row, path[1:] if path[0] == root.name else path
