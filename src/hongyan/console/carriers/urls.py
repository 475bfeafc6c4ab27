"""Channels, routes and what decides with them."""

from __future__ import annotations

from django.urls import path

from hongyan.console.carriers import routes, tables, views

urlpatterns = [
    path("channels/", views.channels, name="channels"),
    path("channels/new/", views.new_channel, name="new_channel"),
    path("channels/<int:channel_id>/", views.channel, name="channel"),
    path("channels/<int:channel_id>/edit/", views.edit, name="channel_edit"),
    path("channels/<int:channel_id>/trace/", views.trace, name="channel_trace"),
    path("channels/<int:channel_id>/test/", views.test, name="channel_test"),
    path("channels/<int:channel_id>/habit/", views.take_up_habit, name="channel_habit"),
    path("channels/<int:channel_id>/switch/", views.switch, name="channel_switch"),
    path("channels/<int:channel_id>/remove/", views.remove, name="channel_remove"),
    path("channels/receipts/", tables.parked, name="parked_reports"),
    path("routes/", routes.routes, name="routes"),
    path("routes/new/", routes.route, name="new_route"),
    path("routes/<int:route_id>/", routes.route, name="route"),
    path("routes/<int:route_id>/remove/", routes.remove_route, name="route_remove"),
    path("routes/explain/", routes.explain, name="route_explain"),
    path("routes/ported/", tables.ported, name="ported_numbers"),
    path("routes/ported/<int:upload_id>/", tables.ported_upload, name="ported_upload"),
    path("routes/ported/<int:upload_id>/errors/", tables.ported_errors, name="ported_errors"),
    path("routes/ranges/", tables.ranges, name="number_ranges"),
    path("routes/ranges/<str:prefix>/remove/", tables.remove_range, name="number_range_remove"),
    path("routes/prices/", tables.prices, name="prices"),
    path("routes/codes/", tables.codes, name="code_rules"),
]
