"""How one number came into a submission: each place where it was asked for, and where it was left out.

Rows of lists and typed numbers are as they were; address books and groups are as they stand now.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from hongyan.accounts.models import User
from hongyan.contacts.models import AddressBook, Contact, Group, RecipientListRow
from hongyan.contacts.reach import Sight
from hongyan.messaging import of_audiences, recipients, unseen
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection


@dataclass(frozen=True, slots=True)
class Origin:
    """One place that asked for the number, or that left it out."""

    words: str
    is_as_now: bool = False
    """Read from books as they stand now."""
    is_exclusion: bool = False


def origins(viewer: User, submission: Submission, number: str, contact_id: int | None = None) -> list[Origin]:
    """The one that counted first: a list's row before a contact, a contact before a bare number. A few queries.

    Whoever looks up a number learns nothing of people whose numbers are kept from them; of a message that they see, `contact_id`
    is its person.
    """
    selection = Selection.from_json(submission.recipients)
    values = recipients.parameters(submission.owner, selection)
    rows = RecipientListRow.objects.filter(list_id__in=values["lists"], number=number).select_related("list")
    found = [
        Origin(_("List “%(name)s”, row %(line)d") % {"name": one.list.name, "line": one.line})
        for one in rows.order_by("line")[:20]
    ]
    known = Contact.objects.sendable_by(submission.owner).filter(number=number).select_related("book")
    everybody = list(known.order_by("pk"))
    kept = unseen.of_chosen(viewer, submission.owner, [one.pk for one in everybody])
    people = [one for one in everybody if one.pk == contact_id or kept.get(one.pk, Sight.AS_ROLE) is Sight.AS_ROLE]
    seen = set(AddressBook.objects.visible_to(viewer).values_list("pk", flat=True))
    for person in people:
        book = person.book.name if person.book_id in seen else _("a personal address book")
        if person.book_id in values["books"]:
            found.append(Origin(_("Address book “%(book)s”") % {"book": book}, True))
        if person.pk in values["contacts"]:
            found.append(Origin(_("Chosen individually from “%(book)s”") % {"book": book}, True))
        for group in _holding(person, values["groups"]):
            name = group.name if person.book_id in seen else "…"
            found.append(Origin(_("Group “%(name)s” of “%(book)s”") % {"name": name, "book": book}, True))
    found += [
        Origin(_("Audience “%(name)s”") % {"name": one.name}, True)
        for one in (
            of_audiences.holding(submission.owner, selection.audience_ids, number)
            if len(people) == len(everybody)
            else ()
        )
    ]
    if number in selection.numbers:
        found.append(Origin(_("Given as a number, %(place)d. of %(all)d") % {
            "place": selection.numbers.index(number) + 1, "all": len(selection.numbers),
        }))  # fmt: skip
    return found + _exclusions(selection, people, number)


def _exclusions(selection: Selection, people: list[Contact], number: str) -> list[Origin]:
    found = []
    for person in people:
        if person.pk in selection.excluded_contact_ids:
            found.append(Origin(_("Left out: this person was excluded"), True, True))
        found += [
            Origin(_("Left out: group “%(name)s” was excluded") % {"name": group.name}, True, True)
            for group in _holding(person, list(selection.excluded_group_ids))
        ]
    if number in selection.excluded_numbers:
        found.append(Origin(_("Left out: this number was excluded"), False, True))
    return found


def _holding(person: Contact, group_ids: list[int]) -> list[Group]:
    """Which of these groups hold the person, themselves or below."""
    own = list(person.groups.values_list("path", flat=True))
    return [one for one in Group.objects.filter(pk__in=group_ids) if any(path.startswith(one.path) for path in own)]
