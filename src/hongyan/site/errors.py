"""What a person or a program gets when a view cannot go on."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from hongyan.runtime.database import took_too_long

TRY_AGAIN_S = 5


def server_error(request: HttpRequest) -> HttpResponse:
    """A database that is away is no fault of the page: 503, and the page asks again by itself. Anything else is 500.

    What took too long is not asked again by itself: it would only cost as much once more. Nothing here asks the database.
    """
    error = sys.exc_info()[1]
    if took_too_long(error):
        return HttpResponse(render_to_string("503slow.html"), status=503)
    if isinstance(error, (OperationalError, InterfaceError)):
        asks_again = request.method in {"GET", "HEAD"}
        page = render_to_string("503.html", {"again_s": TRY_AGAIN_S if asks_again else None})
        return HttpResponse(page, status=503, headers={"Retry-After": str(TRY_AGAIN_S)})
    return HttpResponse(render_to_string("500.html"), status=500)
