"""Who opens pages of people: whose role sees people, and whoever was given some of them."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from hongyan.console.access import View, for_everybody, me
from hongyan.contacts.reach import has_people


def for_who_reaches_people(view: View) -> View:
    """The view answers 403 to everybody else; which people it shows goes through their own gates."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not has_people(me(request)):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return for_everybody(checked)
