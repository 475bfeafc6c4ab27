"""Forms of signing in and of one's own settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import preferences
from hongyan.accounts.models import User
from hongyan.dispatch.numbers import BadNumber, normalise


class SignInForm(forms.Form):
    username = forms.CharField(
        label=_("Sign-in name"), max_length=64, widget=forms.TextInput({"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput({"autocomplete": "current-password"}))

    def clean_username(self) -> str:
        """People sign in without minding capitals; the lock-out counts them as one name, too."""
        return str(self.cleaned_data["username"]).strip().lower()


class FirstAdministratorForm(forms.Form):
    enterprise = forms.CharField(
        label=_("Name of your company"), max_length=80, widget=forms.TextInput({"autofocus": True})
    )
    name = forms.CharField(label=_("Your name"), max_length=64)
    username = forms.CharField(label=_("Sign-in name"), max_length=64)
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least ten characters, not only digits."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code from your authenticator app"),
        max_length=8,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}),
    )


LANGUAGES = [("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")]


class ProfileForm(forms.ModelForm[User]):
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    is_roomy = forms.BooleanField(
        label=_("Roomy rows"),
        required=False,
        help_text=_("Rows are further apart, with details on a second line."),
    )

    class Meta:
        model = User
        fields = ("name", "phone", "email", "language", "personal_signature", "uses_personal_signature")
        labels = {"uses_personal_signature": _("Add my signature unless I say otherwise")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.language:
            self.initial["language"] = get_language()
        self.initial["is_roomy"] = preferences.of(self.instance).is_roomy

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        if not phone:
            return ""
        try:
            return normalise(phone)
        except BadNumber as error:
            raise forms.ValidationError(_("This is not a mobile number.")) from error


class FirstPasswordForm(forms.Form):
    """A password for `user`, which nobody knows yet."""

    new = forms.CharField(
        label=_("New password"),
        help_text=_("At least ten characters, not only digits."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, user: User, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._user = user

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        validate_password(new, self._user)
        return new


class PasswordForm(FirstPasswordForm):
    current = forms.CharField(
        label=_("Present password"), widget=forms.PasswordInput({"autocomplete": "current-password"})
    )
    field_order = ("current", "new")

    def clean_current(self) -> str:
        current: str = self.cleaned_data["current"]
        if not self._user.check_password(current):
            raise forms.ValidationError(_("This is not your present password."))
        return current
