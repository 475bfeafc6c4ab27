"""Which backups still hold what has been erased from the database: a file is not rewritten, it goes when its turn comes."""

from __future__ import annotations

from django.utils import timezone

from hongyan.erasure.models import Request
from hongyan.reports import backups
from hongyan.reports.models import Backup


def still_holding(row: Request) -> list[Backup]:
    """Those that were begun before the number was erased and whose file is there, the oldest first."""
    until = row.ended_at or timezone.now()
    made = Backup.objects.filter(error="", removed_at=None, ended_at__isnull=False, began_at__lte=until).order_by("pk")
    folder = backups.folder()
    return [one for one in made if (folder / one.name).is_file()]
