"""What the compose page posts, as facts of a draft."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import User
from hongyan.dispatch.numbers import read_many
from hongyan.messaging.asking import LONGEST_VALIDITY_MIN
from hongyan.messaging.canary import Terms
from hongyan.messaging.models import Category, Signature, Submission
from hongyan.messaging.recipients import Selection

KINDS = {
    "book": "book_ids",
    "group": "group_ids",
    "contact": "contact_ids",
    "list": "list_ids",
    "xgroup": "excluded_group_ids",
    "xcontact": "excluded_contact_ids",
}
"""Names of the chips' hidden inputs."""


class WriteForm(forms.Form):
    title = forms.CharField(
        label=_("Title"), required=False, max_length=120, help_text=_("For your own lists; recipients do not see it.")
    )
    category = forms.ChoiceField(
        label=_("Category"),
        choices=[(one.value, one.label) for one in Category if one != Category.VERIFICATION],
        initial=Category.NOTICE,
    )
    signature = forms.ChoiceField(label=_("Signature"), required=False)
    text = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 6, "data-text": ""}),
    )
    personal = forms.BooleanField(label=_("Add my personal signature"), required=False)
    numbers = forms.CharField(
        label=_("Numbers"), required=False, widget=forms.Textarea({"rows": 4, "placeholder": "13800138000"})
    )
    when = forms.ChoiceField(
        label=_("When it leaves"),
        choices=[("now", _("Now")), ("later", _("At a time"))],
        widget=forms.RadioSelect,
        initial="now",
    )
    scheduled_at = forms.DateTimeField(
        label=_("Date and time"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    validity_minutes = forms.IntegerField(
        label=_("Worth sending for (minutes)"),
        required=False,
        min_value=1,
        max_value=LONGEST_VALIDITY_MIN,
        help_text=_(
            "What has not left by then is not sent, and the carrier stops trying. Empty: as the category says."
        ),
    )
    canary = forms.BooleanField(
        label=_("Send a small part first"),
        required=False,
        help_text=_("The rest follows by itself when the trial part went well, and waits for you when it did not."),
    )
    canary_percent = forms.FloatField(
        label=_("Percent of the recipients"), initial=1, required=False, min_value=0.01, max_value=50
    )
    canary_least = forms.IntegerField(label=_("At least"), initial=100, required=False, min_value=1, max_value=10_000)
    canary_most = forms.IntegerField(label=_("At most"), initial=2000, required=False, min_value=1, max_value=10_000)
    canary_wait_minutes = forms.IntegerField(
        label=_("Watch for (minutes)"), initial=10, required=False, min_value=0, max_value=1440
    )
    canary_enough_percent = forms.IntegerField(
        label=_("Sooner once this percentage has a receipt"),
        initial=90,
        required=False,
        min_value=0,
        max_value=100,
        help_text=_("0 always waits the full time."),
    )
    canary_failure_limit = forms.FloatField(
        label=_("Percentage that may fail"), initial=20, required=False, min_value=0, max_value=100
    )
    canary_opt_out_limit = forms.FloatField(
        label=_("Percentage that may refuse further messages"), initial=2, required=False, min_value=0, max_value=100
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        choices = [("", _("(none)")), *((one.text, f"【{one.text}】") for one in Signature.objects.all())]
        self.fields["signature"].choices = choices  # type: ignore[attr-defined]
        self.typed = read_many(self.data.get("numbers", "") if self.is_bound else "")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("when") == "later" and not cleaned.get("scheduled_at") and "scheduled_at" not in self.errors:
            self.add_error("scheduled_at", _("Say when."))
        if cleaned.get("canary") and not self.errors:
            least, most = cleaned.get("canary_least") or 100, cleaned.get("canary_most") or 2000
            if least > most:
                self.add_error("canary_least", _("At least is more than at most."))
        return cleaned

    def terms(self) -> Terms | None:
        """How the trial part is sent; an empty field is its usual value. None without one."""
        if not self.data.get("canary"):
            return None
        given = {name: self.cleaned_data.get(f"canary_{name}") for name in asdict(Terms())}
        return Terms(**{name: value for name, value in given.items() if value is not None})

    @property
    def shows_advanced(self) -> bool:
        """Whether the folded part is open: it is used, or something in it is wrong."""
        is_used = bool(self["canary"].value() or self["validity_minutes"].value())
        return is_used or any(name.startswith(("canary", "validity")) for name in self.errors)

    def selection(self) -> Selection:
        """Chips and typed numbers together."""
        chosen = {
            field: tuple(int(value) for value in self.data.getlist(name) if value.isdecimal())  # type: ignore[attr-defined]
            for name, field in KINDS.items()
        }
        return Selection.from_json({**chosen, "numbers": self.typed.good})

    def facts(self) -> dict[str, Any]:
        """Fields of the draft. Also from a form with faults: what was typed is kept."""
        data = self.data
        at = self.cleaned_data.get("scheduled_at") if data.get("when") == "later" else None
        return {
            "title": data.get("title", "")[:120],
            "category": data.get("category") if data.get("category") in Category.values else Category.NOTICE,
            "signature": data.get("signature", "")[:20],
            "text": data.get("text", "").replace("\r\n", "\n"),
            "personal_signature": self._user.personal_signature if data.get("personal") else "",
            "recipients": {**self.selection().to_json(), "typed": data.get("numbers", "")},
            "scheduled_at": at,
            "validity_minutes": self.cleaned_data.get("validity_minutes"),
            "canary_terms": terms.to_json() if (terms := self.terms()) else None,
        }


def initial_of(draft: Submission) -> dict[str, Any]:
    """A draft as the form shows it again."""
    at: datetime | None = draft.scheduled_at
    return {
        "title": draft.title,
        "category": draft.category,
        "signature": draft.signature,
        "text": draft.text,
        "personal": bool(draft.personal_signature),
        "numbers": draft.recipients.get("typed", ""),
        "when": "later" if at else "now",
        "scheduled_at": timezone.localtime(at) if at else None,
        "validity_minutes": draft.validity_minutes,
        "canary": draft.canary_terms is not None,
        **{f"canary_{name}": value for name, value in (draft.canary_terms or {}).items()},
    }
