"""Sign-in before every page, the user's language, and the headers that keep scripts ours."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django_htmx.http import HttpResponseClientRedirect

from hongyan.accounts.errors import Refused
from hongyan.console.access import me
from hongyan.console.account.sessions import note_in_use
from hongyan.console.bulk import came_from
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
        if request.path.startswith(OPEN_PREFIXES) or getattr(view, "is_open_to_all", False):
            return None
        if not request.user.is_authenticated:
            if getattr(request, "htmx", False):
                return HttpResponseClientRedirect(reverse(settings.LOGIN_URL))
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        note_in_use(request, me(request))
        if me(request).must_change_password and request.path != (own := reverse("console:password")):
            return HttpResponseClientRedirect(own) if getattr(request, "htmx", False) else redirect(own)
        return None


class RefusedMiddleware:
    """What a verb refused and no page told by itself: back to where the button was, with the sentence; else a page of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        if not isinstance(error, Refused) or request.path.startswith(OPEN_PREFIXES):
            return None
        if request.method != "POST":
            return render(request, "console/refused.html", {"sentence": str(error)}, status=error.status)
        # The form marks the field that it is about (`refused.js`).
        messages.error(request, str(error), extra_tags=error.field)
        back = came_from(request, reverse("console:overview"))
        return HttpResponseClientRedirect(back) if getattr(request, "htmx", False) else redirect(back)


def _policy(request: HttpRequest) -> str:
    """No script but our files; styles may stand in elements, since ECharts and progress bars set them."""
    live = operator().live_url or f"{request.scheme}://{request.get_host().split(':')[0]}:{operator().live_port_number}"
    return (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
        f"connect-src 'self' {live}; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
    )
