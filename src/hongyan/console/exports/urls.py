"""Lists that are written for taking away."""

from __future__ import annotations

from django.urls import path

from hongyan.console.exports import views

urlpatterns = [
    path("exports/", views.exports, name="exports"),
    path("exports/discard/", views.discard, name="export_discard"),
    path("exports/<int:export_id>/", views.fetch, name="export_fetch"),
]
