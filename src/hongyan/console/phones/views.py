"""Virtual phones: a wall of phones on which messages land, and from which people answer."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from hongyan.accounts import audit
from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.context import follow
from hongyan.console.phones.forms import USUAL, AccountForm, PhoneForm
from hongyan.console.templatetags.components import number
from hongyan.dispatch.numbers import CARRIER_WORDS, home_carrier
from hongyan.protocols.registry import Protocol
from hongyan.simulator.client import SimulatorAway, SimulatorRefused, call

CROWD = 1000
ON_THE_WALL = 3
"""Messages that a small screen shows."""

WALLPAPERS = (196, 262, 14, 168, 224, 338, 36, 206, 288, 150, 240, 352)
"""Hues that sit well beside the console's ink and teal, told apart from neighbour to neighbour."""

# behaviour -> icon, tone, label, explanation
BEHAVIOURS: dict[str, tuple[str, str, str | Promise, str | Promise]] = {
    "delivers": (
        "circle-check", "good", gettext_lazy("Switched on"), gettext_lazy("Receives everything within seconds"),
    ),
    "off": (
        "power", "quiet", gettext_lazy("Switched off"),
        gettext_lazy("Messages wait until it is switched on, and expire after a while"),
    ),
    "empty": ("ghost", "bad", gettext_lazy("No such number"), gettext_lazy("Fails at once with the code for a nonexistent number")),
    "slow": ("hourglass", "warn", gettext_lazy("Slow"), gettext_lazy("Receives after a dozen seconds")),
    "random": (
        "dice-5", "info", gettext_lazy("At random"), gettext_lazy("Mostly receives, now and then slow or failing"),
    ),
}  # fmt: skip
REFUSALS: dict[str, str | Promise] = {
    "nothing_to_answer": gettext_lazy("This phone has not received anything it could answer."),
    "nothing_to_send": gettext_lazy("Enter a text first."),
    "phone_is_off": gettext_lazy("This phone cannot write: it is switched off, or its number does not exist."),
    "phone_exists": gettext_lazy("There is already a phone with this number."),
    "too_many_phones": gettext_lazy("There is no room for another phone: remove one first."),
    "text_too_long": gettext_lazy("This text is too long for a message."),
    "bad_number": gettext_lazy("This is not a mobile number."),
    "no_such_phone": gettext_lazy("This phone is no longer there."),
}
INCIDENTS: dict[str, str | Promise] = {
    "drop": gettext_lazy("The connections have been dropped; the gateway reconnects automatically."),
    "garbage": gettext_lazy("Garbage has been sent; the gateway closes the connections and reconnects."),
    "half_open": gettext_lazy("The connections are dead without notice; the gateway finds out by its heartbeat."),
    "lie": gettext_lazy("An impossible length has been sent; the gateway closes the connections and reconnects."),
    "silence": gettext_lazy("The account no longer responds until you let it respond again."),
    "speak": gettext_lazy("The account responds again, including to what it received in the meantime."),
}


def _words(refusal: SimulatorRefused) -> str:
    return str(REFUSALS.get(str(refusal), _("The simulated carrier refused this.")))


def _prepare(phone: dict[str, Any]) -> dict[str, Any]:
    icon, tone, label, _explanation = BEHAVIOURS[phone["behaviour"]]
    received = [message for message in phone["messages"] if not message["is_mine"]]
    for message in phone["messages"]:
        message["at"] = datetime.fromtimestamp(message["at"], UTC)
    return phone | {
        "icon": icon,
        "tone": tone,
        "label": label,
        "carrier": _(CARRIER_WORDS[home_carrier(phone["number"])]),
        "hue": WALLPAPERS[phone["id"] % len(WALLPAPERS)],
        "is_reachable": phone["behaviour"] not in {"off", "empty"},
        "can_answer": bool(received) and phone["behaviour"] not in {"off", "empty"},
        "service_number": received[-1]["service_number"] if received else "",
        "newest": phone["messages"][: -ON_THE_WALL - 1 : -1],
    }


