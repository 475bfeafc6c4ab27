"""The department tree."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from hongyan.accounts import departments as verbs
from hongyan.accounts import needs as of_accounts
from hongyan.accounts.models import Department
from hongyan.accounts.needs import Need
from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.needed import linked
from hongyan.console.refusing import told
from hongyan.contacts import organisation
from hongyan.inputs import id_of


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
def new_department(request: HttpRequest) -> HttpResponseBase:
    """A name and a place, or a group of the company's book; opened as a drawer beside the tree."""
    actor, address = me(request), request.META.get("REMOTE_ADDR")
    if request.method == "POST":
        with told(request):
            if group := id_of(request.POST.get("group")):
                made = organisation.take_over(actor, group, address=address)
            else:
                below = verbs.access_department(actor, id_of(request.POST.get("below")))
                made = verbs.add(actor, request.POST.get("name", ""), below, address=address)
            messages.success(request, _("The department %(name)s has been created.") % {"name": made.name})
        return _back(request)
    return render(
        request, "console/settings/new_department.html",
        {
            "places": Department.objects.visible_to(actor).order_by("path"),
            "below": id_of(request.GET.get("below")),
            "offered": organisation.offered(actor),
        },
    )  # fmt: skip


@needs(Right.MANAGE_USERS)
def department(request: HttpRequest, department_id: int) -> HttpResponseBase:
    """What can be done with one: add below, rename, move, remove; opened as a drawer beside the tree."""
    actor = me(request)
    found = verbs.access_department(actor, department_id)
    if request.method == "POST":
        with told(request):
            _change(request, found)
            messages.success(request, _("Saved."))
        return _back(request)
    places = Department.objects.visible_to(actor).exclude(path__startswith=found.path).order_by("path")
    return render(
        request, "console/settings/department.html",
        {
            "found": found,
            "places": places,
            "is_top": found.parent_id is None or found.path == actor.department.path,
            "people": found.users.filter(is_active=True).order_by("name")[:12],
            "people_count": found.users.count(),
            "needed": linked(_keeping(found)),
            "records": found.submissions.count(),
        },
    )  # fmt: skip


def _back(request: HttpRequest) -> HttpResponseBase:
    """To the page from which the drawer was opened: the users, or the departments."""
    return redirect("console:users" if request.GET.get("from") == "users" else "console:departments")


def _keeping(found: Department) -> list[Need]:
    """What has to go elsewhere before the department can be removed."""
    below = [Need("department", one.pk, one.name) for one in found.children.order_by("name")]
    people = [Need("user", one.pk, one.name) for one in found.users.order_by("name")[:12]]
    return below + people + of_accounts.department(found)


def _change(request: HttpRequest, found: Department) -> None:
    actor, address = me(request), request.META.get("REMOTE_ADDR")
    name = request.POST.get("name", "")
    match request.POST.get("act"):
        case "add":
            verbs.add(actor, name, found, address=address)
        case "rename":
            verbs.rename(actor, found, name, address=address)
        case "move":
            place = verbs.access_department(actor, id_of(request.POST.get("to")))
            verbs.move(actor, found, place, address=address)
        case "remove":
            verbs.remove(actor, found, address=address)
        case _:
            raise Http404
