"""Where the database is: the operator's own PostgreSQL, or the embedded one in the data folder."""

from __future__ import annotations

from urllib.parse import quote

from hongyan.runtime.settings import Settings


def url(settings: Settings) -> str:
    """The PostgreSQL address every process uses; with the embedded server, its private socket folder."""
    if settings.database_url:
        return settings.database_url
    return f"postgresql://hongyan@/hongyan?host={quote(str(settings.data_path / 'postgres' / 'socket'))}"
