"""The department tree."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from hongyan.accounts import departments as verbs
from hongyan.accounts.errors import AccountsError
from hongyan.accounts.models import Department
from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs


@needs(Right.MANAGE_USERS)
def departments(request: HttpRequest) -> HttpResponseBase:
    """The tree with the people of each department, and of all below it."""
    actor = me(request)
    found = list(
        Department.objects.visible_to(actor)
        .annotate(people=Count("users", filter=Q(users__is_active=True)))
        .order_by("path")
    )
    base = min((one.depth for one in found), default=0)
    for one in found:
        one.indent = range(one.depth - base)  # type: ignore[attr-defined]
        one.people_below = sum(other.people for other in found if other.path.startswith(one.path))  # type: ignore[attr-defined]
    return render(request, "console/settings/departments.html", {"departments": found})


@needs(Right.MANAGE_USERS)
def department(request: HttpRequest, department_id: int) -> HttpResponseBase:
    """What can be done with one: add below, rename, move, remove; opened as a drawer beside the tree."""
    actor = me(request)
    found = verbs.access_department(actor, department_id)
    if request.method == "POST":
        try:
            _change(request, found)
        except AccountsError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Saved."))
        return redirect("console:departments")
    places = Department.objects.visible_to(actor).exclude(path__startswith=found.path).order_by("path")
    return render(
        request, "console/settings/department.html",
        {
            "found": found,
            "places": places,
            "is_top": found.parent_id is None or found.path == actor.department.path,
            "people": found.users.filter(is_active=True).order_by("name")[:12],
            "people_count": found.users.count(),
        },
    )  # fmt: skip


def _change(request: HttpRequest, found: Department) -> None:
    actor, address = me(request), request.META.get("REMOTE_ADDR")
    name = request.POST.get("name", "")
    match request.POST.get("act"):
        case "add":
            verbs.add(actor, name, found, address=address)
        case "rename":
            verbs.rename(actor, found, name, address=address)
        case "move":
            place = request.POST.get("to", "")
            verbs.move(
                actor, found, verbs.access_department(actor, int(place) if place.isdecimal() else 0), address=address
            )
        case "remove":
            verbs.remove(actor, found, address=address)
        case _:
            raise Http404
