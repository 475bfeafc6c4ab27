"""Signing in and out, and one's own settings."""

from __future__ import annotations

import segno
from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts import audit, sign_in_links, two_step
from hongyan.accounts.errors import AccountsError
from hongyan.accounts.models import ApiKey, User
from hongyan.accounts.rights import Right
from hongyan.accounts.users import change_own_password, create_first_administrator
from hongyan.console.access import for_everybody, me, open_to_all
from hongyan.console.account.forms import CodeForm, FirstAdministratorForm, PasswordForm, ProfileForm, SignInForm

BACKEND = "django.contrib.auth.backends.ModelBackend"


def _address(request: HttpRequest) -> str | None:
    return request.META.get("REMOTE_ADDR")


def _next(request: HttpRequest) -> str:
    """Where to go after signing in: only an address of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else settings.LOGIN_REDIRECT_URL


def _enter(request: HttpRequest, user: User) -> None:
    login(request, user, backend=BACKEND)
    audit.record(user, "user.signed_in", user, address=_address(request))


def _refused(request: HttpRequest, name: str) -> None:
    """Say in the audit that a user's sign-in failed. Other names are not written down: passwords get typed there."""
    user = User.objects.filter(username__iexact=name.strip()).select_related("department").first()
    if user is not None:
        audit.record(user, "user.sign_in_failed", user, address=_address(request))


def _enter_or_ask_for_code(request: HttpRequest, user: User, then: str) -> HttpResponseBase:
    """In, or on to the second step: also who comes by a link has to show the phone."""
    if two_step.is_on(user):
        request.session["second_step"] = {"user": user.pk, "next": then}
        return redirect("console:second_step")
    _enter(request, user)
    return redirect(then)


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
            return _enter_or_ask_for_code(request, user, _next(request))
        _refused(request, form.cleaned_data["username"])
        form.add_error(None, _("The sign-in name or the password is wrong."))
    return render(request, "console/account/sign_in.html", {"form": form, "next": _next(request)})


def _first_administrator(request: HttpRequest) -> HttpResponseBase:
    form = FirstAdministratorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = create_first_administrator(**form.cleaned_data, address=_address(request))
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
    return _enter_or_ask_for_code(request, user, settings.LOGIN_REDIRECT_URL)


@open_to_all
def second_step(request: HttpRequest) -> HttpResponseBase:
    """The code. A wrong one counts like a wrong password, so that guessing codes locks as guessing passwords does."""
    waiting = request.session.get("second_step", {})
    user = User.objects.filter(pk=waiting.get("user"), is_active=True).first()
    if user is None:
        return redirect("console:sign_in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        credentials = {"username": user.username.lower()}
        if not AxesProxyHandler.is_allowed(request, credentials):
            return locked_out(request)
        if two_step.verify(user, form.cleaned_data["code"]):
            del request.session["second_step"]
            _enter(request, user)
            return redirect(waiting["next"])
        _refused(request, user.username)
        user_login_failed.send(sender=__name__, credentials=credentials, request=request)
        form.add_error("code", _("This code is not right, or has been used; codes change every 30 seconds."))
    return render(request, "console/account/second_step.html", {"form": form, "name": user.name})


@open_to_all
@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    logout(request)
    return redirect("console:sign_in")


def locked_out(request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
    """Too many failures: says for how long."""
    response = render(request, "console/account/locked_out.html", status=429)
    response["Retry-After"] = str(15 * 60)
    return response


@open_to_all
@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    code = request.POST.get("language", "")
    response = redirect(_next(request))
    if check_for_language(code):
        _remember_language(request, response, code)
        if request.user.is_authenticated:
            User.objects.filter(pk=me(request).pk).update(language=code)
    return response


def _remember_language(request: HttpRequest, response: HttpResponseBase, code: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, code, max_age=365 * 86400, samesite="Lax", secure=request.is_secure()
    )


@for_everybody
def profile(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        audit.record(user, "user.changed", user, detail={"fields": form.changed_data}, address=_address(request))
        messages.success(request, _("Saved."))
        response = redirect("console:profile")
        if "language" in form.changed_data:
            _remember_language(request, response, form.cleaned_data["language"])
        return response
    user.refresh_from_db()
    keys = ApiKey.objects.filter(user=user, revoked_at=None) if user.may(Right.USE_API) else None
    context = {"form": form, "two_step_on": two_step.is_on(user), "keys": keys}
    return render(request, "console/account/profile.html", context)


@for_everybody
def password(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    form = PasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        change_own_password(user, form.cleaned_data["new"], address=_address(request))
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password has been changed."))
        return redirect("console:profile")
    return render(request, "console/account/password.html", {"form": form})


@for_everybody
def two_step_page(request: HttpRequest) -> HttpResponseBase:
    """Turn the second step on (the code proves that the app has the secret) or off (with the password)."""
    user = me(request)
    if two_step.is_on(user):
        if request.method == "POST":
            if user.check_password(request.POST.get("password", "")):
                two_step.turn_off(user, user, address=_address(request))
                messages.success(request, _("Two-step sign-in is off."))
                return redirect("console:profile")
            messages.error(request, _("This is not your present password."))
        return render(request, "console/account/two_step_off.html")
    secret = request.session.setdefault("two_step_secret", two_step.new_secret())
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if two_step.turn_on(user, secret, form.cleaned_data["code"], address=_address(request)):
            del request.session["two_step_secret"]
            messages.success(request, _("Two-step sign-in is on."))
            return redirect("console:profile")
        form.add_error("code", _("This code is not right; codes change every 30 seconds."))
    picture = segno.make(two_step.address(user, secret)).svg_data_uri(scale=5, border=2)
    return render(request, "console/account/two_step_on.html", {"form": form, "picture": picture, "secret": secret})
