"""Virtual phones of the simulated carrier."""

from __future__ import annotations

from django.urls import path

from hongyan.console.phones import views

urlpatterns = [
    path("phones/", views.phones, name="phones"),
    path("phones/wall/", views.wall, name="phones_wall"),
    path("phones/answer/", views.answer, name="phones_answer"),
    path("phones/change/", views.change, name="phones_change"),
    path("phones/crowd/", views.crowd, name="phones_crowd"),
    path("phones/account/", views.account, name="phones_account"),
]
