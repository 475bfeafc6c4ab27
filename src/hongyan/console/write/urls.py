"""Compose."""

from __future__ import annotations

from django.urls import path

from hongyan.console.write import views

urlpatterns = [
    path("write/", views.write, name="write"),
    path("write/preview/", views.preview, name="write_preview"),
    path("write/picker/", views.picker, name="write_picker"),
    path("write/upload/", views.upload, name="write_upload"),
    path("write/upload/<int:upload_id>/", views.upload_state, name="write_upload_state"),
    path("write/<int:draft_id>/confirm/", views.confirm, name="write_confirm"),
    path("write/<int:draft_id>/send/", views.send, name="write_send"),
]
