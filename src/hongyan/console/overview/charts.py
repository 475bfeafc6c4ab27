"""The overview's plots as ECharts options: plain values in, a dict out.

`tones` names colours of console.css for the series in order; the browser fills them in, for light and dark. `links`
of a series names for each of its bars where the messages behind it are listed.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from hongyan.reports.figures import FAILED_STATES, Period, Share

Option = dict[str, Any]

GRID = {"left": 8, "right": 16, "top": 40, "bottom": 8, "containLabel": True}
ROOM_FOR_NAME = 28
"""Under the axis of lying bars, where its name stands."""


def _day(day: date) -> str:
    return date_format(day, "MONTH_DAY_FORMAT")


def behind(page: str, period: Period, **asked: str | Sequence[str]) -> str:
    """Where the list `page` shows what a bar counts."""
    query = {"from": period.first.isoformat(), "to": period.last.isoformat(), **asked}
    return f"{reverse(page)}?{urlencode(query, doseq=True)}"


def by_day(days: dict[date, dict[str, int]], replies: Sequence[tuple[date, int]]) -> Option:
    """Stacked bars of delivered, no receipt yet and failed, with replies as a line; a slider when there are many days."""
    answered = dict(replies)

    def bar(name: str, listed_as: str, *states: str) -> Option:
        data = [sum(sums.get(state, 0) for state in states) for sums in days.values()]
        links = [behind("console:mailbox_sent", Period(day, day), state=listed_as) for day in days]
        return {"name": name, "type": "bar", "stack": "sent", "data": data, "links": links, "barMaxWidth": 28}

    return {
        "grid": {**GRID, "bottom": 48 if len(days) > 60 else 8},
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0, "left": "center"},
        "xAxis": {"type": "category", "data": [_day(day) for day in days]},
        "yAxis": [
            {"type": "value", "name": _("Messages"), "minInterval": 1},
            {
                "type": "value",
                "name": _("Replies"),
                "minInterval": 1,
                "splitLine": {"show": False},
                "position": "right",
            },
        ],
        "dataZoom": [{"type": "slider", "height": 18, "bottom": 8, "start": 75, "end": 100}] if len(days) > 60 else [],
        "series": [
            bar(_("Delivered"), "delivered", "delivered"),
            bar(_("No receipt yet"), "submitted", "submitted"),
            bar(_("Not delivered"), "failed", *FAILED_STATES),
            {
                "name": _("Replies"),
                "type": "line",
                "symbolSize": 5,
                "yAxisIndex": 1,
                "data": [answered.get(day, 0) for day in days],
                "links": [behind("console:mailbox", Period(day, day), folder="all") for day in days],
            },
        ],
    }


def _counting() -> Option:
    """The axis of lying bars: it counts messages, and says so."""
    return {"type": "value", "name": _("Messages"), "nameLocation": "middle", "nameGap": 24, "minInterval": 1}


def shares(rows: Sequence[Share], kind: str, period: Period) -> Option:
    """Horizontal bars, the largest on top: delivered and not delivered of each. `kind` is what the list of sent messages
    filters by: department, channel or category.
    """
    rows = list(rows)[:12][::-1]

    def links(state: str) -> list[str]:
        return [behind("console:mailbox_sent", period, state=state, **{kind: row.key}) for row in rows]

    return {
        "tones": ["good", "bad"],
        "grid": {**GRID, "top": 32, "bottom": ROOM_FOR_NAME},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "legend": {"top": 0, "right": 0},
        "xAxis": _counting(),
        "yAxis": {"type": "category", "data": [row.name for row in rows]},
        "series": [
            {
                "name": _("Delivered"),
                "type": "bar",
                "stack": "sent",
                "barMaxWidth": 18,
                "data": [row.delivered for row in rows],
                "links": links("delivered"),
            },
            {
                "name": _("Not delivered"),
                "type": "bar",
                "stack": "sent",
                "barMaxWidth": 18,
                "data": [row.failed for row in rows],
                "links": links("failed"),
            },
        ],
    }


def reasons(rows: Sequence[tuple[str, int, Sequence[str]]], period: Period) -> Option:
    """Why messages were not delivered, the commonest on top: words, messages, and the codes that mean it."""
    rows = list(rows)[::-1]
    return {
        "tones": ["bad"],
        "grid": {**GRID, "top": 8, "bottom": ROOM_FOR_NAME},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "xAxis": _counting(),
        "yAxis": {"type": "category", "data": [words for words, _count, _codes in rows]},
        "series": [
            {
                "name": _("Messages"),
                "type": "bar",
                "barMaxWidth": 18,
                "data": [count for _words, count, _codes in rows],
                "links": [
                    behind("console:mailbox_sent", period, state="failed", code=codes) for _words, _count, codes in rows
                ],
            }
        ],
    }


def _month_of(day: date) -> Period:
    return Period(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def price(rows: Sequence[tuple[date, int]]) -> Option:
    """Cost of each month in yuan."""
    return {
        "tones": ["accent"],
        "grid": {**GRID, "top": 32},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": [date_format(month, "YEAR_MONTH_FORMAT") for month, _price in rows]},
        "yAxis": {"type": "value", "name": _("Cost (yuan)")},
        "series": [
            {
                "name": _("Cost (yuan)"),
                "type": "bar",
                "barMaxWidth": 28,
                "data": [round(micros / 1_000_000, 2) for _month, micros in rows],
                "links": [behind("console:mailbox_sent", _month_of(month)) for month, _price in rows],
            }
        ],
    }
