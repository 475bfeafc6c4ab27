"""What a list's bulk action is about: the ticked rows, or all that the list's filter finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])


def chosen(request: HttpRequest, visible: Rows, found: Callable[[QueryDict], Rows]) -> Rows:
    """The rows that a POST acts on: of `visible` the ids it names, or with `all` what `found(filter)` gives.

    Both are limited to what the user may see. The form gives its page's address, with the filter, as `next`.
    """
    if request.POST.get("all"):
        return found(QueryDict(urlsplit(request.POST.get("next", "")).query))
    return visible.filter(pk__in=[pk for pk in request.POST.getlist("id") if pk.isdecimal()])


def back_to(request: HttpRequest, area: str, otherwise: str) -> str:
    """The page the form came from, when it is one of `area` ("/people/")."""
    given = request.POST.get("next", "")
    return given if given.startswith(area) else otherwise
