"""Signatures, refusals, API keys, system health."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hongyan import __version__
from hongyan.accounts.api_keys import access_key, create_key, revoke_key
from hongyan.accounts.errors import AccountsError
from hongyan.accounts.models import ApiKey, User
from hongyan.accounts.rights import Right
from hongyan.accounts.users import access_user, may_manage
from hongyan.console.access import me, needs
from hongyan.console.settings.parts import PART_WORDS
from hongyan.messaging import refusals as refusing
from hongyan.messaging import signatures as signing
from hongyan.messaging.errors import MessagingError
from hongyan.messaging.models import BlockedNumber, OptOut, Signature
from hongyan.reports import upkeep
from hongyan.reports.health import parts
from hongyan.runtime import postgres
from hongyan.runtime.settings import settings as operator


def _address(request: HttpRequest) -> str | None:
    return request.META.get("REMOTE_ADDR")


@needs(Right.MANAGE_CHANNELS)
def signatures(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        try:
            _change_signature(request)
        except MessagingError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Saved."))
        return redirect("console:signatures")
    return render(request, "console/settings/signatures.html", {"signatures": Signature.objects.all()})


def _change_signature(request: HttpRequest) -> None:
    user, text = me(request), request.POST.get("text", "")
    act = request.POST.get("act")
    if act == "add":
        signing.add(user, text, address=_address(request))
        return
    number = request.POST.get("id", "")
    found = get_object_or_404(Signature, pk=int(number) if number.isdecimal() else 0)
    match act:
        case "rename":
            signing.rename(user, found, text, address=_address(request))
        case "default":
            signing.make_default(user, found, address=_address(request))
        case "remove":
            signing.remove(user, found, address=_address(request))


@needs(Right.MANAGE_PEOPLE)
def refusals(request: HttpRequest) -> HttpResponseBase:
    """Numbers that are never written to, and people who refused marketing."""
    if request.method == "POST":
        _change_refusals(request)
        return redirect(f"{request.path}?tab={'blocked' if request.POST.get('tab') == 'blocked' else 'opted_out'}")
    tab, asked = request.GET.get("tab", "opted_out"), request.GET.get("q", "").strip()
    rows = (
        BlockedNumber.objects.select_related("added_by").order_by("-pk")
        if tab == "blocked"
        else OptOut.objects.order_by("-pk")
    )
    if asked:
        digits = "".join(sign for sign in asked if sign.isdecimal())
        words = Q(reason__icontains=asked) if tab == "blocked" else Q(evidence__icontains=asked)
        rows = rows.filter((Q(number__contains=digits) | words) if digits else words)
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    template = "console/settings/refusals.html"
    return render(
        request,
        f"{template}#rows" if request.htmx else template,  # type: ignore[attr-defined]
        {
            "page": page,
            "tab": tab,
            "asked": asked,
            "blocked_count": BlockedNumber.objects.count(),
            "opted_out_count": OptOut.objects.count(),
        },
    )


def _change_refusals(request: HttpRequest) -> None:
    user, is_blocked = me(request), request.POST.get("tab") == "blocked"
    if (remove := request.POST.get("remove", "")).isdecimal():
        row: BlockedNumber | OptOut = (
            get_object_or_404(BlockedNumber, pk=int(remove))
            if is_blocked
            else get_object_or_404(OptOut, pk=int(remove))
        )
        refusing.remove(user, row, address=_address(request))
        messages.success(request, _("The number is off the list."))
        return
    add = refusing.block if is_blocked else refusing.opt_out
    added, read = add(user, request.POST.get("numbers", ""), request.POST.get("reason", ""), address=_address(request))
    if added:
        text = ngettext("%(n)d number is now on the list.", "%(n)d numbers are now on the list.", added)
        messages.success(request, text % {"n": added})
    elif read.good:
        messages.info(request, _("These numbers are on the list already."))
    if read.bad or not read.good:
        text = ngettext("%(n)d entry is no mobile number.", "%(n)d entries are no mobile numbers.", len(read.bad))
        messages.error(request, text % {"n": len(read.bad)} if read.bad else _("Type at least one mobile number."))


@needs(Right.USE_API)
def api_keys(request: HttpRequest) -> HttpResponseBase:
    """One's own keys; who manages users sees and revokes theirs, too."""
    user, secret, made = me(request), "", None
    if request.method == "POST":
        try:
            if (revoke := request.POST.get("revoke", "")).isdecimal():
                revoke_key(user, access_key(user, int(revoke)), address=_address(request))
                messages.success(request, _("The key has been revoked."))
                return redirect("console:api_keys")
            owner = request.POST.get("user", "")
            target = access_user(user, int(owner)) if owner.isdecimal() and owner != str(user.pk) else user
            made, secret = create_key(user, target, request.POST.get("name", ""), address=_address(request))
        except AccountsError as error:
            messages.error(request, str(error))
            return redirect("console:api_keys")
    found = ApiKey.objects.visible_to(user).select_related("user__department")
    page = Paginator(found.order_by("revoked_at", "-pk"), 40).get_page(request.GET.get("page"))
    people = (
        [one for one in User.objects.visible_to(user).select_related("department") if _may_have_key(user, one)]
        if user.may(Right.MANAGE_USERS)
        else []
    )
    response = render(
        request, "console/settings/api_keys.html", {"page": page, "secret": secret, "made": made, "people": people}
    )
    if secret:
        # The one page that shows a key is not kept by the browser.
        response["Cache-Control"] = "no-store"
    return response


def _may_have_key(actor: User, user: User) -> bool:
    return user.may(Right.USE_API) and (user.pk == actor.pk or may_manage(actor, user))


def _time(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


@needs(Right.MANAGE_CHANNELS)
def health(request: HttpRequest) -> HttpResponseBase:
    with connection.cursor() as cursor:
        cursor.execute(
            """select pg_database_size(current_database()), current_setting('server_version'),
                      (select count(*) from dispatch_parked_report),
                      (select count(*) from dispatch_parked_result),
                      (select count(*) from procrastinate_jobs where status = 'todo'),
                      (select count(*) from procrastinate_jobs where status = 'failed')"""
        )
        size, server, parked, refused_results, jobs_waiting, jobs_failed = cursor.fetchone()
    disk = postgres.disk(operator())
    template = "console/settings/health.html"
    return render(
        request,
        f"{template}#rows" if request.htmx else template,  # type: ignore[attr-defined]
        {
            "parts": [
                (PART_WORDS.get(name, name), name, {**part, "since_at": _time(part.get("since"))})
                for name, part in sorted(parts().items())
            ],
            "size": size,
            "server": server,
            "parked": parked,
            "refused_results": refused_results,
            "jobs_waiting": jobs_waiting,
            "jobs_failed": jobs_failed,
            "disk": disk,
            "disk_is_low": disk.free < 1_000_000_000,
            "version": __version__,
            "chores": upkeep.shown(),
        },
    )
