"""The page that explains the API says all that the OpenAPI document says, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from hongyan.api.problems import CODES, RULES
from hongyan.api.urls import api
from hongyan.dispatch.numbers import Reason
from tests.api.reaching import codes_of, endpoints

pytestmark = pytest.mark.django_db


def document() -> Any:
    return api.get_openapi_schema(path_prefix="/api/")


def sentences(part: Any) -> Iterator[str]:
    """Every summary and description of ours; those of a response or a schema as a whole are not shown."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name in ("summary", "description") and isinstance(value, str):
                yield value
            elif name not in ("responses",):
                yield from sentences(value)
    elif isinstance(part, list):
        for value in part:
            yield from sentences(value)


def test_every_endpoint_and_field_is_explained_in_each_language() -> None:
    found = set(sentences(document()["paths"]))
    for schema in document()["components"]["schemas"].values():
        found |= set(sentences(schema.get("properties", {})))
    assert len(found) > 30
    for language in ("zh-hans", "zh-hant"):
        with translation.override(language):
            assert [one for one in found if translation.gettext(one) == one] == [], language


@pytest.mark.parametrize(
    ("language", "words"), [("zh-hans", "快速入门"), ("zh-hant", "快速入門"), ("en", "Getting started")]
)
def test_the_page_names_every_path_and_field(language: str, words: str) -> None:
    client = Client()
    client.cookies["django_language"] = language
    page = client.get("/api/v1/docs").content.decode()
    assert words in page
    for path, methods in document()["paths"].items():
        assert path in page
        for facts in methods.values():
            assert f'id="{facts["operationId"].removeprefix("hongyan_api_")}"' in page
    for schema in ("Ask", "Addressee", "Asked", "Refused", "SubmissionOut", "MessageOut", "ReplyOut"):
        for name in document()["components"]["schemas"][schema]["properties"]:
            assert f"<code>{name}</code>" in page, (schema, name)
    assert "Retry-After" in page


def test_every_code_that_an_endpoint_may_answer_with_is_listed_and_no_other() -> None:
    may_come = codes_of(endpoints())
    # One place alone tells a code that is no plain text: the reason why a number is none.
    assert "?" in may_come
    may_come = may_come - {"?"} | set(Reason)
    assert may_come - {code for code, _words in CODES.values()} == set(RULES)


def test_codes_are_found_behind_verbs_classes_and_other_rooms() -> None:
    assert codes_of([("hongyan.api.messages", "_read")]) >= {"no_valid_number", "recipient_count"}
    assert codes_of([("hongyan.accounts.users", "set_password")]) >= {"weak_password", "own_account", "not_allowed"}
    assert "changed_since" in codes_of([("hongyan.messaging.drafts", "send")])
    assert "?" in codes_of([("hongyan.uploads.receiving", "receive")])


def test_the_example_of_sending_is_a_request_that_the_api_takes() -> None:
    from hongyan.api.documentation import Reader
    from hongyan.api.shapes import Ask

    reader = Reader(document(), "http://localhost")
    example = reader._example({"$ref": "#/components/schemas/Ask"})
    assert Ask(**example).addressees


def test_the_description_is_complete_and_needs_no_other_host() -> None:
    page = Client().get("/api/v1/docs")
    assert page.status_code == 200
    assert b"cdn." not in page.content
    schema = Client().get("/api/v1/openapi.json").json()
    assert "/api/v1/messages" in schema["paths"]
