"""The overview: today and a period as figures and plots, what needs me, and first steps."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.console import waiting
from hongyan.console.access import for_everybody, me
from hongyan.console.context import follow
from hongyan.console.overview import charts
from hongyan.console.parts import PART_WORDS
from hongyan.contacts.models import Contact
from hongyan.dispatch.models import Channel, Connection
from hongyan.inputs import whole_of
from hongyan.mailbox.inbox import unread_count
from hongyan.messaging.models import Category, Signature, Submission
from hongyan.messaging.reasons import stopped_words, words
from hongyan.reports import figures
from hongyan.reports.figures import Period
from hongyan.reports.health import parts

PERIODS = (7, 30, 90, 365)


@for_everybody
def overview(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    follow(request, "submissions")
    days = whole_of(request.GET.get("days"), otherwise=30)
    days = days if days in PERIODS else 30
    today = timezone.localdate()
    period = Period.last_days(days, today)
    context: dict[str, Any] = {
        "today": figures.sums(user, Period(today, today)),
        "behind": behind_tiles(Period(today, today)),
        "needs": needs(user),
        "steps": first_steps(user),
        "days": days,
        "periods": PERIODS,
    }
    if user.may(Right.SEE_REPORTS):
        departments, categories = figures.by_department_and_category(user, period)
        context |= {
            "period": figures.sums(user, period),
            "by_day": charts.by_day(figures.by_day(user, period), figures.replies_by_day(user, period)),
            "by_department": charts.shares(departments, "department", period),
            "by_channel": charts.shares(figures.by_channel(user, period), "channel", period),
            "by_category": charts.shares([_named(share) for share in categories], "category", period),
            "reasons": charts.reasons(_reasons(user, period), period),
            "price": charts.price(figures.price_by_month(user, Period.last_days(365, today))),
        }
    return render(request, "console/overview/overview.html", context)


def behind_tiles(day: Period) -> dict[str, str]:
    """Where each tile's messages are listed."""
    return {
        "sent": f"{reverse('console:submissions')}?since={day.first.isoformat()}&until={day.last.isoformat()}",
        "delivered": charts.behind("console:mailbox_sent", day, state="delivered"),
        "failed": charts.behind("console:mailbox_sent", day, state="failed"),
        "waiting": f"{reverse('console:submissions')}?state=running",
        "replies": charts.behind("console:mailbox", day, folder="all"),
    }


def _named(share: figures.Share) -> figures.Share:
    name = str(Category(share.key).label)
    return figures.Share(share.key, name, share.sent, share.delivered, share.failed, share.price_micros)


def _reasons(user: User, period: Period) -> list[tuple[str, int, list[str]]]:
    """Failures in words with the codes that mean them; what means the same counts together."""
    found: dict[str, list[figures.Failure]] = {}
    for failure in figures.failures(user, period, most=30):
        found.setdefault(words(failure.code, failure.protocol) or failure.code, []).append(failure)
    reasons = [
        (name, sum(one.messages for one in each), sorted({one.code for one in each})) for name, each in found.items()
    ]
    return sorted(reasons, key=lambda reason: -reason[1])[:8]


def needs(user: User) -> list[dict[str, str]]:
    """What waits for this user, most urgent first."""
    found: list[dict[str, str]] = []
    if user.may(Right.MANAGE_CHANNELS):
        for name, part in parts().items():
            if part.get("state") == "down":
                sentence = _("%(part)s is down. %(detail)s") % {
                    "part": PART_WORDS.get(name, name), "detail": part.get("detail", ""),
                }  # fmt: skip
                found.append(
                    {"icon": "heart-rate-monitor", "tone": "bad", "url": reverse("console:health"), "text": sentence}
                )
        states = set(Connection.objects.values_list("channel_id", "state"))
        for channel in Channel.objects.filter(is_enabled=True, removed_at=None):
            if (channel.pk, "logged_in") in states:
                continue
            sentence = (
                _("The carrier of %(name)s refuses every message")
                if (channel.pk, "refusing") in states
                else _("The channel %(name)s is not connected")
            )
            found.append(
                {"icon": "plug", "tone": "bad", "url": reverse("console:channel", args=[channel.pk]),
                 "text": sentence % {"name": channel.name}}
            )  # fmt: skip
    mine = Q(pk__in=waiting.submissions(user).values("pk"))
    if user.may(Right.MANAGE_USERS):
        # Who asked for it cannot be told any more.
        mine |= Q(error="owner_inactive")
    stopped = Submission.objects.visible_to(user).by_people().filter(mine, state__in=["failed", "paused"])
    for one in stopped.order_by("-id")[:5]:
        is_halted = one.error == "canary_halted"
        sentence = (
            _("“%(title)s” was halted after its trial part") if is_halted else _("“%(title)s” needs you: %(state)s")
        )
        found.append(
            {"icon": "alert-triangle", "tone": "bad" if is_halted or one.state == "failed" else "warn",
             "url": reverse("console:submission", args=[one.pk]),
             "text": f"{sentence % {'title': str(one), 'state': one.get_state_display()}} {stopped_words(one.error)}".strip()}
        )  # fmt: skip
    if unread := unread_count(user):
        found.append(
            {"icon": "mail", "tone": "info", "url": reverse("console:mailbox"),
             "text": _("%(count)d unread replies") % {"count": unread}}
        )  # fmt: skip
    return found


def first_steps(user: User) -> list[dict[str, Any]]:
    """A checklist until everything on it is done; empty afterwards."""
    steps = [
        {"done": Contact.objects.exists(), "text": _("Import the people you write to"), "url": reverse("console:people"),
         "shown": user.may(Right.SEE_PEOPLE)},
        {"done": Channel.objects.filter(removed_at=None).exists(), "text": _("Connect a carrier"),
         "url": reverse("console:channels"), "shown": user.may(Right.MANAGE_CHANNELS)},
        {"done": Signature.objects.exists(), "text": _("Choose the signature 【…】 that begins your messages"),
         "url": reverse("console:signatures"), "shown": user.may(Right.MANAGE_CHANNELS)},
        {"done": User.objects.exclude(pk=user.pk).exists(), "text": _("Invite your colleagues"),
         "url": reverse("console:users"), "shown": user.may(Right.MANAGE_USERS)},
        {"done": Submission.objects.filter(owner=user).exclude(state="draft").exists(), "text": _("Send a first message"),
         "url": reverse("console:write"), "shown": user.may(Right.SEND)},
    ]  # fmt: skip
    steps = [step for step in steps if step["shown"]]
    return [] if all(step["done"] for step in steps) else steps
