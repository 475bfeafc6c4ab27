"""Tell open pages that something changed: a NOTIFY that goes out when the transaction commits, and not if it fails."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.db import connection


def publish(topic: str, data: dict[str, Any] | None = None) -> None:
    """Announce a change of `topic` (ARCHITECTURE.md lists them). The data is shown to whoever may follow the topic."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify('hongyan_live', %s)", [json.dumps({"topic": topic, "data": data or {}})])


def publish_all(topics: Iterable[str]) -> None:
    """Several at once."""
    payloads = [json.dumps({"topic": topic, "data": {}}) for topic in topics]
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify('hongyan_live', p) from unnest(%s::text[]) p", [payloads])
