"""What a list's bulk action is about: the ticked rows, or all that the list's filter found when the page was made.

"All 14" are those that were counted. So the form carries a bound of them, how many, the newest and a sum of their ids, and
what has come since is left alone; where others have gone or come among them, nothing is done and the person looks again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Count, Max, QuerySet, Sum
from django.http import HttpRequest, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from hongyan.inputs import id_of, ids_of, query_of

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])


class ListChanged(Exception):
    """It is not what the page counted; the words are for the person."""


def bound(found: QuerySet[Any, Any]) -> str:
    """Of all that a filter finds now; one query."""
    facts = found.order_by().aggregate(count=Count("pk"), newest=Max("pk"), sum=Sum("pk"))
    return f"{facts['count']}.{facts['newest'] or 0}.{facts['sum'] or 0}"


def chosen(request: HttpRequest, visible: Rows, found: Callable[[QueryDict], Rows]) -> Rows:
    """The rows that a POST acts on: of `visible` the ids it names, or with `all` what `found(filter)` gave then.

    Both are limited to what the user may see. The form gives its page's address, with the filter, as `next`, and its bound
    as `all`. Raises ListChanged.
    """
    if before := request.POST.get("all"):
        rows = found(QueryDict(query_of(request.POST.get("next"))))
        count, _dot, facts = before.partition(".")
        if newest := id_of(facts.partition(".")[0]):
            rows = rows.filter(pk__lte=newest)
        now = bound(rows)
        if now != before:
            raise ListChanged(
                _(
                    "Nothing was done: the list has changed since you opened the page (%(before)s then, %(now)s now). Please choose again."
                )
                % {"before": count if count.isdecimal() else "?", "now": now.partition(".")[0]}
            )
        return rows
    return visible.filter(pk__in=ids_of(request.POST.getlist("id")))


def back_to(request: HttpRequest, area: str, otherwise: str) -> str:
    """The page the form came from, when it is one of `area` ("/people/")."""
    given = request.POST.get("next", "")
    return given if given.startswith(area) else otherwise


def came_from(request: HttpRequest, otherwise: str) -> str:
    """The page of ours on which somebody pressed a button."""
    given = request.headers.get("referer", "")
    is_ours = url_has_allowed_host_and_scheme(given, {request.get_host()}, request.is_secure())
    return given if is_ours else otherwise
