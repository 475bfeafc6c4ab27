"""Users: list and form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.core.paginator import Paginator
from django.db import models, transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from hongyan.accounts import departments, two_step
from hongyan.accounts import needs as of_accounts
from hongyan.accounts.errors import Refused
from hongyan.accounts.invitations import VALID_FOR
from hongyan.accounts.models import Department, User
from hongyan.accounts.needs import Need
from hongyan.accounts.rights import Right, Role
from hongyan.accounts.users import RANK, access_user, change_user, create_user, invite, may_manage, next_extension
from hongyan.console.access import me, needs
from hongyan.console.needed import linked
from hongyan.console.refusing import at, told
from hongyan.contacts import organisation
from hongyan.crm import customers
from hongyan.dispatch.numbers import BadNumber, normalise
from hongyan.inputs import asked_of, id_of
from hongyan.mailbox.handing_over import hand_over
from hongyan.mailbox.inbox import colleagues
from hongyan.messaging import inviting

FACTS = ("username", "name", "department", "role", "may_send_to_groups", "extension", "phone", "email", "is_active")


class DepartmentField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Departments in the order of the tree, indented."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.indented_name)


class Way(models.TextChoices):
    """How a user comes by a password."""

    KEEP = "", gettext_lazy("Keep the present one")
    MESSAGE = "message", gettext_lazy("By a link in a text message")
    LINK = "link", gettext_lazy("By a link that I hand over")
    PASSWORD = "password", gettext_lazy("I choose one and tell the user")


class UserForm(forms.ModelForm[User]):
    department = DepartmentField(label=gettext_lazy("Department"), queryset=Department.objects.none())
    way = forms.ChoiceField(
        label=gettext_lazy("How the user gets a password"), choices=Way.choices, required=False
    )  # fmt: skip
    password = forms.CharField(
        label=gettext_lazy("Password"), required=False, widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least ten characters, not only digits. The user has to change it at the next sign-in."),
    )  # fmt: skip
    new_department = forms.CharField(
        label=gettext_lazy("Name of the new department"), required=False, max_length=80,
        help_text=gettext_lazy("Created under the department chosen above; the user is placed in it."),
    )  # fmt: skip
    from_book = forms.ChoiceField(
        label=gettext_lazy("Or from the company's address book"), required=False,
        help_text=gettext_lazy("Created under the same name, along with the departments above it."),
    )  # fmt: skip
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
        groups = [(one.group_id, one.words) for one in organisation.offered(actor)]
        self.fields["from_book"].choices = [("", "–"), *groups]  # type: ignore[attr-defined]
        if not groups:
            del self.fields["from_book"]
        if not self.instance.pk:
            self.fields["way"].choices = [one for one in Way.choices if one[0]]  # type: ignore[attr-defined]
            self.initial["extension"] = next_extension()
            self.initial["department"] = self.initial.get("department") or actor.department_id
        if not self.instance.totp_secret:
            del self.fields["two_step_off"]

    def clean_username(self) -> str:
        username = str(self.cleaned_data["username"]).strip()
        if User.objects.filter(username__iexact=username).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("This sign-in name is already taken."))
        return username

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password, User(username=self.cleaned_data.get("username", "")))
        return password

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        way = facts["way"] = facts.get("way") or (
            Way.KEEP if self.instance.pk and not facts.get("password") else Way.PASSWORD
        )
        if way == Way.PASSWORD and not facts.get("password") and "password" not in self.errors:
            self.add_error("password", _("Write the password, or choose another way."))
        if way == Way.MESSAGE and not facts.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("A text message needs a mobile number."))
        return facts

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
    actor, asked = me(request), asked_of(request.GET.get("q"))
    places = list(Department.objects.visible_to(actor).order_by("path"))
    found = User.objects.visible_to(actor).select_related("department")
    if asked:
        found = found.filter(Q(name__icontains=asked) | Q(username__icontains=asked) | Q(extension=asked))
    if (role := request.GET.get("role", "")) in Role.values:
        found = found.filter(role=role)
    chosen = next((one for one in places if str(one.pk) == request.GET.get("department")), None)
    if chosen is not None:
        found = found.filter(department__path__startswith=chosen.path)
    gone = found.filter(is_active=False).count()
    if (active := request.GET.get("active", "")) != "all":
        found = found.filter(is_active=active != "no")
    page = Paginator(found, 30).get_page(request.GET.get("page"))
    template = "console/settings/users.html"
    return render(
        request,
        f"{template}#rows" if request.htmx else template,  # type: ignore[attr-defined]
        {
            "page": page, "roles": Role.choices, "tree": _tree(actor, places, chosen), "chosen": chosen, "gone": gone,
            "is_filtered": any(request.GET.values()),
        },
    )  # fmt: skip


def _tree(actor: User, places: list[Any], chosen: Department | None) -> list[Any]:
    """The top departments within reach; each with who may sign in there and below, and those below it."""
    active = User.objects.visible_to(actor).filter(is_active=True)
    people = dict(active.order_by().values_list("department_id").annotate(Count("pk")))
    known = {one.pk: one for one in places}
    tops: list[Any] = []
    for one in places:
        one.kids, one.people_below = [], people.get(one.pk, 0)
        one.is_open = one.parent_id not in known or (chosen is not None and chosen.path.startswith(one.path))
        (known[one.parent_id].kids if one.parent_id in known else tops).append(one)
    for one in sorted(places, key=lambda place: -place.depth):
        if one.parent_id in known:
            known[one.parent_id].people_below += one.people_below
    return tops


@needs(Right.MANAGE_USERS)
def user(request: HttpRequest, user_id: int | None = None) -> HttpResponseBase:
    actor = me(request)
    found = access_user(actor, user_id) if user_id else User(is_active=True)
    form = UserForm(actor, request.POST or None, instance=found, initial=_place(request, actor))
    may_change = found.pk is None or may_manage(actor, found)
    needed: list[Need] = []
    if request.method == "POST" and form.is_valid():
        if user_id:
            needed = of_accounts.user(access_user(actor, user_id), form.instance)
        if not needed or request.POST.get("shown") == _mark(needed):
            saved = None
            with at(form):
                saved = _save(request, actor, user_id, form)
            if saved:
                return _give_link(request, actor, saved, form.cleaned_data["way"])
    title = User.objects.get(pk=user_id).name if user_id else ""
    return render(
        request, "console/settings/user.html",
        {
            "form": form, "found": found, "title": title, "may_change": may_change, "is_me": found.pk == actor.pk,
            "needed": linked(needed), "mark": _mark(needed) if needed else "",
            "heirs": colleagues(actor).exclude(pk=found.pk) if found.pk and not found.is_active else [],
            "invitation": found.invitations.filter(closed_at=None).first() if found.pk else None,
        },
    )  # fmt: skip


@needs(Right.MANAGE_USERS)
@require_POST
def give_over(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """The mailbox of who left, to a colleague."""
    actor = me(request)
    found = access_user(actor, user_id)
    to = User.objects.filter(pk=id_of(request.POST.get("to"))).first()
    with told(request):
        if to is None:
            raise Refused("no_colleague", _("This person cannot take replies."), field="to")
        given = hand_over(actor, found, to, address=request.META.get("REMOTE_ADDR"))
        text = ngettext(
            "%(n)d reply went to %(name)s; later ones follow.",
            "%(n)d replies went to %(name)s; later ones follow.",
            given,
        )
        messages.success(request, text % {"n": given, "name": to.name})
        if actor.may(Right.MANAGE_CUSTOMERS) and to.may(Right.CHANGE_CUSTOMERS):
            moved = customers.hand_over_all(actor, found, to)
            text = ngettext("%(n)d customer handed over to %(who)s.", "%(n)d customers handed over to %(who)s.", moved)
            messages.success(request, text % {"n": moved, "who": to.name})
    return redirect("console:user", found.pk)


def _place(request: HttpRequest, actor: User) -> dict[str, Any]:
    """The department from which a new user was asked for."""
    chosen = Department.objects.visible_to(actor).filter(pk=id_of(request.GET.get("department"))).first()
    return {"department": chosen.pk} if chosen else {}


def _give_link(request: HttpRequest, actor: User, saved: User, way: str) -> HttpResponseBase:
    """Send the link to a password, or show it this once; one that cannot be sent is shown."""
    address, why = request.META.get("REMOTE_ADDR"), ""
    site = request.build_absolute_uri("/")
    with told(request):
        if way == Way.MESSAGE:
            try:
                inviting.send(actor, [saved], site, address=address)
            except Refused as error:
                why = str(error)
            else:
                text = _("Saved. The link is on its way to %(name)s.")
                messages.success(request, text % {"name": saved.name})
                return redirect("console:users")
        if way in (Way.MESSAGE, Way.LINK):
            link = f"{site}i/{invite(actor, saved, address=address)}/"
            context = {"link": link, "invited": saved, "why": why, "days": VALID_FOR.days}
            return never_store(render(request, "console/settings/user_link.html", context))
        messages.success(request, _("Saved."))
        return redirect("console:users")
    return redirect("console:user", saved.pk)


def never_store(response: HttpResponse) -> HttpResponse:
    """What is shown once is in no browser's history."""
    response["Cache-Control"] = "no-store"
    return response


def _mark(needed: list[Need]) -> str:
    """Tells whether what somebody agreed to is still all there is."""
    return " ".join(sorted(f"{one.kind}:{one.id}" for one in needed))


@transaction.atomic
def _save(request: HttpRequest, actor: User, user_id: int | None, form: UserForm) -> User:
    """All or nothing: a department made on the way goes again when the user cannot be saved."""
    address, facts = request.META.get("REMOTE_ADDR"), form.facts()
    password = form.cleaned_data["password"] if form.cleaned_data["way"] == Way.PASSWORD else ""
    if name := form.cleaned_data["new_department"].strip():
        facts["department"] = departments.add(actor, name, facts["department"], address=address)
    elif group := form.cleaned_data.get("from_book"):
        facts["department"] = organisation.take_over(actor, id_of(group), address=address)
    if not user_id:
        return create_user(actor, password=password, address=address, **facts)
    change_user(actor, access_user(actor, user_id), password=password, address=address, **facts)
    if form.cleaned_data.get("two_step_off"):
        two_step.turn_off(actor, access_user(actor, user_id), address=address)
    return access_user(actor, user_id)
