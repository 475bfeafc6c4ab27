"""Tell open pages that something changed: a NOTIFY that goes out when the transaction commits, and not if it fails."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.db import connection

PUBLISH = "select pg_notify('hongyan_live', p) from unnest(%s::text[]) p"


def publish(topic: str, data: dict[str, Any] | None = None, *, over: Any = None) -> None:
    """Announce a change of `topic` (site/README.md lists them). The data is shown to whoever may follow the topic.

    `over` is the cursor of another connection, for what is told before the transaction commits.
    """
    _send([{"topic": topic, "data": data or {}}], over)


def publish_all(topics: Iterable[str]) -> None:
    """Several at once."""
    _send([{"topic": topic, "data": {}} for topic in topics], None)


def _send(told: list[dict[str, Any]], over: Any) -> None:
    payloads = [json.dumps(one) for one in told]
    if over is not None:
        over.execute(PUBLISH, [payloads])
        return
    with connection.cursor() as cursor:
        cursor.execute(PUBLISH, [payloads])
