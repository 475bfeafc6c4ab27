"""Forms of channels and routes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from hongyan.dispatch.channels import Options
from hongyan.dispatch.models import Channel, Route
from hongyan.dispatch.numbers import Carrier
from hongyan.messaging.models import Category
from hongyan.protocols.registry import Protocol
from hongyan.runtime.secrets import encrypt

CARRIERS = [
    (Carrier.MOBILE, _("China Mobile")),
    (Carrier.UNICOM, _("China Unicom")),
    (Carrier.TELECOM, _("China Telecom")),
    (Carrier.BROADNET, _("China Broadnet")),
    (Carrier.ABROAD, _("Abroad")),
    (Carrier.UNKNOWN, _("Unknown range")),
]


OPTIONS = (
    "service_id", "with_country_code", "corp_id", "node", "listen_port", "peer_login", "peer_secret", "msg_src",
    "system_type", "bind", "long_texts", "source_ton", "source_npi", "dest_ton", "dest_npi",
)  # fmt: skip
"""Form fields that only some protocols have: `Facts.options` says which."""


class ChannelForm(forms.ModelForm[Channel]):
    protocol = forms.ChoiceField(label=_("Protocol"), choices=[(one.value, one.label) for one in Protocol])
    secret = forms.CharField(
        label=_("Password"),
        required=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("Kept encrypted and never shown again; empty keeps the present one."),
    )
    price = forms.DecimalField(
        label=_("Price of a segment (yuan)"), min_value=0, max_value=100, decimal_places=4, initial="0.05"
    )
    service_id = forms.CharField(
        label=_("Service code"),
        required=False,
        max_length=10,
        help_text=_("The product code the carrier gave, if any (Service_Id, ServiceType, service_type)."),
    )
    with_country_code = forms.BooleanField(label=_("Send mainland numbers with 86 in front"), required=False)
    corp_id = forms.CharField(
        label=_("Enterprise code (CorpId)"), required=False, max_length=5, help_text=_("Five digits from the contract.")
    )
    node = forms.IntegerField(
        label=_("Node number"),
        required=False,
        min_value=1,
        max_value=0xFFFFFFFF,
        help_text=_("3, the area code in four digits, the enterprise code: 3010061118 for 61118 in Beijing."),
    )
    listen_port = forms.IntegerField(
        label=_("Port for the carrier's connections"),
        required=False,
        min_value=1,
        max_value=65535,
        help_text=_("The carrier reports to this port of ours, usually 8801; without it no receipts and replies come."),
    )
    peer_login = forms.CharField(
        label=_("The carrier's login"),
        required=False,
        max_length=16,
        help_text=_("The name the carrier logs in to us with; empty: the same as above."),
    )
    peer_secret = forms.CharField(
        label=_("The carrier's password"),
        required=False,
        max_length=16,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("Empty keeps the present one, at first the same as above."),
    )
    msg_src = forms.CharField(
        label=_("Source code (MsgSrc)"), required=False, max_length=8, help_text=_("Only if the carrier asks for it.")
    )
    system_type = forms.CharField(label=_("System type"), required=False, max_length=12)
    bind = forms.ChoiceField(
        label=_("Login as"),
        required=False,
        choices=[
            ("transceiver", _("Transceiver: sends and receives")),
            ("transmitter", _("Transmitter: sends only")),
            ("receiver", _("Receiver: receives only")),
        ],
    )
    long_texts = forms.ChoiceField(
        label=_("Long texts"),
        required=False,
        choices=[
            ("udh", _("With a user-data header (usual)")),
            ("sar", _("With SAR parameters")),
            ("payload", _("Whole, as message_payload")),
        ],
    )
    source_ton = forms.IntegerField(
        label=_("Type of the service number (TON)"), required=False, min_value=0, max_value=6
    )
    source_npi = forms.IntegerField(
        label=_("Plan of the service number (NPI)"), required=False, min_value=0, max_value=18
    )
    dest_ton = forms.IntegerField(
        label=_("Type of recipients' numbers (TON)"), required=False, min_value=0, max_value=6
    )
    dest_npi = forms.IntegerField(
        label=_("Plan of recipients' numbers (NPI)"), required=False, min_value=0, max_value=18
    )

    class Meta:
        model = Channel
        fields = (
            "name",
            "protocol",
            "host",
            "port",
            "login",
            "service_number",
            "speed_per_s",
            "window_size",
            "connections",
            "numbers_per_submit",
        )
        labels = {"name": _("Name of the channel"), "connections": _("Connections")}
        help_texts = {
            "login": _("CMPP: the six digits of the SP id. SGIP: login name. SMGP: ClientID. SMPP: system_id."),
            "service_number": _("What recipients see; users' extensions are added behind it."),
            "window_size": _("How many submits may be unanswered; the contract says."),
            "connections": _("How many at once; not more than the contract allows."),
            "numbers_per_submit": _(
                "How many numbers share one submit when the text is the same; not every gateway takes 100."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channel = self.instance
        stored = Options.read(channel.options if channel.pk else {})
        for name in OPTIONS:
            if name != "peer_secret":
                self.fields[name].initial = getattr(stored, name) or None
        for name in ("source_ton", "source_npi", "dest_ton", "dest_npi"):
            self.fields[name].initial = getattr(stored, name)
        if channel.pk:
            self.fields["price"].initial = channel.price_micros / 1_000_000
        else:
            self.fields["secret"].required = True
            self.fields["secret"].help_text = _("Kept encrypted and never shown again.")
        for name, most in (
            ("speed_per_s", 100_000),
            ("window_size", 10_000),
            ("connections", 64),
            ("numbers_per_submit", 100),
            ("port", 65535),
        ):
            self.fields[name].validators += [MinValueValidator(1), MaxValueValidator(most)]

    @property
    def protocols(self) -> dict[str, Any]:
        """What the page's script needs to show each protocol's own fields and usual values."""
        return {
            one.value: {
                "port": one.facts.usual_port, "options": one.facts.options,
                "numbers": one.facts.most_numbers_per_submit,
            }
            for one in Protocol
        }  # fmt: skip

    def own_fields(self) -> list[forms.BoundField]:
        """The fields that only some protocols have."""
        return [self[name] for name in OPTIONS]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "protocol" not in cleaned:
            return cleaned
        facts = Protocol(cleaned["protocol"]).facts
        for name, most in (("login", facts.login_octets), ("secret", facts.secret_octets)):
            if len(cleaned.get(name, "").encode()) > most:
                self.add_error(
                    name,
                    _("%(protocol)s has room for %(most)d characters here.") % {"protocol": facts.label, "most": most},
                )
        if "node" in facts.options and not cleaned.get("node") and "node" not in self.errors:
            self.add_error("node", _("%(protocol)s needs a node number.") % {"protocol": facts.label})
        return cleaned

    def facts(self) -> dict[str, Any]:
        """Values for the channel's verbs."""
        cleaned = self.cleaned_data
        facts = {name: cleaned[name] for name in self.Meta.fields}
        facts["price_micros"] = round(cleaned["price"] * 1_000_000)
        own = Protocol(cleaned["protocol"]).facts.options
        given = {name: cleaned[name] for name in own if name != "peer_secret" and cleaned.get(name) not in (None, "")}
        if "node" in given:
            given["node"] = str(given["node"])
        if cleaned.get("peer_secret") and "peer_secret" in own:
            given["peer_secret_encrypted"] = encrypt(cleaned["peer_secret"])
        kept = {name: value for name, value in self.instance.options.items() if name not in OPTIONS}
        facts["options"] = kept | given
        return facts


