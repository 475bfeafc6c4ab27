"""Audiences: list, builder, one audience, what is drawn from it."""

from __future__ import annotations

from django.urls import path

from hongyan.console.audiences import building, rights, views

urlpatterns = [
    path("people/audiences/", views.audiences, name="audiences"),
    path("people/audiences/new/", building.edit, name="new_audience"),
    path("people/audiences/conditions/", building.conditions_part, name="audience_conditions"),
    path("people/audiences/count/", building.count, name="audience_count"),
    path("people/audiences/sample/", building.sample, name="audience_sample"),
    path("people/audiences/<int:audience_id>/", views.audience, name="audience"),
    path("people/audiences/<int:audience_id>/edit/", building.edit, name="audience_edit"),
    path("people/audiences/<int:audience_id>/figures/", views.figures, name="audience_figures"),
    path("people/audiences/<int:audience_id>/people/", views.people, name="audience_people"),
    path("people/audiences/<int:audience_id>/export/", views.export, name="audience_export"),
    path("people/audiences/<int:audience_id>/rights/", rights.rights, name="audience_rights"),
    path("people/audiences/<int:audience_id>/act/", views.act, name="audience_act"),
]
