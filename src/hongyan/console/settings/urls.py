"""Settings."""

from __future__ import annotations

from django.urls import path

from hongyan.console.settings import audit, backups, departments, home, hours, retention, user_imports, users, views

urlpatterns = [
    path("settings/", home.home, name="settings"),
    path("settings/users/", users.users, name="users"),
    path("settings/users/new/", users.user, name="new_user"),
    path("settings/users/import/", user_imports.upload, name="user_import"),
    path("settings/users/import/template/", user_imports.template, name="user_import_template"),
    path("settings/users/import/<int:upload_id>/", user_imports.one_file, name="user_import_file"),
    path("settings/users/import/<int:upload_id>/errors/", user_imports.errors, name="user_import_errors"),
    path("settings/users/<int:user_id>/", users.user, name="user"),
    path("settings/users/<int:user_id>/hand-over/", users.give_over, name="hand_over"),
    path("settings/departments/", departments.departments, name="departments"),
    path("settings/departments/new/", departments.new_department, name="new_department"),
    path("settings/departments/<int:department_id>/", departments.department, name="department"),
    path("settings/signatures/", views.signatures, name="signatures"),
    path("settings/hours/", hours.hours, name="sending_hours"),
    path("settings/retention/", retention.terms, name="retention"),
    path("settings/keys/", views.api_keys, name="api_keys"),
    path("settings/audit/", audit.audit_log, name="audit"),
    path("settings/audit/export/", audit.export_audit, name="export_audit"),
    path("settings/health/", views.health, name="health"),
    path("settings/backups/", backups.change, name="backups"),
    path("settings/backups/<int:backup_id>/", backups.download, name="backup"),
]