def _oddities(form: AccountForm, behaviour: dict[str, Any]) -> list[str]:
    """What differs from a well-behaved carrier, in words."""
    usual = asdict(USUAL)
    return [
        str(field.label)
        if isinstance(behaviour[name], bool)
        else f"{field.label}: {_chosen(field, form.initial[name])}"
        for name, field in form.fields.items()
        if behaviour[name] != usual[name]
    ]


def _chosen(field: Any, value: Any) -> Any:
    """As its field names it."""
    return dict(getattr(field, "choices", ())).get(value, value)


def _state(posted: AccountForm | None = None, protocol: str = "") -> dict[str, Any] | None:
    """What the simulator shows, ready for the templates; None when it does not run."""
    try:
        state = call("/state")
    except (SimulatorAway, SimulatorRefused):
        return None
    state["phones"] = [_prepare(phone) for phone in state["phones"]]
    state["crowd"] = min(CROWD, state["crowd"])
    state["turned_away"] = state["tally"]["refused"] + state["tally"]["throttled"]
    for one in state["accounts"]:
        form = AccountForm(one["protocol"], one["behaviour"])
        one["oddities"] = _oddities(form, one["behaviour"])
        one["form"] = posted if posted is not None and one["protocol"] == protocol else form
        one["label"] = Protocol(one["protocol"]).label
    return state


@needs(Right.SEND)
@require_GET
def phones(request: HttpRequest) -> HttpResponseBase:
    return _page(request)


def _page(request: HttpRequest, *, status: int = 200, form: PhoneForm | None = None, **posted: Any) -> HttpResponseBase:
    follow(request, "phones")
    context = {"state": _state(**posted), "new_phone": form or PhoneForm()}
    return render(request, "console/phones/phones.html", context, status=status)


@needs(Right.SEND)
@require_GET
def wall(request: HttpRequest) -> HttpResponseBase:
    """What changes by itself; the page's script puts it in place without disturbing who types."""
    return render(request, "console/phones/wall.html", {"state": _state()})


def _found(phone_id: int) -> dict[str, Any]:
    """Raises Http404, also when the simulator is away: then the page has nothing to show either."""
    try:
        state = call("/state")
    except (SimulatorAway, SimulatorRefused) as error:
        raise Http404 from error
    for one in state["phones"]:
        if one["id"] == phone_id:
            return _prepare(one)
    raise Http404


@needs(Right.SEND)
@require_GET
def phone(request: HttpRequest, phone_id: int) -> HttpResponseBase:
    return _opened(request, phone_id)


def _opened(request: HttpRequest, phone_id: int, *, error: str = "", typed: str = "") -> HttpResponseBase:
    """One phone grown large: alone for htmx, else as a page."""
    follow(request, "phones")
    context = {"phone": _found(phone_id), "behaviours": BEHAVIOURS, "error": error, "typed": typed}
    template = "opened" if getattr(request, "htmx", False) else "phone"
    return render(request, f"console/phones/{template}.html", context)


def _asked(request: HttpRequest, path: str, body: dict[str, Any]) -> tuple[dict[str, Any] | None, str]:
    """The simulator's answer, or None and why there is none."""
    try:
        return call(path, body), ""
    except SimulatorAway:
        return None, _("The simulated carrier does not answer.")
    except SimulatorRefused as refusal:
        return None, _words(refusal)


@needs(Right.SEND)
@require_POST
def answer(request: HttpRequest, phone_id: int) -> HttpResponseBase:
    text = request.POST.get("text", "")
    _done, error = _asked(request, "/answer", {"id": phone_id, "text": text})
    return _opened(request, phone_id, error=error, typed=text if error else "")


