"""Signatures, API keys, system health."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import connection
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from hongyan import __version__
from hongyan.accounts.api_keys import access_key, create_key, revoke_key
from hongyan.accounts.models import ApiKey, User
from hongyan.accounts.rights import Right
from hongyan.accounts.users import access_user, may_manage
from hongyan.console.access import key_of, me, needs
from hongyan.console.parts import PART_WORDS
from hongyan.console.refusing import told
from hongyan.console.settings import backups
from hongyan.inputs import id_of
from hongyan.messaging import signatures as signing
from hongyan.messaging.models import Signature
from hongyan.reports import months, upkeep
from hongyan.reports.health import parts
from hongyan.runtime import postgres
from hongyan.runtime.settings import settings as operator


def _address(request: HttpRequest) -> str | None:
    return request.META.get("REMOTE_ADDR")


@needs(Right.MANAGE_CHANNELS)
def signatures(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        with told(request):
            _change_signature(request)
            messages.success(request, _("Saved."))
        return redirect("console:signatures")
    return render(request, "console/settings/signatures.html", {"signatures": Signature.objects.all()})


def _change_signature(request: HttpRequest) -> None:
    user, text = me(request), request.POST.get("text", "")
    act = request.POST.get("act")
    if act == "add":
        signing.add(user, text, address=_address(request))
        return
    found = get_object_or_404(Signature, pk=key_of(request))
    match act:
        case "rename":
            signing.rename(user, found, text, address=_address(request))
        case "default":
            signing.make_default(user, found, address=_address(request))
        case "remove":
            signing.remove(user, found, address=_address(request))


@needs(Right.USE_API)
def api_keys(request: HttpRequest) -> HttpResponseBase:
    """One's own keys; who manages users sees and revokes theirs, too."""
    user, secret, made = me(request), "", None
    if request.method == "POST":
        with told(request):
            if revoke := request.POST.get("revoke"):
                revoke_key(user, access_key(user, id_of(revoke)), address=_address(request))
                messages.success(request, _("The key has been revoked."))
                return redirect("console:api_keys")
            owner = request.POST.get("user", "")
            target = access_user(user, id_of(owner)) if owner and owner != str(user.pk) else user
            made, secret = create_key(user, target, request.POST.get("name", ""), address=_address(request))
        if made is None:
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
    closed = months.shown()
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
            "months": closed[:12],
            "months_packed": sum(1 for one in closed if one.row.packed_at),
            "octets_saved": sum(one.saved for one in closed),
            **backups.shown(),
        },
    )
