"""Forms of routes and of the tables that decide with them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import Department
from hongyan.console.components.departments import DepartmentsField
from hongyan.dispatch.models import Channel, CodeRule, DispatchPolicy, Price, Route
from hongyan.dispatch.numbers import Carrier
from hongyan.dispatch.retrying import Action, normal
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
ACTIONS = [
    (Action.FAIL, _("Fail: the refusal is final")),
    (Action.RETRY, _("Try the same channel again later")),
    (Action.NEXT_ROUTE, _("Move to the next route at once")),
]
FAMILIES = {one.family: one.family.upper() for one in Protocol}
DATE = forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class RouteForm(forms.ModelForm[Route]):
    carriers = forms.MultipleChoiceField(
        label=_("Home carriers"),
        required=False,
        choices=CARRIERS,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick none for all."),
    )
    categories = forms.MultipleChoiceField(
        label=_("Categories"),
        required=False,
        choices=Category.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick none for all."),
    )
    departments = DepartmentsField(
        label=_("Departments"),
        required=False,
        queryset=Department.objects.none(),
        help_text=_("Including departments below; none chosen means everybody."),
    )
    prefix_text = forms.CharField(
        label=_("Number prefixes"), required=False, help_text=_("Separated by commas, as 138,1390; empty means all.")
    )

    class Meta:
        model = Route
        fields = ("name", "position", "channel", "carriers", "categories", "weight", "is_by_price", "is_enabled")
        labels = {"name": _("Name of the route"), "is_by_price": _("The cheapest first")}
        help_texts = {
            "position": _("Lower numbers are checked first; the first matching route is used."),
            "weight": _("Among routes of the same order, the share of numbers this one takes."),
            "is_by_price": _("Of the routes of the same order that accept a number, the cheapest is used."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].queryset = Channel.objects.filter(removed_at=None)  # type: ignore[attr-defined]
        tree = Department.objects.order_by("path")
        self.fields["departments"].queryset = tree  # type: ignore[attr-defined]
        self.fields["departments"].initial = [one for one in tree if one.pk in (self.instance.department_ids or [])]
        self.fields["prefix_text"].initial = ",".join(self.instance.prefixes or [])

    def clean_prefix_text(self) -> list[str]:
        parts = [
            part.strip() for part in self.cleaned_data["prefix_text"].replace("，", ",").split(",") if part.strip()
        ]
        if not all(part.isdigit() for part in parts):
            raise forms.ValidationError(_("Prefixes are digits, separated by commas."))
        return parts

    def route(self) -> Route:
        """The route, not saved yet."""
        route: Route = super().save(commit=False)
        route.prefixes = self.cleaned_data["prefix_text"]
        route.department_ids = [one.pk for one in self.cleaned_data["departments"]]
        return route


class PriceForm(forms.ModelForm[Price]):
    carrier = forms.ChoiceField(label=_("Home carrier"), required=False, choices=[("", _("All carriers")), *CARRIERS])
    category = forms.ChoiceField(
        label=_("Category"), required=False, choices=[("", _("All categories")), *Category.choices]
    )
    price = forms.DecimalField(
        label=_("Price of a segment (yuan)"), min_value=0, max_value=100, decimal_places=4, max_digits=7
    )
    valid_from = forms.DateField(label=_("Applies from"), widget=DATE)
    valid_until = forms.DateField(
        label=_("Until before"), required=False, widget=DATE, help_text=_("Leave empty until a later price takes over.")
    )

    class Meta:
        model = Price
        fields = ("channel", "carrier", "category", "valid_from", "valid_until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].queryset = Channel.objects.filter(removed_at=None)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        begins, ends = cleaned.get("valid_from"), cleaned.get("valid_until")
        if begins and ends and ends <= begins:
            self.add_error("valid_until", _("A price must end after it begins."))
        return cleaned

    def price_row(self) -> Price:
        """The row, not saved yet."""
        row: Price = super().save(commit=False)
        row.price_micros = int(self.cleaned_data["price"] * Decimal(1_000_000))
        return row


class CodeRuleForm(forms.Form):
    place = forms.ChoiceField(label=_("Applies to"))
    code = forms.CharField(
        label=_("Submit response code"), max_length=20, help_text=_("As the carrier writes it: 9, 0x58.")
    )
    action = forms.ChoiceField(label=_("Then"), choices=ACTIONS)
    after_s = forms.IntegerField(label=_("Again after (seconds)"), min_value=1, max_value=86400, initial=60)
    most = forms.IntegerField(label=_("At most (times)"), min_value=1, max_value=20, initial=2)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = Channel.objects.filter(removed_at=None)
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            (_("All channels of a protocol"), list(FAMILIES.items())),
            (_("One channel"), [(str(one.pk), one.name) for one in channels]),
        ]

    def rule(self) -> CodeRule:
        """The rule, not saved yet; one that stands for the same code already is the one to change."""
        place, code = self.cleaned_data["place"], self.cleaned_data["code"]
        channel = None if place in FAMILIES else Channel.objects.get(pk=place)
        protocol = "" if channel else place
        code = normal(channel.protocol if channel else protocol, code)
        found = CodeRule.objects.filter(channel=channel, protocol=protocol, code=code).first()
        rule = found or CodeRule(channel=channel, protocol=protocol, code=code)
        rule.action = self.cleaned_data["action"]
        is_retry = rule.action == Action.RETRY
        rule.after_s = self.cleaned_data["after_s"] if is_retry else 0
        rule.most = self.cleaned_data["most"] if is_retry else 1
        return rule


class PolicyForm(forms.ModelForm[DispatchPolicy]):
    failover_after_s = forms.IntegerField(
        label=_("Next route after (seconds)"), min_value=10, max_value=86400,
        help_text=_("When a channel has had no connection for this long, its waiting messages move to the next route."),
    )  # fmt: skip
    most_attempts = forms.IntegerField(
        label=_("Attempts per message"), min_value=1, max_value=20, help_text=_("In total, across all channels.")
    )
    no_report_h = forms.IntegerField(
        label=_("Uncertain after (hours)"), min_value=1, max_value=720,
        help_text=_("No receipt for this long; one that arrives later still counts."),
    )  # fmt: skip
    keep_parked_days = forms.IntegerField(
        label=_("Keep stray receipts for (days)"), min_value=1, max_value=365,
        help_text=_("Receipts that match no message are retried, then kept for review."),
    )  # fmt: skip

    class Meta:
        model = DispatchPolicy
        fields = ("failover_after_s", "most_attempts", "no_report_h", "keep_parked_days")