@needs(Right.SEND)
@require_POST
def behave(request: HttpRequest, phone_id: int) -> HttpResponseBase:
    """Switch a phone on or off, make it slow, empty, random."""
    behaviour = request.POST.get("behaviour", "")
    error = ""
    if behaviour in BEHAVIOURS:
        _done, error = _asked(request, "/phone", {"id": phone_id, "behaviour": behaviour})
    if request.POST.get("from") == "wall" and not getattr(request, "htmx", False):
        return redirect("console:phones")
    return _opened(request, phone_id, error=error)


@needs(Right.MANAGE_CHANNELS)
@require_POST
def change(request: HttpRequest, phone_id: int) -> HttpResponseBase:
    """Rename a phone, empty its screen, or take it off the wall."""
    what = request.POST.get("what", "")
    body: dict[str, Any] = {"id": phone_id}
    if what in {"remove", "clear"}:
        body[what] = True
    else:
        body["name"] = request.POST.get("name", "")
    _done, error = _asked(request, "/phone", body)
    if what == "remove" and not error:
        if getattr(request, "htmx", False):
            return HttpResponseClientRedirect(reverse("console:phones"))
        return redirect("console:phones")
    return _opened(request, phone_id, error=error)


@needs(Right.MANAGE_CHANNELS)
@require_POST
def add(request: HttpRequest) -> HttpResponseBase:
    form = PhoneForm(request.POST)
    if form.is_valid():
        _done, error = _asked(request, "/phones", form.cleaned_data)
        if not error:
            return redirect("console:phones")
        form.add_error(None, error)
    return _page(request, status=422, form=form)


@needs(Right.SEND)
@require_POST
def crowd(request: HttpRequest) -> HttpResponseBase:
    """Up to a thousand of those who got a message last answer now."""
    done, error = _asked(request, "/crowd", {"count": CROWD})
    if done is None:
        messages.error(request, error)
    else:
        count = done["answered"]
        audit.record(me(request), "simulator.crowd_answered", detail={"answers": count})
        messages.success(
            request,
            ngettext("%(count)s person has replied.", "%(count)s people have replied.", count)
            % {"count": number(count)},
        )
    return redirect("console:phones")


def _account_or_404(protocol: str) -> dict[str, Any]:
    try:
        accounts = call("/state")["accounts"]
    except (SimulatorAway, SimulatorRefused) as error:
        raise Http404 from error
    for one in accounts:
        if one["protocol"] == protocol:
            return dict(one)
    raise Http404


@needs(Right.MANAGE_CHANNELS)
@require_POST
def account(request: HttpRequest, protocol: str) -> HttpResponseBase:
    """How an account behaves from now on."""
    known = _account_or_404(protocol)
    if request.POST.get("what") == "usual":
        wanted = asdict(USUAL)
    else:
        form = AccountForm(protocol, known["behaviour"], request.POST)
        if not form.is_valid():
            return _page(request, status=422, posted=form, protocol=protocol)
        wanted = form.behaviour()
    _done, error = _asked(request, "/account", {"protocol": protocol, "behaviour": wanted})
    if error:
        messages.error(request, error)
    else:
        changed = {name: value for name, value in wanted.items() if known["behaviour"].get(name) != value}
        audit.record(me(request), "simulator.changed", summary=known["title"], detail=changed)
        messages.success(request, _("Saved. %(account)s behaves this way from now on.") % {"account": known["title"]})
    return redirect("console:phones")


@needs(Right.MANAGE_CHANNELS)
@require_POST
def incident(request: HttpRequest, protocol: str) -> HttpResponseBase:
    """Something goes wrong at the carrier now."""
    known = _account_or_404(protocol)
    kind = request.POST.get("kind", "")
    if kind not in INCIDENTS:
        raise Http404
    _done, error = _asked(request, "/incident", {"protocol": protocol, "kind": kind})
    if error:
        messages.error(request, error)
    else:
        audit.record(me(request), "simulator.incident", summary=known["title"], detail={"kind": kind})
        messages.success(request, str(INCIDENTS[kind]))
    return redirect("console:phones")
