"""`GET /healthz`: whether each part lives, as JSON; 503 when one that is needed does not."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse

from hongyan import __version__
from hongyan.console.access import open_to_all
from hongyan.reports.health import parts


@open_to_all
def healthz(_request: HttpRequest) -> JsonResponse:
    found = parts()
    is_well = all(part.get("state") == "up" for part in found.values())
    return JsonResponse(
        {"status": "ok" if is_well else "degraded", "version": __version__, "parts": found},
        status=200 if is_well else 503,
    )
