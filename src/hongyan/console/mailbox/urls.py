"""The mailbox: replies, and what was sent or failed."""

from __future__ import annotations

from django.urls import path

from hongyan.console.mailbox import views

urlpatterns = [
    path("mailbox/", views.inbox, name="mailbox"),
    path("mailbox/unread/", views.unread, name="mailbox_unread"),
    path("mailbox/act/", views.act, name="mailbox_act"),
    path("mailbox/export/", views.export, name="mailbox_export"),
    path("mailbox/sent/", views.sent, name="mailbox_sent"),
    path("mailbox/sent/export/", views.export_sent, name="mailbox_sent_export"),
    path("mailbox/sent/act/", views.act_sent, name="mailbox_sent_act"),
    path("mailbox/<int:reply_id>/", views.conversation, name="reply"),
    path("mailbox/<int:reply_id>/answer/", views.answer, name="reply_answer"),
]
