"""Requests of people about what is known of them."""

from __future__ import annotations

from django.urls import path

from hongyan.console.privacy import views

urlpatterns = [
    path("people/requests/", views.index, name="person_requests"),
    path("people/requests/<int:request_id>/", views.detail, name="person_request"),
    path("people/requests/<int:request_id>/file/", views.file, name="person_file"),
]
