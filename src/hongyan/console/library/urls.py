"""URLs of this area, included in `console/urls.py`."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
