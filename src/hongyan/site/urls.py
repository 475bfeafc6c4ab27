"""The addresses of the whole site."""

from __future__ import annotations

from django.urls import include, path

from hongyan.api.urls import api
from hongyan.site.health import healthz

urlpatterns = [
    path("healthz", healthz),
    path("api/", api.urls),
    path("", include("hongyan.console.urls")),
]

handler500 = "hongyan.site.errors.server_error"
