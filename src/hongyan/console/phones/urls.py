"""Virtual phones of the simulated carrier."""

from __future__ import annotations

from django.urls import path

from hongyan.console.phones import views

urlpatterns = [
    path("phones/", views.phones, name="phones"),
    path("phones/wall/", views.wall, name="phones_wall"),
    path("phones/new/", views.add, name="phone_add"),
    path("phones/crowd/", views.crowd, name="phones_crowd"),
    path("phones/<int:phone_id>/", views.phone, name="phone"),
    path("phones/<int:phone_id>/answer/", views.answer, name="phone_answer"),
    path("phones/<int:phone_id>/behaviour/", views.behave, name="phone_behave"),
    path("phones/<int:phone_id>/change/", views.change, name="phone_change"),
    path("phones/accounts/<slug:protocol>/", views.account, name="phones_account"),
    path("phones/accounts/<slug:protocol>/incident/", views.incident, name="phones_incident"),
]
