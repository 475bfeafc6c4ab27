"""What people type on the virtual phones' pages: shares as percent, short times as milliseconds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hongyan.dispatch.numbers import BadNumber, normalise
from hongyan.simulator.accounts import FORMS, LIMITS, Behaviour, has_setting

SHARES = (
    "throttled", "refused", "late", "unanswered", "answered_twice", "failed", "segment_failed", "segment_missing", "intermediate",
    "duplicated", "reordered", "early", "missing",
)  # fmt: skip
MILLISECONDS = ("latency_s",)


WORDS = ("failure_code", "intermediate_word")
"""Left empty they mean the usual ones."""


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
    most_per_s = forms.IntegerField(
        label=_("Maximum per second"), help_text=_("0: no limit. Above the limit: flow control.")
    )
    throttled = forms.FloatField(label=_("Flow control at any speed (%)"))
    refused = forms.FloatField(label=_("Refuses (%)"))
    refusal_code = forms.IntegerField(label=_("Refusal code"), help_text=_("0: the usual ones in turn."))
    late = forms.FloatField(label=_("Late responses (%)"))
    late_s = forms.FloatField(label=_("Late means (s)"), help_text=_("Longer than the channel waits for a response."))
    unanswered = forms.FloatField(label=_("Never answers (%)"))
    answered_twice = forms.FloatField(label=_("Duplicate responses (%)"))
    one_id_for_all = forms.BooleanField(label=_("One id for all numbers of a submit"), required=False)
    congestion = forms.IntegerField(label=_("Reported congestion (0-100)"), help_text=_("-1: not reported."))
    receipt_s = forms.FloatField(label=_("Receipt after (s)"))
    failed = forms.FloatField(label=_("Fails (%)"), help_text=_("Of messages to numbers without a phone here."))
    failure_code = forms.CharField(
        label=_("Failure code"), max_length=12, help_text=_("For example MK:0001; empty rotates the usual ones.")
    )
    expires_s = forms.FloatField(label=_("Expires after (s)"), help_text=_("When a phone stays off."))
    segment_failed = forms.FloatField(label=_("Last segment fails (%)"), help_text=_("Of long texts."))
    segment_missing = forms.FloatField(label=_("Last segment without receipt (%)"), help_text=_("Of long texts."))
    reports_once = forms.BooleanField(label=_("One receipt for all parts of a long text"), required=False)
    intermediate = forms.FloatField(label=_("Reports “under way” first (%)"))
    intermediate_word = forms.CharField(
        label=_("Reports it with the word"),
        max_length=7,
        required=False,
        help_text=_("For example BUFFERE; empty is ACCEPTD."),
    )
    duplicated = forms.FloatField(label=_("Duplicate receipts (%)"))
    reordered = forms.FloatField(label=_("Receipts out of order (%)"))
    early = forms.FloatField(label=_("Receipts before the response (%)"))
    missing = forms.FloatField(label=_("Receipts lost (%)"))
    report_octets = forms.TypedChoiceField(
        label=_("Length of a receipt"),
        coerce=int,
        choices=[(0, _("As the version defines it")), (60, _("60 bytes")), (71, _("71 bytes"))],
    )
    report_id_form = forms.ChoiceField(
        label=_("Ids in receipts"),
        choices=[
            ("same", _("As in the answer")),
            ("decimal", _("Decimal")),
            ("zeros", _("With leading zeros")),
            ("upper", _("In capitals")),
        ],
    )
    drops_per_minute = forms.FloatField(label=_("Drops per connection (times a minute)"))
    refuses_login = forms.BooleanField(label=_("Refuses the login"), required=False)

    GROUPS = (
        (_("Submit responses"), ("latency_s", "most_per_s", "throttled", "refused", "refusal_code", "late", "late_s", "unanswered", "answered_twice",
                        "one_id_for_all", "congestion")),
        (_("Receipts"), ("receipt_s", "failed", "failure_code", "expires_s", "segment_failed", "segment_missing",
                         "reports_once", "intermediate", "intermediate_word", "duplicated", "reordered", "early", "missing", "report_octets", "report_id_form")),
        (_("Connections and login"), ("drops_per_minute", "refuses_login")),
    )  # fmt: skip

    def __init__(self, protocol: str, behaviour: dict[str, Any], data: Any = None) -> None:
        initial = {name: self._shown(name, value) for name, value in behaviour.items()}
        super().__init__(data, initial=initial, auto_id=f"{protocol}-%s")
        self._present = behaviour
        for name in tuple(self.fields):
            if not has_setting(protocol, name):
                del self.fields[name]
        for name, field in self.fields.items():
            field.required = False
            if name not in LIMITS or isinstance(field, forms.ChoiceField):
                continue
            low, high = (self._shown(name, limit) for limit in LIMITS[name])
            assert isinstance(field, forms.FloatField | forms.IntegerField)
            field.widget.attrs |= {"min": low, "max": high, "step": "any"}
            field.min_value, field.max_value = low, high

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields under headings, those that the protocol has."""
        return [(title, [self[name] for name in names if name in self.fields]) for title, names in self.GROUPS]

    @staticmethod
    def _scale(name: str) -> int:
        return 100 if name in SHARES else 1000 if name in MILLISECONDS else 1

    @classmethod
    def _shown(cls, name: str, value: Any) -> Any:
        """As a person reads it, without the tail of a binary fraction."""
        if isinstance(value, bool | str):
            return value
        shown = round(value * cls._scale(name), 4)
        return int(shown) if shown == int(shown) else shown

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, value in tuple(cleaned.items()):
            if name in FORMS and value and not FORMS[name].fullmatch(value):
                self.add_error(name, _("Capitals and digits, as MK:0001."))
            if name in LIMITS and value not in (None, "") and not isinstance(self.fields[name], forms.ChoiceField):
                low, high = (self._shown(name, limit) for limit in LIMITS[name])
                if not low <= value <= high:
                    self.add_error(name, _("From %(low)s to %(high)s.") % {"low": low, "high": high})
        return cleaned

    def behaviour(self) -> dict[str, Any]:
        """The settings in the simulator's units; what was left empty stays as it is."""
        return {
            name: value if self._scale(name) == 1 else value / self._scale(name)
            for name, value in self.cleaned_data.items()
            if value is not None and not (value == "" and name not in WORDS)
        }


USUAL = Behaviour()
