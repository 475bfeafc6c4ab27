"""Where a number may lie in this room's tables, and what becomes of recipient lists that lose a row."""

from __future__ import annotations

from hongyan.contacts import stock
from hongyan.contacts.models import RecipientList, RecipientListRow
from hongyan.privacy import Fate, Kind, Place, nothing

SLICE = 500


def _out_of_lists(number: str) -> int:
    """What each list comes to is counted anew."""
    rows = dict(RecipientListRow.objects.filter(number=number).order_by("pk").values_list("pk", "list_id")[:SLICE])
    RecipientListRow.objects.filter(pk__in=rows).delete()
    for one in RecipientList.objects.filter(pk__in=set(rows.values())):
        RecipientList.objects.filter(pk=one.pk).update(size=one.rows.count())
        if one.stock:
            stock.take(one)
    return len(rows)


PLACES = (
    Place(
        "contacts_contact", Kind.PEOPLE, numbers=("number",), fate=Fate.REMOVED,
        own="id in (select contact_id from contacts_phone where number = %(number)s)",
        words=("name", "former_names", "title", "company", "email", "notes", "search", "search_further"),
        values=("fields",), never=("pinyin", "birthday", "language", "time_zone", "number_kind", "number_state"),
    ),
    Place("contacts_phone", Kind.PEOPLE, numbers=("number",), fate=Fate.REMOVED, never=("kind", "state")),
    nothing("contacts_relation", "kind"),
    nothing("contacts_grant", "role", "allows"),
    Place("contacts_group", Kind.PEOPLE, words=("name",), never=("path",)),
    Place("contacts_addressbook", Kind.PEOPLE, words=("name",), never=("kind",)),
    Place("contacts_field", Kind.PEOPLE, words=("name",), values=("choices",), never=("kind",)),
    Place("contacts_tag", Kind.PEOPLE, words=("name",)),
    Place("contacts_recipientlist", Kind.LISTS, words=("name",), values=("columns", "stock"), never=("carriers",)),
    Place(
        "contacts_recipientlistrow", Kind.LISTS, numbers=("number",), fate=Fate.REMOVED, values=("variables",),
        erase=_out_of_lists,
    ),
)  # fmt: skip
