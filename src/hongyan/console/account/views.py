"""Signing in and out."""

from __future__ import annotations

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts import audit, sign_in_links, two_step
from hongyan.accounts.models import User
from hongyan.accounts.users import create_first_administrator
from hongyan.console.access import me, open_to_all
from hongyan.console.account.forms import CodeForm, FirstAdministratorForm, SignInForm
from hongyan.console.account.sessions import address_of, note_session
from hongyan.console.refusing import at

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
    note_session(request, user)
    audit.record(user, "user.signed_in", user, address=address_of(request))


def _refused(request: HttpRequest, name: str) -> None:
    """Say in the audit that a user's sign-in failed. Other names are not written down: passwords get typed there."""
    user = User.objects.filter(username__iexact=name.strip()).select_related("department").first()
    if user is not None:
        audit.record(user, "user.sign_in_failed", user, address=address_of(request))


def enter_or_ask_for_code(request: HttpRequest, user: User, then: str) -> HttpResponseBase:
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
            return enter_or_ask_for_code(request, user, _next(request))
        _refused(request, form.cleaned_data["username"])
        form.add_error(None, _("The sign-in name or the password is wrong."))
    return render(request, "console/account/sign_in.html", {"form": form, "next": _next(request)})


def _first_administrator(request: HttpRequest) -> HttpResponseBase:
    form = FirstAdministratorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with at(form):
            user = create_first_administrator(**form.cleaned_data, address=address_of(request))
            _enter(request, user)
            return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "console/account/first_administrator.html", {"form": form})


@open_to_all
def sign_in_link(request: HttpRequest, token: str) -> HttpResponseBase:
    user = sign_in_links.redeem(token)
    if user is None:
        messages.error(request, _("This sign-in link has been used or has expired."))
        return redirect("console:sign_in")
    return enter_or_ask_for_code(request, user, settings.LOGIN_REDIRECT_URL)


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
        remember_language(request, response, code)
        if request.user.is_authenticated:
            User.objects.filter(pk=me(request).pk).update(language=code)
    return response


def remember_language(request: HttpRequest, response: HttpResponseBase, code: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, code, max_age=365 * 86400, samesite="Lax", secure=request.is_secure()
    )
