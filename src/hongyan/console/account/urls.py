"""Sign-in, profile and language."""

from __future__ import annotations

from django.urls import path

from hongyan.console.account import views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/link/<str:token>/", views.sign_in_link, name="sign_in_link"),
    path("sign-in/code/", views.second_step, name="second_step"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("language/", views.language, name="language"),
    path("profile/", views.profile, name="profile"),
    path("profile/password/", views.password, name="password"),
    path("profile/two-step/", views.two_step_page, name="two_step"),
]
