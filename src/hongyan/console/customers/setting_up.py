"""What headquarters sets up: types of customers, posts of their people, classes and their rules."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Right
from hongyan.console.access import key_of, me, needs
from hongyan.console.refusing import told
from hongyan.crm import classifying, conditions, setting_up
from hongyan.crm.models import Category, Customer, CustomerType, Post, Rule
from hongyan.crm.requirements import REQUIRABLE, label


@needs(Right.SET_UP_CUSTOMERS)
def index(request: HttpRequest) -> HttpResponseBase:
    """Types, posts and classes on one page."""
    user = me(request)
    if request.method == "POST":
        with told(request):
            _act(request, user)
        return redirect("console:customer_setup")
    rules = Rule.objects.annotate(size=Count("members"))
    return render(
        request,
        "console/customers/setup.html",
        {
            "types": [(one, [label(name) for name in one.required]) for one in CustomerType.objects.all()], "posts": Post.objects.all(),
            "rules": [(one, [conditions.words(condition) for condition in one.conditions]) for one in rules],
        },
    )  # fmt: skip


def _act(request: HttpRequest, user: User) -> None:
    act, post = request.POST.get("act"), Post.objects.filter(pk=key_of(request)).first()
    if act == "post":
        setting_up.save_post(user, post, request.POST.get("name", ""))
    elif act == "remove_post" and post is not None:
        setting_up.delete_post(user, post)


@needs(Right.SET_UP_CUSTOMERS)
def customer_type(request: HttpRequest, type_id: int | None = None) -> HttpResponseBase:
    user = me(request)
    one = CustomerType.objects.filter(pk=type_id).first() if type_id else None
    if type_id and one is None:
        raise Http404
    if request.method == "POST":
        with told(request):
            if request.POST.get("act") == "remove" and one is not None:
                setting_up.delete_type(user, one)
            else:
                fields = request.POST.get("fields", "").splitlines()
                needed = [
                    f"field:{name.strip().removesuffix('*').strip()}" for name in fields if name.strip().endswith("*")
                ]
                setting_up.save_type(
                    user, one, request.POST.get("name", ""), required=[*request.POST.getlist("required"), *needed],
                    fields=[name.strip().removesuffix("*") for name in fields], is_private=bool(request.POST.get("is_private")),
                )  # fmt: skip
                messages.success(request, _("Saved."))
            return redirect("console:customer_setup")
    own = [f"{name} *" if one and f"field:{name}" in one.required else name for name in (one.fields if one else [])]
    return render(
        request,
        "console/customers/type.html",
        {"type": one, "requirable": [(name, str(words), bool(one and name in one.required)) for name, words in REQUIRABLE.items()],
         "fields": "\n".join(own)},
    )  # fmt: skip


@needs(Right.SET_UP_CUSTOMERS)
def rule(request: HttpRequest, rule_id: int | None = None) -> HttpResponseBase:
    """The form of a class; `try` counts for how many it would hold, without saving."""
    user = me(request)
    one = classifying.access_rule(user, rule_id) if rule_id else None
    rows: list[dict[str, Any]] = list(one.conditions) if one else []
    count = None
    if request.method == "POST":
        rows = _conditions(request)
        with told(request):
            if request.POST.get("act") == "try":
                count = classifying.how_many(rows)
            else:
                classifying.save_rule(
                    user, one, request.POST.get("name", ""), rows, is_on=bool(request.POST.get("is_on"))
                )
                messages.success(request, _("Saved. Customers are being classed in the background."))
                return redirect("console:customer_setup")
    return render(
        request,
        "console/customers/rule.html",
        {
            "rule": one, "name": request.POST.get("name", one.name if one else ""),
            "is_on": bool(request.POST.get("is_on")) if request.method == "POST" else one is None or one.is_on, "count": count,
            "rows": [*rows, {}, {}][:classifying.MOST_CONDITIONS], "kinds": [(name, str(kind.label), " ".join(kind.asks)) for name, kind in conditions.KINDS.items()],
            "types": CustomerType.objects.all(), "sources": Customer.Source.choices,
            "departments": Department.objects.order_by("path"), "categories": Category.objects.all(),
            "people": User.objects.visible_to(user).filter(is_active=True),
        },
    )  # fmt: skip


def _conditions(request: HttpRequest) -> list[dict[str, Any]]:
    """The form's rows that say something: each has a place, and its parts carry it in their names."""
    found = []
    for place in range(classifying.MOST_CONDITIONS):
        kind = request.POST.get(f"kind_{place}", "")
        if kind in conditions.KINDS:
            found.append(
                {"kind": kind} | {name: request.POST.get(f"{name}_{place}", "") for name in conditions.KINDS[kind].asks}
            )
    return found


@needs(Right.SET_UP_CUSTOMERS)
@require_POST
def remove_rule(request: HttpRequest, rule_id: int) -> HttpResponseBase:
    user = me(request)
    classifying.delete_rule(user, classifying.access_rule(user, rule_id))
    return redirect("console:customer_setup")
