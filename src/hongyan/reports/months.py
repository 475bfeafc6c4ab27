"""Closed months on their way to the packed form: what the health page, the nightly chore and the doctor say of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from hongyan.dispatch import packing
from hongyan.dispatch.models import Packing
from hongyan.runtime.database import raw_connection


class InUse(Exception):
    """Messages were read all the while, by a backup or for a long list."""


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    row: Packing

    @property
    def saved(self) -> int:
        return max(0, self.row.octets_before - self.row.octets_after) if self.row.packed_at else 0


def pack(now: datetime) -> int:
    """The nightly chore; gives how many messages were packed. Raises InUse, and packing.Unequal."""
    try:
        return packing.pack_due(raw_connection(), now)
    except LockNotAvailable as error:
        raise InUse(_("messages were read all the while, by a backup or for a long list")) from error


def shown() -> list[Month]:
    """The newest first."""
    return [Month(date(2000 + row.month // 100, row.month % 100, 1), row) for row in Packing.objects.order_by("-month")]
