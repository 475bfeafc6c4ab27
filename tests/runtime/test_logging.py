"""What our processes write to their logs, as a process of its own writes it."""

from __future__ import annotations

import subprocess
import sys

SAYS = """
import logging
from hongyan.runtime import logging as ours
ours.set_up()
log = logging.getLogger("django.request")
try:
    raise PermissionError("may not")
except PermissionError as error:
    log.{level}("{text}", exc_info=error, extra={{"status_code": {status}}})
"""


def said(level: str, text: str, status: int) -> str:
    script = SAYS.format(level=level, text=text, status=status)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stderr


def test_a_refused_page_is_one_line() -> None:
    written = said("warning", "Forbidden: /settings/ of 13800138000", 403)
    assert "Forbidden: /settings/ of 138****8000" in written
    assert "Traceback" not in written
    assert len(written.splitlines()) == 1


def test_a_page_that_failed_says_where() -> None:
    written = said("error", "Internal Server Error: /", 500)
    assert "Traceback" in written
    assert "may not" in written
