"""Sign-in before every page, the user's language, and the headers that keep scripts ours."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django_htmx.http import HttpResponseClientRedirect

from hongyan.runtime.settings import settings as operator

OPEN_PREFIXES = ("/static/", "/api/", "/healthz", "/p/")


class SignedInMiddleware:
    """Every console page needs a signed-in user, so that a new page cannot forget to ask."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = getattr(request.user, "language", "")
        if language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            translation.activate(language)
            request.LANGUAGE_CODE = translation.get_language() or ""
        response = self.get_response(request)
        if isinstance(response, HttpResponse) and "text/html" in response.get("Content-Type", ""):
            response.setdefault("Content-Security-Policy", _policy(request))
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], _args: object, _kwargs: object
    ) -> HttpResponseBase | None:
        if not request.path.startswith("/api/") and _holds_nul(request):
            return render(request, "400.html", status=400)
        if request.path.startswith(OPEN_PREFIXES) or getattr(view, "is_open_to_all", False):
            return None
        if request.user.is_authenticated:
            return None
        if getattr(request, "htmx", False):
            return HttpResponseClientRedirect(reverse(settings.LOGIN_URL))
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)


def _holds_nul(request: HttpRequest) -> bool:
    """Whether a field holds U+0000, which no keyboard writes and the database cannot keep."""
    return any(
        "\x00" in value for asked in (request.GET, request.POST) for _name, values in asked.lists() for value in values
    )


def _policy(request: HttpRequest) -> str:
    """No script but our files; styles may stand in elements, since ECharts and progress bars set them."""
    live = operator().live_url or f"{request.scheme}://{request.get_host().split(':')[0]}:{operator().live_port_number}"
    return (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
        f"connect-src 'self' {live}; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
    )
