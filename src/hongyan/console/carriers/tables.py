"""What decides with the routes: ported numbers, number ranges, prices, carriers' codes; and receipts that match nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hongyan.accounts.errors import Refused
from hongyan.accounts.rights import Right
from hongyan.carriers import ported as porting
from hongyan.carriers import roads
from hongyan.carriers import routes as routing
from hongyan.console.access import key_of, me, needs
from hongyan.console.carriers.route_forms import ACTIONS, CARRIERS, FAMILIES, CodeRuleForm, PolicyForm, PriceForm
from hongyan.console.carriers.routes import address, ask_about_roads, carrier_names
from hongyan.console.context import follow
from hongyan.console.downloads import first_errors, row_errors
from hongyan.console.refusing import at, not_numbers, told
from hongyan.console.strips import answers_of, strip
from hongyan.dispatch.models import Channel, CodeRule, DispatchPolicy, NumberRange, ParkedReport, PortedNumber, Price
from hongyan.dispatch.numbers import home_carrier
from hongyan.dispatch.retrying import BUILT_IN
from hongyan.inputs import asked_of, id_of
from hongyan.messaging.models import Category
from hongyan.messaging.reasons import words
from hongyan.runtime import clock
from hongyan.uploads.models import Upload

SERVING = [(value, label) for value, label in CARRIERS if value in porting.CARRIERS]


@needs(Right.MANAGE_CHANNELS)
def ported(request: HttpRequest) -> HttpResponseBase:
    """Numbers that another carrier serves than their range says."""
    follow(request, f"uploads-{me(request).pk}")
    if request.method == "POST":
        with told(request):
            return _change_ported(request)
        return redirect("console:ported_numbers")
    asked, carrier, source = (asked_of(request.GET.get(name)) for name in ("q", "carrier", "source"))
    rows = PortedNumber.objects.order_by("-noted_at", "number")
    if asked:
        digits = "".join(sign for sign in asked if sign.isdecimal())
        # What holds no digit is no part of a number, so nothing is found by it.
        rows = rows.filter(number__contains=digits) if digits else rows.none()
    if carrier in porting.CARRIERS:
        rows = rows.filter(carrier=carrier)
    if source:
        rows = rows.filter(source=source)
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    names = carrier_names()
    for one in page.object_list:
        one.carrier_name, one.range_name = names.get(one.carrier), names.get(home_carrier(one.number).value)  # type: ignore[attr-defined]
    template = "console/carriers/ported.html"
    return render(
        request,
        f"{template}#rows" if request.htmx else template,  # type: ignore[attr-defined]
        {
            "tab": "ported", "page": page, "asked": asked, "carrier": carrier, "source": source, "serving": SERVING,
            "counts": [
                (names.get(row["carrier"], row["carrier"]), row["n"])
                for row in PortedNumber.objects.values("carrier").annotate(n=Count("number")).order_by("-n")
            ],
            "sources": PortedNumber.objects.exclude(source="").values("source")
            .annotate(n=Count("number"), at=Max("noted_at")).order_by("-at")[:20],
            "uploads": Upload.objects.filter(purpose=Upload.Purpose.PORTED).select_related("owner")[:5],
        },
    )  # fmt: skip


def _change_ported(request: HttpRequest) -> HttpResponseBase:
    user, act = me(request), request.POST.get("act")
    if act == "import":
        given = request.FILES.get("file")
        if given is None:
            messages.error(request, _("Choose a file first."))
            return redirect("console:ported_numbers")
        upload = porting.receive(user, given.name or "file", given.chunks(), request.POST.get("carrier", ""))
        return redirect("console:ported_upload", upload.pk)
    if act == "remove":
        porting.remove(user, [request.POST.get("number", "")], address=address(request))
        messages.success(request, _("The number has been removed from the list."))
    elif act == "remove_source":
        removed = porting.remove_source(user, request.POST.get("source", ""), address=address(request))
        text = ngettext("%(n)d number removed.", "%(n)d numbers removed.", removed)
        messages.success(request, text % {"n": removed})
    else:
        read = porting.note(
            user, request.POST.get("numbers", ""), request.POST.get("carrier", ""), address=address(request)
        )
        if read.good:
            text = ngettext("%(n)d number entered.", "%(n)d numbers entered.", len(read.good))
            messages.success(request, text % {"n": len(read.good)})
        if read.bad or not read.good:
            messages.error(
                request, not_numbers(read.bad) if read.bad else _("Enter at least one mainland mobile number.")
            )
    return redirect("console:ported_numbers")


@needs(Right.MANAGE_CHANNELS)
def ported_upload(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """How far a file is, how it is read, and what could not be used; a POST reads it otherwise, or as shown."""
    follow(request, f"uploads-{me(request).pk}")
    upload = porting.access_upload(me(request), upload_id)
    if request.method == "POST":
        with told(request):
            if answers := answers_of(request.POST):
                upload = porting.answer(me(request), upload, **answers)
            else:
                porting.start(me(request), upload)
                return redirect("console:ported_upload", upload.pk)
    return render(
        request, "console/carriers/ported_upload.html",
        {"tab": "ported", "upload": upload, "strip": strip(upload) if upload.columns else None, "errors": first_errors(upload, me(request))},
    )  # fmt: skip


@needs(Right.MANAGE_CHANNELS)
def ported_errors(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """All rows that could not be used, as xlsx."""
    return row_errors(porting.access_upload(me(request), upload_id), me(request))


@needs(Right.MANAGE_CHANNELS)
def ranges(request: HttpRequest) -> HttpResponseBase:
    """Corrections of the built-in number ranges."""
    if request.method == "POST":
        with told(request):
            _add_range(request)
            messages.success(request, _("Saved."))
        return redirect("console:number_ranges")
    names = carrier_names()
    found = [
        (row, names.get(row.carrier, row.carrier), names[home_carrier(f"+86{row.prefix}0000").value])
        for row in NumberRange.objects.all()
    ]
    built_in = [
        (label, [prefix for prefix in _PREFIXES if home_carrier(f"+86{prefix}00000000").value == value])
        for value, label in CARRIERS
        if value != "abroad"
    ]
    context = {
        "tab": "ranges",
        "found": found,
        "serving": [*SERVING, ("unknown", names["unknown"])],
        "built_in": built_in,
    }
    return render(request, "console/carriers/ranges.html", context)


@needs(Right.MANAGE_CHANNELS)
def remove_range(request: HttpRequest, prefix: str) -> HttpResponseBase:
    """Says by which channel these numbers go then, and who would have none; removes it when that was seen as it is."""
    row = get_object_or_404(NumberRange, pk=prefix[:20])
    turn = roads.without_range(row)
    if request.method == "POST" and request.POST.get("shown") == turn.mark:
        routing.remove_range(me(request), row, address=address(request))
        messages.success(request, _("Saved."))
        return redirect("console:number_ranges")
    names = carrier_names()
    further = _("Numbers that begin with %(prefix)s count as %(now)s now, and as %(then)s by the built-in table.") % {
        "prefix": row.prefix, "now": names.get(row.carrier, row.carrier),
        "then": names[home_carrier(f"+86{row.prefix}".ljust(14, "0")).value],
    }  # fmt: skip
    heading, back = _("Remove this correction?"), reverse("console:number_ranges")
    return ask_about_roads(request, turn, heading=heading, subject=row.prefix, back=back, further=further)


_PREFIXES = [str(prefix) for prefix in range(130, 200)]


def _add_range(request: HttpRequest) -> None:
    prefix, carrier = request.POST.get("prefix", "").strip(), request.POST.get("carrier", "")
    if not (prefix.isascii() and prefix.isdigit() and 3 <= len(prefix) <= 7 and prefix.startswith("1")):
        raise Refused("prefix", _("A range is the first three to seven digits of a mobile number."))
    if carrier not in (*porting.CARRIERS, "unknown"):
        raise Refused("carrier", _("Choose a carrier."))
    routing.save_range(me(request), prefix, carrier, address=address(request))


@needs(Right.MANAGE_CHANNELS)
def prices(request: HttpRequest) -> HttpResponseBase:
    """What a segment costs, by channel, carrier and category, with the days on which it holds."""
    today = timezone.localdate(clock.now())
    act = request.POST.get("act")
    form = PriceForm(request.POST if act == "add" else None, initial={"valid_from": today})
    if request.method == "POST":
        with at(form):
            if act == "add":
                if form.is_valid():
                    routing.save_price(me(request), form.price_row(), address=address(request))
                    messages.success(request, _("Saved."))
                    return redirect("console:prices")
            else:
                found = get_object_or_404(Price, pk=key_of(request))
                if act == "end" and found.valid_from < today:
                    routing.end_price(me(request), found, today, address=address(request))
                else:
                    routing.remove_price(me(request), found, address=address(request))
                return redirect("console:prices")
    rows = list(Price.objects.select_related("channel").filter(channel__removed_at=None))
    _say_when(rows, today)
    channels = Channel.objects.filter(removed_at=None)
    context = {"tab": "prices", "form": form, "prices": rows, "channels": channels, "today": today}
    return render(request, "console/carriers/prices.html", context)


def _say_when(rows: list[Price], today: date) -> None:
    """Beside each price: is it in force, to come, or over (also because a later one holds)."""
    names = carrier_names()
    latest: dict[tuple[int, str, str], date] = {}
    for one in rows:
        if one.valid_from <= today and (one.valid_until is None or today < one.valid_until):
            place = (one.channel_id, one.carrier, one.category)
            latest[place] = max(latest.get(place, date.min), one.valid_from)
    for one in rows:
        is_latest = latest.get((one.channel_id, one.carrier, one.category)) == one.valid_from
        one.when = "future" if one.valid_from > today else "now" if is_latest else "past"  # type: ignore[attr-defined]
        one.carrier_name = names.get(one.carrier, "")  # type: ignore[attr-defined]
        one.category_name = Category(one.category).label if one.category else ""  # type: ignore[attr-defined]


@needs(Right.MANAGE_CHANNELS)
def codes(request: HttpRequest) -> HttpResponseBase:
    """What happens after a carrier's refusal, and what holds for all channels."""
    policy = DispatchPolicy.objects.get()
    act = request.POST.get("act")
    form = CodeRuleForm(request.POST if act == "rule" else None)
    policy_form = PolicyForm(request.POST if act == "policy" else None, instance=policy)
    if request.method == "POST":
        with told(request):
            if act == "remove":
                rule = get_object_or_404(CodeRule, pk=key_of(request))
                routing.remove_code_rule(me(request), rule, address=address(request))
                return redirect("console:code_rules")
            if act == "rule" and form.is_valid():
                routing.save_code_rule(me(request), form.rule(), address=address(request))
            elif act == "policy" and policy_form.is_valid():
                routing.save_policy(me(request), policy_form.save(commit=False), address=address(request))
            else:
                act = None
            if act:
                messages.success(request, _("Saved."))
                return redirect("console:code_rules")
    return render(request, "console/carriers/codes.html", {"form": form, "policy_form": policy_form, "rules": _rules()})


