"""Who a submission is for: what was chosen, and the stream of distinct recipients it stands for.

One statement gathers books, groups (with all below them), contacts, lists and typed numbers, leaves out who is
excluded, and keeps each number once; a list's row comes before a contact, a contact before a bare number, since it says
more about the person. For one-to-one texts rows of a list that differ in their values are kept. Memory is flat: the
server keeps the result, we read it in parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import msgspec
from django.db import connection

from hongyan.accounts.models import User
from hongyan.contacts.models import AddressBook, Contact, Group, RecipientList

CHUNK = 3000
_VALUES = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True, slots=True)
class Selection:
    """What the person chose. Ids that the owner may not see are dropped when it is resolved."""

    book_ids: tuple[int, ...] = ()
    group_ids: tuple[int, ...] = ()
    contact_ids: tuple[int, ...] = ()
    list_ids: tuple[int, ...] = ()
    numbers: tuple[str, ...] = ()
    """E.164 with the plus."""
    excluded_contact_ids: tuple[int, ...] = ()
    excluded_group_ids: tuple[int, ...] = ()
    excluded_numbers: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.book_ids or self.group_ids or self.contact_ids or self.list_ids or self.numbers)

    @property
    def is_mixed(self) -> bool:
        """Lists, and something beside them that may hold the same people."""
        return bool(self.list_ids and (self.book_ids or self.group_ids or self.contact_ids or self.numbers))

    @property
    def has_exclusions(self) -> bool:
        return bool(self.excluded_contact_ids or self.excluded_group_ids or self.excluded_numbers)

    @property
    def is_only_numbers(self) -> bool:
        """Numbers as they were given and nobody left out: nothing to look up."""
        return self == Selection(numbers=self.numbers)

    def to_json(self) -> dict[str, Any]:
        return {name: list(value) for name, value in asdict(self).items() if value}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        known = {item.name for item in fields(cls)}
        return cls(**{name: tuple(value) for name, value in stored.items() if name in known})


@dataclass(frozen=True, slots=True)
class Recipient:
    number: str
    name: str
    contact_id: int | None
    values: dict[str, str]


_OF_LISTS = """
select r.number, coalesce(r.variables->>'姓名', r.variables->>'name', '') as name, null::bigint as contact_id,
       r.variables as values, 0 as source, r.line::bigint as place
from contacts_recipientlistrow r where r.list_id = any(%(lists)s)
"""
_OF_BOOKS = """
select c.number, c.name, c.id as contact_id,
       c.fields || jsonb_build_object('姓名', c.name, '称呼', c.title, '公司', c.company, '手机', ltrim(c.number, '+')) as values,
       1 as source, c.id as place
from contacts_contact c
where c.id = any(%(contacts)s) or c.book_id = any(%(books)s) or c.id in (
    select gc.contact_id from contacts_group_contacts gc join contacts_group g on g.id = gc.group_id
    where exists (select 1 from contacts_group chosen
                  where chosen.id = any(%(groups)s) and g.path like chosen.path || '%%'))
"""
_OF_NUMBERS = """
select n.number, coalesce(k.name, '') as name, k.id as contact_id,
       coalesce(k.fields || jsonb_build_object('姓名', k.name, '称呼', k.title, '公司', k.company,
                                               '手机', ltrim(k.number, '+')), '{}') as values,
       2 as source, n.place
from unnest(%(numbers)s::text[]) with ordinality as n(number, place)
-- A typed number that the owner's books know gets its name and values.
left join lateral (select * from contacts_contact c where c.number = n.number and c.book_id = any(%(known_books)s)
                   order by c.id limit 1) k on true
"""
_EXCLUDED = """
select number from contacts_contact where id = any(%(excluded_contacts)s)
union
select c.number from contacts_contact c
join contacts_group_contacts gc on gc.contact_id = c.id join contacts_group g on g.id = gc.group_id
where exists (select 1 from contacts_group chosen
              where chosen.id = any(%(excluded_groups)s) and g.path like chosen.path || '%%')
union select unnest(%(excluded_numbers)s::text[])
"""


def gathered(selection: Selection) -> str:
    """The beginning of a statement: `gathered` is what was chosen, `excluded` (if anything is) what was left out.

    Only what the selection has stands in it: for a verification code's one number, planning the whole would take the
    server ten times as long as doing it.
    """
    sources = [sql for sql, is_chosen in (
        (_OF_LISTS, selection.list_ids),
        (_OF_BOOKS, selection.book_ids or selection.group_ids or selection.contact_ids),
        (_OF_NUMBERS, selection.numbers),
    ) if is_chosen]  # fmt: skip
    excluded = f", excluded as ({_EXCLUDED})" if selection.has_exclusions else ""
    return f"with gathered as ({' union all '.join(sources)}){excluded}"


def _recipients(selection: Selection, *, by_row: bool) -> str:
    not_excluded = "and number not in (select number from excluded)" if selection.has_exclusions else ""
    # A list may hold one number on several rows with different values: several one-to-one texts, in the order of the rows.
    key = "number, case when source = 0 then values end" if by_row else "number"
    return f"""
        {gathered(selection)}, chosen as (
            select distinct on ({key}) number, name, contact_id, values, source, place from gathered
            where number > %(after)s and (%(only)s::text[] is null or number = any(%(only)s)) {not_excluded}
            order by {key}, source, place
        )
        select number, name, contact_id, values from {_BEFORE_OTHERS if by_row and selection.is_mixed else "chosen"}
        order by number, source, place
    """  # noqa: S608 - constants only


# Whoever stands on rows of a list is not asked for once more by a contact or a bare number.
_BEFORE_OTHERS = """(select *, min(source) over (partition by number) as first_source from chosen) told_apart
        where source = first_source"""  # fmt: skip


def lists_of(owner: User, selection: Selection) -> list[RecipientList]:
    """The chosen lists that are the owner's."""
    if not selection.list_ids:
        return []
    return list(RecipientList.objects.filter(pk__in=selection.list_ids, owner=owner).select_related("upload"))


