"""What must be known of a customer: always a name, a type, a source and the proof of consent; further facts as its type says."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.errors import Refused
from hongyan.crm.facts import Facts

REQUIRABLE: dict[str, str | Promise] = {
    "code": gettext_lazy("Customer number"),
    "region": gettext_lazy("Region"),
    "address": gettext_lazy("Address"),
    "landline": gettext_lazy("Landline"),
    "person": gettext_lazy("A person with a name"),
    "number": gettext_lazy("A mobile number"),
    "post": gettext_lazy("The post of each person"),
    "gender": gettext_lazy("The gender of each person"),
}
"""What a type may ask for beside its own further facts ("field:<name>")."""


def label(name: str) -> str:
    """A fact that a type may require, in words."""
    return name.removeprefix("field:") if name.startswith("field:") else str(REQUIRABLE.get(name, name))


def missing(facts: Facts) -> list[str]:
    """Names of what is still to be said of a customer, in the order of the form."""
    always = {"name": facts.name, "source": facts.source, "consent": facts.consent}
    found = [name for name, value in always.items() if not value.strip()]
    for name in facts.type.required:
        if name.startswith("field:"):
            is_there = bool(facts.fields.get(name.removeprefix("field:"), ""))
        elif name == "person":
            is_there = any(one.name.strip() for one in facts.people)
        elif name == "number":
            is_there = any(one.number for one in facts.people)
        elif name == "post":
            is_there = all(one.post for one in facts.people)
        elif name == "gender":
            is_there = all(one.gender for one in facts.people)
        else:
            is_there = bool(str(getattr(facts, name, "")).strip())
        if not is_there:
            found.append(name)
    return found


ALWAYS: Mapping[str, str | Promise] = {
    "name": gettext_lazy("Name"),
    "source": gettext_lazy("Source"),
    "consent": gettext_lazy("Proof of consent"),
}


def check(facts: Facts) -> None:
    """Raises Refused that names what is missing, at the first such field."""
    found = missing(facts)
    if found:
        words = _(", ").join(str(ALWAYS.get(name) or label(name)) for name in found)
        raise Refused(
            "facts_missing",
            _("A customer of the type “%(type)s” also needs: %(what)s.") % {"type": facts.type, "what": words},
            field=found[0],
        )
