"""All settings on one page: a card each, with what is found there."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from hongyan.console import navigation
from hongyan.console.access import for_everybody, me


@for_everybody
def home(request: HttpRequest) -> HttpResponseBase:
    """What the user may set: each page asks for its own right, as in the menu."""
    user = me(request)
    groups = [
        (section.label, [page for page in section.pages if page.url_name != "settings" and page.is_for(user)])
        for section in navigation.MENU
        if isinstance(section, navigation.Section) and section.key in ("settings", "carriers", "library")
    ]
    own = [
        page for page in navigation.FURTHER if page.url_name in ("profile", "password", "two_step") and not page.anchor
    ]
    return render(
        request, "console/settings/home.html",
        {"groups": [(label, pages) for label, pages in reversed(groups) if pages], "own": own},
    )  # fmt: skip
