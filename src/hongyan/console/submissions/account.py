"""What the submission's page says of numbers: its balance sheet, how fast it goes, its trial part, its plot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hongyan.console.components.states import STATES
from hongyan.dispatch.flow import STEP, Moment
from hongyan.dispatch.numbers import CARRIER_WORDS, Carrier
from hongyan.messaging import accounting, canary
from hongyan.messaging.accounting import Line, Sheet
from hongyan.messaging.models import Submission
from hongyan.messaging.reasons import words

Option = dict[str, Any]
BARS = 60
WIDTHS = [timedelta(seconds=10), *(timedelta(minutes=n) for n in (1, 5, 15, 60, 360, 1440))]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the sheet in words."""

    kind: str
    words: str
    code: str
    count: int
    url: str
    """The messages behind it; empty where there are none."""
    tone: str


def _dropped_words(what: str) -> str:
    return {
        "duplicate": _("Asked for more than once"),
        "excluded": _("Left out by choice"),
        "bad_number": _("Not a mobile number"),
    }.get(what, what)


def sheet_rows(submission: Submission, sheet: Sheet) -> list[Row]:
    """The lines in their order; the same code with the same meaning is one, whichever channels it came from."""
    merged: dict[tuple[str, str, str], int] = {}
    for line in sheet.lines:
        key = (line.kind, line.reason, _words(line))
        merged[key] = merged.get(key, 0) + line.count
    page = reverse("console:submission", args=[submission.pk])
    rows = []
    for (kind, reason, meaning), count in merged.items():
        query = {"outcome": kind, "code": reason} if reason else {"outcome": kind}
        url = "" if kind in ("dropped", "unplanned", "unwritten") else f"{page}?{urlencode(query)}#recipients"
        rows.append(Row(kind, meaning, "" if kind == "dropped" else reason, count, url, STATES[kind].tone))
    return rows


def _words(line: Line) -> str:
    return _dropped_words(line.reason) if line.kind == "dropped" else words(line.reason, line.protocol)


def held_words(held: str) -> str:
    return {
        "paused": _("Paused: nothing leaves until somebody resumes it."),
        "scheduled": _("Waits for its time."),
        "hours": _("Held back by quiet hours."),
        "canary": _("The rest waits for the trial part."),
        "retry": _("The carrier refused what waits; it is tried again."),
        "channel": _(
            "Its channel is down. What waits takes the next route, or goes on by itself when the channel is back."
        ),
    }.get(held, "")


def trial(submission: Submission) -> dict[str, Any] | None:
    """The trial part for the page's banner; None without one."""
    one = canary.of(submission)
    if one is None:
        return None
    terms = canary.Terms.from_json(submission.canary_terms or {})
    # Receipts may still come while nobody has decided; afterwards it is told by what it was judged.
    is_open = one.state in (canary.State.WAITING, canary.State.HALTED)
    figures = canary.figures(submission) if is_open or not one.figures else canary.Figures(**one.figures)
    reasons = {
        "failures": _("too many did not arrive"),
        "opt_outs": _("too many refused further messages"),
        "no_receipts": _("hardly any receipt came"),
    }
    return {
        "one": one,
        "terms": terms,
        "figures": figures,
        "reason": reasons.get(one.reason, ""),
        "size": len(one.numbers),
        "until": canary.judged_by(one, terms),
        "carriers": [(_(CARRIER_WORDS[Carrier(name)]), count) for name, count in one.carriers.items()],
    }


def _bucket(at: datetime, width: timedelta) -> datetime:
    local = timezone.localtime(at)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (local - midnight) // width * width


def _ended(found: list[Moment]) -> datetime:
    """When nearly everything had happened: a straggler days later must not squeeze the plot."""
    last = found[-1]
    nearly = (last.handed_over + last.delivered + last.not_delivered) * 0.99
    return next(one.at for one in found if one.handed_over + one.delivered + one.not_delivered >= nearly)


def flow_option(submission: Submission, found: list[Moment]) -> Option | None:
    """Handed over, delivered and not delivered by time, each bar a link to its messages; None before anything left."""
    if not found:
        return None
    began, ended = found[0].at, _ended(found)
    width = next((one for one in WIDTHS if (ended - began) / one < BARS), WIDTHS[-1])
    edges = [_bucket(began, width)]
    while edges[-1] + width <= ended:
        edges.append(edges[-1] + width)
    starts = [*edges, edges[-1] + width]
    totals = [[0, 0, 0] for _edge in starts]
    before = Moment(began - STEP, 0, 0, 0)
    for one in found:
        at = min(int((timezone.localtime(one.at) - edges[0]) / width), len(edges))
        for index, name in enumerate(("handed_over", "delivered", "not_delivered")):
            totals[at][index] += getattr(one, name) - getattr(before, name)
        before = one
    if not any(totals[-1]):
        starts, totals = starts[:-1], totals[:-1]
    shape = "%H:%M:%S" if width < timedelta(minutes=1) else "%H:%M" if width < timedelta(days=1) else "%m-%d"
    labels = [start.strftime(shape if (ended - began).days == 0 else "%m-%d %H:%M") for start in starts]
    if len(starts) > len(edges):
        labels[-1] = _("later")
    page = reverse("console:submission", args=[submission.pk])

    def series(name: str, index: int, outcome: str, by: str) -> Option:
        links = []
        for place, start in enumerate(starts):
            query = {"by": by, "from": start.isoformat()} | ({"outcome": outcome} if outcome else {})
            if place < len(edges):
                query["to"] = (start + width).isoformat()
            links.append(f"{page}?{urlencode(query)}#recipients")
        data = [one[index] for one in totals]
        stack = "outcomes" if index else "handed"
        return {"name": name, "type": "bar", "stack": stack, "barMaxWidth": 22, "data": data, "links": links}

    return {
        "tones": ["info", "good", "bad"],
        "grid": {"left": 8, "right": 16, "top": 36, "bottom": 8, "containLabel": True},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "legend": {"top": 0, "right": 0},
        "xAxis": {"type": "category", "data": labels},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            series(_("Handed over"), 0, "", "handed"),
            series(_("Delivered"), 1, "delivered", "done"),
            series(_("Not delivered"), 2, "not_delivered", "done"),
        ],
        "animation": False,
        "width_words": _width_words(width),
    }


def _width_words(width: timedelta) -> str:
    seconds = int(width.total_seconds())
    if seconds < 60:
        return _("each bar is %(n)d seconds") % {"n": seconds}
    if seconds < 3600:
        return _("each bar is %(n)d min") % {"n": seconds // 60}
    return _("each bar is %(n)d h") % {"n": seconds // 3600}


def shown(submission: Submission) -> dict[str, Any]:
    """Sheet, progress and trial part for the live fragment."""
    sheet = accounting.sheet(submission)
    progress = accounting.progress(submission, sheet.balance, timezone.now())
    return {
        "sheet": sheet,
        "lines": sheet_rows(submission, sheet),
        "progress": progress,
        "held_words": held_words(progress.held),
        "trial": trial(submission),
        "has_flow": bool(progress.moments),
    }
