"""Channels and routes."""

from __future__ import annotations

from django.urls import path

from hongyan.console.carriers import views

urlpatterns = [
    path("channels/", views.channels, name="channels"),
    path("channels/new/", views.new_channel, name="new_channel"),
    path("channels/<int:channel_id>/", views.channel, name="channel"),
    path("channels/<int:channel_id>/trace/", views.trace, name="channel_trace"),
    path("channels/<int:channel_id>/test/", views.test, name="channel_test"),
    path("channels/<int:channel_id>/switch/", views.switch, name="channel_switch"),
    path("channels/<int:channel_id>/remove/", views.remove, name="channel_remove"),
    path("routes/", views.routes, name="routes"),
    path("routes/new/", views.route, name="new_route"),
    path("routes/<int:route_id>/", views.route, name="route"),
    path("routes/<int:route_id>/remove/", views.remove_route, name="route_remove"),
]
