"""What people type on the virtual phones' pages: shares as percent, short times as milliseconds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hongyan.dispatch.numbers import BadNumber, normalise
from hongyan.simulator.accounts import LIMITS, Behaviour

SHARES = ("refused", "failed", "duplicated", "reordered", "early", "missing")
MILLISECONDS = ("latency_s",)


class PhoneForm(forms.Form):
    """A further phone on the wall."""

    name = forms.CharField(label=_("Name"), max_length=20)
    number = forms.CharField(
        label=_("Mobile number"),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )

    def clean_number(self) -> str:
        try:
            return normalise(self.cleaned_data["number"])
        except BadNumber as error:
            raise forms.ValidationError(_("This is not a mobile number.")) from error


class AccountForm(forms.Form):
    """How one simulated account behaves."""

    latency_s = forms.FloatField(label=_("Answers after (ms)"))
    receipt_s = forms.FloatField(label=_("Receipt after (s)"))
    most_per_s = forms.IntegerField(label=_("Most a second"), help_text=_("0: no limit. Above it: flow control."))
    refused = forms.FloatField(label=_("Refuses (%)"))
    failed = forms.FloatField(label=_("Fails (%)"), help_text=_("Of messages to numbers without a phone here."))
    expires_s = forms.FloatField(label=_("Expires after (s)"), help_text=_("When a phone stays off."))
    duplicated = forms.FloatField(label=_("Receipts twice (%)"))
    reordered = forms.FloatField(label=_("Receipts out of order (%)"))
    early = forms.FloatField(label=_("Receipts before the answer (%)"))
    missing = forms.FloatField(label=_("Receipts lost (%)"))
    refusal_code = forms.IntegerField(label=_("Refusal code"), help_text=_("0: the usual ones in turn."))
    refuses_login = forms.BooleanField(label=_("Refuses the login"), required=False)

    def __init__(self, protocol: str, behaviour: dict[str, Any], data: Any = None) -> None:
        initial = {name: self._shown(name, value) for name, value in behaviour.items()}
        super().__init__(data, initial=initial, auto_id=f"{protocol}-%s")
        self._present = behaviour
        for name, field in self.fields.items():
            field.required = False
            if name not in LIMITS:
                continue
            low, high = (self._shown(name, limit) for limit in LIMITS[name])
            assert isinstance(field, forms.FloatField | forms.IntegerField)
            field.widget.attrs |= {"min": low, "max": high, "step": "any"}
            field.min_value, field.max_value = low, high

    @staticmethod
    def _scale(name: str) -> int:
        return 100 if name in SHARES else 1000 if name in MILLISECONDS else 1

    @classmethod
    def _shown(cls, name: str, value: Any) -> Any:
        """As a person reads it, without the tail of a binary fraction."""
        if isinstance(value, bool):
            return value
        shown = round(value * cls._scale(name), 4)
        return int(shown) if shown == int(shown) else shown

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, value in tuple(cleaned.items()):
            if name in LIMITS and value is not None:
                low, high = (self._shown(name, limit) for limit in LIMITS[name])
                if not low <= value <= high:
                    self.add_error(name, _("From %(low)s to %(high)s.") % {"low": low, "high": high})
        return cleaned

    def behaviour(self) -> dict[str, Any]:
        """The settings in the simulator's units; what was left empty stays as it is."""
        return {
            name: self._present[name]
            if value is None
            else value
            if self._scale(name) == 1
            else value / self._scale(name)
            for name, value in self.cleaned_data.items()
        }


USUAL = Behaviour()
