"""What a run over people, tables and files found."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class PeopleFigures:
    """What came of it. Ratios are to reading the same file by csv or calamine and copying its rows into a bare table."""

    people: int = 0
    filled_s: float = 0.0
    import_csv_ratio: float = 0.0
    import_xlsx_ratio: float = 0.0
    import_peak_mb: float = 0.0
    search_p95_ms: float = 0.0
    audience_count_p95_ms: float = 0.0
    audience_sample_p95_ms: float = 0.0
    book_ms: float = 0.0
    table_p95_ms: float = 0.0
    export_15000_s: float = 0.0
    export_peak_mb: float = 0.0
    beside: dict[str, Any] = field(default_factory=dict)
    """What each is made of: the bare measures, the middle, the slowest question."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
