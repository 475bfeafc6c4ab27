"""Tables of people's own: list, rows, fields, rights, imports."""

from __future__ import annotations

from django.urls import path

from hongyan.console.tables import defining, imports, rows, views

urlpatterns = [
    path("people/tables/", views.tables, name="tables"),
    path("people/tables/new/", views.new, name="new_table"),
    path("people/tables/<int:table_id>/", rows.table, name="table"),
    path("people/tables/<int:table_id>/export/", rows.export, name="table_export"),
    path("people/tables/<int:table_id>/columns/", rows.columns, name="table_columns"),
    path("people/tables/<int:table_id>/act/", rows.act, name="table_act"),
    path("people/tables/<int:table_id>/rows/new/", rows.row, name="new_table_row"),
    path("people/tables/<int:table_id>/rows/<int:row_id>/", rows.row, name="table_row"),
    path("people/tables/<int:table_id>/suggest/<int:field_id>/", rows.suggest, name="table_suggest"),
    path("people/tables/<int:table_id>/fields/", defining.fields, name="table_fields"),
    path("people/tables/<int:table_id>/fields/new/", defining.field, name="new_table_field"),
    path("people/tables/<int:table_id>/fields/<int:field_id>/", defining.field, name="table_field"),
    path("people/tables/<int:table_id>/settings/", views.settings, name="table_settings"),
    path("people/tables/<int:table_id>/rights/", views.rights, name="table_rights"),
    path("people/tables/<int:table_id>/import/", imports.upload, name="table_import"),
    path("people/tables/uploads/<int:upload_id>/", imports.mapping, name="table_upload"),
    path("people/tables/uploads/<int:upload_id>/errors/", imports.errors, name="table_upload_errors"),
    path("people/tables/<int:table_id>/imports/<int:filling_id>/undo/", imports.undo, name="table_undo"),
]
