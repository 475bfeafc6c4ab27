"""Components of a list: its filter bar and its columns. A builtin library; see console/README.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.template import Context

from hongyan.accounts import preferences
from hongyan.console import columns as known

register = template.Library()


@register.inclusion_tag("console/components/filter_search.html", takes_context=True)
def filter_search(context: Context, placeholder: str, *, name: str = "q") -> dict[str, Any]:
    """The field that a filter bar begins with."""
    return {"name": name, "value": context["request"].GET.get(name, ""), "placeholder": placeholder}


@register.inclusion_tag("console/components/filter_choice.html", takes_context=True)
def filter_choice(
    context: Context, name: str, label: str, options: Iterable[Any], *, every: str = "", chosen: Any = None
) -> dict[str, Any]:
    """One of `options`: pairs of value and words, or records; `every` is what stands there while nothing is chosen."""
    pairs = [one if isinstance(one, tuple | list) else (one.pk, str(one)) for one in options]
    return {
        "name": name, "label": label, "every": every, "options": [(str(value), words) for value, words in pairs],
        "chosen": str(context["request"].GET.get(name, "") if chosen is None else chosen),
    }  # fmt: skip


@register.inclusion_tag("console/components/filter_days.html", takes_context=True)
def filter_days(context: Context, first: str = "since", last: str = "until") -> dict[str, Any]:
    """From one day to another, by the names of their parameters."""
    asked = context["request"].GET
    return {"first": first, "last": last, "since": asked.get(first, ""), "until": asked.get(last, "")}


@register.inclusion_tag("console/components/columns.html", takes_context=True)
def columns(context: Context, page: str) -> dict[str, Any]:
    """A button that opens the list's columns with a tick each (`console/columns.py: LISTS`)."""
    request = context["request"]
    left_out = preferences.of(request.user).columns.get(page, ())
    return {
        "page": page, "columns": [(one.place, one.key, one.label, one.key not in left_out) for one in known.LISTS[page]],
        "request": request, "csrf_token": context.get("csrf_token"),
    }  # fmt: skip


@register.simple_tag(takes_context=True)
def without(context: Context, page: str) -> str:
    """Classes of the list's table that leave out what its user has taken off."""
    left_out = preferences.of(context["request"].user).columns.get(page, ())
    return " ".join(f"hy-without-{one.place}" for one in known.LISTS[page] if one.key in left_out)
