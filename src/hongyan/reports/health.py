"""How each part of the installation is: what the supervisor says, corrected by what the database has heard."""

from __future__ import annotations

import time
from typing import Any

from django.db import Error, connection
from django.utils.translation import gettext as _

from hongyan.runtime import postgres
from hongyan.runtime.settings import settings
from hongyan.runtime.supervisor import read_status

BEAT_LIMIT_S = 15
LEAST_FREE = 64 << 20
"""Octets. With less, the server writes on in what it has and refuses the next thing it needs: nothing is certain any more."""


def parts() -> dict[str, dict[str, Any]]:
    """Each part with "state" up or down; what the supervisor says, corrected by what the database has heard."""
    found: dict[str, dict[str, Any]] = {name: dict(part) for name, part in read_status(settings().data_path).items()}
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "select kind, max(beat_at), max(beat_at) > now() - %s * interval '1 second' from dispatch_node group by 1",
                [BEAT_LIMIT_S],
            )
            for kind, beat_at, lives in cursor.fetchall():
                part = found.setdefault(kind, {})
                part["heard_at"] = beat_at.timestamp()
                part["state"] = "up" if lives or _is_starting(part) else "down"
        found["database"] = {"state": "up"} | _full()
    except Error as error:
        found["database"] = {"state": "down", "detail": type(error).__name__}
    found["web"] = {**found.get("web", {}), "state": "up"}
    return found


def _is_starting(part: dict[str, Any]) -> bool:
    """Whether the supervisor began it so lately that it need not have been heard yet."""
    return part.get("state") == "up" and part.get("since", 0.0) > time.time() - BEAT_LIMIT_S


def _full() -> dict[str, str]:
    free = postgres.disk(settings()).free
    if free >= LEAST_FREE:
        return {}
    words = _("The disk is full: %(free)d MB are left. Free some space; sending then continues automatically.")
    return {"state": "down", "detail": words % {"free": free >> 20}}
