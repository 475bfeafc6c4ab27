"""The page that a link to a password opens: whose it is, and the field for it."""

from __future__ import annotations

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from hongyan.accounts import invitations
from hongyan.accounts.models import User
from hongyan.accounts.users import accept
from hongyan.console.access import open_to_all
from hongyan.console.account.forms import FirstPasswordForm
from hongyan.console.account.sessions import address_of
from hongyan.console.account.views import enter_or_ask_for_code, locked_out
from hongyan.console.refusing import at

GUESSES = {"username": "/i/"}
"""Under this name guesses at links are counted, for each address as failed sign-ins are."""


@open_to_all
@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """Looking changes nothing: phones open links before people do. The password does, and signs in."""
    if not AxesProxyHandler.is_allowed(request, GUESSES):
        return locked_out(request)
    user = invitations.find(token)
    if user is None:
        return _no_more(request, token)
    form = FirstPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with at(form, {"password": "new"}):
            accepted = accept(token, form.cleaned_data["new"], address=address_of(request))
            return _enter(request, accepted) if accepted else _no_more(request, token)
    return render(request, "console/account/invitation.html", {"form": form, "invited": user})


def _enter(request: HttpRequest, user: User) -> HttpResponseBase:
    logout(request)
    return enter_or_ask_for_code(request, user, settings.LOGIN_REDIRECT_URL)


def _no_more(request: HttpRequest, token: str) -> HttpResponseBase:
    """Used, replaced, too old; what never was a link counts as a guess."""
    if not invitations.was_made(token):
        user_login_failed.send(sender=__name__, credentials=GUESSES, request=request)
    return render(request, "console/account/invitation_over.html", status=410)
