"""Errors as RFC 9457 problem details, also those that never reach an endpoint."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from hongyan.api.keys import TooManyRequests
from hongyan.messaging.errors import MessagingError

MEDIA_TYPE = "application/problem+json"
CODES = {
    400: ("bad_request", gettext_lazy("The request cannot be read.")),
    401: ("unknown_key", gettext_lazy("The API key is missing, wrong or revoked.")),
    403: ("not_allowed", gettext_lazy("You may not do this.")),
    404: ("not_found", gettext_lazy("There is no such thing, or you may not see it.")),
    405: ("method_not_allowed", gettext_lazy("This address does not answer this method.")),
    413: ("too_large", gettext_lazy("The request is too large.")),
    422: ("invalid_request", gettext_lazy("Some fields are missing or wrong.")),
    429: ("too_many_requests", gettext_lazy("Too many requests; try again later.")),
    500: ("internal_error", gettext_lazy("Something went wrong here; it has been recorded. Try again later.")),
    503: ("unavailable", gettext_lazy("Not available at the moment; try again later.")),
}
"""The code and the sentence of a status that no rule of ours has more to say about."""

FIELDS = {"scheduled_at": "at"}
"""Our rules name the submission's fields; these are called otherwise in a request."""


def problem(status: int, code: str = "", detail: str = "", **further: Any) -> JsonResponse:
    """A problem document; `code` is stable, `detail` is for people."""
    usual_code, usual_detail = CODES.get(status, ("refused", gettext_lazy("The request was refused.")))
    code = code or usual_code
    body = {
        "type": f"urn:hongyan:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or str(usual_detail),
        "code": code,
        "errors": [],
        **further,
    }
    response = JsonResponse(body, status=status, content_type=MEDIA_TYPE)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


def register(api: NinjaAPI) -> None:
    """Turn every error of the API into a problem document."""

    @api.exception_handler(MessagingError)
    def messaging(request: HttpRequest, error: MessagingError) -> HttpResponse:
        errors = [{"field": FIELDS.get(error.field, error.field), "detail": str(error)}] if error.field else []
        refused = getattr(error, "refused", None)
        return problem(error.status, error.code, str(error), errors=errors, **({"refused": refused} if refused else {}))

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        errors = [{"field": _field(one["loc"]), "detail": one["msg"]} for one in error.errors]
        return problem(422, errors=errors)

    @api.exception_handler(AuthenticationError)
    def unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return problem(401)

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, error: Http404) -> HttpResponse:
        return problem(404)

    @api.exception_handler(HttpError)
    def other(request: HttpRequest, error: HttpError) -> HttpResponse:
        made = problem(error.status_code, detail=str(error))
        if isinstance(error, TooManyRequests):
            made["Retry-After"] = str(error.wait_s)
        return made


def _field(place: tuple[str | int, ...]) -> str:
    """("body", "body", "to", 0) as "to.0"; the header and query parameters keep their name alone."""
    parts = [str(part) for part in place]
    while len(parts) > 1 and parts[0] in {"body", "query", "path", "header"}:
        parts.pop(0)
    return ".".join(parts)


class ProblemMiddleware:
    """Errors inside /api/ that no endpoint made (unknown address, wrong method, crash) as problem documents too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if (
            response.status_code < HTTPStatus.BAD_REQUEST
            or not request.path.startswith("/api/")
            or response.get("Content-Type", "").startswith(MEDIA_TYPE)
        ):
            return response
        made = problem(response.status_code)
        for header in ("Allow", "Retry-After"):
            if value := response.get(header):
                made[header] = value
        return made
