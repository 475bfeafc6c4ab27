"""Users: list and form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts import two_step
from hongyan.accounts.errors import AccountsError
from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Right, Role
from hongyan.accounts.users import RANK, access_user, change_user, create_user, may_manage, next_extension
from hongyan.console.access import me, needs
from hongyan.dispatch.numbers import BadNumber, normalise

FACTS = ("username", "name", "department", "role", "may_send_to_groups", "extension", "phone", "email", "is_active")


class DepartmentField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Departments in the order of the tree, indented."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.indented_name)


class UserForm(forms.ModelForm[User]):
    department = DepartmentField(label=gettext_lazy("Department"), queryset=Department.objects.none())
    password = forms.CharField(
        label=gettext_lazy("Password"), required=False, widget=forms.PasswordInput({"autocomplete": "new-password"})
    )
    two_step_off = forms.BooleanField(label=gettext_lazy("Turn two-step sign-in off (lost phone)"), required=False)

    class Meta:
        model = User
        fields = FACTS

    def __init__(self, actor: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = Department.objects.visible_to(actor).order_by("path")  # type: ignore[attr-defined]
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (value, label) for value, label in Role.choices if RANK[Role(value)] <= RANK[Role(actor.role)]
        ]
        password = self.fields["password"]
        if self.instance.pk:
            password.help_text = gettext_lazy("Empty keeps the present one. A new one ends all sessions of the user.")
        else:
            password.required = True
            password.help_text = gettext_lazy("At least ten characters, not only digits.")
            self.initial["extension"], self.initial["department"] = next_extension(), actor.department_id
        if not self.instance.totp_secret:
            del self.fields["two_step_off"]

    def clean_username(self) -> str:
        username = str(self.cleaned_data["username"]).strip()
        if User.objects.filter(username__iexact=username).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is already a user with this sign-in name."))
        return username

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password, User(username=self.cleaned_data.get("username", "")))
        return password

    def clean_extension(self) -> str:
        extension: str = self.cleaned_data["extension"]
        if extension and not (extension.isascii() and extension.isdecimal()):
            raise forms.ValidationError(_("An extension is made of digits."))
        return extension

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        try:
            return normalise(phone) if phone else ""
        except BadNumber as error:
            raise forms.ValidationError(_("This is not a mobile number.")) from error

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in FACTS}


@needs(Right.MANAGE_USERS)
def users(request: HttpRequest) -> HttpResponseBase:
    actor, asked = me(request), request.GET.get("q", "").strip()
    departments = list(Department.objects.visible_to(actor).order_by("path"))
    found = User.objects.visible_to(actor).select_related("department")
    if asked:
        found = found.filter(Q(name__icontains=asked) | Q(username__icontains=asked) | Q(extension=asked))
    if (role := request.GET.get("role", "")) in Role.values:
        found = found.filter(role=role)
    chosen = next((one for one in departments if str(one.pk) == request.GET.get("department")), None)
    if chosen is not None:
        found = found.filter(department__path__startswith=chosen.path)
    if (active := request.GET.get("active", "")) in ("yes", "no"):
        found = found.filter(is_active=active == "yes")
    page = Paginator(found, 30).get_page(request.GET.get("page"))
    template = "console/settings/users.html"
    return render(
        request,
        f"{template}#rows" if request.htmx else template,  # type: ignore[attr-defined]
        {"page": page, "roles": Role.choices, "departments": departments, "is_filtered": any(request.GET.values())},
    )


@needs(Right.MANAGE_USERS)
def user(request: HttpRequest, user_id: int | None = None) -> HttpResponseBase:
    actor = me(request)
    found = access_user(actor, user_id) if user_id else User(is_active=True)
    form = UserForm(actor, request.POST or None, instance=found)
    may_change = found.pk is None or may_manage(actor, found)
    if request.method == "POST" and form.is_valid():
        try:
            _save(request, actor, user_id, form)
        except AccountsError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("console:users")
    title = User.objects.get(pk=user_id).name if user_id else ""
    return render(
        request, "console/settings/user.html",
        {"form": form, "found": found, "title": title, "may_change": may_change, "is_me": found.pk == actor.pk},
    )  # fmt: skip


def _save(request: HttpRequest, actor: User, user_id: int | None, form: UserForm) -> None:
    address, password = request.META.get("REMOTE_ADDR"), form.cleaned_data["password"]
    if not user_id:
        create_user(actor, password=password, address=address, **form.facts())
        return
    target = access_user(actor, user_id)
    change_user(actor, target, password=password, address=address, **form.facts())
    if form.cleaned_data.get("two_step_off"):
        two_step.turn_off(actor, access_user(actor, user_id), address=address)
