"""How a page tells what a verb refused: at its field, or as the page's message. No page says it in its own way.

What no page expected is told by `RefusedMiddleware`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hongyan.accounts.errors import Refused
from hongyan.dispatch.numbers import Bad

NAMED = 5
"""Wrong entries that a sentence quotes."""


class _Told:
    """Ends its block at a refusal and tells it; what stands behind the block goes on."""

    def __init__(self, tell: Callable[[Refused], None]) -> None:
        self._tell = tell

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: TracebackType | None) -> bool:
        if not isinstance(error, Refused):
            return False
        self._tell(error)
        return True


def at(form: forms.BaseForm, called: Mapping[str, str] = {}) -> _Told:
    """Shown at the field it is about, else above the form; `called` names fields that the form calls otherwise."""

    def tell(error: Refused) -> None:
        field = called.get(error.field, error.field)
        form.add_error(field if field in form.fields else None, str(error))

    return _Told(tell)


def told(request: HttpRequest, about: str | Promise = "") -> _Told:
    """Shown as the page's message, behind what it is `about`."""

    def tell(error: Refused) -> None:
        messages.error(request, f"{about}: {error}" if about else str(error), extra_tags=error.field)

    return _Told(tell)


def summed_up(form: forms.BaseForm) -> str:
    """A form's errors in one sentence, each with its field's name, for a page that shows the form elsewhere."""
    return " ".join(_("%(field)s: %(error)s") % {"field": form[name].label, "error": error}
                    for name, errors in form.errors.items() for error in errors)  # fmt: skip


def not_numbers(bad: Sequence[Bad]) -> str:
    """What is no mobile number among what somebody typed, the first of it as it was typed."""
    text = ngettext(
        "%(n)d entry is not a mobile number: %(entries)s", "%(n)d entries are not mobile numbers: %(entries)s", len(bad)
    )
    entries = ", ".join(one.value[:20] for one in bad[:NAMED])
    return text % {"n": len(bad), "entries": f"{entries} …" if len(bad) > NAMED else entries}
