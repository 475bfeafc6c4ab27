"""Signatures, refusals, API keys, the audit log, system health."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from hongyan import __version__
from hongyan.accounts import audit
from hongyan.accounts.api_keys import create_key, revoke_key
from hongyan.accounts.audit_words import ACTIONS
from hongyan.accounts.models import ApiKey, AuditEntry
from hongyan.accounts.rights import Reach, Right
from hongyan.console.access import me, needs
from hongyan.dispatch.numbers import BadNumber, mask, normalise
from hongyan.messaging.models import BlockedNumber, OptOut, Signature
from hongyan.reports.health import parts


@needs(Right.MANAGE_CHANNELS)
def signatures(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    if request.method == "POST":
        text = request.POST.get("text", "").strip().strip("【】")
        match request.POST.get("act"):
            case "add" if not 2 <= len(text) <= 20:
                messages.error(request, _("A signature has 2 to 20 characters."))
            case "add":
                try:
                    with transaction.atomic():
                        made = Signature.objects.create(text=text, is_default=not Signature.objects.exists())
                        audit.record(user, "signature.created", made)
                except IntegrityError:
                    messages.error(request, _("This signature is on the list already."))
            case "default":
                with transaction.atomic():
                    Signature.objects.update(is_default=False)
                    Signature.objects.filter(pk=request.POST.get("id", "0")).update(is_default=True)
            case "remove":
                found = get_object_or_404(Signature, pk=request.POST.get("id"))
                audit.record(user, "signature.removed", found)
                found.delete()
        return redirect("console:signatures")
    return render(request, "console/settings/signatures.html", {"signatures": Signature.objects.all()})


@needs(Right.MANAGE_PEOPLE)
def refusals(request: HttpRequest) -> HttpResponseBase:
    """Numbers that are never written to, and people who refused marketing."""
    user = me(request)
    if request.method == "POST":
        _change_refusals(request)
        return redirect(f"{request.path}?tab={request.POST.get('tab', '')}")
    tab, asked = request.GET.get("tab", "opted_out"), request.GET.get("q", "").strip()
    rows = BlockedNumber.objects.order_by("-pk") if tab == "blocked" else OptOut.objects.order_by("-pk")
    if asked:
        rows = rows.filter(number__contains=asked)
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    return render(request, "console/settings/refusals.html", {"page": page, "tab": tab, "user": user})


def _change_refusals(request: HttpRequest) -> None:
    user, blocked = me(request), request.POST.get("tab") == "blocked"
    if remove := request.POST.get("remove"):
        found: BlockedNumber | OptOut = (
            get_object_or_404(BlockedNumber, pk=remove) if blocked else get_object_or_404(OptOut, pk=remove)
        )
        audit.record(
            user, "refusal.removed", summary=mask(found.number), detail={"list": "blocked" if blocked else "opted out"}
        )
        found.delete()
        return
    try:
        number = normalise(request.POST.get("number", ""))
    except BadNumber:
        messages.error(request, _("This is not a mobile number."))
        return
    if blocked:
        BlockedNumber.objects.get_or_create(
            number=number, defaults={"reason": request.POST.get("reason", "")[:200], "added_by": user}
        )
    else:
        OptOut.objects.get_or_create(
            number=number, defaults={"source": "console", "evidence": request.POST.get("reason", "")[:500]}
        )
    audit.record(user, "refusal.added", summary=mask(number), detail={"list": "blocked" if blocked else "opted out"})
    messages.success(request, _("Saved."))


@needs(Right.USE_API)
def api_keys(request: HttpRequest) -> HttpResponseBase:
    """One's own keys; administrators see and revoke those within reach."""
    user = me(request)
    found = ApiKey.objects.select_related("user")
    if user.reach is Reach.SUBTREE:
        found = found.filter(user__department__path__startswith=user.department.path)
    elif user.reach is Reach.OWN:
        found = found.filter(user=user)
    secret = ""
    if request.method == "POST":
        address = request.META.get("REMOTE_ADDR")
        if revoke := request.POST.get("revoke"):
            revoke_key(user, get_object_or_404(found, pk=revoke), address=address)
            return redirect("console:api_keys")
        if name := request.POST.get("name", "").strip():
            _key, secret = create_key(user, user, name, address=address)
    return render(request, "console/settings/api_keys.html", {"keys": found, "secret": secret})


@needs(Right.SEE_AUDIT)
def audit_log(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    found = AuditEntry.objects.select_related("user")
    if user.reach is not Reach.EVERYTHING:
        found = found.filter(department_path__startswith=user.department.path)
    asked, action = request.GET.get("q", "").strip(), request.GET.get("action", "")
    if asked:
        found = found.filter(Q(summary__icontains=asked) | Q(user__name__icontains=asked))
    if action in ACTIONS:
        found = found.filter(action=action)
    page = Paginator(found, 40).get_page(request.GET.get("page"))
    return render(request, "console/settings/audit.html", {"page": page, "actions": sorted(ACTIONS.items())})


@needs(Right.MANAGE_CHANNELS)
def health(request: HttpRequest) -> HttpResponseBase:
    with connection.cursor() as cursor:
        cursor.execute(
            """select pg_size_pretty(pg_database_size(current_database())), current_setting('server_version'),
                      (select count(*) from dispatch_parked_report)"""
        )
        size, server, parked = cursor.fetchone()
    return render(
        request,
        "console/settings/health.html",
        {"parts": sorted(parts().items()), "size": size, "server": server, "parked": parked, "version": __version__},
    )
