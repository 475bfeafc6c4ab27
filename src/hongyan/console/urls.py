"""All pages, in one namespace; each area has its own file."""

from __future__ import annotations

from importlib import import_module

from django.urls import path

from hongyan.console import columns, filters, preferences
from hongyan.console.search import search

AREAS = (
    "account",
    "overview",
    "write",
    "submissions",
    "mailbox",
    "people",
    "customers",
    "audiences",
    "tables",
    "consent",
    "privacy",
    "exports",
    "library",
    "carriers",
    "doors",
    "phones",
    "settings",
)

app_name = "console"
urlpatterns = [
    path("filters/", filters.save, name="filter_save"),
    path("filters/<int:filter_id>/remove/", filters.remove, name="filter_remove"),
    path("search/", search, name="search"),
    path("pins/", preferences.pin, name="pin"),
    path("rows/", preferences.rows, name="rows"),
    path("columns/", columns.choose, name="columns"),
    *(pattern for area in AREAS for pattern in import_module(f"hongyan.console.{area}.urls").urlpatterns),
]
