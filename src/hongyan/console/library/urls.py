"""Phrases."""

from __future__ import annotations

from django.urls import path

from hongyan.console.library import views

urlpatterns = [
    path("phrases/", views.phrases, name="phrases"),
    path("phrases/new/", views.phrase, name="new_phrase"),
    path("phrases/<int:phrase_id>/", views.phrase, name="phrase"),
    path("phrases/<int:phrase_id>/remove/", views.remove, name="phrase_remove"),
]
