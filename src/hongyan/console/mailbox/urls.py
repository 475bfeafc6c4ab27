"""The mailbox: replies, and what was sent or failed."""

from __future__ import annotations

from django.urls import path

from hongyan.console.mailbox import inbox, views

urlpatterns = [
    path("mailbox/", inbox.inbox, name="mailbox"),
    path("mailbox/unread/", inbox.unread, name="mailbox_unread"),
    path("mailbox/act/", inbox.act, name="mailbox_act"),
    path("mailbox/export/", inbox.export, name="mailbox_export"),
    path("mailbox/sent/", views.sent, name="mailbox_sent"),
    path("mailbox/sent/export/", views.export_sent, name="mailbox_sent_export"),
    path("mailbox/sent/act/", views.act_sent, name="mailbox_sent_act"),
    path("mailbox/<int:reply_id>/", inbox.conversation, name="reply"),
    path("mailbox/<int:reply_id>/answer/", inbox.answer, name="reply_answer"),
    path("mailbox/<int:reply_id>/refusal/", inbox.refusal, name="reply_refusal"),
    path("mailbox/<int:reply_id>/assign/", inbox.assign, name="reply_assign"),
    path("mailbox/<int:reply_id>/note/", inbox.note, name="reply_note"),
    path("mailbox/<int:reply_id>/claim/", inbox.claim, name="reply_claim"),
]
