"""What is known of a number: shown to its owner, or erased."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.context import follow
from hongyan.console.refusing import told
from hongyan.erasure import requests
from hongyan.erasure.backups import still_holding
from hongyan.erasure.models import Request
from hongyan.erasure.words import FATES, KINDS


@needs(Right.ANSWER_PEOPLE)
def index(request: HttpRequest) -> HttpResponseBase:
    """Requests, the newest first; a new one."""
    follow(request, "person-requests")
    user = me(request)
    if request.method == "POST":
        kind = Request.Kind.ERASURE if request.POST.get("kind") == "erasure" else Request.Kind.ACCESS
        with told(request):
            row = requests.ask(user, kind, request.POST.get("number", "")[:40], address=request.META.get("REMOTE_ADDR"))
            return redirect("console:person_request", row.pk)
        return redirect("console:person_requests")
    page = Paginator(Request.objects.select_related("asked_by"), 30).get_page(request.GET.get("page"))
    is_under_way = any(one.is_under_way for one in page.object_list)
    return render(request, "console/privacy/index.html", {"page": page, "is_under_way": is_under_way})


@needs(Right.ANSWER_PEOPLE)
def detail(request: HttpRequest, request_id: int) -> HttpResponseBase:
    """What was found, what becomes of it, and the word that it may go."""
    follow(request, "person-requests")
    user, address = me(request), request.META.get("REMOTE_ADDR")
    row = requests.access_request(user, request_id)
    if request.method == "POST":
        with told(request):
            if request.POST.get("act") == "drop":
                requests.drop(user, row.pk, address=address)
                messages.success(request, _("The request has been dropped; nothing was erased."))
                return redirect("console:person_requests")
            requests.confirm(user, row.pk, request.POST.get("typed", ""), address=address)
        return redirect("console:person_request", row.pk)
    found = [(KINDS.get(kind, kind), count, FATES.get(kind, "")) for kind, count in row.found.items()]
    backups = still_holding(row) if row.kind == Request.Kind.ERASURE else []
    return render(
        request, "console/privacy/request.html", {"row": row, "found": found, "backups": backups}
    )  # fmt: skip


@needs(Right.ANSWER_PEOPLE, Right.SEE_NUMBERS, Right.EXPORT)
def file(request: HttpRequest, request_id: int) -> HttpResponseBase:
    """Everything about the number, until the file's day."""
    content = requests.take(me(request), request_id, address=request.META.get("REMOTE_ADDR"))
    answer = HttpResponse(content, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="person-{request_id}.zip"'
    answer["Cache-Control"] = "no-store"
    return answer
