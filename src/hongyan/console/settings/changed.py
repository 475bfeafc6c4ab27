"""What an audit entry changed, as its reader says it: field, old, new. The words are those of the form that changes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.apps import apps
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.models import AuditEntry
from hongyan.console.account.forms import ProfileForm
from hongyan.console.carriers.forms import ChannelForm
from hongyan.console.carriers.route_forms import PolicyForm, PriceForm, RouteForm
from hongyan.console.doors.forms import DoorForm
from hongyan.console.settings.details import changes_in_words
from hongyan.contacts.allowing import Allows
from hongyan.contacts.models import NumberKind, NumberState
from hongyan.inputs import moment_of

FORMS: dict[str, type[forms.Form] | type[forms.ModelForm[Any]]] = {
    "channel": ChannelForm, "route": RouteForm, "price": PriceForm, "door": DoorForm, "user": ProfileForm, "": PolicyForm,
}  # fmt: skip
"""Kind of record -> the form whose labels and choices it is known by; others are known by their model."""
LABELS: dict[str, str | Promise] = {
    "price_micros": gettext_lazy("Price of a segment (yuan)"),
    "secret_encrypted": gettext_lazy("Password"),
    "password": gettext_lazy("Password"),
    "peer_secret_encrypted": gettext_lazy("The carrier's password"),
    "prefixes": gettext_lazy("Number prefixes"),
    "department_ids": gettext_lazy("Departments"),
    "sources": gettext_lazy("Allowed source numbers"),
    "addresses": gettext_lazy("Allowed addresses"),
    "parent": gettext_lazy("Parent department"),
    "groups": gettext_lazy("Groups"),
    "title": gettext_lazy("Form of address"),
    "phones": gettext_lazy("Further numbers"),
    "relations": gettext_lazy("Relations"),
    "text": gettext_lazy("Text"),
    "uses_personal_signature": gettext_lazy("Add my signature unless I say otherwise"),
    "language": gettext_lazy("Language"),
    "is_on": gettext_lazy("Every day"),
    "at": gettext_lazy("Time"),
    "kept": gettext_lazy("at most"),
    "allows": gettext_lazy("What is allowed"),
    "expires_at": gettext_lazy("Until"),
}
"""Fields that stand in a form under another name, or in none."""
CHOICES: dict[str, dict[str, str | Promise]] = {"allows": {one.value: one.label for one in Allows}}
"""Of fields that are no field of the record whose entry it is: a grant is told of what it is on."""


@dataclass(frozen=True, slots=True)
class Change:
    field: str
    old: str
    new: str


def changes_of(entry: AuditEntry) -> list[Change]:
    """The table of an entry; empty where it changed no field."""
    changes = entry.detail.get("changes")
    if not isinstance(changes, dict):
        return [Change(*one) for one in changes_in_words(entry)]
    return [_change(entry.object_type, name, *pair) for name, pair in changes.items()]


def _change(kind: str, name: str, old: Any, new: Any) -> Change:
    label = _label(kind, name)
    if old is None and new is None:
        return Change(label, "", _("changed, not shown"))
    if isinstance(old, list) or isinstance(new, list):
        before, after = old or [], new or []
        gone = [_value(kind, name, one) for one in before if one not in after]
        come = [_value(kind, name, one) for one in after if one not in before]
        return Change(
            label,
            _("removed: %(what)s") % {"what": ", ".join(gone)} if gone else "–",
            _("added: %(what)s") % {"what": ", ".join(come)} if come else "–",
        )
    return Change(label, _value(kind, name, old), _value(kind, name, new))


def _field_of(kind: str, name: str) -> Any:
    form = FORMS.get(kind)
    return form.base_fields.get(name) if form else None


def _model_field(kind: str, name: str) -> Any:
    found = next((one for one in apps.get_models() if one._meta.model_name == kind), None)
    return next((one for one in found._meta.concrete_fields if one.name == name), None) if found else None


def _label(kind: str, name: str) -> str:
    of_form, of_model = _field_of(kind, name), _model_field(kind, name)
    if name in LABELS:
        return str(LABELS[name])
    if of_form is not None and of_form.label:
        return str(of_form.label)
    return str(capfirst(of_model.verbose_name)) if of_model is not None else name


def _value(kind: str, name: str, value: Any) -> str:
    """In words: choices by their labels, money in yuan, times in the installation's zone."""
    of_form, of_model = _field_of(kind, name), _model_field(kind, name)
    choices = dict(getattr(of_model, "flatchoices", None) or ()) | CHOICES.get(name, {})
    if isinstance(of_form, forms.ChoiceField) and not isinstance(of_form, forms.ModelChoiceField):
        choices |= dict(of_form.choices)  # type: ignore[arg-type]
    if name == "phones":
        return _phone(str(value))
    if value is not None and value in choices:
        return str(choices[value])
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value in (None, ""):
        return "–"
    if name.endswith("_micros"):
        return f"¥{value / 1_000_000:.6f}".rstrip("0").rstrip(".")
    if isinstance(value, str) and "T" in value and (at := moment_of(value, timezone.get_current_timezone())):
        return date_format(localtime(at), "SHORT_DATETIME_FORMAT")
    return str(value)


def _phone(kept: str) -> str:
    """A further number as `contacts/people.py` keeps it: masked, with its kind and state."""
    number, _blank, rest = kept.partition(" ")
    words = dict(NumberKind.choices) | dict(NumberState.choices)
    return " ".join([number, *(str(words.get(code, code)) for code in rest.split())])
