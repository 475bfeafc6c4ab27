"""What no view should have to think of: characters and encodings that nothing of ours can keep."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render

from hongyan.inputs import is_storable

API = "/api/"


class ReadableMiddleware:
    """A request whose names or values cannot be stored is answered with 400; cookies that cannot be ours are left out.

    Bodies of the API are JSON and read there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # A quoted cookie may write any octet; the session's key would go to the database.
        request.COOKIES = {
            name: value for name, value in request.COOKIES.items() if value.isascii() and value.isprintable()
        }
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: Callable[..., HttpResponseBase], _args: object, _kwargs: object
    ) -> HttpResponseBase | None:
        is_api = request.path.startswith(API)
        charset = (request.content_params or {}).get("charset", "utf-8").strip("\"' ")
        if (
            charset.lower() not in {"utf-8", "utf8", "us-ascii", ""}
            or not is_storable(request.path)
            or not _is_storable(request.GET)
            or not (is_api or _is_storable(request.POST))
        ):
            # The outer hand makes a problem document of it for programs.
            return HttpResponse(status=400) if is_api else render(request, "400.html", status=400)
        return None


def _is_storable(asked: QueryDict) -> bool:
    return all(is_storable(name) and all(map(is_storable, values)) for name, values in asked.lists())
