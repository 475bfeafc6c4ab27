"""A program that uses the API, and what each of its errors looks like."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from hongyan.accounts import api_keys
from hongyan.accounts.models import User

A, B = "13800138000", "13900139000"


class Api:
    """A program with a key of `user`."""

    def __init__(self, user: User | None) -> None:
        self.secret = api_keys.create_key(user, user, "test")[1] if user else ""
        self.client = Client(raise_request_exception=False)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        if self.secret:
            headers["Authorization"] = f"Bearer {self.secret}"
        return self.client.generic(
            method,
            f"/api/v1/{path}",
            data=body if isinstance(body, str) else json.dumps(body or {}),
            content_type="application/json",
            headers=headers,
        )

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any = None) -> Any:
        return self.call("PUT", path, body)


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "code", "errors"} <= set(document)
    assert (document["status"], document["code"]) == (status, code)
    assert document["type"] == f"urn:hongyan:problem:{code}"
    return document
