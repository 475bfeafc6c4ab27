"""Virtual phones: a wall of phones on which messages land, and from which people answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.context import follow
from hongyan.dispatch.numbers import BadNumber, home_carrier, normalise
from hongyan.simulator.client import SimulatorAway, SimulatorRefused, call

BEHAVIOURS = {
    "delivers": gettext_lazy("Always receives"),
    "off": gettext_lazy("Switched off"),
    "empty": gettext_lazy("Number does not exist"),
    "slow": gettext_lazy("Slow"),
    "random": gettext_lazy("At random"),
}
ACCOUNT_FIELDS = (
    ("latency_s", gettext_lazy("Answer after (s)"), 0.01),
    ("receipt_s", gettext_lazy("Receipt after (s)"), 0.1),
    ("most_per_s", gettext_lazy("Most a second (0: no limit)"), 1),
    ("refused", gettext_lazy("Share refused"), 0.01),
    ("failed", gettext_lazy("Share failed"), 0.01),
    ("duplicated", gettext_lazy("Receipts twice"), 0.01),
    ("early", gettext_lazy("Receipts early"), 0.01),
    ("missing", gettext_lazy("Receipts missing"), 0.01),
)


def _state() -> dict[str, Any] | None:
    """What the simulator shows, with times as times; None when it does not run."""
    try:
        state = call("/state")
    except SimulatorAway:
        return None
    for phone in state["phones"]:
        phone["behaviour_words"] = BEHAVIOURS[phone["behaviour"]]
        phone["carrier"] = str(home_carrier(phone["number"]))
        phone["can_answer"] = any(not message["is_mine"] for message in phone["messages"])
        for message in phone["messages"]:
            message["at"] = datetime.fromtimestamp(message["at"], UTC)
        phone["messages"] = phone["messages"][-8:]
    for one in state["accounts"]:
        one["fields"] = [(name, label, one["behaviour"][name], step) for name, label, step in ACCOUNT_FIELDS]
    return state


@needs(Right.SEND)
def phones(request: HttpRequest) -> HttpResponseBase:
    follow(request, "phones")
    return render(request, "console/phones/phones.html", {"state": _state(), "behaviours": BEHAVIOURS.items()})


@needs(Right.SEND)
def wall(request: HttpRequest) -> HttpResponseBase:
    return render(request, "console/phones/wall.html", {"state": _state(), "behaviours": BEHAVIOURS.items()})


def _do(request: HttpRequest, path: str, body: dict[str, Any], done: str = "") -> None:
    try:
        answer = call(path, body)
    except SimulatorAway:
        messages.error(request, _("The simulated carrier does not answer."))
    except SimulatorRefused:
        messages.error(request, _("This phone has nothing to answer yet."))
    else:
        if done:
            messages.success(request, done % answer)


def _back(request: HttpRequest) -> HttpResponseBase:
    """The wall anew for htmx, the page for everybody else."""
    return wall(request) if getattr(request, "htmx", False) else redirect("console:phones")


@needs(Right.SEND)
@require_POST
def answer(request: HttpRequest) -> HttpResponseBase:
    _do(request, "/answer", {"number": request.POST.get("number", ""), "text": request.POST.get("text", "")})
    return _back(request)


@needs(Right.SEND)
@require_POST
def change(request: HttpRequest) -> HttpResponseBase:
    """Behaviour of a phone; adding, renaming and removing one needs the right to channels."""
    body: dict[str, Any] = {"number": request.POST.get("number", "")}
    if behaviour := request.POST.get("behaviour"):
        body["behaviour"] = behaviour
    if me(request).may(Right.MANAGE_CHANNELS):
        if request.POST.get("remove"):
            body["remove"] = True
        if name := request.POST.get("name"):
            try:
                body |= {"name": name, "number": normalise(body["number"])}
            except BadNumber:
                messages.error(request, _("This is not a mobile number."))
                return redirect("console:phones")
    _do(request, "/phone", body)
    return _back(request)


@needs(Right.SEND)
@require_POST
def crowd(request: HttpRequest) -> HttpResponseBase:
    _do(request, "/crowd", {"count": 1000}, _("%(answered)d people have answered."))
    return redirect("console:phones")


@needs(Right.MANAGE_CHANNELS)
@require_POST
def account(request: HttpRequest) -> HttpResponseBase:
    """How an account behaves, or an incident."""
    body: dict[str, Any] = {"protocol": request.POST.get("protocol", "")}
    if incident := request.POST.get("incident"):
        body["incident"] = incident
        done = _("Done: watch the channels.")
    else:
        values: dict[str, Any] = {}
        for name, _label, _step in ACCOUNT_FIELDS:
            try:
                values[name] = max(0.0, float(request.POST.get(name, "0")))
            except ValueError:
                continue
        values["refuses_login"] = "refuses_login" in request.POST
        values["is_silent"] = "is_silent" in request.POST
        body["behaviour"] = values
        done = _("Saved.")
    _do(request, "/account", body, done.replace("%", "%%"))
    return redirect("console:phones")
