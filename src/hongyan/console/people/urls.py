"""Address books, contacts, imports, recipient lists."""

from __future__ import annotations

from django.urls import path

from hongyan.console.people import (
    birthdays,
    cards,
    columns,
    duplicates,
    editing,
    imports,
    numbers,
    person,
    rights,
    views,
)

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/new/", editing.edit, name="new_contact"),
    path("people/<int:contact_id>/", person.person, name="contact"),
    path("people/<int:contact_id>/edit/", editing.edit, name="edit_contact"),
    path("people/<int:contact_id>/main/", person.make_main, name="contact_main_number"),
    path("people/related/", editing.find_related, name="find_related"),
    path("people/act/", views.act, name="people_act"),
    path("people/groups/act/", views.act_group, name="people_group_act"),
    path("people/birthdays/", birthdays.birthdays, name="birthdays"),
    path("people/columns/", columns.columns, name="people_columns"),
    path("people/columns/<int:field_id>/", columns.column, name="people_column"),
    path("people/columns/way/", columns.way, name="people_column_way"),
    path("people/export/", views.export, name="people_export"),
    path("people/export/cards/", cards.export, name="people_cards"),
    path("people/books/", views.book, name="new_book"),
    path("people/books/<int:book_id>/groups/", views.book_groups, name="book_groups"),
    path("people/books/<int:book_id>/rights/", rights.book_rights, name="book_rights"),
    path("people/groups/<int:group_id>/rights/", rights.group_rights, name="group_rights"),
    path("people/import/", imports.upload, name="import"),
    path("people/import/template/", imports.template, name="import_template"),
    path("people/import/<int:upload_id>/", imports.mapping, name="import_mapping"),
    path("people/import/<int:upload_id>/errors/", imports.errors, name="upload_errors"),
    path("people/numbers/", numbers.numbers, name="numbers"),
    path("people/<int:contact_id>/right/", numbers.right, name="number_right"),
    path("people/duplicates/", duplicates.duplicates, name="duplicates"),
    path("people/duplicates/<int:pair_id>/", duplicates.pair, name="pair"),
    path("people/duplicates/merged/<int:merge_id>/", duplicates.merged, name="merge_done"),
    path("people/lists/", views.lists, name="recipient_lists"),
]
