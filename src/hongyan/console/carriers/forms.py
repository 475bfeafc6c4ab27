"""Forms of channels and routes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from hongyan.dispatch.models import Channel, Route
from hongyan.dispatch.numbers import Carrier
from hongyan.messaging.models import Category
from hongyan.protocols.registry import Protocol

CARRIERS = [
    (Carrier.MOBILE, _("China Mobile")),
    (Carrier.UNICOM, _("China Unicom")),
    (Carrier.TELECOM, _("China Telecom")),
    (Carrier.BROADNET, _("China Broadnet")),
    (Carrier.ABROAD, _("Abroad")),
    (Carrier.UNKNOWN, _("Unknown range")),
]


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
        help_text=_("CMPP Service_Id or SMPP service_type, if the carrier gave one."),
    )
    with_country_code = forms.BooleanField(label=_("Send mainland numbers with 86 in front"), required=False)

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
        help_texts = {
            "login": _("CMPP: the six digits of the SP id. SMPP: system_id."),
            "service_number": _("What recipients see; users' extensions are added behind it."),
            "window_size": _("How many submits may be unanswered; the contract says."),
            "connections": _("How many at once; not more than the contract allows."),
            "numbers_per_submit": _("CMPP: up to 100 numbers share one submit when the text is the same. SMPP: 1."),
            "port": _("Usually 7890 for CMPP, 2775 for SMPP."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channel = self.instance
        if channel.pk:
            self.fields["price"].initial = channel.price_micros / 1_000_000
            self.fields["service_id"].initial = channel.options.get("service_id", "")
            self.fields["with_country_code"].initial = channel.options.get("with_country_code", False)
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

    def facts(self) -> dict[str, Any]:
        """Values for the channel's verbs."""
        cleaned = self.cleaned_data
        facts = {name: cleaned[name] for name in self.Meta.fields}
        facts["price_micros"] = round(cleaned["price"] * 1_000_000)
        facts["options"] = {
            **self.instance.options,
            "service_id": cleaned["service_id"],
            "with_country_code": cleaned["with_country_code"],
        }
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
