"""The first page."""

from __future__ import annotations

from django.urls import path

from hongyan.console.overview import views

urlpatterns = [path("", views.overview, name="overview")]
