"""The department that a cell names: "销售部/华东", with or without the enterprise before it, or only its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Reach
from hongyan.uploads.columns import path_of

Path = tuple[str, ...]
LONGEST = 80
"""A department's name."""


class Unplaced(Exception):
    """No department, or not one alone; the argument is a reason of `uploads/errors.py`."""


@dataclass(frozen=True, slots=True)
class Place:
    department: Department
    """What there is of it."""
    missing: Path = ()
    """Names of what is still to be made below that, from the top down."""


class Places:
    """The tree by its names, as far as `actor` manages it."""

    def __init__(self, actor: User, departments: Iterable[Department]) -> None:
        rows = sorted(departments, key=lambda one: one.path)
        names = {one.pk: one.name for one in rows}
        self._paths: dict[int, Path] = {}
        self._full: dict[Path, Department] = {}
        self._by_end: defaultdict[str, list[tuple[Path, Department]]] = defaultdict(list)
        for one in rows:
            self._add(tuple(names[int(part)] for part in one.path.strip("/").split("/")), one)
        self._top = self._paths[rows[0].pk]
        top = rows[0] if actor.reach is Reach.EVERYTHING else actor.department
        self._base, self._within = self._paths[top.pk], top.path

    def _add(self, path: Path, department: Department) -> None:
        self._paths[department.pk] = path
        self._full[path] = department
        self._by_end[path[-1]].append((path, department))

    def words(self, place: Place) -> str:
        """Its names from the top down, without the enterprise itself."""
        path = self._paths[place.department.pk]
        return " / ".join((*path[1:], *place.missing) or path)

    def find(self, cell: str, *, may_be_made: bool = False) -> Place:
        """Raises Unplaced."""
        path = path_of(cell)
        if not path or any(len(name) > LONGEST for name in path):
            raise Unplaced("department_unknown")
        if found := self._exactly(path):
            return Place(found)
        if not may_be_made:
            raise Unplaced("department_unknown")
        for depth in range(len(path) - 1, 0, -1):
            if found := self._exactly(path[:depth]):
                return Place(found, path[depth:])
        return Place(self._full[self._base], path)

    def again(self, place: Place) -> Place:
        """The same, where some of what was missing has been made since."""
        path, missing = self._paths[place.department.pk], place.missing
        while missing and (*path, missing[0]) in self._full:
            path, missing = (*path, missing[0]), missing[1:]
        return Place(self._full[path], missing)

    def made(self, place: Place, departments: Iterable[Department]) -> None:
        """What was missing is there now."""
        path = self._paths[place.department.pk]
        for one in departments:
            path = (*path, one.name)
            self._add(path, one)

    def _exactly(self, path: Path) -> Department | None:
        """The whole path before its end, one's own department before the enterprise."""
        for full in (path, (*self._base, *path), (*self._top, *path)):
            if (found := self._full.get(full)) is not None:
                return self._managed(found)
        ending = [one for full, one in self._by_end.get(path[-1], ()) if full[-len(path) :] == path]
        managed = [one for one in ending if one.path.startswith(self._within)]
        if len(managed) > 1:
            raise Unplaced("department_ambiguous")
        return managed[0] if managed else self._managed(ending[0]) if ending else None

    def _managed(self, department: Department) -> Department:
        if not department.path.startswith(self._within):
            raise Unplaced("department_beyond")
        return department