class RouteForm(forms.ModelForm[Route]):
    carriers = forms.MultipleChoiceField(
        label=_("Home carriers"),
        required=False,
        choices=CARRIERS,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked means all."),
    )
    categories = forms.MultipleChoiceField(
        label=_("Categories"),
        required=False,
        choices=Category.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked means all."),
    )
    prefix_text = forms.CharField(
        label=_("Number prefixes"), required=False, help_text=_("Separated by commas, as 138,1390; empty means all.")
    )

    class Meta:
        model = Route
        fields = ("name", "position", "channel", "carriers", "categories", "weight", "is_enabled")
        help_texts = {
            "position": _("Lower is looked at first; the first route that fits is taken."),
            "weight": _("Among routes of the same order, the share of numbers this one gets."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].queryset = Channel.objects.filter(removed_at=None)  # type: ignore[attr-defined]
        self.fields["prefix_text"].initial = ",".join(self.instance.prefixes or [])

    def clean_prefix_text(self) -> list[str]:
        parts = [
            part.strip() for part in self.cleaned_data["prefix_text"].replace("，", ",").split(",") if part.strip()
        ]
        if not all(part.isdigit() for part in parts):
            raise forms.ValidationError(_("Prefixes are digits, separated by commas."))
        return parts

    def save(self, commit: bool = True) -> Route:
        self.instance.prefixes = self.cleaned_data["prefix_text"]
        route: Route = super().save(commit)
        return route
