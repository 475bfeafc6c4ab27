"""Errors as RFC 9457 problem details, also those that never reach an endpoint."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from hongyan.accounts.errors import Refused
from hongyan.api.keys import TooManyRequests
from hongyan.api.reading import faults
from hongyan.api.shapes import Addressee, Ask, CanaryIn
from hongyan.dispatch.numbers import WORDS
from hongyan.runtime.database import took_too_long

MEDIA_TYPE = "application/problem+json"
CODES = {
    400: ("bad_request", gettext_lazy("The request cannot be read.")),
    401: ("unknown_key", gettext_lazy("The API key is missing, wrong or revoked.")),
    403: ("not_allowed", gettext_lazy("You do not have permission to do this.")),
    404: ("not_found", gettext_lazy("It does not exist, or you may not see it.")),
    405: ("method_not_allowed", gettext_lazy("This address does not answer this method.")),
    413: ("too_large", gettext_lazy("The request is too large.")),
    422: ("invalid_request", gettext_lazy("Some fields are missing or wrong.")),
    429: ("too_many_requests", gettext_lazy("Too many requests; try again later.")),
    500: ("internal_error", gettext_lazy("Something went wrong here; it has been recorded. Try again later.")),
    503: ("unavailable", gettext_lazy("Temporarily unavailable. Try again later.")),
}
"""The code and the sentence of a status that no rule of ours has more to say about."""

NUMBERS = {str(reason): (422, gettext_lazy(words)) for reason, words in WORDS.items()}
"""What is wrong with a mobile number that a record is saved with."""

RULES: dict[str, tuple[int, str | Promise]] = {
    "no_recipients": (422, gettext_lazy("There is nobody to send to.")),
    "no_valid_number": (
        422,
        gettext_lazy("None of the numbers can receive messages; “refused” gives the reason for each."),
    ),
    "recipient_count": (422, gettext_lazy("Too many recipients for one request, or none.")),
    "empty_text": (422, gettext_lazy("The text is empty.")),
    "text_too_long": (422, gettext_lazy("The text is longer than allowed.")),
    "missing_variable": (422, gettext_lazy("Nobody has a value for a variable of the text.")),
    "two_signatures": (422, gettext_lazy("The text already begins with a signature, and another would be added.")),
    "unknown_signature": (422, gettext_lazy("This signature is not on the company's list.")),
    "time_has_passed": (422, gettext_lazy("The time has passed already.")),
    "time_too_far": (422, gettext_lazy("The time is more than two years ahead, so it is probably a mistake.")),
    "validity": (422, gettext_lazy("The validity is outside the allowed range.")),
    "canary_of_codes": (422, gettext_lazy("Verification codes go out at once, without a trial part.")),
    "canary_out_of_range": (422, gettext_lazy("A figure of the trial part is outside its range.")),
    "one_recipient_only": (403, gettext_lazy("The key's user may send to only one recipient at a time.")),
    "unknown_category": (422, gettext_lazy("There is no such category.")),
    "owner_inactive": (409, gettext_lazy("The person who requested it may no longer sign in.")),
    "wrong_state": (409, gettext_lazy("Not possible in its current state.")),
    "facts_missing": (422, gettext_lazy("Facts that the customer's type requires are missing.")),
    "no_type": (422, gettext_lazy("There is no customer type with this name.")),
    "no_source": (422, gettext_lazy("The source is neither a partner's list nor a field visit.")),
    "no_post": (422, gettext_lazy("There is no post with this name.")),
    "no_salesperson": (422, gettext_lazy("No one salesperson within your reach has this name.")),
    "code_taken": (409, gettext_lazy("Another customer has this number already.")),
    "number_twice": (409, gettext_lazy("The same number is entered twice in one record.")),
    "changed_meanwhile": (409, gettext_lazy("It was changed since the version that was read.")),
    "too_many_people": (422, gettext_lazy("A customer has at most 50 people here.")),
    "no_product": (422, gettext_lazy("There is no product with this SKU.")),
    "no_state": (422, gettext_lazy("There is no such state of an order.")),
    "wrong_person": (422, gettext_lazy("Choose a person of this customer.")),
    "line_out_of_range": (422, gettext_lazy("Quantities must be above zero, prices not below.")),
    "number_taken": (409, gettext_lazy("This number is taken already.")),
    "no_lines": (422, gettext_lazy("An order has 1 to 200 lines.")),
    "sku_taken": (409, gettext_lazy("There is already a product with this SKU.")),
    "no_name": (422, gettext_lazy("Give the category a name.")),
    "name_taken": (409, gettext_lazy("The name is taken here already.")),
    "too_deep": (422, gettext_lazy("Categories go eight levels deep at most.")),
    "product_incomplete": (422, gettext_lazy("A new product needs name, category and price.")),
    "audience_unusable": (422, gettext_lazy("An audience cannot be used any more.")),
    "no_conditions": (422, gettext_lazy("An audience needs at least one condition.")),
    "bad_conditions": (422, gettext_lazy("A condition cannot be used; the sentence says which and why.")),
    "empty_group": (422, gettext_lazy("A group of conditions is empty.")),
    "gone": (422, gettext_lazy("Something that is asked about here has been deleted.")),
    "unusable": (422, gettext_lazy("An audience cannot be used any more.")),
    "name_too_long": (422, gettext_lazy("The name is too long.")),
    "takes_too_long": (422, gettext_lazy("This takes too long: make the conditions simpler.")),
    "circle": (422, gettext_lazy("The audience contains itself.")),
    "took_too_long": (503, gettext_lazy("This takes too long: make the conditions simpler.")),
    "too_many": (422, gettext_lazy("There can be at most as many conditions as the sentence says.")),
    "too_long": (422, gettext_lazy("A text is too long for its field.")),
    "unknown_topic": (422, gettext_lazy("There is no such topic.")),
    "unknown_choice": (422, gettext_lazy("This is none of the choices.")),
    "unknown_term": (422, gettext_lazy("Choose 30, 90 or 365 days.")),
    "no_evidence": (422, gettext_lazy("A consent needs its evidence: the words that were said, or a file.")),
    "file_too_large": (422, gettext_lazy("The file is larger than 5 MB.")),
    "not_a_date": (422, gettext_lazy("A date cannot be read.")),
    "invalid_values": (422, gettext_lazy("A value does not fit its field.")),
    "no_such_field": (422, gettext_lazy("The table has no such field.")),
    "wrong_conditions": (422, gettext_lazy("Conditions are a JSON list of objects with field, op and values.")),
    "changed_since": (409, gettext_lazy("It has been changed since; say whether the newer values shall stay.")),
    "not_clear": (409, gettext_lazy("These two differ. Look at them one by one.")),
    "too_many_phones": (409, gettext_lazy("These are more numbers than a person may have.")),
    "too_many_relations": (422, gettext_lazy("These are more relations than a person may have.")),
    "too_many_tags": (422, gettext_lazy("These are too many tags at once.")),
    "tag_too_long": (422, gettext_lazy("A tag is too long.")),
    "bad_birthday": (422, gettext_lazy("The birthday cannot be read; the sentence says why.")),
    "no_email": (422, gettext_lazy("This is no e-mail address.")),
    "no_time_zone": (422, gettext_lazy("There is no such time zone.")),
    "no_group": (422, gettext_lazy("There is no such group in this address book.")),
    "no_such_person": (422, gettext_lazy("A person who is named is not there, or not yours to see.")),
    "number_not_reached": (422, gettext_lazy("The number that is written to must be in use.")),
    "unfit": (422, gettext_lazy("A value does not fit its column.")),
    "no_department": (422, gettext_lazy("There is no such department within your reach.")),
    "bad_parent": (422, gettext_lazy("The group above must be in the same address book.")),
    "below_itself": (409, gettext_lazy("A group cannot be placed below itself.")),
    "needed": (409, gettext_lazy("Something else still needs it.")),
    "nobody_named": (422, gettext_lazy("Exactly one user, department or role gets it.")),
    "not_active": (422, gettext_lazy("This person may not sign in.")),
    "no_level": (422, gettext_lazy("This cannot be allowed.")),
    "over_already": (422, gettext_lazy("This time has passed already.")),
    "granted_already": (409, gettext_lazy("They have been granted this already.")),
    "bad_number": (422, gettext_lazy("This is not a mobile number.")),
    "not_ready": (409, gettext_lazy("The request about a number is not waiting to be confirmed.")),
    "not_confirmed": (422, gettext_lazy("These are not the last four digits of the number.")),
    "idempotency_conflict": (409, gettext_lazy("This idempotency key was used for another request.")),
    **NUMBERS,
}
"""Codes of our own rules, beside those that a status alone explains (`CODES`)."""

FIELDS = {"scheduled_at": "at"}
"""Our rules name the submission's fields; these are called otherwise in a request."""


