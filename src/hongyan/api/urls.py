"""The API for programs: `/api/v1/...`, described at `/api/v1/docs`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ninja import NinjaAPI
from ninja.renderers import JSONRenderer

from hongyan import __version__
from hongyan.api import (
    account,
    audiences,
    consents,
    customers,
    duplicates,
    grants,
    messages,
    numbers,
    people,
    persons,
    problems,
    replies,
    submissions,
    tables,
)
from hongyan.api.describing import with_problems
from hongyan.api.documentation import Documentation
from hongyan.api.keys import KeyAuth
from hongyan.api.reading import JsonParser, refuse_unknown


class Renderer(JSONRenderer):
    """Characters as they are: 王, not six signs for it."""

    json_dumps_params: Mapping[str, Any] = {"ensure_ascii": False}


class Api(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> Any:
        return with_problems(super().get_openapi_schema(**options))


api = Api(
    title="Hongyan API",
    version=__version__,
    description="Send messages, follow what becomes of them, and fetch the replies. Every call needs an API key.",
    auth=KeyAuth(),
    docs=Documentation(),
    docs_url="/v1/docs",
    openapi_url="/v1/openapi.json",
    urls_namespace="api",
    parser=JsonParser(),
    renderer=Renderer(),
)
api.add_decorator(refuse_unknown)
for noun in (
    account,
    messages,
    submissions,
    replies,
    customers,
    audiences,
    tables,
    grants,
    consents,
    numbers,
    duplicates,
    people,
    persons,
):
    api.add_router("/v1", noun.router)
problems.register(api)
