"""Tell open pages that something changed: a NOTIFY that goes out when the transaction commits, and not if it fails."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection


def publish(topic: str, data: dict[str, Any] | None = None) -> None:
    """Announce a change of `topic` (ARCHITECTURE.md lists them). The data is shown to whoever may follow the topic."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify('hongyan_live', %s)", [json.dumps({"topic": topic, "data": data or {}})])
