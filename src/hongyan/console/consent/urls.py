"""Lists, consents, what marketing must meet, and how replies are read."""

from __future__ import annotations

from django.urls import path

from hongyan.console.consent import consents, importing, lists, marketing, reading

urlpatterns = [
    path("lists/", lists.lists, name="lists"),
    path("lists/export/", lists.export, name="lists_export"),
    path("lists/files/<int:upload_id>/", importing.upload, name="list_upload"),
    path("lists/files/<int:upload_id>/errors/", importing.errors, name="list_upload_errors"),
    path("consents/", consents.consents, name="consents"),
    path("consents/export/", consents.export, name="consents_export"),
    path("numbers/", consents.find, name="find_number"),
    path("numbers/<str:token>/", consents.number, name="number"),
    path("numbers/<str:token>/proof/", consents.proof, name="proof"),
    path("marketing/", marketing.marketing, name="marketing"),
    path("mailbox/reading/", reading.reading, name="reading_rules"),
]
