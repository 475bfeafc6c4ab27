"""After a restore: erase again what had been erased since the backup."""

from __future__ import annotations

from django.utils import timezone

from hongyan.erasure import journal, requests
from hongyan.erasure.models import Request


def erase_again() -> int:
    """Gives how many numbers a restore had brought back. A look at a file where nothing was restored."""
    seals = journal.unknown()
    found = journal.brought_back(seals) if seals else {}
    for number in found.values():
        requests.begin_again(number)
    # Of these the database knows nothing: it is only told that they were.
    Request.objects.bulk_create(
        [
            Request(kind=Request.Kind.ERASURE, state=Request.State.ERASED, seal=one, ended_at=timezone.now())
            for one in sorted(seals - set(found))
        ]
    )
    return len(found)
