"""The OpenAPI document says of every endpoint all that it may answer with: each status, and the codes that explain it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from hongyan.api.problems import CODES, MEDIA_TYPE, NUMBERS, RULES
from hongyan.api.shapes import Problem

ALWAYS = (400, 401, 403, 429, 500, 503)
"""Any request may end so, whatever it asks for."""
STEERING = ("wrong_state", "not_allowed")
OF_NOUN: dict[str, tuple[str, ...]] = {
    "customers": (
        "facts_missing", "no_type", "no_source", "no_post", "no_salesperson", "code_taken", "number_twice", "changed_meanwhile", "too_many_people",
        "too_long", *NUMBERS,
    ),
    "orders": ("no_product", "no_state", "wrong_person", "line_out_of_range", "number_taken", "no_lines"),
    "products": ("product_incomplete", "sku_taken", "no_name", "name_taken", "too_deep"),
    "audiences": (
        "no_conditions", "bad_conditions", "empty_group", "gone", "circle", "no_name", "name_taken", "took_too_long",
        "unusable", "name_too_long", "takes_too_long", "too_many",
    ),
    "tables": ("invalid_values", "no_such_field", "wrong_conditions", "changed_meanwhile", "needed"),
    "people": (
        "changed_since", "number_taken", "number_twice", "number_not_reached", "too_many_phones", "too_many_relations",
        "no_such_person", "too_many_tags", "tag_too_long", "bad_birthday", "no_email", "no_time_zone", "no_group",
        "unfit", "unknown_choice", "too_long", *NUMBERS,
    ),
    "address-books": ("no_department",),
    "groups": ("name_taken", "bad_parent", "below_itself"),
    "people-grants": ("nobody_named", "not_active", "no_level", "over_already", "granted_already"),
    "consents": ("no_evidence", "unknown_topic", "file_too_large", "not_a_date", *NUMBERS),
    "opt-outs": ("unknown_topic", "not_a_date", *NUMBERS),
    "lists": ("not_a_date", *NUMBERS),
}  # fmt: skip
"""What saving a noun may be refused for, by the path's part behind the version."""


OF_MESSAGES = {"unknown_topic", *NUMBERS}
"""Of other nouns and of messages."""
OF_NOUNS = {code for codes in OF_NOUN.values() for code in codes}


def codes_of(path: str, method: str) -> dict[int, list[str]]:
    """The statuses beside the good one with their codes, as far as an endpoint can give them."""
    # Parameters that are not known are refused everywhere.
    found = {status: [CODES[status][0]] for status in (*ALWAYS, 422)}
    if "{" in path:
        found[404] = [CODES[404][0]]
    if method in ("post", "put"):
        found[413] = [CODES[413][0]]
        own = OF_NOUN.get(path.split("/")[3] if path.count("/") > 2 else "", STEERING)
        rules = {
            code: rule
            for code, rule in RULES.items()
            if code in own or (path.endswith("/messages") and (code not in OF_NOUNS or code in OF_MESSAGES))
        }
        for code, (status, _words) in rules.items():
            found.setdefault(status, []).append(code)
    return dict(sorted(found.items()))


def with_problems(document: Any) -> Any:
    """`document` with every error of every endpoint."""
    schemas = document["components"]["schemas"]
    made = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(made.pop("$defs", {}))
    schemas["Problem"] = made
    for path, methods in document["paths"].items():
        for method, facts in methods.items():
            for status, codes in codes_of(path, method).items():
                facts["responses"][status] = {
                    "description": HTTPStatus(status).phrase,
                    "content": {
                        MEDIA_TYPE: {
                            "schema": {
                                "allOf": [
                                    {"$ref": "#/components/schemas/Problem"},
                                    {"properties": {"code": {"enum": codes}, "status": {"const": status}}},
                                ]
                            }
                        }
                    },
                }
    return document
