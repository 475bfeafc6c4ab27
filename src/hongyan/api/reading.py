"""How the API reads what programs write: JSON as it stands, each fault with the field's own name and one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta, timezone
from difflib import get_close_matches
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from hongyan.inputs import Unreadable, is_storable, read_moment

_NO_ZONE = timezone(timedelta(0), "none")


class Twice(ValueError):
    """One name stands twice in an object, so one of its values would be lost."""


class JsonParser(Parser):
    """Strict where leniency would lose something: names said twice, and what only Python calls JSON (NaN)."""

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            return json.loads(request.body, object_pairs_hook=_once, parse_constant=_no_constant)
        except Twice as error:
            raise HttpError(400, _("The field “%(name)s” appears twice in one object.") % {"name": error}) from error
        except json.JSONDecodeError as error:
            place = {"line": error.lineno, "column": error.colno}
            raise HttpError(400, _("The body is not valid JSON: line %(line)d, column %(column)d.") % place) from error
        except (ValueError, RecursionError) as error:
            raise HttpError(400, _("The body is not valid JSON.")) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _value in pairs]
        raise Twice(next(name for name in names if names.count(name) > 1))
    return made


def _no_constant(name: str) -> None:
    raise ValueError(name)


def storable(text: str) -> str:
    """For fields of text: neither U+0000 nor half of a surrogate pair."""
    if not is_storable(text):
        raise ValueError("not_storable")
    return text


def in_words(value: Any) -> Any:
    """A whole number where a text is expected is meant as its digits."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def moment(value: Any) -> Any:
    """RFC 3339 with its zone; a bare number might be seconds or milliseconds, so it is none."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("no_moment")
    try:
        at = read_moment(value, _NO_ZONE)
    except Unreadable:
        raise ValueError("no_moment") from None
    if at.tzinfo is _NO_ZONE:
        raise ValueError("no_zone")
    return at


_NUMBER = gettext_lazy("A number is expected here.")
_WHOLE = gettext_lazy("A whole number is expected here.")
_TEXT = gettext_lazy("A text is expected here.")
_OBJECT = gettext_lazy("An object is expected here.")
_RECIPIENT = gettext_lazy("A number, or an object with a number and its variables, is expected here.")
SENTENCES: dict[str, str | Promise] = {
    "missing": gettext_lazy("This field is missing."),
    "extra_forbidden": gettext_lazy("There is no such field."),
    "no_such_parameter": gettext_lazy("There is no such parameter."),
    "said_twice": gettext_lazy("This parameter may appear only once."),
    "string_type": _TEXT,
    "string_too_short": gettext_lazy("At least %(min_length)d characters."),
    "too_short": gettext_lazy("At least %(min_length)d entries."),
    "string_too_long": gettext_lazy("At most %(max_length)d characters."),
    "not_storable": gettext_lazy("It contains a character that cannot be stored: U+0000, or half of an emoji."),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "greater_than_equal": gettext_lazy("At least %(ge)s."),
    "less_than_equal": gettext_lazy("At most %(le)s."),
    "enum": gettext_lazy("One of these is expected: %(expected)s."),
    "no_moment": gettext_lazy("A time as 2026-12-01T09:00:00+08:00 is expected here."),
    "no_zone": gettext_lazy("The time needs its zone, as in 2026-12-01T09:00:00+08:00."),
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "too_long": gettext_lazy("At most %(max_length)d entries."),
    "union_tag_not_found": _RECIPIENT,
    "union_tag_invalid": _RECIPIENT,
}
"""Faults by pydantic's names and ours."""
_UNKNOWN = ("extra_forbidden", "no_such_parameter")


def faults(errors: list[dict[str, Any]], known: Callable[[str], list[str]]) -> list[dict[str, str]]:
    """Each fault once, with the field as the caller wrote it; `known(field)` are the names that might have been meant."""
    found = []
    for one in errors:
        field = name_of(one["loc"])
        facts = one.get("ctx") or {}
        kind = facts.get("error") if one["type"] == "value_error" else one["type"]
        sentence = str(SENTENCES.get(str(kind), _("This value is not understood.")))
        sentence = sentence % facts if "%(" in sentence else sentence
        if one["type"] in _UNKNOWN and (meant := meant_by(str(one["loc"][-1]), known(field))):
            sentence += " " + _("Is “%(name)s” meant?") % {"name": meant}
        found.append({"field": field, "detail": sentence})
    return found


SYNONYMS = {
    "at": "scheduled_at schedule send_at sendat send_time sendtime time when delay",
    "text": "message content body msg sms template",
    "to": "phone phones mobile mobiles recipient recipients number numbers",
    "number": "to phone mobile msisdn recipient",
    "variables": "params parameters data vars values fields",
    "signature": "sign sign_name signname",
    "category": "type kind",
    "title": "name subject",
    "validity_minutes": "ttl validity expires",
    "canary": "trial",
    "after": "page offset cursor since",
    "limit": "per_page page_size size count",
    "state": "status",
}
"""What other services call it."""


def meant_by(name: str, known: list[str]) -> str:
    """The known name that `name` is probably a slip or another service's word for; "" where none is near."""
    plain = name.lower().replace("-", "_")
    synonym = next((one for one in known if plain in SYNONYMS.get(one, "").split()), "")
    return synonym or next(iter(get_close_matches(plain, known, n=1, cutoff=0.6)), "")


def name_of(place: tuple[str | int, ...]) -> str:
    """("body", "body", "to", "~list", 0) as "to[0]"; header and query parameters keep their name alone."""
    parts = list(place)
    if parts and parts[0] in {"body", "query", "path", "header"}:
        parts = parts[2:] if parts[0] == "body" and len(parts) > 1 else parts[1:]
    name = ""
    for part in parts:
        if isinstance(part, int):
            name += f"[{part}]"
        elif not part.startswith(("~", "[")):
            name += f".{part}" if name else part
    return name.encode("utf-8", "replace").decode() or "body"


def refuse_unknown(view: Callable[..., Any]) -> Callable[..., Any]:
    """For every endpoint: a parameter that it does not know would be thrown away, and the answer be another one."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        errors = [
            {"loc": ("query", name), "type": "said_twice" if name in kwargs else "no_such_parameter"}
            for name, values in request.GET.lists()
            if name not in kwargs or len(values) > 1
        ]
        if errors:
            raise ValidationError(cast(Any, errors))
        return view(request, *args, **kwargs)

    return checked
