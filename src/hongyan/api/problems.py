"""Errors as RFC 9457 problem details."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from hongyan.messaging.errors import MessagingError


def problem(status: int, code: str, detail: str, **further: Any) -> JsonResponse:
    """A problem document; `code` is stable, `detail` is for people."""
    body = {
        "type": f"urn:hongyan:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **further,
    }
    response = JsonResponse(body, status=status, content_type="application/problem+json")
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


def register(api: NinjaAPI) -> None:
    """Turn every error of the API into a problem document."""

    @api.exception_handler(MessagingError)
    def messaging(request: HttpRequest, error: MessagingError) -> HttpResponse:
        return problem(error.status, error.code, str(error), **({"field": error.field} if error.field else {}))

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        errors = [{"field": ".".join(map(str, one["loc"])), "detail": one["msg"]} for one in error.errors]
        return problem(422, "invalid_request", "Some fields are missing or wrong.", errors=errors)

    @api.exception_handler(AuthenticationError)
    def unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return problem(401, "unknown_key", "The API key is missing, wrong or revoked.")

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, error: Http404) -> HttpResponse:
        return problem(404, "not_found", "There is no such thing, or you may not see it.")

    @api.exception_handler(HttpError)
    def other(request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem(error.status_code, "refused", str(error))
