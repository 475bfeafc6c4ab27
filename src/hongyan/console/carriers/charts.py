"""The plots of a channel's page as ECharts options; `console/overview/charts.py` explains how they are read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from hongyan.console.overview.charts import GRID, behind
from hongyan.reports.channels import STEP, Step
from hongyan.reports.figures import FAILED_STATES, Period

Option = dict[str, Any]


def _rate(delivered: int, failed: int) -> float | None:
    """Percent of what has ended that arrived; nothing where nothing ended."""
    return round(100 * delivered / (delivered + failed), 1) if delivered + failed else None


def channel_day(steps: Sequence[Step]) -> Option:
    """The speed of each five minutes as bars, and what arrived of what ended in them as a line."""
    seconds = STEP.total_seconds()
    return {
        "grid": GRID,
        "tones": ["accent", "good"],
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0, "left": "center"},
        "xAxis": {"type": "category", "data": [date_format(localtime(one.at), "TIME_FORMAT") for one in steps]},
        "yAxis": [
            {"type": "value", "name": _("Messages a second")},
            {
                "type": "value", "name": _("Delivered (%)"), "min": 0, "max": 100, "position": "right",
                "splitLine": {"show": False},
            },
        ],
        "series": [
            {
                "name": _("Messages a second"), "type": "bar", "barMaxWidth": 12,
                "data": [round(one.sent / seconds, 2) for one in steps],
            },
            {
                "name": _("Delivered (%)"), "type": "line", "symbolSize": 4, "yAxisIndex": 1, "connectNulls": True,
                "data": [_rate(one.delivered, one.failed) for one in steps],
            },
        ],
    }  # fmt: skip


def channel_month(days: dict[date, dict[str, int]], channel_id: int) -> Option:
    """Each day's messages by what became of them; a bar leads to them."""

    def bar(name: str, listed_as: str, *states: str) -> Option:
        return {
            "name": name, "type": "bar", "stack": "sent", "barMaxWidth": 28,
            "data": [sum(sums.get(state, 0) for state in states) for sums in days.values()],
            "links": [
                behind("console:mailbox_sent", Period(day, day), state=listed_as, channel=str(channel_id)) for day in days
            ],
        }  # fmt: skip

    return {
        "grid": GRID,
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0, "left": "center"},
        "xAxis": {"type": "category", "data": [date_format(day, "MONTH_DAY_FORMAT") for day in days]},
        "yAxis": {"type": "value", "name": _("Messages"), "minInterval": 1},
        "series": [
            bar(_("Delivered"), "delivered", "delivered"),
            bar(_("No receipt yet"), "submitted", "submitted"),
            bar(_("Not delivered"), "failed", *FAILED_STATES),
        ],
    }
