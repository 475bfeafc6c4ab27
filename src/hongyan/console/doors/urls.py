"""Customers' doors."""

from __future__ import annotations

from django.urls import path

from hongyan.console.doors import views

urlpatterns = [
    path("doors/", views.doors, name="doors"),
    path("doors/new/", views.new_door, name="new_door"),
    path("doors/<int:door_id>/", views.door, name="door"),
    path("doors/<int:door_id>/edit/", views.edit, name="door_edit"),
    path("doors/<int:door_id>/trace/", views.trace, name="door_trace"),
    path("doors/<int:door_id>/switch/", views.switch, name="door_switch"),
    path("doors/<int:door_id>/remove/", views.remove, name="door_remove"),
]
