"""The form of a customer's door."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import RIGHTS, Right
from hongyan.doors.accounts import read_addresses, read_sources
from hongyan.doors.models import Door
from hongyan.messaging.models import Signature

SENDERS = [role for role, rights in RIGHTS.items() if Right.SEND in rights]


CALLED = {"sources": "source_text", "addresses": "address_text"}
"""Fields of the door's verbs that the form calls otherwise."""


class DoorForm(forms.ModelForm[Door]):
    secret = forms.CharField(
        label=_("Password"),
        required=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("Stored encrypted and never shown again; leave empty to keep the current one."),
    )
    signature = forms.ChoiceField(label=_("The door's signature"), required=False)
    source_text = forms.CharField(
        label=_("Allowed source numbers"),
        required=False,
        help_text=_(
            "Allowed beginnings of the source number, separated by commas: a service number followed by "
            "the customer's digits, such as 106900018. Replies to these numbers go to the customer. Empty "
            "allows only the default."
        ),
    )
    address_text = forms.CharField(
        label=_("Allowed addresses"),
        required=False,
        help_text=_(
            "Addresses or networks the customer may log in from, as 203.0.113.7 or 203.0.113.0/24; empty: any."
        ),
    )

    class Meta:
        model = Door
        fields = (
            "name",
            "family",
            "login",
            "user",
            "category",
            "signature_policy",
            "signature",
            "default_source",
            "default_alphabet",
            "speed_per_s",
            "window_size",
            "connections",
            "callback_host",
            "callback_port",
            "is_enabled",
        )
        labels = {
            "name": _("Name of the customer or system"),
            "connections": _("Maximum connections"),
            "default_alphabet": _("Meaning of data_coding 0"),
        }
        help_texts = {
            "login": _("CMPP: six digits. SGIP: login name. SMGP: ClientID. SMPP: system_id."),
            "user": _("Messages count as sent by this user, with their rights and department limits; "
                      "replies also appear in this user's mailbox."),
            "category": _("Decides priority and rules; verification codes go first."),
            "default_source": _("Used when a submit has no source number; empty is the channel's service number with the user's extension."),
            "default_alphabet": _("SMPP: by the standard the GSM alphabet; some systems send ASCII or Latin-1 there."),
            "speed_per_s": _("Above this the customer receives the protocol's flow control code."),
            "window_size": _("How many submits, and how many receipts, may be unanswered on a connection."),
            "callback_host": _("SGIP: we connect there to deliver receipts and replies; leave empty to deliver none."),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        door = self.instance
        users = User.objects.filter(is_active=True, role__in=SENDERS).select_related("department")
        self.fields["user"].queryset = users  # type: ignore[attr-defined]
        self.fields["user"].label_from_instance = lambda user: f"{user.name} · {user.department.name}"  # type: ignore[attr-defined]
        signatures = [(text, f"【{text}】") for text in Signature.objects.values_list("text", flat=True)]
        if door.signature and door.signature not in dict(signatures):
            signatures.append((door.signature, f"【{door.signature}】"))
        self.fields["signature"].choices = [("", _("The company's default")), *signatures]  # type: ignore[attr-defined]
        self.fields["source_text"].initial = ", ".join(door.sources)
        self.fields["address_text"].initial = ", ".join(door.addresses)
        # Only SMPP's page asks for it.
        self.fields["default_alphabet"].required = False
        if not door.pk:
            self.fields["secret"].required = True
            self.fields["secret"].help_text = _("Stored encrypted and never shown again: give it to the customer now.")
        for name, most in (
            ("speed_per_s", 100_000),
            ("window_size", 10_000),
            ("connections", 64),
            ("callback_port", 65535),
        ):
            self.fields[name].validators += [MinValueValidator(1), MaxValueValidator(most)]

    def clean_source_text(self) -> list[str]:
        return self._read(read_sources, "source_text")

    def clean_address_text(self) -> list[str]:
        return self._read(read_addresses, "address_text")

    def _read(self, read: Any, name: str) -> list[str]:
        try:
            found: list[str] = read(self.cleaned_data[name])
        except Refused as error:
            raise forms.ValidationError(str(error)) from error
        return found

    def clean_default_source(self) -> str:
        found: list[str] = self._read(read_sources, "default_source")
        if len(found) > 1:
            raise forms.ValidationError(_("One number only."))
        return found[0] if found else ""

    def clean_default_alphabet(self) -> str:
        return self.cleaned_data["default_alphabet"] or Door.DefaultAlphabet.GSM7

    def facts(self) -> dict[str, Any]:
        """Values for the door's verbs."""
        facts = {name: self.cleaned_data[name] for name in self.Meta.fields}
        return facts | {"sources": self.cleaned_data["source_text"], "addresses": self.cleaned_data["address_text"]}
