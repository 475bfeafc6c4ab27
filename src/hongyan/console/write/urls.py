"""Compose."""

from __future__ import annotations

from django.urls import path

from hongyan.console.write import checking, picking, views

urlpatterns = [
    path("write/", views.write, name="write"),
    path("write/preview/", views.preview, name="write_preview"),
    path("write/tree/", picking.tree, name="write_tree"),
    path("write/tree/book/<int:book_id>/", picking.inside_book, name="write_book"),
    path("write/tree/group/<int:group_id>/", picking.inside_group, name="write_group"),
    path("write/tree/group/<int:group_id>/favourite/", picking.favourite, name="write_favourite"),
    path("write/picker/", picking.search, name="write_picker"),
    path("write/upload/", views.upload, name="write_upload"),
    path("write/upload/<int:upload_id>/", views.upload_state, name="write_upload_state"),
    path("write/<int:draft_id>/confirm/", checking.confirm, name="write_confirm"),
    path("write/<int:draft_id>/counted/", checking.counted, name="write_counted"),
    path("write/<int:draft_id>/send/", checking.send, name="write_send"),
    path("write/<int:draft_id>/everybody/", checking.everybody, name="write_everybody"),
    path("write/<int:draft_id>/default/", checking.put_default, name="write_default"),
    path("write/<int:draft_id>/try/", checking.try_it, name="write_try"),
]
