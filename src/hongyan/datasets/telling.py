"""Rows as a user reads them: each value in words, links by their names, numbers masked by right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.rights import Right
from hongyan.contacts import lists
from hongyan.contacts.models import Contact, RecipientList
from hongyan.datasets import finding, links
from hongyan.datasets.finding import Line, Wanted
from hongyan.datasets.models import Field
from hongyan.datasets.rights import View
from hongyan.datasets.rows import told
from hongyan.fields import Kind
from hongyan.spreadsheets.writing import Cell

MOST_SENT = 100_000
"""Rows of a recipient list that is made while its giver waits, about five seconds."""


def cells(view: View, lines: Sequence[Line], fields: Sequence[Field] | None = None) -> list[list[str]]:
    """The values of each row, field by field. A query or two for each field of links, however many rows."""
    shown = view.fields if fields is None else fields
    labels = {
        one.pk: links.labels(view.user, one, {pk for line in lines if isinstance(pk := line.data.get(one.key), int)})
        for one in shown if one.kind is Kind.LINK
    }  # fmt: skip
    return [[told(view, one, line.data.get(one.key), labels.get(one.pk)) for one in shown] for line in lines]


def sheet(view: View, wanted: Wanted) -> tuple[list[str], Iterator[Sequence[Cell]]]:
    """Headings and rows to take away as a file; streamed."""

    def rows() -> Iterator[Sequence[Cell]]:
        for lines in finding.stream(view, wanted):
            yield from cells(view, lines)

    return [one.name for one in view.fields], rows()


def carriers_of_numbers(view: View) -> list[Field]:
    """Fields by which a row can be written to: mobile numbers, links to people."""
    return [one for one in view.fields if one.kind is Kind.PHONE or (one.kind is Kind.LINK and one.target_id is None)]


def recipients(view: View, wanted: Wanted, by: Field) -> tuple[RecipientList, int]:
    """The rows as a recipient list of the user, their fields as variables; also how many have no number.

    Raises Refused when nobody has one, or when there are too many rows.
    """
    if not view.user.may(Right.SEND):
        raise Refused("not_allowed", _("You may not send messages."), status=403)
    found = finding.found(view, wanted)
    if found.order_by()[: MOST_SENT + 1].count() > MOST_SENT:
        raise Refused(
            "too_many_rows", _("Up to 100,000 rows can be written to at once. Filter the table first."), status=409
        )
    rows: list[tuple[int, str, dict[str, str]]] = []
    without = 0
    # Gathered first: a COPY keeps the connection that they are read over.
    for lines in finding.stream(view, wanted):
        numbers = _numbers(view, lines, by)
        for line, values in zip(lines, cells(view, lines), strict=True):
            if number := numbers.get(line.id, ""):
                said = {one.name: value for one, value in zip(view.fields, values, strict=True)}
                rows.append((len(rows) + without + 1, number, said))
            else:
                without += 1
    made = lists.from_rows(view.user, view.table.name, [one.name for one in view.fields], rows)
    if not made.size:
        lists.delete(view.user, made)
        raise Refused("no_numbers", _("None of these rows has a mobile number."), status=409)
    return made, without


def _numbers(view: View, lines: Sequence[Line], by: Field) -> dict[int, str]:
    if by.kind is Kind.PHONE:
        return {line.id: str(line.data.get(by.key, "")) for line in lines}
    meant = {line.id: line.data.get(by.key) for line in lines}
    seen = Contact.objects.visible_to(view.user).filter(pk__in={pk for pk in meant.values() if isinstance(pk, int)})
    known = dict(seen.order_by().values_list("pk", "number"))
    return {row: known.get(pk, "") if isinstance(pk, int) else "" for row, pk in meant.items()}
