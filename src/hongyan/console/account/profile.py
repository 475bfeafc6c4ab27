"""One's own settings: facts, password, second step, and where one is signed in."""

from __future__ import annotations

import segno
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts import preferences, sign_ins, two_step
from hongyan.accounts.models import ApiKey, AuditEntry, User
from hongyan.accounts.rights import Right
from hongyan.accounts.users import change_own_facts, change_own_password
from hongyan.console.access import for_everybody, key_of, me
from hongyan.console.account.agents import agent_words
from hongyan.console.account.forms import CodeForm, PasswordForm, ProfileForm
from hongyan.console.account.sessions import address_of, note_session
from hongyan.console.account.views import remember_language
from hongyan.console.refusing import at


@for_everybody
def profile(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid():
        change_own_facts(user, address=address_of(request), **form.facts())
        preferences.set_roomy(user, form.cleaned_data["is_roomy"])
        messages.success(request, _("Saved."))
        response = redirect("console:profile")
        if "language" in form.changed_data:
            remember_language(request, response, form.cleaned_data["language"])
        return response
    keys = ApiKey.objects.filter(user=user, revoked_at=None) if user.may(Right.USE_API) else None
    context = {
        "form": form, "two_step_on": two_step.is_on(user), "keys": keys, "sessions": _sessions(request),
        "sign_in_before": _sign_in_before(user),
    }  # fmt: skip
    return render(request, "console/account/profile.html", context)


def _sessions(request: HttpRequest) -> list[dict[str, object]]:
    """Where the user is signed in, this browser first."""
    own = request.session.session_key
    found = sorted(sign_ins.of(me(request)), key=lambda one: one.session_key != own)
    return [{"row": one, "is_this": one.session_key == own, "words": agent_words(one.agent)} for one in found]


def _sign_in_before(user: User) -> AuditEntry | None:
    """The sign-in before the last: one that the user does not remember was somebody else."""
    of_user = AuditEntry.objects.filter(object_type="user", object_id=str(user.pk), action="user.signed_in")
    return of_user.order_by("-pk")[1:2].first()


@for_everybody
@require_POST
def end_session(request: HttpRequest) -> HttpResponseBase:
    """Sign out in another browser, or in all others."""
    user = me(request)
    others = sign_ins.of(user).exclude(session_key=request.session.session_key)
    ended = sign_ins.end(user, others.filter(pk=key_of(request)) if request.POST.get("id") else others)
    if ended:
        messages.success(request, _("Signed out there."))
    return redirect("console:profile")


@for_everybody
def password(request: HttpRequest) -> HttpResponseBase:
    """A new password; asked of everybody whose present one somebody else chose."""
    user = me(request)
    form = PasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        was_asked = user.must_change_password
        with at(form, {"password": "new"}):
            change_own_password(user, form.cleaned_data["new"], address=address_of(request))
            update_session_auth_hash(request, user)
            note_session(request, user)
            messages.success(request, _("Your password has been changed."))
            return redirect("console:overview" if was_asked else "console:profile")
    return render(request, "console/account/password.html", {"form": form})


@for_everybody
def two_step_page(request: HttpRequest) -> HttpResponseBase:
    """Turn the second step on (the code proves that the app has the secret) or off (with the password)."""
    user = me(request)
    if two_step.is_on(user):
        if request.method == "POST":
            if user.check_password(request.POST.get("password", "")):
                two_step.turn_off(user, user, address=address_of(request))
                messages.success(request, _("Two-step sign-in is off."))
                return redirect("console:profile")
            messages.error(request, _("This is not your present password."))
        return render(request, "console/account/two_step_off.html")
    secret = request.session.setdefault("two_step_secret", two_step.new_secret())
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if two_step.turn_on(user, secret, form.cleaned_data["code"], address=address_of(request)):
            del request.session["two_step_secret"]
            messages.success(request, _("Two-step sign-in is on."))
            return redirect("console:profile")
        form.add_error("code", _("This code is not right; codes change every 30 seconds."))
    picture = segno.make(two_step.address(user, secret)).svg_data_uri(scale=5, border=2)
    return render(request, "console/account/two_step_on.html", {"form": form, "picture": picture, "secret": secret})
