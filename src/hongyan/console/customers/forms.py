"""The form of a customer with its people and further facts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.models import User
from hongyan.contacts.people import shown_to
from hongyan.crm.customers import salespersons
from hongyan.crm.facts import Facts, PersonFacts
from hongyan.crm.models import Customer, CustomerType, Person, Post
from hongyan.crm.requirements import label
from hongyan.inputs import id_of

EMPTY_ROWS = 1
COLUMNS = ("id", "name", "post", "gender", "number", "landline")


class CustomerForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the customer"), max_length=120)
    type = forms.ModelChoiceField(CustomerType.objects.all(), label=gettext_lazy("Type"), empty_label=None)
    code = forms.CharField(label=gettext_lazy("Customer number"), max_length=40, required=False)
    region = forms.CharField(
        label=gettext_lazy("Region"), max_length=80, required=False,
        help_text=gettext_lazy("From the province down to the district."),
    )  # fmt: skip
    address = forms.CharField(label=gettext_lazy("Address"), max_length=200, required=False)
    landline = forms.CharField(label=gettext_lazy("Landline"), max_length=40, required=False)
    salesperson = forms.ModelChoiceField(
        User.objects.get_queryset().none(), label=gettext_lazy("Salesperson"), empty_label=None
    )
    source = forms.ChoiceField(label=gettext_lazy("Source"), choices=[("", "–"), *Customer.Source.choices])
    consent = forms.CharField(
        label=gettext_lazy("Proof of consent"), max_length=300,
        help_text=gettext_lazy("How its people agreed to receive messages: signed form, contract clause, spoken on a visit, with the date."),
    )  # fmt: skip
    registered_on = forms.DateField(
        label=gettext_lazy("Registered on"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    notes = forms.CharField(
        label=gettext_lazy("Notes"), max_length=500, required=False, widget=forms.Textarea({"rows": 2})
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, user: User, customer: Customer | None, data: QueryDict | None, **more: Any) -> None:
        initial: dict[str, Any] = {"salesperson": user.pk}
        if customer is not None:
            names = (
                "name",
                "type",
                "code",
                "region",
                "address",
                "landline",
                "salesperson",
                "source",
                "consent",
                "registered_on",
                "notes",
                "version",
            )
            initial = {name: getattr(customer, name) for name in names}
        super().__init__(data, initial=initial | more)
        self.user, self.customer = user, customer
        people = salespersons(user)
        if customer is not None and customer.salesperson not in people:
            people.append(customer.salesperson)
        field: Any = self.fields["salesperson"]
        field.queryset = User.objects.get_queryset().filter(pk__in=[one.pk for one in people])
        if len(people) == 1:
            field.widget = forms.HiddenInput()

    @property
    def type_chosen(self) -> CustomerType | None:
        chosen = id_of(str(self["type"].value() or "")) if self["type"].value() else 0
        return CustomerType.objects.filter(pk=chosen).first() or CustomerType.objects.first()

    def facts(self) -> Facts:
        """What was written; call it on a valid form only."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        assert isinstance(self.data, QueryDict)
        return Facts(**values, people=self._people(), fields=further_of(self.data))

    def _people(self) -> list[PersonFacts]:
        posts = {str(one.pk): one for one in Post.objects.all()}
        known = {one.pk: one for one in self.customer.people.all()} if self.customer else {}
        found = []
        for row in rows_of(self.data):
            old = known.get(id_of(row["id"] or "0"))
            number = row["number"]
            # Who may not see a number gives it back as it was shown.
            if old is not None and old.number and number == shown_to(self.user, old.number):
                number = old.number
            gender = row["gender"] if row["gender"] in Person.Gender.values else ""
            found.append(
                PersonFacts(
                    row["name"][:80], number[:40], posts.get(row["post"]), gender, row["landline"][:40],
                    old.pk if old else None,
                )
            )  # fmt: skip
        return found

    def people_rows(self) -> list[dict[str, str]]:
        """The rows of people as the page shows them, one empty one behind them."""
        if self.is_bound:
            rows = rows_of(self.data)
        elif self.customer is not None:
            rows = [
                {"id": str(one.pk), "name": one.name, "post": str(one.post_id or ""), "gender": one.gender,
                 "number": shown_to(self.user, one.number) if one.number else "", "landline": one.landline}
                for one in self.customer.people.all()
            ]  # fmt: skip
        else:
            rows = []
        return rows + [dict.fromkeys(COLUMNS, "")] * EMPTY_ROWS


def rows_of(data: Any) -> list[dict[str, str]]:
    """What stands in the rows of people, without those that say nothing."""
    columns = {name: [value.strip() for value in data.getlist(f"person_{name}")] for name in COLUMNS}
    most = max((len(values) for values in columns.values()), default=0)
    rows = [
        {name: values[at] if at < len(values) else "" for name, values in columns.items()}
        for at in range(min(most, 60))
    ]
    return [row for row in rows if row["name"] or row["number"]]


def further_of(data: QueryDict) -> dict[str, str]:
    """Further facts by their names."""
    pairs = zip(data.getlist("field_name"), data.getlist("field_value"), strict=False)
    return {name.strip()[:40]: value.strip()[:500] for name, value in pairs if name.strip() and value.strip()}


def further_rows(chosen: CustomerType | None, values: dict[str, str]) -> list[tuple[str, str, bool]]:
    """(name, value, whether the type asks for it): the type's own facts first, then what else is known."""
    asked = list(chosen.fields) if chosen else []
    required = set(chosen.required) if chosen else set()
    names = dict.fromkeys([*asked, *values])
    return [(name, values.get(name, ""), f"field:{name}" in required) for name in names]


def required_names(chosen: CustomerType | None) -> str:
    """What the type asks for, as one sentence under its choice; "" for nothing."""
    names = [label(name) for name in chosen.required] if chosen else []
    return _("This type also needs: %(what)s.") % {"what": _(", ").join(names)} if names else ""
