"""Who may use an audience, and why; letting others see it, write to it or change it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Right, Role
from hongyan.audiences import grants, keeping
from hongyan.audiences.models import Allows, Audience
from hongyan.console import granting
from hongyan.console.access import me, needs
from hongyan.console.refusing import told
from hongyan.inputs import id_of


@needs(Right.SEE_PEOPLE)
def rights(request: HttpRequest, audience_id: int) -> HttpResponseBase:
    user = me(request)
    found = keeping.access_audience(user, audience_id)
    may_give = grants.may_give(user, found)
    if request.method == "POST":
        if not may_give:
            raise Http404
        with told(request):
            _act(request, user, found)
            messages.success(request, _("Saved."))
        return redirect(request.path)
    return render(
        request,
        "console/audiences/rights.html",
        {
            "audience": found, "may_give": may_give, "ways": grants.ways(user, found),
            "given": grants.on(found) if may_give else [], "allows": Allows.choices,
            "roles": [(one.value, one.label) for one in Role],
            "users": User.objects.filter(is_active=True).exclude(pk=found.owner_id) if may_give else [],
            "departments": Department.objects.order_by("path") if may_give else [],
        },
    )  # fmt: skip


def _act(request: HttpRequest, user: User, found: Audience) -> None:
    act, grant_id = request.POST.get("act"), id_of(request.POST.get("id"))
    allows = request.POST.get("allows", "")
    if act == "withdraw":
        grants.withdraw(user, found, grant_id)
    elif act == "change":
        grants.change(user, found, grant_id, allows, granting.until(request))
    else:
        grants.give(user, found, allows, **granting.given(request))
