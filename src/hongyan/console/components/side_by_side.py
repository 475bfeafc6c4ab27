"""Two records side by side, fact by fact: `console/components/side_by_side.html`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One fact of both, in words."""

    name: str
    label: str
    first: str
    second: str
    is_second: bool

    @property
    def differs(self) -> bool:
        return bool(self.first and self.second and self.first != self.second)
