"""The list of submissions and their calendar."""

from __future__ import annotations

import calendar as calendars
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Count, Q, Window
from django.db.models.functions import Coalesce, RowNumber, TruncDate
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.models import User
from hongyan.accounts.rights import Reach
from hongyan.console.access import for_everybody, me
from hongyan.console.context import follow
from hongyan.console.submissions.gathering import gathered, of_origin, with_bars
from hongyan.dispatch.sums import held_back
from hongyan.inputs import asked_of, day_of, days_of, id_of, moment_of
from hongyan.messaging.models import Category, Submission
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection

PAGE = 40
TABS = {
    "": (gettext_lazy("All"), ()),
    "running": (gettext_lazy("Running"), ("planning", "running", "paused")),
    "scheduled": (gettext_lazy("Scheduled"), ("scheduled",)),
    "finished": (gettext_lazy("Finished"), ("finished", "cancelled", "failed")),
    "draft": (gettext_lazy("Drafts"), ("draft",)),
}
COUNTED = ("running", "scheduled", "draft")
"""Tabs that say how many wait in them; the others would only count the past."""
MESSAGE_STATES = ("delivered", "submitted", "queued", "failed", "expired", "uncertain", "blocked", "cancelled")
SHOWN_A_DAY = 4
ORIGINS = {
    "": gettext_lazy("By people"),
    "api": gettext_lazy("Single requests of programs"),
    "door": gettext_lazy("Customers' doors"),
    "reply": gettext_lazy("Replies from the mailbox"),
    "all": gettext_lazy("All"),
}
"""Where submissions come from, as the list tells them apart."""


@for_everybody
def index(request: HttpRequest) -> HttpResponseBase:
    """Newest first, as the address filters: state, category, words, whose, days."""
    user = me(request)
    follow(request, "submissions")
    origin = request.GET.get("origin", "")
    origin = origin if origin in ORIGINS else ""
    visible = of_origin(Submission.objects.visible_to(user), origin)
    found, state = _filtered(user, visible.select_related("owner", "department"), request), request.GET.get("state", "")
    is_gathered = origin == "api" and not request.GET.get("hour")
    facts = {
        "state": state if state in TABS else "",
        "origin": origin,
        "origins": list(ORIGINS.items()),
        "hour": moment_of(request.GET.get("hour"), timezone.get_current_timezone()) if origin == "api" else None,
        "tabs": [
            (name, label, visible.filter(state__in=states).count() if name in COUNTED else 0)
            for name, (label, states) in TABS.items()
        ],
        "categories": Category.choices,
        "may_see_others": user.reach is not Reach.OWN,
        "whose": [("mine", _("Mine"))],
        "is_filtered": any(request.GET.get(name) for name in ("q", "category", "whose", "since", "until", "hour")),
        "untitled": _("(no text yet)"),
    }
    if is_gathered:
        groups = Paginator(gathered(found), PAGE).get_page(request.GET.get("page"))
        shown = with_bars(found, list(groups.object_list))
        return render(request, "console/submissions/index.html", facts | {"page": groups, "gathered": shown})
    page = Paginator(found.order_by("-created_at", "-id"), PAGE).get_page(request.GET.get("page"))
    bars = _bars(page.object_list)
    held = held_back(raw_connection(), [one.pk for one in page.object_list], clock.now())
    return render(
        request,
        "console/submissions/index.html",
        {
            "page": page,
            "rows": [(one, bars[one.pk], held.get(one.pk)) for one in page.object_list],
            **facts,
        },
    )


def _filtered(user: User, found: Any, request: HttpRequest) -> Any:
    asked = request.GET
    states = TABS.get(asked.get("state", ""), TABS[""])[1]
    found = found.filter(state__in=states) if states else found.exclude(state="draft")
    if asked.get("category") in Category.values:
        found = found.filter(category=asked["category"])
    if hour := moment_of(asked.get("hour"), timezone.get_current_timezone()):
        found = found.filter(created_at__gte=hour, created_at__lt=hour + timedelta(hours=1))
    if key := asked.get("key"):
        # A key that is gone has no id; its requests stand together.
        found = found.filter(api_key=id_of(key) or None)
    if asked.get("whose") == "mine":
        found = found.filter(owner=user)
    if words := asked_of(asked.get("q")):
        found = found.filter(Q(title__icontains=words) | Q(text__icontains=words))
    if asked.get("since") or asked.get("until"):
        # A submission's day is the one it is for, as the list shows it.
        found = found.annotate(at=Coalesce("scheduled_at", "created_at"))
        since, until = days_of(asked.get("since"), asked.get("until"), timezone.get_current_timezone())
        if since:
            found = found.filter(at__gte=since)
        if until:
            found = found.filter(at__lt=until)
    return found


def _bars(found: Any) -> dict[int, list[tuple[str, int]]]:
    """The shares of each listed submission; one query for the page."""
    ids = [one.pk for one in found]
    bars: dict[int, list[tuple[str, int]]] = {pk: [] for pk in ids}
    with connection.cursor() as cursor:
        cursor.execute(
            "select submission_id, state, sum(messages) from dispatch_tally where submission_id = any(%s) group by 1, 2",
            [ids],
        )
        for pk, state, count in cursor.fetchall():
            if count:
                bars[pk].append((state, int(count)))
    return {pk: sorted(parts, key=lambda part: MESSAGE_STATES.index(part[0])) for pk, parts in bars.items()}


@for_everybody
def calendar(request: HttpRequest) -> HttpResponseBase:
    """A month of what people sent and what is still to come; what programs ask for one by one would bury it."""
    user = me(request)
    follow(request, "submissions")
    month = _month(request.GET.get("month", ""))
    weeks = calendars.Calendar().monthdatescalendar(month.year, month.month)
    since, until = _start(weeks[0][0]), _start(weeks[-1][-1] + timedelta(days=1))
    found = (
        Submission.objects.visible_to(user)
        .by_people()
        .exclude(state="draft")
        .annotate(at=Coalesce("scheduled_at", "created_at"))
        .filter(at__gte=since, at__lt=until)
        .annotate(day=TruncDate("at"))
        .annotate(
            nth=Window(RowNumber(), partition_by="day", order_by=("at", "id")),
            of_day=Window(Count("*"), partition_by="day"),
        )
        .filter(nth__lte=SHOWN_A_DAY)
        .select_related("owner")
        .order_by("at", "id")
    )
    by_day: dict[date, list[Any]] = {}
    for one in found:
        by_day.setdefault(one.day, []).append(one)  # type: ignore[attr-defined]
    sizes = {day: ones[0].of_day for day, ones in by_day.items()}
    return render(
        request,
        "console/submissions/calendar.html",
        {
            "month": month,
            "earlier": (month - timedelta(days=1)).replace(day=1),
            "later": (month + timedelta(days=31)).replace(day=1),
            "today": timezone.localdate(),
            "weekdays": [WEEKDAYS_ABBR[number] for number in range(7)],
            "days": [
                (day, by_day.get(day, []), max(0, sizes.get(day, 0) - SHOWN_A_DAY)) for week in weeks for day in week
            ],
            "total": sum(size for day, size in sizes.items() if day.month == month.month),
        },
    )


def _start(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _month(text: str) -> date:
    """The first day of "2026-11"; of this month for anything else."""
    month = day_of(f"{text}-01")
    return month if month and 2000 <= month.year <= 2100 else timezone.localdate().replace(day=1)
