"""Sign-in, profile and language."""

from __future__ import annotations

from django.urls import path

from hongyan.console.account import invitation, profile, views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/link/<str:token>/", views.sign_in_link, name="sign_in_link"),
    path("i/<str:token>/", invitation.invitation, name="invitation"),
    path("sign-in/code/", views.second_step, name="second_step"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("language/", views.language, name="language"),
    path("profile/", profile.profile, name="profile"),
    path("profile/password/", profile.password, name="password"),
    path("profile/sessions/", profile.end_session, name="end_session"),
    path("profile/two-step/", profile.two_step_page, name="two_step"),
]
