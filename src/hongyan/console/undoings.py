"""The undoing of an import as its page shows it (`components/import_undo.html`), and how its rows are to be taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hongyan.uploads.models import Upload
from hongyan.uploads.orders import Mode, Order
from hongyan.uploads.undoing import Undone, can_undo, undone_of

MODES = (
    (Mode.BOTH.value, _("Change those that are there, add the others")), (Mode.CREATE.value, _("Only add new ones")),
    (Mode.UPDATE.value, _("Only change those that are there")),
)  # fmt: skip


def order_from(post: QueryDict, keys: list[str]) -> Order:
    """What the form `components/import_order.html` says."""
    mode, key = post.get("mode", ""), post.get("key", "")
    return Order(
        Mode(mode) if mode in set(Mode) else Mode.BOTH, key if key in keys else keys[0] if keys else "",
        is_whole=bool(post.get("is_whole")), is_dry=post.get("act") == "try",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Undoing:
    """`first`: who stays and why, as (who, address, words)."""

    can: bool
    is_running: bool
    told: Undone | None
    done: Undone | None
    why_not: str
    first: list[tuple[str, str, str]] = field(default_factory=list)


Told = Callable[[list[int]], Mapping[int, tuple[str, str]]]
"""Record -> (who it is, its page) for those that the reader may see."""


def undoing_of(
    upload: Upload, foretell: Callable[[Upload], Undone | None], who: Told, words: Mapping[str, str | Promise]
) -> Undoing | None:
    """Nothing for an import that is not finished, or came before imports could be undone."""
    if upload.state != Upload.State.FINISHED:
        return None
    done = undone_of(upload)
    can = can_undo(upload) and upload.touched.exists()
    told = foretell(upload) if can else None
    known = done or told
    names = who([pk for pk, _why in known.first]) if known else {}
    first = [(*names.get(pk, (f"#{pk}", "")), str(words.get(why, why))) for pk, why in (known.first if known else [])]
    is_running = bool(upload.target.get("is_undoing"))
    if not (can or done or is_running):
        return None
    return Undoing(can, is_running, told, done, upload.target.get("not_undone", ""), first)
