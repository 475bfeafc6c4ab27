"""What a user sets about the console itself: pinned pages and the height of rows."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts import preferences
from hongyan.accounts.errors import Refused
from hongyan.console import menu
from hongyan.console.access import for_everybody, me
from hongyan.console.refusing import told


@for_everybody
@require_POST
def pin(request: HttpRequest) -> HttpResponseBase:
    """Pin the page a form names, or unpin it."""
    user, path = me(request), menu.pinnable(request.POST.get("path", ""))
    if request.POST.get("act") == "unpin":
        preferences.unpin(user, path)
    else:
        with told(request):
            preferences.pin(user, _page_of_ours(path), request.POST.get("label", ""))
    return back(request)


def _page_of_ours(path: str) -> str:
    """Raises Refused for what no page answers to."""
    try:
        found = resolve(urlsplit(path).path)
    except Resolver404:
        raise Refused("no_page", _("This page cannot be pinned."), field="path") from None
    if "console" not in found.namespaces:
        raise Refused("no_page", _("This page cannot be pinned."), field="path")
    return path


@for_everybody
@require_POST
def rows(request: HttpRequest) -> HttpResponseBase:
    preferences.set_roomy(me(request), request.POST.get("rows") == "roomy")
    return back(request)


def back(request: HttpRequest) -> HttpResponseBase:
    given = request.POST.get("next", "")
    return HttpResponseRedirect(given if url_has_allowed_host_and_scheme(given, allowed_hosts=None) else "/")
