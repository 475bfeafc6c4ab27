"""Whatever stands in whatever field of whatever endpoint: an answer that the OpenAPI document names, never a crash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hongyan.api.urls import api
from hongyan.messaging.models import Submission
from tests.api.program import A, Api
from tests.builders import Company

pytestmark = pytest.mark.django_db

DEEP: Any = []
for _depth in range(200):
    DEEP = [DEEP]
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 2**63, 10**400, 1.5, 1e308, "", " ", "²", "٣", "a\x00b", "\ud83d", "😀" * 30, "x" * 20_000, "%", "{", "{}",
    "{a:last99999999999}", "9" * 5000, "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "2026-02-30T00:00:00Z", [],
    [None], [[]], {}, {"a": 1}, {"\ud83d": "\ud83d"}, {"": ""}, DEEP, ["1"] * 20_000,
)  # fmt: skip
BODY = {"to": A, "text": "您好"}


def document() -> Any:
    return api.get_openapi_schema(path_prefix="")


def endpoints() -> Iterator[tuple[str, str, Any]]:
    for path, methods in document()["paths"].items():
        for method, facts in methods.items():
            yield path.removeprefix("/v1/"), method, facts


def check(answer: Any, facts: Any, place: Any) -> None:
    """The status and the code stand in the document."""
    assert answer.status_code < 500, place
    described = facts["responses"].get(answer.status_code)
    assert described is not None, (place, answer.status_code)
    if answer.status_code >= 400:
        codes = described["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"]["enum"]
        assert answer.json()["code"] in codes, (place, answer.json())


def fields(schema: Any, schemas: Any) -> Iterator[tuple[str, ...]]:
    """Paths of all fields of a body."""
    schema = schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    for name, one in schema.get("properties", {}).items():
        yield (name,)
        parts = one.get("anyOf") or one.get("oneOf") or [one]
        for part in parts:
            if "$ref" in part:
                for below in fields(part, schemas):
                    yield (name, *below)


def test_every_value_in_every_field_of_a_body(company: Company) -> None:
    program = Api(company.sender)
    schemas, tried = document()["components"]["schemas"], 0
    for path, method, facts in endpoints():
        if "requestBody" not in facts:
            continue
        for place in {*fields(facts["requestBody"]["content"]["application/json"]["schema"], schemas), ("nothing",)}:
            for value in VALUES:
                body: dict[str, Any] = json.loads(json.dumps(BODY))
                at = body
                for name in place[:-1]:
                    at[name] = {"number": A} if name == "to" else {}
                    at = at[name]
                at[place[-1]] = value
                check(program.call(method.upper(), path, body), facts, (path, place, repr(value)[:40]))
                tried += 1
    assert tried > 400


def test_every_value_in_every_parameter_and_path(company: Company) -> None:
    program = Api(company.sender)
    for path, method, facts in endpoints():
        for value in (
            "²",
            "-1",
            "9" * 5000,
            str(2**63),
            "1e3",
            "%00",
            "%FF",
            "%ED%A0%BD",
            "0",
            "x" * 3000,
            "",
            "null",
            "1&after=2",
        ):
            filled = "/".join(value if part.startswith("{") else part for part in path.split("/"))
            answer = program.call(method.upper(), filled, BODY)
            # A path that is no path of ours is nobody's endpoint.
            assert answer.status_code < 500, filled[:80]
            for one in facts.get("parameters", ()):
                if one["in"] == "query":
                    check(
                        program.call(method.upper(), f"{path}?{one['name']}={value}"),
                        facts,
                        (path, one["name"], value[:40]),
                    )


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"\xff\xfe", "application/json"), (b"", "application/json"), (b"{}", "text/plain"), (b"a=b", "application/x-www-form-urlencoded"),
     (b"--x\r\n", "multipart/form-data; boundary=x"), (b"{}", "application/json; charset=gbk"), (b"{}", "application/json; charset=rot13"),
     ("﻿{}".encode(), "application/json"), ("{}".encode("utf-16"), "application/json"), (b"{" * 50_000, "application/json")],
)  # fmt: skip
def test_a_body_of_any_shape(company: Company, body: bytes, content_type: str) -> None:
    program = Api(company.sender)
    for path, method, _facts in endpoints():
        answer = program.client.generic(
            method.upper(), f"/api/v1/{path.replace('{submission_id}', '1').replace('{message_id}', '1')}", body, content_type,
            headers={"Authorization": f"Bearer {program.secret}", "Idempotency-Key": "a\x00\ud83d".encode("utf-8", "replace").decode("latin-1")},
        )  # fmt: skip
        assert answer.status_code < 500, path
    assert Submission.objects.count() == 0
