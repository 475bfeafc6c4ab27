"""Users and departments."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts import departments as verbs
from hongyan.accounts.errors import AccountsError
from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Right, Role
from hongyan.accounts.users import access_user, change_user, create_user, next_extension
from hongyan.console.access import me, needs


class UserForm(forms.ModelForm[User]):
    password = forms.CharField(
        label=gettext_lazy("Password"), required=False, widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least ten characters; empty keeps the present one."),
    )  # fmt: skip
    two_step_off = forms.BooleanField(label=gettext_lazy("Turn two-step sign-in off (lost phone)"), required=False)

    class Meta:
        model = User
        fields = (
            "username",
            "name",
            "department",
            "role",
            "may_send_to_groups",
            "extension",
            "phone",
            "email",
            "is_active",
        )

    def __init__(self, actor: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = Department.objects.visible_to(actor)  # type: ignore[attr-defined]
        if not self.instance.pk:
            self.fields["password"].required = True
            self.fields["extension"].initial = next_extension()
            del self.fields["two_step_off"]

    def facts(self) -> dict[str, Any]:
        facts = {name: self.cleaned_data[name] for name in self.Meta.fields}
        if self.cleaned_data.get("two_step_off"):
            facts["totp_secret"] = ""
        return facts


@needs(Right.MANAGE_USERS)
def users(request: HttpRequest) -> HttpResponseBase:
    actor, asked, role = me(request), request.GET.get("q", "").strip(), request.GET.get("role", "")
    found = User.objects.visible_to(actor).select_related("department")
    if asked:
        found = found.filter(Q(name__icontains=asked) | Q(username__icontains=asked) | Q(extension=asked))
    if role in Role.values:
        found = found.filter(role=role)
    page = Paginator(found, 30).get_page(request.GET.get("page"))
    return render(request, "console/settings/users.html", {"page": page, "roles": Role.choices})


@needs(Right.MANAGE_USERS)
def user(request: HttpRequest, user_id: int | None = None) -> HttpResponseBase:
    actor = me(request)
    found = access_user(actor, user_id) if user_id else User()
    form = UserForm(actor, request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        address = request.META.get("REMOTE_ADDR")
        try:
            if user_id:
                change_user(
                    actor,
                    access_user(actor, user_id),
                    password=form.cleaned_data["password"],
                    address=address,
                    **form.facts(),
                )
            else:
                create_user(actor, password=form.cleaned_data["password"], address=address, **form.facts())
        except AccountsError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("console:users")
    return render(request, "console/settings/user.html", {"form": form, "found": found})


@needs(Right.MANAGE_USERS)
def departments(request: HttpRequest) -> HttpResponseBase:
    """The tree; add, rename, move, remove."""
    actor = me(request)
    visible = Department.objects.visible_to(actor)
    if request.method == "POST":
        try:
            _change(request, actor)
        except AccountsError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Saved."))
        return redirect("console:departments")
    found = list(visible.annotate(people=Count("users")).order_by("path"))
    base = min((one.depth for one in found), default=0)
    for one in found:
        one.indent = range(one.depth - base)  # type: ignore[attr-defined]
    return render(request, "console/settings/departments.html", {"departments": found})


def _change(request: HttpRequest, actor: User) -> None:
    visible = Department.objects.visible_to(actor)
    found = get_object_or_404(visible, pk=request.POST.get("id"))
    name = request.POST.get("name", "").strip()[:80]
    match request.POST.get("act"):
        case "add":
            verbs.add(actor, name, found)
        case "rename":
            verbs.rename(actor, found, name)
        case "remove":
            verbs.remove(actor, found)
