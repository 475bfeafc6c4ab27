"""The page that explains the API, made from its OpenAPI document in the reader's language.

Nothing about an endpoint is written twice: fields, limits and examples are the schemas', the sentences are the English
message ids of the catalogue.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

from hongyan.api.problems import CODES, RULES
from hongyan.runtime.settings import settings

TAGS = {
    "messages": gettext_lazy("Messages"),
    "replies": gettext_lazy("Replies"),
    "customers": gettext_lazy("Customers"),
    "audiences": gettext_lazy("Audiences"),
    "tables": gettext_lazy("Tables"),
    "people-grants": gettext_lazy("Rights on people"),
    "account": gettext_lazy("Account"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter, or one field of a body; `depth` is how far inside other fields it stands."""

    name: str
    type: str
    words: str
    is_required: bool = False
    limits: str = ""
    place: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Endpoint:
    anchor: str
    method: str
    path: str
    title: str
    words: str
    parameters: list[Field]
    body: list[Field]
    answer: list[Field]
    status: str
    curl: str
    example: str


class Documentation(DocsBase):
    """What the API serves at /api/v1/docs."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        base = f"{request.scheme}://{request.get_host()}"
        reader = Reader(api.get_openapi_schema(path_prefix="/api/"), base)
        endpoints = reader.endpoints()
        return render(
            request,
            "api/documentation.html",
            {
                "base": base,
                "groups": [(TAGS.get(tag, tag), ones) for tag, ones in endpoints.items()],
                "codes": sorted(
                    [(status, code, str(words)) for status, (code, words) in CODES.items()]
                    + [(status, code, str(words)) for code, (status, words) in RULES.items()]
                ),
                "rate": settings().api_rate,
                "version": api.version,
                "problem": json.dumps(PROBLEM, ensure_ascii=False, indent=2),
            },
        )


PROBLEM = {
    "type": "urn:hongyan:problem:empty_text",
    "title": "Unprocessable Content",
    "status": 422,
    "detail": "…",
    "code": "empty_text",
    "errors": [{"field": "text", "detail": "…"}],
}


class Reader:
    """Reads an OpenAPI document into endpoints as a person wants to see them."""

    def __init__(self, document: Any, base: str) -> None:
        self._paths = document["paths"]
        self._schemas = document["components"]["schemas"]
        self._base = base

    def endpoints(self) -> dict[str, list[Endpoint]]:
        """Endpoints by tag, sending first."""
        found: dict[str, list[Endpoint]] = {tag: [] for tag in TAGS}
        for path, methods in self._paths.items():
            for method, facts in methods.items():
                found.setdefault(facts["tags"][0], []).append(self._endpoint(path, method.upper(), facts))
        return {tag: ones for tag, ones in found.items() if ones}

    def _endpoint(self, path: str, method: str, facts: Any) -> Endpoint:
        status, answer = next(iter(facts["responses"].items()))
        answered = answer["content"]["application/json"]["schema"]
        asked = facts.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        return Endpoint(
            anchor=facts["operationId"].removeprefix("hongyan_api_"),
            method=method,
            path=path,
            title=_words(facts["summary"]),
            words=_words(facts.get("description", "")),
            parameters=[
                Field(
                    one["name"], self._type(one["schema"]), _words(one.get("description", "")),
                    is_required=one["required"], limits=_limits(one["schema"]), place=one["in"],
                )
                for one in facts.get("parameters", ())
            ],
            body=list(self._fields(asked)) if asked else [],
            answer=list(self._fields(answered)),
            status=str(status),
            curl=self._curl(path, method, asked),
            example=json.dumps(self._example(answered), ensure_ascii=False, indent=2),
        )  # fmt: skip

    def _curl(self, path: str, method: str, asked: Any) -> str:
        address = re.sub(r"\{\w+\}", "12", path.replace("{message_id}", "2611000000000012"))
        lines = [f"curl {f'-X {method} ' if method != 'GET' else ''}{self._base}{address}"]
        lines.append('  -H "Authorization: Bearer $HONGYAN_KEY"')
        if asked:
            lines.append('  -H "Content-Type: application/json"')
            lines.append(f"  -d '{json.dumps(self._example(asked), ensure_ascii=False)}'")
        return " \\\n".join(lines)

    def _resolve(self, schema: Any) -> Any:
        """The schema itself where it only points to another or wraps one that may be null."""
        while True:
            if "$ref" in schema:
                schema = self._schemas[schema["$ref"].rsplit("/", 1)[1]]
            elif len(schema.get("allOf", ())) == 1:
                schema = schema["allOf"][0]
            else:
                return schema

    def _options(self, schema: Any) -> list[Any]:
        resolved = self._resolve(schema)
        return [
            one for part in resolved.get("anyOf") or resolved.get("oneOf") or [resolved] for one in self._plain(part)
        ]

    def _plain(self, part: Any) -> list[Any]:
        found = self._resolve(part)
        return self._options(found) if "anyOf" in found or "oneOf" in found else [found]

    def _type(self, schema: Any) -> str:
        names = []
        for one in self._options(schema):
            if "enum" in one:
                names.append(" | ".join(str(value) for value in one["enum"]))
            elif one.get("type") == "array":
                names.append(gettext("list of %(type)s") % {"type": self._type(one["items"])})
            elif one.get("type") == "object":
                names.append(gettext("object"))
            else:
                names.append(str(_TYPES.get(one.get("format") or one.get("type", ""), one.get("type", ""))))
        return gettext(" or ").join(dict.fromkeys(names))

    def _fields(self, schema: Any, depth: int = 0) -> list[Field]:
        """The fields of an object, those of objects inside it after theirs."""
        found: list[Field] = []
        resolved = self._resolve(schema)
        for name, one in resolved.get("properties", {}).items():
            found.append(
                Field(
                    name, self._type(one), _words(one.get("description", "")),
                    is_required=name in resolved.get("required", ()) and "default" not in one,
                    limits=_limits(one), depth=depth,
                )
            )  # fmt: skip
            inner = next((part for part in self._inside(one) if part.get("properties")), None)
            if inner is not None:
                found += self._fields(inner, depth + 1)
        return found

    def _inside(self, schema: Any) -> list[Any]:
        parts = self._options(schema)
        return parts + [part for one in parts if one.get("type") == "array" for part in self._options(one["items"])]

    def _example(self, schema: Any) -> Any:
        """A value that the schema allows; its own example where it names one."""
        if "examples" in schema:
            return schema["examples"][0]
        resolved = self._options(schema)[0]
        if "examples" in resolved:
            return resolved["examples"][0]
        if "enum" in resolved:
            return schema.get("default", resolved["enum"][0])
        match resolved.get("type"):
            case "object":
                return {
                    name: self._example(one)
                    for name, one in resolved.get("properties", {}).items()
                    # What may be left out is left out, unless it shows something.
                    if "default" not in one and (name in resolved.get("required", ()) or "examples" in one)
                }
            case "array":
                return [self._example(resolved["items"])]
            case "integer":
                return 12
            case "number":
                return 0.1
            case "boolean":
                return True
        return "2026-12-01T09:00:00+08:00" if resolved.get("format") == "date-time" else "…"


_TYPES = {
    "string": gettext_lazy("string"),
    "integer": gettext_lazy("whole number"),
    "number": gettext_lazy("decimal number"),
    "boolean": gettext_lazy("yes or no"),
    "date-time": gettext_lazy("time (RFC 3339)"),
    "null": "null",
}


def _words(sentence: str) -> str:
    return gettext(sentence) if sentence else ""


def _limits(schema: Any) -> str:
    """Length, range and default, as far as they say something."""
    said = []
    if "maxLength" in schema:
        said.append(gettext("at most %(n)s characters") % {"n": f"{schema['maxLength']:,}"})
    if schema.get("maximum", 2**63) < 2**53:
        said.append(gettext("%(least)s to %(most)s") % {"least": schema.get("minimum", 0), "most": schema["maximum"]})
    if schema.get("default") not in (None, "", {}):
        said.append(gettext("%(value)s if left out") % {"value": schema["default"]})
    return gettext("; ").join(said)
