"""What refusals an endpoint can come to: names are followed through our code, from the API's functions down."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import hongyan

ROOT = Path(hongyan.__file__).parent.parent
REFUSED = ("hongyan.accounts.errors", "Refused")
Place = tuple[str, str]
"""(module, name at its top); the name of a module that is meant itself is empty."""


@dataclass
class Module:
    defined: dict[str, ast.AST] = field(default_factory=dict)
    imported: dict[str, Place] = field(default_factory=dict)


@cache
def module(name: str) -> Module | None:
    """A module of ours, parsed; None for all others."""
    path = ROOT / (name.replace(".", "/") + ".py")
    path = path if path.exists() else ROOT / name.replace(".", "/") / "__init__.py"
    if not name.startswith("hongyan") or not path.exists():
        return None
    found = Module()
    tree = ast.parse(path.read_text())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.defined[node.name] = node
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                inner = f"{node.module}.{one.name}"
                found.imported[one.asname or one.name] = (inner, "") if module(inner) else (node.module, one.name)
    return found


def resolved(inside: str, node: ast.AST) -> Place | None:
    """What a name or attribute means, if it is something of ours."""
    known = module(inside)
    assert known is not None
    if isinstance(node, ast.Name):
        return (inside, node.id) if node.id in known.defined else known.imported.get(node.id)
    if isinstance(node, ast.Attribute) and (holder := resolved(inside, node.value)) and not holder[1]:
        return holder[0], node.attr
    return None


def is_refusal(place: Place | None) -> bool:
    """`Refused`, or a class of ours that is one."""
    if place is None or place == REFUSED:
        return place == REFUSED
    known = module(place[0])
    node = known.defined.get(place[1]) if known else None
    return isinstance(node, ast.ClassDef) and any(is_refusal(resolved(place[0], base)) for base in node.bases)


def codes_of(starts: Iterable[Place]) -> set[str]:
    """Codes of all refusals that stand in what can be come to from `starts`; "?" for one that is no plain text."""
    waiting, seen, codes = list(starts), set[Place](), set[str]()
    while waiting:
        place = waiting.pop()
        known = module(place[0])
        if place in seen or known is None or place[1] not in known.defined:
            if known is not None and place not in seen and place[1] in known.imported:
                waiting.append(known.imported[place[1]])
            seen.add(place)
            continue
        seen.add(place)
        body = known.defined[place[1]]
        if place != REFUSED:
            codes |= set(_told(place, body))
        waiting += [found for node in ast.walk(body) if (found := resolved(place[0], node)) is not None]
    return codes


def _told(place: Place, body: ast.AST) -> Iterator[str]:
    of_own = is_refusal(place)
    for node in ast.walk(body):
        if not isinstance(node, ast.Call):
            continue
        begins = of_own and ast.unparse(node.func) == "super().__init__"
        if begins or resolved(place[0], node.func) == REFUSED:
            first = node.args[0] if node.args else None
            yield first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else "?"


def endpoints() -> list[Place]:
    """All functions of the files that hold endpoints."""
    found = []
    for path in sorted((ROOT / "hongyan" / "api").glob("*.py")):
        name = f"hongyan.api.{path.stem}"
        known = module(name)
        if known is not None and "router = Router(" in path.read_text():
            found += [(name, one) for one in known.defined]
    return found
