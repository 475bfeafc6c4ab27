"""Where the database is: the operator's own PostgreSQL, or the embedded one of the data folder."""

from __future__ import annotations

from hongyan.runtime import postgres
from hongyan.runtime.settings import Settings


def url(settings: Settings) -> str:
    """The PostgreSQL address every process uses."""
    return settings.database_url or postgres.cluster(settings).url
