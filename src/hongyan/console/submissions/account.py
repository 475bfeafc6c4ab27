"""What the submission's page says of numbers: its balance sheet, how fast it goes, its trial part, its plot."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hongyan.accounts.errors import Refused
from hongyan.console.components.states import STATES
from hongyan.dispatch.flow import STEP, Moment
from hongyan.dispatch.numbers import CARRIER_WORDS, Carrier
from hongyan.messaging import accounting, asking, canary, needing
from hongyan.messaging.accounting import Line, Sheet
from hongyan.messaging.asking import request_of
from hongyan.messaging.models import Submission
from hongyan.messaging.reasons import stopped_words, words

Option = dict[str, Any]
BARS = 60
WIDTHS = [timedelta(seconds=10), *(timedelta(minutes=n) for n in (1, 5, 15, 60, 360, 1440))]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the sheet in words."""

    kind: str
    words: str
    code: str
    """As it is shown: of what was dropped its words say all."""
    reason: str
    count: int
    url: str
    """The messages behind it; empty where there are none."""
    tone: str
    protocols: tuple[str, ...] = ()
    """Where the code says this; the same code may mean something else elsewhere."""


def _dropped_words(what: str) -> str:
    return {
        "duplicate": _("Duplicate"),
        "excluded": _("Left out by choice"),
        "bad_number": _("Not a mobile number"),
        "gone": _("No longer there when its time came"),
        "grant_ended": _("Left out: the right to send to them had ended"),
    }.get(what, what)


def sheet_rows(submission: Submission, sheet: Sheet) -> list[Row]:
    """The lines in their order; the same code with the same meaning is one, whichever channels it came from."""
    merged: dict[tuple[str, str, str], list[Line]] = {}
    for line in sheet.lines:
        merged.setdefault((line.kind, line.reason, _words(line)), []).append(line)
    page = reverse("console:submission", args=[submission.pk])
    rows = []
    for (kind, reason, meaning), lines in merged.items():
        protocols = tuple(line.protocol for line in lines if line.protocol)
        query = {"outcome": kind, "code": reason, "protocol": protocols} if reason else {"outcome": kind}
        is_listed = kind not in ("dropped", "unplanned", "unwritten")
        url = f"{page}?{urlencode(query, doseq=True)}#recipients" if is_listed else ""
        count = sum(line.count for line in lines)
        code = "" if kind == "dropped" else reason
        rows.append(Row(kind, meaning, code, reason, count, url, STATES[kind].tone, protocols))
    return rows


ADDED = (
    "delivered", "submitted", "in_flight", "queued", "unplanned", "failed", "uncertain", "expired", "blocked", "cancelled",
    "unwritten", "dropped",
)  # fmt: skip
"""The sheet in one line names its parts in this order."""


@dataclass(frozen=True, slots=True)
class Part:
    """A summand of the sheet's one line."""

    count: int
    label: str
    tone: str


def sum_line(sheet: Sheet) -> list[Part]:
    """The sheet in one line: 117 = 111 delivered + 5 failed + 1 blocked."""
    return [Part(sheet.count(kind), str(STATES[kind].label), STATES[kind].tone) for kind in ADDED if sheet.count(kind)]


def _words(line: Line) -> str:
    return _dropped_words(line.reason) if line.kind == "dropped" else words(line.reason, line.protocol)


def held_words(held: str) -> str:
    return {
        "paused": _("Paused: nothing leaves until somebody resumes it."),
        "scheduled": _("Waits for its time."),
        "hours": _("Held until sending hours begin."),
        "canary": _("The rest waits for the trial part."),
        "retry": _("The carrier refused the waiting messages; they will be retried."),
        "channel": _(
            "The channel is down. Waiting messages take the next route, or continue when the channel is back."
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
        "failures": _("too many failed"),
        "opt_outs": _("too many opted out"),
        "no_receipts": _("hardly any receipts came"),
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
    """Handed over, delivered and not delivered by time, each bar a link to its messages; None before anything left and for what is one bar."""
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
    if len(starts) == 1:
        return None
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
        "yAxis": {"type": "value", "name": _("Messages"), "minInterval": 1},
        "series": [
            series(_("Submitted to the carrier"), 0, "", "handed"),
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


MOST_FORESEEN = 2000
"""For so many the cost is worked out while the page is made."""


def outlook(submission: Submission) -> dict[str, Any] | None:
    """Of what is scheduled: how many, when, what it will cost as things stand, and what would keep it from being sent.

    `left_out` is None where nobody has looked: of many recipients."""
    if submission.state != Submission.State.SCHEDULED:
        return None
    found: dict[str, Any] = {
        "expected": submission.expected,
        "cost": None,
        "segments": 0,
        "left_out": None,
        "wrong": "",
    }
    found["wrong"] = stopped_words(needing.what_is_wrong(submission))
    if submission.expected <= MOST_FORESEEN and not found["wrong"]:
        with suppress(Refused):
            rehearsal = asking.rehearse(submission.owner, replace(request_of(submission), scheduled_at=None))
            found |= {
                "expected": rehearsal.sendable, "left_out": rehearsal.blocked.total(),
                "cost": rehearsal.price_micros, "segments": rehearsal.total_segments,
            }  # fmt: skip
    return found


def shown(submission: Submission) -> dict[str, Any]:
    """Sheet, progress and trial part for the live fragment."""
    sheet = accounting.sheet(submission)
    progress = accounting.progress(submission, sheet.balance, timezone.now())
    return {
        "sheet": sheet,
        "lines": sheet_rows(submission, sheet),
        "sum_line": sum_line(sheet),
        "progress": progress,
        "held_words": held_words(progress.held),
        "trial": trial(submission),
        "has_flow": bool(progress.moments),
    }
