"""What the compose page posts, as facts of a draft."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import User
from hongyan.consent.models import Topic
from hongyan.dispatch.numbers import read_many
from hongyan.inputs import ids_of, is_too_far
from hongyan.inputs.moments import EARLIEST
from hongyan.messaging.asking import LONGEST_VALIDITY_MIN
from hongyan.messaging.canary import Terms
from hongyan.messaging.models import Category, Signature, Submission
from hongyan.messaging.recipients import Selection
from hongyan.runtime import clock

KINDS = {
    "book": "book_ids",
    "group": "group_ids",
    "contact": "contact_ids",
    "audience": "audience_ids",
    "list": "list_ids",
    "xgroup": "excluded_group_ids",
    "xcontact": "excluded_contact_ids",
}
"""Names of the chips' hidden inputs."""
ROWS = ("each", "once")
"""Of several rows a number: a message for each, or one."""


class WriteForm(forms.Form):
    title = forms.CharField(
        label=_("Title"), required=False, max_length=120, help_text=_("For your own lists; recipients do not see it.")
    )
    category = forms.ChoiceField(
        label=_("Category"),
        choices=[(one.value, one.label) for one in Category if one != Category.VERIFICATION],
        initial=Category.NOTICE,
    )
    topic = forms.ChoiceField(
        label=_("Topic"),
        required=False,
        help_text=_("Of marketing: what people can agree to, or refuse, apart from the rest."),
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
        label=_("When to send"),
        choices=[("now", _("Now")), ("later", _("Scheduled for"))],
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
        label=_("Validity (minutes)"),
        required=False,
        min_value=1,
        max_value=LONGEST_VALIDITY_MIN,
        help_text=_(
            "Messages not sent by then are dropped, and the carrier stops trying. Leave empty for the category's default."
        ),
    )
    canary = forms.BooleanField(
        label=_("Send a trial part first"),
        required=False,
        help_text=_("The rest follows automatically if the trial part goes well, and waits for you if it does not."),
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
        label=_("Judge early once this percentage has receipts"),
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
        label=_("Percentage that may opt out"), initial=2, required=False, min_value=0, max_value=100
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        choices = [("", _("(none)")), *((one.text, f"【{one.text}】") for one in Signature.objects.all())]
        self.fields["signature"].choices = choices  # type: ignore[attr-defined]
        topics = [(one.code, one.name) for one in Topic.objects.all()]
        self.has_topics = bool(topics)
        self.fields["topic"].choices = [("", _("None in particular: all marketing")), *topics]  # type: ignore[attr-defined]
        self.typed = read_many(self.data.get("numbers", "") if self.is_bound else "")

    def clean_scheduled_at(self) -> datetime | None:
        """A time of this calendar at all; whether it has passed is looked at when it is sent."""
        at: datetime | None = self.cleaned_data["scheduled_at"]
        if at and (at.year < EARLIEST.year or is_too_far(at, clock.now())):
            raise forms.ValidationError(_("This time is more than two years ahead, so it is probably a mistake."))
        return at

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("when") == "later" and not cleaned.get("scheduled_at") and "scheduled_at" not in self.errors:
            self.add_error("scheduled_at", _("Enter a time."))
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

    @property
    def rows(self) -> str:
        """What was chosen for numbers that stand in several rows; empty while nobody has been asked."""
        given = self.data.get("rows", "") if self.is_bound else self.initial.get("rows", "")
        return given if given in ROWS else ""

    def selection(self) -> Selection:
        """Chips and typed numbers together."""
        chosen = {
            field: ids_of(self.data.getlist(name))  # type: ignore[attr-defined]
            for name, field in KINDS.items()
        }
        return Selection.from_json(
            {**chosen, "numbers": self.typed.good, **({"is_once": True} if self.rows == "once" else {})}
        )

    def facts(self) -> dict[str, Any]:
        """Fields of the draft. Also from a form with faults: what was typed is kept."""
        data = self.data
        at = self.cleaned_data.get("scheduled_at") if data.get("when") == "later" else None
        return {
            "title": data.get("title", "")[:120],
            "category": data.get("category") if data.get("category") in Category.values else Category.NOTICE,
            "topic": data.get("topic", "")[:12] if data.get("category") == Category.MARKETING else "",
            "signature": data.get("signature", "")[:20],
            "text": data.get("text", "").replace("\r\n", "\n"),
            "personal_signature": self._user.personal_signature if data.get("personal") else "",
            "recipients": {**self.selection().to_json(), "typed": data.get("numbers", ""), "rows": self.rows},
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
        "topic": draft.topic,
        "signature": draft.signature,
        "text": draft.text,
        "personal": bool(draft.personal_signature),
        "numbers": draft.recipients.get("typed", ""),
        "rows": draft.recipients.get("rows", ""),
        "when": "later" if at else "now",
        "scheduled_at": timezone.localtime(at) if at else None,
        "validity_minutes": draft.validity_minutes,
        "canary": draft.canary_terms is not None,
        **{f"canary_{name}": value for name, value in (draft.canary_terms or {}).items()},
    }
