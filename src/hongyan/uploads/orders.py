"""How a file's rows are to be taken: what its giver chose, and what a trial of it found."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.errors import Refused
from hongyan.uploads.models import Upload

SAMPLES = 20
"""Changes that a trial shows."""


class Mode(StrEnum):
    CREATE = "create"
    """Rows whose record is there already are errors."""
    UPDATE = "update"
    """Rows that are there are changed, others are errors."""
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Order:
    """Kept in the upload's target."""

    mode: Mode = Mode.BOTH
    key: str = ""
    """By what a record is known again; each room says what there is."""
    is_whole: bool = False
    """All rows or none."""
    is_dry: bool = False
    """Only say what would happen."""

    def kept(self) -> dict[str, Any]:
        return asdict(self)


def order_of(upload: Upload) -> Order:
    return msgspec.convert(upload.target.get("order", {}), Order)


@dataclass(frozen=True, slots=True)
class Sample:
    """One of the first changes: the row's line, the record if there is one, its values before and after by column."""

    line: int
    record: int | None
    old: dict[str, Any]
    new: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trial:
    """What reading would do."""

    new: int = 0
    changed: int = 0
    same: int = 0
    bad: int = 0
    samples: list[Sample] = field(default_factory=list)


def trial_of(upload: Upload) -> Trial | None:
    found = upload.target.get("trial")
    return msgspec.convert(found, Trial) if found else None


def cleaned(upload: Upload, mapping: dict[str, str], known: set[str]) -> dict[str, str]:
    """Of `mapping` (our field -> column) what there is on both sides. Raises Refused for a column that is used twice."""
    clean = {name: column for name, column in mapping.items() if name in known and column in upload.columns}
    if len(set(clean.values())) < len(clean):
        raise Refused("column_twice", _("A column can be used only once."))
    return clean


def remembered(upload: Upload) -> dict[str, str] | None:
    """What the owner chose for the last file with these headings."""
    earlier = Upload.objects.filter(
        owner=upload.owner, purpose=upload.purpose, columns=upload.columns, state=Upload.State.FINISHED
    )
    last: dict[str, str] | None = earlier.exclude(pk=upload.pk).values_list("mapping", flat=True).first()
    return last
