"""Who may do what with the people of a book or a group, and why; giving, changing and withdrawing it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Role
from hongyan.console import granting
from hongyan.console.access import me
from hongyan.console.people.opening import for_who_reaches_people
from hongyan.console.refusing import told
from hongyan.contacts import grants, reach
from hongyan.contacts.allowing import Allows
from hongyan.contacts.books import access_book
from hongyan.contacts.groups import access_group
from hongyan.contacts.models import AddressBook, Grant, Group
from hongyan.inputs import id_of


@for_who_reaches_people
def book_rights(request: HttpRequest, book_id: int) -> HttpResponseBase:
    user = me(request)
    ruled = AddressBook.objects.ruled_by(user).filter(pk=book_id).select_related("department", "owner").first()
    return _rights(request, ruled or access_book(user, book_id), may_give=ruled is not None)


@for_who_reaches_people
def group_rights(request: HttpRequest, group_id: int) -> HttpResponseBase:
    group = access_group(me(request), group_id)
    return _rights(request, group, may_give=grants.may_give(me(request), group))


def _rights(request: HttpRequest, target: AddressBook | Group, *, may_give: bool) -> HttpResponseBase:
    user, book = me(request), target.book if isinstance(target, Group) else target
    if request.method == "POST":
        if not may_give:
            raise Http404
        with told(request):
            _act(request, user, target)
            messages.success(request, _("Saved."))
        return redirect(request.path)
    reached = reach.of(user)
    own = reached.on_group(target) if isinstance(target, Group) else reached.on_book(target.pk)
    found = list(grants.on(target)) if may_give else []
    return render(
        request,
        "console/people/rights.html",
        {
            "book": book, "group": target if isinstance(target, Group) else None, "may_give": may_give, "own": own,
            "given": [one for one in found if _is_here(one, target)],
            "inherited": [one for one in found if not _is_here(one, target)],
            "below": grants.below(book) if may_give and not isinstance(target, Group) else [],
            "standing": _standing(book), "allows": Allows.choices, "roles": Role.choices,
            "users": User.objects.filter(is_active=True).exclude(pk=book.owner_id or 0) if may_give else [],
            "departments": Department.objects.order_by("path") if may_give else [],
        },
    )  # fmt: skip


def _is_here(grant: Grant, target: AddressBook | Group) -> bool:
    return grant.group_id == target.pk if isinstance(target, Group) else grant.book_id == target.pk


def _act(request: HttpRequest, user: User, target: AddressBook | Group) -> None:
    act, grant_id = request.POST.get("act"), id_of(request.POST.get("id"))
    allows = request.POST.get("allows", "")
    if act == "withdraw":
        grants.withdraw(user, grant_id)
    elif act == "change":
        grants.change(user, grant_id, allows, granting.until(request))
    else:
        grants.give(user, target, allows, **granting.given(request))


def _standing(book: AddressBook) -> list[tuple[str, str]]:
    """(who, what) without any grant, in words."""
    what = _("see, and send as far as the role allows")
    if book.kind == AddressBook.Kind.PERSONAL:
        return [(str(book.owner), _("everything, as it is their own"))]
    rules = _("change it, and say who else may do what")
    administrators = str(Role.ADMINISTRATOR.label)
    if book.kind == AddressBook.Kind.ENTERPRISE:
        return [(_("Everybody who sees people"), what), (administrators, rules)]
    name = {"department": book.department}
    return [
        (_("People of “%(department)s” and of departments below it") % name, what),
        (_("Administrators and viewers of departments above it"), what),
        (_("Department administrators of “%(department)s” or above it, and administrators") % name, rules),
    ]
