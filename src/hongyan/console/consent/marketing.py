"""What marketing must meet, and the topics that it is about."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.rights import Right
from hongyan.consent import forbidding, policy
from hongyan.consent.models import OptOut, Policy, Standing, Topic
from hongyan.console.access import me, needs
from hongyan.console.consent.lists import address
from hongyan.console.refusing import told
from hongyan.inputs import id_of


@needs(Right.MANAGE_PEOPLE)
def marketing(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        with told(request):
            _change(request)
            messages.success(request, _("Saved."))
        return redirect("console:marketing")
    topics = list(Topic.objects.all())
    agreed = dict(Standing.objects.filter(is_given=True).values_list("topic").annotate(n=Count("pk")))
    refused = dict(OptOut.objects.filter(signature="").values_list("topic").annotate(n=Count("pk")))
    for one in topics:
        one.agreed, one.refused = agreed.get(one.code, 0), refused.get(one.code, 0)  # type: ignore[attr-defined]
    return render(
        request, "console/consent/marketing.html",
        {
            "policy": forbidding.policy(), "choices": Policy.Consent.choices, "topics": topics,
            "agreed_to_all": agreed.get("", 0), "refused_all": refused.get("", 0),
        },
    )  # fmt: skip


def _change(request: HttpRequest) -> None:
    user, where = me(request), address(request)
    name, words = request.POST.get("name", ""), request.POST.get("words", "")
    match request.POST.get("act"):
        case "policy":
            policy.change(
                user, consent=request.POST.get("consent", ""), most=_number(request, "most"),
                days=_number(request, "days") or 7, grey_days=_number(request, "grey_days") or 30, address=where,
            )  # fmt: skip
        case "add":
            policy.add_topic(user, request.POST.get("code", ""), name, words, address=where)
        case "change":
            policy.change_topic(user, _topic(request), name, words, address=where)
        case "remove":
            policy.remove_topic(user, _topic(request), address=where)


def _topic(request: HttpRequest) -> Topic:
    return get_object_or_404(Topic, pk=id_of(request.POST.get("topic")))


def _number(request: HttpRequest, name: str) -> int | None:
    """Raises Refused."""
    text = request.POST.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        raise Refused("limit", _("A limit is from 1 to 1,000 messages, in 1 to 90 days."), field=name)
    return int(text)