def problem(status: int, code: str = "", detail: str = "", **further: Any) -> HttpResponse:
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
    # What is repeated of the request may hold half of a surrogate pair.
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    response = HttpResponse(content, status=status, content_type=MEDIA_TYPE)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


def register(api: NinjaAPI) -> None:
    """Turn every error of the API into a problem document."""

    @api.exception_handler(Refused)
    def refused(request: HttpRequest, error: Refused) -> HttpResponse:
        field = FIELDS.get(error.field, error.field.replace("canary_", "canary."))
        errors = [{"field": field, "detail": str(error)}] if field else []
        numbers = getattr(error, "refused", None)
        return problem(error.status, error.code, str(error), errors=errors, **({"refused": numbers} if numbers else {}))

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        if all(one["loc"][0] == "path" for one in error.errors):
            # What is no id, or larger than ids become, names nothing.
            return problem(404)
        return problem(422, errors=faults(error.errors, _known))

    @api.exception_handler(OperationalError)
    def unanswered(request: HttpRequest, error: OperationalError) -> HttpResponse:
        if not took_too_long(error):
            raise error
        return problem(503, "took_too_long", gettext("This took too long and was stopped; nothing has been changed."))

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


def _known(field: str) -> list[str]:
    """The names that may stand where `field` does."""
    shape = CanaryIn if field.startswith("canary.") else Addressee if field.startswith(("to.", "to[")) else Ask
    return [*shape.model_fields, *(("after", "limit", "state") if shape is Ask else ())]


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
