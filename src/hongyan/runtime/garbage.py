"""Python's collector of cycles, for processes that hold many values and make few cycles."""

from __future__ import annotations

import gc


def leave_what_is_loaded() -> None:
    """Never look through modules and classes again: for the web a tenth of a second of a request, now and then.

    Call it once, after the imports.
    """
    gc.collect()
    gc.freeze()


def collect_seldom() -> None:
    """Leave alone what has been loaded, and look through everything that lives a thousand times less often than usual.

    A gateway holds some hundred thousand messages that are on their way. By the interpreter's own thresholds it looks
    through all of them three times a second, for 30 to 70 ms each, and finds nothing: they end by being counted down.
    Call it once, after the imports.
    """
    leave_what_is_loaded()
    gc.set_threshold(10_000, 20, 1_000)
