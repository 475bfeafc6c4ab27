"""Saved filters of lists: whatever list carries the component can keep its address under a name."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from hongyan.accounts import saved_filters
from hongyan.console.access import for_everybody, me
from hongyan.console.refusing import told

LISTS = ("submissions", "customers", "orders", "mailbox_sent", "audit")
"""URL names of the lists whose filters can be saved. A saved address opens under the list's own rights."""


def clean(query: QueryDict) -> str:
    """A filter as it is kept: without the page one is on, and without what is empty."""
    kept = query.copy()
    for name in list(kept):
        kept.setlist(name, [value for value in kept.getlist(name) if value])
        if name in ("page", "after") or not kept.getlist(name):
            del kept[name]
    return kept.urlencode()


@for_everybody
@require_POST
def save(request: HttpRequest) -> HttpResponseBase:
    page = request.POST.get("page", "")
    if page not in LISTS:
        raise Http404
    query = clean(QueryDict(request.POST.get("query", "")))
    with told(request):
        saved_filters.save_filter(me(request), page, request.POST.get("name", ""), query)
    return redirect(f"{reverse(f'console:{page}')}?{query}")


@for_everybody
@require_POST
def remove(request: HttpRequest, filter_id: int) -> HttpResponseBase:
    gone = saved_filters.remove_filter(me(request), filter_id)
    return redirect(f"console:{gone.page}")
