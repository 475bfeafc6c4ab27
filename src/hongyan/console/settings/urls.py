"""Settings."""

from __future__ import annotations

from django.urls import path

from hongyan.console.settings import organisation, views

urlpatterns = [
    path("settings/users/", organisation.users, name="users"),
    path("settings/users/new/", organisation.user, name="new_user"),
    path("settings/users/<int:user_id>/", organisation.user, name="user"),
    path("settings/departments/", organisation.departments, name="departments"),
    path("settings/signatures/", views.signatures, name="signatures"),
    path("settings/refusals/", views.refusals, name="refusals"),
    path("settings/keys/", views.api_keys, name="api_keys"),
    path("settings/audit/", views.audit_log, name="audit"),
    path("settings/health/", views.health, name="health"),
]
