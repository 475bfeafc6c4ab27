"""The form of a person, new or known: facts, numbers, birthday, relations, further columns; told where somebody else was faster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.console.access import me
from hongyan.console.people import columns
from hongyan.console.people.opening import for_who_reaches_people
from hongyan.console.people.person import phones_shown
from hongyan.console.refusing import at
from hongyan.contacts import fields, groups, relations
from hongyan.contacts import people as verbs
from hongyan.contacts.birthdays import Birthday, Calendar
from hongyan.contacts.models import AddressBook, Contact, Field, NumberKind, NumberState
from hongyan.contacts.phones import PhoneFacts
from hongyan.contacts.record import Person
from hongyan.contacts.relations import ROLES, RelationFacts
from hongyan.inputs import asked_of, id_of
from hongyan.mailbox import inbox
from hongyan.messaging import unseen

PHONE = ("id", "number", "kind", "state")
MOST_FOUND = 8
FACTS = ("name", "title", "company", "email", "notes")


class PersonForm(forms.Form):
    book = forms.ModelChoiceField(AddressBook.objects.none(), label=gettext_lazy("Address book"))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    former_names = forms.CharField(
        label=gettext_lazy("Former names"),
        max_length=160,
        required=False,
        help_text=gettext_lazy("Separated by commas."),
    )
    title = forms.CharField(label=gettext_lazy("Form of address"), max_length=40, required=False)
    company = forms.CharField(label=gettext_lazy("Company"), max_length=120, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    tags = forms.CharField(
        label=gettext_lazy("Tags"), max_length=400, required=False, help_text=gettext_lazy("Separated by commas.")
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), required=False, choices=[("", "–"), *settings.LANGUAGES]
    )
    time_zone = forms.CharField(
        label=gettext_lazy("Time zone"), max_length=40, required=False, widget=forms.TextInput({"list": "zones"}),
        help_text=gettext_lazy("Only for people abroad, such as Asia/Tokyo."),
    )  # fmt: skip
    notes = forms.CharField(
        label=gettext_lazy("Notes"), max_length=500, required=False, widget=forms.Textarea({"rows": 2})
    )
    calendar = forms.ChoiceField(
        label=gettext_lazy("Calendar of the birthday"), required=False,
        choices=[
            (Calendar.SOLAR.value, gettext_lazy("Solar")), (Calendar.LUNAR.value, gettext_lazy("Lunar")),
            (Calendar.LEAP.value, gettext_lazy("Lunar, leap month")),
        ],
    )  # fmt: skip
    month = forms.IntegerField(label=gettext_lazy("Month"), required=False, min_value=1, max_value=12)
    day = forms.IntegerField(label=gettext_lazy("Day"), required=False, min_value=1, max_value=31)
    year = forms.IntegerField(
        label=gettext_lazy("Year, if known"), required=False, min_value=1900, max_value=2099
    )  # fmt: skip
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, user: User, found: Contact | None, data: QueryDict | None, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial if found is None else _facts_of(found))
        self.user, self.found, self.number = user, found, str(initial.get("number", ""))
        book: Any = self.fields["book"]
        book.queryset = AddressBook.objects.changeable_by(user)
        if found is not None:
            del self.fields["book"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if bool(given.get("month")) != bool(given.get("day")) or (given.get("year") and not given.get("day")):
            self.add_error("day", _("A birthday has a month and a day."))
        return given

    def person(self, further: dict[str, str]) -> Person:
        """What was written; call it on a valid form only. Raises Refused."""
        given, rows = self.cleaned_data, [one for one in self.phones() if one["number"]]
        known = self._numbers()
        # Who may not see a number gives it back as it was shown.
        numbers = [
            known[one["id"]] if known.get(one["id"]) and one["number"] == phones_shown(self.user, known[one["id"]]) else one["number"]
            for one in rows
        ]  # fmt: skip
        if not rows:
            raise Refused("number_empty", _("Enter at least one mobile number."))
        return Person(
            **{name: given[name] for name in FACTS}, number=numbers[0], fields=further,
            number_kind=rows[0]["kind"], number_state=rows[0]["state"],
            phones=tuple(PhoneFacts(number, one["kind"], one["state"]) for number, one in zip(numbers[1:], rows[1:], strict=True)),
            tags=_parted(given["tags"]), former_names=_parted(given["former_names"]), language=given["language"],
            time_zone=given["time_zone"].strip(), birthday=_birthday(given), relations=tuple(self._wanted()),
        )  # fmt: skip

    def _numbers(self) -> dict[str, str]:
        if self.found is None:
            return {}
        return {"main": self.found.number} | {str(one.pk): one.number for one in self.found.phones.all()}

    def phones(self) -> list[dict[str, str]]:
        """Rows of numbers: the first is written to."""
        if self.is_bound:
            assert isinstance(self.data, QueryDict)
            given = (self.data.getlist(f"phone_{name}") for name in PHONE)
            return [
                dict(zip(PHONE, (one.strip()[:40] for one in row), strict=True)) for row in zip(*given, strict=False)
            ]
        if self.found is None:
            return [dict(zip(PHONE, ("", self.number, NumberKind.MOBILE, NumberState.IN_USE), strict=True))]
        main = self.found
        rows = [("main", main.number, main.number_kind, main.number_state)]
        rows += [(str(one.pk), one.number, one.kind, one.state) for one in main.phones.all()]
        return [dict(zip(PHONE, (pk, phones_shown(self.user, number), kind, state), strict=True)) for pk, number, kind, state in rows]  # fmt: skip

    def related(self) -> list[tuple[str, Contact]]:
        """Rows of relations: what the other is, and who."""
        if not self.is_bound:
            return [(one.role, one.other) for one in relations.of(self.user, self.found)] if self.found else []
        wanted = list(self._wanted())
        seen = Contact.objects.visible_to(self.user).select_related("book").in_bulk([one.contact_id for one in wanted])
        return [(one.role, seen[one.contact_id]) for one in wanted if one.contact_id in seen]

    def _wanted(self) -> Iterator[RelationFacts]:
        assert isinstance(self.data, QueryDict)
        for role, pk in zip(self.data.getlist("relation_role"), self.data.getlist("relation_id"), strict=False):
            yield RelationFacts(role, id_of(pk))

    def differences(self, person: Person) -> list[tuple[str, str, str]]:
        """Where what is stored by now is something else than what was written: (field, stored, written)."""
        assert self.found is not None
        now = Contact.objects.get(pk=self.found.pk)
        stored = PersonForm(self.user, now, None, {}).initial
        return (
            [
                (str(self.fields[name].label), str(stored.get(name) or "–"), str(self.cleaned_data.get(name) or "–"))
                for name in [*FACTS, "former_names", "tags", "language", "time_zone", "year", "month", "day"]
                if str(stored.get(name) or "") != str(self.cleaned_data.get(name) or "")
            ]
            + [
                (name, fields.in_words(now.fields[name]) if name in now.fields else "–", person.fields.get(name, "–"))
                for name in dict.fromkeys([*now.fields, *person.fields])
                if (fields.in_words(now.fields[name]) if name in now.fields else "") != person.fields.get(name, "")
            ]
            + self._other_phones(now)
        )

    def _other_phones(self, now: Contact) -> list[tuple[str, str, str]]:
        stored = [row["number"] for row in PersonForm(self.user, now, None, {}).phones()]
        written = [row["number"] for row in self.phones() if row["number"]]
        return [(_("Numbers"), "、".join(stored), "、".join(written))] if stored != written else []


def _facts_of(found: Contact) -> dict[str, Any]:
    facts = {name: getattr(found, name) for name in (*FACTS, "language", "time_zone")}
    facts["former_names"] = found.former_names.replace("、", ", ")
    facts["tags"] = ", ".join(found.tags.values_list("name", flat=True))
    facts["seen"] = found.version
    if found.birthday:
        one = Birthday.of(found.birthday, found.birth_year)
        facts |= {"calendar": one.calendar.value, "month": one.month, "day": one.day, "year": one.year}
    return facts


def _parted(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("，", ",").replace("、", ",").split(",") if part.strip())


def _birthday(given: dict[str, Any]) -> str:
    if not given["day"]:
        return ""
    lunar = {Calendar.LUNAR: "农历", Calendar.LEAP: "农历闰"}.get(given["calendar"], "")
    year = f"{given['year']}年" if given["year"] else ""
    return f"{lunar}{year}{given['month']}月{given['day']}日"


@for_who_reaches_people
def edit(request: HttpRequest, contact_id: int | None = None) -> HttpResponseBase:
    """A new person, or one as it is."""
    user = me(request)
    found = verbs.access_changeable_contact(user, contact_id) if contact_id else None
    initial: dict[str, Any] = {"book": request.GET.get("book")}
    if "reply" in request.GET and user.may(Right.SEE_NUMBERS):
        # From the mailbox; by the reply, since an address is written into logs.
        number = inbox.access_reply(user, id_of(request.GET["reply"])).number
        initial["number"] = "" if unseen.of_numbers(user, [number]) else number
    # Whoever may change one group of a book, not the book, adds people to that group.
    into_group = groups.access_changeable_group(user, id_of(request.GET["group"])) if "group" in request.GET else None
    form = PersonForm(user, found, request.POST if request.method == "POST" else None, initial)
    if found is None and into_group is not None:
        del form.fields["book"]
    further, differences = _further(request, found), list[tuple[str, str, str]]()
    if request.method == "POST" and form.is_valid():
        with at(form, {"birthday": "day"}):
            person = form.person(further)
            if found is None:
                into = into_group.book if into_group else form.cleaned_data["book"]
                made = verbs.create(user, into, person, [into_group] if into_group else [])
            else:
                try:
                    made = verbs.change(user, found, person, seen=form.cleaned_data["seen"] or None)
                except Refused as error:
                    if error.code != "changed_since":
                        raise
                    differences = form.differences(person)
                    # What differs is told; who saves again has seen it.
                    data = request.POST.copy()
                    data["seen"] = Contact.objects.get(pk=found.pk).version
                    form.data = data
                    raise
            messages.success(request, _("Saved."))
            return redirect("console:contact", made.pk)
    return render(
        request,
        "console/people/edit.html",
        {
            "form": form, "contact": found, "differences": differences, **columns.inputs(further), "roles": _roles(),
            "phones": form.phones(), "related": form.related(), "number_kinds": NumberKind.choices,
            "number_states": NumberState.choices, "zones": sorted(one for one in available_timezones() if "/" in one and not one.startswith(("Etc/", "posix/", "right/"))),
            "kept_book": found.book if found else into_group,
        },
    )  # fmt: skip


def _roles() -> list[tuple[str, str]]:
    return [(role, str(words)) for role, (words, _kind, _is_from) in ROLES.items()]


def _further(request: HttpRequest, found: Contact | None) -> dict[str, str]:
    """The contact's further columns, as `{variables}` of texts use them; what has no value goes, and so does a row without a name."""
    if request.method != "POST":
        return {name: fields.in_words(value) for name, value in found.fields.items()} if found else {}
    given = {
        one.name: "、".join(request.POST.getlist(f"field-{one.pk}"))
        for one in Field.objects.all()
        if f"field-{one.pk}" in request.POST
    }
    pairs = zip(request.POST.getlist("field_name"), request.POST.getlist("field_value"), strict=False)
    given |= {name.strip()[:40]: value for name, value in pairs if name.strip()}
    kept = {name: value.strip()[:500] for name, value in given.items() if value.strip()}
    return dict(list(kept.items())[:60])


@for_who_reaches_people
def find_related(request: HttpRequest) -> HttpResponseBase:
    """People to choose from for a relation, or with `id` the row of one: fragments of the form."""
    user = me(request)
    if pk := id_of(request.GET.get("id")):
        other = verbs.access_contact(user, pk)
        return render(request, "console/people/relation.html", {"role": "", "other": other, "roles": _roles()})
    asked = asked_of(request.GET.get("who"))
    found = (
        verbs.matching(user, Contact.objects.visible_to(user), asked).select_related("book")
        if asked
        else Contact.objects.none()
    )
    return render(request, "console/people/relation_found.html", {"found": found[:MOST_FOUND], "asked": asked})
