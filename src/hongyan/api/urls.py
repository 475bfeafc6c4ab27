"""The API for programs: `/api/v1/...`, described at `/api/v1/docs`."""

from __future__ import annotations

from ninja import NinjaAPI

from hongyan import __version__
from hongyan.api import account, messages, problems, replies, submissions
from hongyan.api.documentation import Documentation
from hongyan.api.keys import KeyAuth

api = NinjaAPI(
    title="Hongyan API",
    version=__version__,
    description="Send messages, follow what becomes of them, and fetch the replies. Every call needs an API key.",
    auth=KeyAuth(),
    docs=Documentation(),
    docs_url="/v1/docs",
    openapi_url="/v1/openapi.json",
    urls_namespace="api",
)
for noun in (account, messages, submissions, replies):
    api.add_router("/v1", noun.router)
problems.register(api)
