"""The simulator's memory between two starts: one JSON file in the data folder, written whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger()
FORM = 2
"""Raised when an older file cannot be read any more; such a file is put aside."""


class Store:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._saved = -1

    def read(self) -> dict[str, Any]:
        """What was written last; empty at the first start or when the file cannot be read."""
        if not self._path.exists():
            return {}
        try:
            stored = json.loads(self._path.read_text())
            if stored["form"] == FORM:
                return dict(stored)
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("the simulator's state cannot be read; starting anew", error=str(error))
        self.put_aside()
        return {}

    def put_aside(self) -> None:
        self._path.replace(self._path.with_suffix(".unreadable"))

    def lacks(self, version: int) -> bool:
        """Whether `version` is another than was written last."""
        return version != self._saved

    def write(self, version: int, phones: dict[str, Any], accounts: dict[str, Any]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps({"form": FORM, "phones": phones, "accounts": accounts}, ensure_ascii=False))
        temporary.replace(self._path)
        self._saved = version
