"""The child process that opens one file: `python -m hongyan.spreadsheets.child PATH PARENT ORDER`, the order as JSON.

A file is a stranger's and its readers are not ours to interrupt, so they work where memory and time are bounded and where
dying does no harm. The child dies with its parent. Frames on standard output: four octets of length, then msgpack:
chunks of rows and what was left aside, or what a look shows, or an error's code.
"""

from __future__ import annotations

import resource
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

import msgspec

from hongyan.runtime.processes import end_with_parent
from hongyan.spreadsheets.errors import SpreadsheetError, Trouble
from hongyan.spreadsheets.kinds import Limits
from hongyan.spreadsheets.opening import Order, looked_at, opened

ROWS_A_FRAME = 2000


def _send(frame: object) -> None:
    content = msgspec.msgpack.encode(frame)
    sys.stdout.buffer.write(len(content).to_bytes(4, "big") + content)
    sys.stdout.buffer.flush()


def _serve(path: Path, order: Order) -> None:
    if order.is_look:
        _send({"look": looked_at(path, order)})
        return
    table = opened(path, order)
    chunk: list[Any] = []
    for row in table.rows():
        chunk.append(row)
        if len(chunk) >= ROWS_A_FRAME:
            _send({"rows": chunk})
            chunk = []
    if chunk:
        _send({"rows": chunk})
    _send({"end": True})


def _trouble(error: BaseException) -> tuple[Trouble, int]:
    if isinstance(error, SpreadsheetError):
        return error.trouble, error.line
    if isinstance(error, MemoryError):
        return Trouble.BOMB, 0
    if isinstance(error, RuntimeError | NotImplementedError) and "password" in str(error).lower():
        return Trouble.PASSWORD, 0
    if type(error).__name__ == "PasswordError" or "password" in str(error).lower() or "encrypted" in str(error).lower():
        return Trouble.PASSWORD, 0
    if isinstance(error, zipfile.BadZipFile | ExpatError | EOFError | KeyError | ValueError | OSError):
        return Trouble.BROKEN, 0
    return Trouble.BROKEN, 0  # also the readers' panics, which are not Exceptions


def main() -> None:
    path, parent, order = sys.argv[1:4]
    end_with_parent(int(parent))
    asked = msgspec.json.decode(order, type=Order)
    limits: Limits = asked.limits
    resource.setrlimit(resource.RLIMIT_AS, (limits.max_memory_bytes, limits.max_memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.max_seconds, limits.max_seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        _serve(Path(path), asked)
    except BrokenPipeError:
        # Whoever only looked has seen enough; nothing more to flush.
        sys.stderr.close()
    except BaseException as error:  # the parent is told either way
        trouble, line = _trouble(error)
        _send({"trouble": trouble, "line": line})


if __name__ == "__main__":
    main()
