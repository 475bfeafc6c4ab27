"""The one error of readers."""

from __future__ import annotations


class Unreadable(ValueError):
    """`code` is stable: no_id, no_number, no_day, no_moment, outside_calendar, no_text. The caller has the words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