def parameters(owner: User, selection: Selection) -> dict[str, Any]:
    """Of `gathered`: the selection as far as the owner may see it, checked each time it is resolved, not only when asked."""
    books = list(AddressBook.objects.visible_to(owner).values_list("pk", flat=True))

    def seen(model: type[Group | Contact], ids: tuple[int, ...]) -> list[int]:
        return list(model.objects.filter(pk__in=ids, book_id__in=books).values_list("pk", flat=True)) if ids else []

    return {
        "known_books": books,
        "books": [book for book in selection.book_ids if book in books],
        "groups": seen(Group, selection.group_ids),
        "contacts": seen(Contact, selection.contact_ids),
        "lists": [one.pk for one in lists_of(owner, selection)],
        "numbers": list(selection.numbers),
        "excluded_contacts": list(selection.excluded_contact_ids),
        "excluded_groups": list(selection.excluded_group_ids),
        "excluded_numbers": list(selection.excluded_numbers),
        "after": "",
        "only": None,
    }


def count(owner: User, selection: Selection, *, by_row: bool = False) -> tuple[int, int]:
    """(distinct numbers, recipients that `stream` gives). One query."""
    if selection.is_empty:
        return 0, 0
    if selection.is_only_numbers:
        people = len(set(selection.numbers))
        return people, people
    sql = _recipients(selection, by_row=by_row)
    with connection.cursor() as cursor:
        cursor.execute(f"select count(distinct number), count(*) from ({sql}) x", parameters(owner, selection))  # noqa: S608
        people, messages = cursor.fetchone()
        return people, messages


def stream(
    owner: User,
    selection: Selection,
    *,
    by_row: bool,
    after: str = "",
    most: int | None = None,
    only: Sequence[str] | None = None,
) -> Iterator[list[Recipient]]:
    """Chunks of recipients in the order of their numbers, beyond `after`; a number never spans two chunks.

    `by_row` keeps rows of one number that differ in their values; `only` leaves out all other numbers.
    """
    if selection.is_empty:
        return
    sql = _recipients(selection, by_row=by_row)
    if most is not None:
        sql += f" limit {int(most)}"
    held: list[Recipient] = []
    # What certainly fits a chunk needs no cursor at the server, which takes three round trips more.
    is_short = selection.is_only_numbers and len(selection.numbers) < CHUNK
    with connection.cursor() if is_short else connection.chunked_cursor() as cursor:
        cursor.execute(
            sql, {**parameters(owner, selection), "after": after, "only": list(only) if only is not None else None}
        )
        while rows := cursor.fetchmany(CHUNK):
            # Django's cursors give jsonb as text.
            held += [Recipient(number, name, contact, _VALUES.decode(values)) for number, name, contact, values in rows]
            last = held[-1].number
            cut = len(held)
            # A full chunk may have been cut inside a number's rows; the last one has not.
            while len(rows) == CHUNK and cut and held[cut - 1].number == last:
                cut -= 1
            if cut:
                yield held[:cut]
                held = held[cut:]
    if held:
        yield held


def variables_of(owner: User, selection: Selection) -> list[str]:
    """Names a text to these recipients may use: columns of the chosen lists, else contact fields."""
    names = [column for one in lists_of(owner, selection) for column in one.columns]
    if selection.book_ids or selection.group_ids or selection.contact_ids:
        names += ["姓名", "称呼", "公司", "手机"]
        names += _field_names(owner, selection)
    return list(dict.fromkeys(names))


def _field_names(owner: User, selection: Selection) -> list[str]:
    """Further columns that some of the first few hundred chosen contacts carry."""
    found: dict[str, None] = {}
    for chunk in stream(
        owner, Selection(selection.book_ids, selection.group_ids, selection.contact_ids), by_row=False, most=200
    ):
        for one in chunk:
            found.update(dict.fromkeys(one.values))
    return list(found)


def lists_waited_for() -> set[int]:
    """Recipient lists that a submission which has not been planned yet still reads."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select distinct list_id::bigint from messaging_submission s,
                   jsonb_array_elements_text(coalesce(s.recipients->'list_ids', '[]')) as chosen(list_id)
               where s.state in ('scheduled', 'planning', 'paused') and not s.is_planned"""
        )
        return {row[0] for row in cursor.fetchall()}
