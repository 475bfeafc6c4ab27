"""The phone page of field staff: customers on the device, entered and corrected also without network, sent later.

The page and its files are kept by a service worker, the customers and what waits by the browser's own database. What is
sent carries a key of the device, so that sending again enters nothing twice, and the version that was read, so that two
who changed one customer see both side by side.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, RawPostDataException
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_POST

from hongyan.accounts.errors import Refused
from hongyan.accounts.rights import Right
from hongyan.console.access import for_everybody, me, needs
from hongyan.crm import customers
from hongyan.crm.models import Customer, CustomerType, Person, Post
from hongyan.crm.requirements import label
from hongyan.crm.said import facts_from, told

MOST = 2000
"""Customers that a phone takes along: nobody looks after more."""
FILES = ("vendor/tabler.min.css", "console/console.css", "console/field.css", "console/field.js", "console/goose.svg")


@needs(Right.CHANGE_CUSTOMERS)
def page(request: HttpRequest) -> HttpResponseBase:
    return render(request, "console/customers/field.html")


@for_everybody
def worker(request: HttpRequest) -> HttpResponseBase:
    """The script that keeps the page: its address decides that it serves what lies below /field/ only."""

    kept = [reverse("console:field"), *(static(name) for name in FILES)]
    made = render(
        request, "console/customers/field_worker.js", {"kept": json.dumps(kept)}, content_type="text/javascript"
    )
    made["Cache-Control"] = "no-cache"
    return made


@needs(Right.CHANGE_CUSTOMERS)
def mine(request: HttpRequest) -> HttpResponseBase:
    """The user's own customers, and what may be chosen of."""
    user = me(request)
    own = (
        Customer.objects.visible_to(user)
        .filter(salesperson=user)
        .select_related("type")
        .prefetch_related("people__post")
    )
    return JsonResponse(
        {
            "customers": [told(user, one) for one in own.order_by("pinyin", "pk")[:MOST]],
            "types": [
                {"name": one.name, "fields": one.fields, "needs": [label(name) for name in one.required]} for one in CustomerType.objects.all()
            ],
            "posts": list(Post.objects.values_list("name", flat=True)),
            "sources": [[value, str(words)] for value, words in Customer.Source.choices],
            "genders": [[value, str(words)] for value, words in Person.Gender.choices],
        }
    )  # fmt: skip


@needs(Right.CHANGE_CUSTOMERS)
@require_POST
def send(request: HttpRequest) -> HttpResponseBase:
    """One entry of a device: 200 with the customer as it is now, 409 with what others made of it, 422 with what is wrong."""
    user = me(request)
    try:
        given = json.loads(request.body)
        key = UUID(str(given["key"]))
    except (ValueError, KeyError, TypeError, RecursionError, RawPostDataException):
        return HttpResponse(status=400)
    try:
        if isinstance(given.get("id"), int):
            one = customers.access_changeable_customer(user, given["id"])
            version = given.get("version")
            made = customers.change(
                user, one, facts_from(user, given, one), version=version if isinstance(version, int) else 0
            )
        else:
            made = customers.create(user, facts_from(user, given, None), device_key=key)
    except Refused as error:
        answer: dict[str, Any] = {"code": error.code, "detail": str(error), "field": error.field}
        if error.code == "changed_meanwhile":
            answer["theirs"] = told(user, customers.access_customer(user, given["id"]))
        return JsonResponse(answer, status=error.status)
    except Http404:
        return JsonResponse({"code": "gone", "detail": ""}, status=404)
    return JsonResponse(told(user, made))