def _rules() -> list[dict[str, Any]]:
    """The administrator's rules, then the built-in ones that none of them replaces."""
    labels = {str(value): label for value, label in ACTIONS}
    own = list(CodeRule.objects.select_related("channel"))
    replaced = {(one.protocol, one.code) for one in own}
    rows = [
        {
            "id": one.pk, "place": one.channel.name if one.channel else FAMILIES.get(one.protocol, one.protocol),
            "code": one.code, "action": labels[one.action], "rule": one, "retries": one.action == "retry",
            "words": words(f"submit:{one.code}", one.channel.protocol if one.channel else one.protocol),
        }
        for one in own
    ]  # fmt: skip
    return rows + [
        {
            "id": None, "place": FAMILIES[protocol], "code": code, "action": labels[rule.action], "rule": rule,
            "retries": rule.action == "retry", "words": words(f"submit:{code}", protocol),
        }
        for (protocol, code), rule in BUILT_IN.items()
        if (protocol, code) not in replaced
    ]  # fmt: skip


@needs(Right.MANAGE_CHANNELS)
def parked(request: HttpRequest) -> HttpResponseBase:
    """Receipts that match no message: tried again by themselves, kept for some days."""
    rows = ParkedReport.objects.order_by("-pk")
    if channel := request.GET.get("channel", ""):
        rows = rows.filter(channel_id=id_of(channel))
    if asked := asked_of(request.GET.get("q")):
        rows = rows.filter(carrier_id__icontains=asked) | rows.filter(number__contains=asked)
    if request.method == "POST":
        minutes = ParkedReport.objects.filter(received_at__lt=clock.now() - timedelta(minutes=10))
        chosen = minutes if request.POST.get("all") else ParkedReport.objects.filter(pk=key_of(request))
        removed = routing.remove_parked(me(request), chosen, address=address(request))
        text = ngettext("%(n)d receipt removed.", "%(n)d receipts removed.", removed)
        messages.success(request, text % {"n": removed})
        return redirect(f"{reverse('console:parked_reports')}?{request.GET.urlencode()}")
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    channels = {one.pk: one for one in Channel.objects.all()}
    for one in page.object_list:
        one.of = channels.get(one.channel_id)  # type: ignore[attr-defined]
        one.words = words(one.code, one.of.protocol if one.of else "")  # type: ignore[attr-defined]
    return render(
        request, "console/carriers/parked.html",
        {"page": page, "channels": [one for one in channels.values() if one.removed_at is None], "channel": channel,
         "asked": asked, "days": DispatchPolicy.objects.get().keep_parked_days},
    )  # fmt: skip
