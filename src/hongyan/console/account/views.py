"""Signing in and out, and one's own settings."""

from __future__ import annotations

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts import audit, sign_in_links, two_step
from hongyan.accounts.errors import AccountsError
from hongyan.accounts.models import User
from hongyan.accounts.users import create_first_administrator
from hongyan.console.access import me, open_to_all
from hongyan.console.account.forms import CodeForm, FirstAdministratorForm, PasswordForm, ProfileForm, SignInForm

BACKEND = "django.contrib.auth.backends.ModelBackend"


def _next(request: HttpRequest) -> str:
    """Where to go after signing in: only an address of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else settings.LOGIN_REDIRECT_URL


def _enter(request: HttpRequest, user: User) -> None:
    login(request, user, backend=BACKEND)
    audit.record(user, "user.signed_in", user, address=request.META.get("REMOTE_ADDR"))


@open_to_all
def sign_in(request: HttpRequest) -> HttpResponseBase:
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    if not User.objects.exists():
        return _first_administrator(request)
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = authenticate(request, **form.cleaned_data)
        if isinstance(user, User):
            if two_step.is_on(user):
                request.session["second_step"] = {"user": user.pk, "next": _next(request)}
                return redirect("console:second_step")
            _enter(request, user)
            return redirect(_next(request))
        form.add_error(None, _("The sign-in name or the password is wrong."))
    return render(request, "console/account/sign_in.html", {"form": form, "next": _next(request)})


def _first_administrator(request: HttpRequest) -> HttpResponseBase:
    form = FirstAdministratorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = create_first_administrator(**form.cleaned_data)
        except AccountsError as error:
            form.add_error(None, str(error))
        else:
            _enter(request, user)
            return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "console/account/first_administrator.html", {"form": form})


@open_to_all
def sign_in_link(request: HttpRequest, token: str) -> HttpResponseBase:
    user = sign_in_links.redeem(token)
    if user is None:
        messages.error(request, _("This sign-in link has been used or is too old."))
        return redirect("console:sign_in")
    _enter(request, user)
    return redirect(settings.LOGIN_REDIRECT_URL)


@open_to_all
def second_step(request: HttpRequest) -> HttpResponseBase:
    waiting = request.session.get("second_step")
    if not waiting:
        return redirect("console:sign_in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = User.objects.filter(pk=waiting["user"], is_active=True).first()
        tries = waiting.get("tries", 0) + 1
        if user is not None and tries <= 5 and two_step.verify(user, form.cleaned_data["code"]):
            del request.session["second_step"]
            _enter(request, user)
            return redirect(waiting["next"])
        if tries >= 5:
            # Back to the password, which the lock-out counts.
            del request.session["second_step"]
            return redirect("console:sign_in")
        request.session["second_step"] = {**waiting, "tries": tries}
        form.add_error("code", _("This code is not right; codes change every 30 seconds."))
    return render(request, "console/account/second_step.html", {"form": form})


@open_to_all
@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    logout(request)
    return redirect("console:sign_in")


def locked_out(request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
    """Too many failures: says for how long."""
    return render(request, "console/account/locked_out.html", status=429)


@open_to_all
@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    code = request.POST.get("language", "")
    response = redirect(_next(request))
    if check_for_language(code):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, code, max_age=365 * 86400, samesite="Lax", secure=request.is_secure()
        )
        if request.user.is_authenticated:
            User.objects.filter(pk=me(request).pk).update(language=code)
    return response


def profile(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("console:profile")
    return render(request, "console/account/profile.html", {"form": form, "two_step_on": two_step.is_on(user)})


def password(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    form = PasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user.set_password(form.cleaned_data["new"])
        user.save(update_fields=["password"])
        update_session_auth_hash(request, user)
        audit.record(user, "user.password_changed", user, address=request.META.get("REMOTE_ADDR"))
        messages.success(request, _("Your password has been changed."))
        return redirect("console:profile")
    return render(request, "console/account/password.html", {"form": form})


def two_step_page(request: HttpRequest) -> HttpResponseBase:
    """Turn the second step on (the code proves that the app has the secret) or off (with the password)."""
    user = me(request)
    if two_step.is_on(user):
        if request.method == "POST":
            if user.check_password(request.POST.get("password", "")):
                two_step.turn_off(user, user)
                messages.success(request, _("Two-step sign-in is off."))
                return redirect("console:profile")
            messages.error(request, _("This is not your present password."))
        return render(request, "console/account/two_step_off.html")
    secret = request.session.setdefault("two_step_secret", two_step.new_secret())
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if two_step.turn_on(user, secret, form.cleaned_data["code"]):
            del request.session["two_step_secret"]
            messages.success(request, _("Two-step sign-in is on."))
            return redirect("console:profile")
        form.add_error("code", _("This code is not right; codes change every 30 seconds."))
    picture = segno.make(two_step.address(user, secret)).svg_data_uri(scale=5, border=2)
    return render(request, "console/account/two_step_on.html", {"form": form, "picture": picture, "secret": secret})
