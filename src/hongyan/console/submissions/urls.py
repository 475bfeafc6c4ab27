"""Submissions: list, one, and what may be done with it."""

from __future__ import annotations

from django.urls import path

from hongyan.console.submissions import answers, listing, views, why

urlpatterns = [
    path("submissions/", listing.index, name="submissions"),
    path("submissions/calendar/", listing.calendar, name="submission_calendar"),
    path("submissions/<int:submission_id>/", views.detail, name="submission"),
    path("submissions/<int:submission_id>/live/", views.live, name="submission_live"),
    path("submissions/<int:submission_id>/rows/", views.rows, name="submission_rows"),
    path("submissions/<int:submission_id>/flow/", views.flow, name="submission_flow"),
    path("submissions/<int:submission_id>/verify/", views.verify, name="submission_verify"),
    path("submissions/<int:submission_id>/do/<str:verb>/", views.do, name="submission_do"),
    path("submissions/<int:submission_id>/export/", views.export, name="submission_export"),
    path("submissions/<int:submission_id>/answers/", answers.brief, name="submission_answers"),
    path("submissions/<int:submission_id>/replies/", answers.replies, name="submission_replies"),
    path("submissions/<int:submission_id>/replies/groups/", answers.regroup, name="submission_groups"),
    path("submissions/<int:submission_id>/replies/remind/", answers.remind, name="submission_remind"),
    path("submissions/<int:submission_id>/replies/export/", answers.export, name="submission_replies_export"),
    path("submissions/<int:submission_id>/why/", why.look_up, name="submission_look_up"),
    path("submissions/<int:submission_id>/why/<int:message_id>/", why.why, name="submission_why"),
]
