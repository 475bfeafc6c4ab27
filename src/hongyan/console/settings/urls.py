"""Settings."""

from __future__ import annotations

from django.urls import path

from hongyan.console.settings import audit, departments, hours, users, views

urlpatterns = [
    path("settings/users/", users.users, name="users"),
    path("settings/users/new/", users.user, name="new_user"),
    path("settings/users/<int:user_id>/", users.user, name="user"),
    path("settings/departments/", departments.departments, name="departments"),
    path("settings/departments/<int:department_id>/", departments.department, name="department"),
    path("settings/signatures/", views.signatures, name="signatures"),
    path("settings/hours/", hours.hours, name="sending_hours"),
    path("settings/refusals/", views.refusals, name="refusals"),
    path("settings/keys/", views.api_keys, name="api_keys"),
    path("settings/audit/", audit.audit_log, name="audit"),
    path("settings/audit/export/", audit.export_audit, name="export_audit"),
    path("settings/health/", views.health, name="health"),
]
