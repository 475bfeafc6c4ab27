"""Logs: a readable line on a terminal, a JSON line elsewhere; phone numbers and secrets never get in."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

_NUMBER = re.compile(r"(?<!\d)(\+?\d{3,5})\d{4}(\d{4})(?!\d)")
_SECRET_NAMES = ("secret", "password", "token", "key")


def masked_in(text: str) -> str:
    """`text` with the middle of whatever looks like a phone number hidden."""
    return _NUMBER.sub(r"\1****\2", text)


def mask(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide the middle of whatever looks like a phone number, and everything named like a secret."""
    for name, value in event.items():
        if any(part in name.lower() for part in _SECRET_NAMES):
            event[name] = "(hidden)"
        elif name not in {"timestamp", "level"}:
            event[name] = masked_in(value) if isinstance(value, str) else value
    return event


def plain_refusals(record: logging.LogRecord) -> bool:
    """A page that was refused or not found (`status_code`, as Django notes it) is no fault of ours: a line, no traceback."""
    if getattr(record, "status_code", 500) < 500:
        record.exc_info = record.exc_text = None
    return True


class _StandardError:
    """Where standard error goes when a line is written: whoever has set us up may have lent another for a while."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def set_up(level: str = "info") -> None:
    """Route structlog and the standard library's logging to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        mask,
    ]
    renderer = (
        structlog.dev.ConsoleRenderer(colors=True) if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _StandardError())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(_StandardError())
    handler.addFilter(plain_refusals)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info, mask, renderer,
        ])
    )  # fmt: skip
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
