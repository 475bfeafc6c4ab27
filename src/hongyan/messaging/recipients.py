"""Who a submission is for: what was chosen, and the stream of distinct recipients it stands for.

One statement gathers books, groups (with all below them), contacts, lists and typed numbers, leaves out who is
excluded, and keeps each number once; a list's row comes before a contact, a contact before a bare number, since it says
more about the person. For one-to-one texts rows of a list that differ in their values are kept. Memory is flat: the
server keeps the result, we read it in parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Self

import msgspec
from django.db import connection

from hongyan.accounts.models import User
from hongyan.audiences import taking
from hongyan.audiences.evaluating import Part
from hongyan.contacts import reach
from hongyan.contacts.allowing import Doing
from hongyan.contacts.birthdays import spoken_in_sql
from hongyan.contacts.fields import in_words
from hongyan.contacts.models import AddressBook, Contact, Group, RecipientList
from hongyan.contacts.reach import Sight
from hongyan.messaging import of_audiences

CHUNK = 3000
_TEXTS = msgspec.json.Decoder(dict[str, str])
_VALUES = msgspec.json.Decoder(dict[str, str | bool | list[str]])


@dataclass(frozen=True, slots=True)
class Selection:
    """What the person chose. Ids that the owner may not see are dropped when it is resolved."""

    book_ids: tuple[int, ...] = ()
    group_ids: tuple[int, ...] = ()
    contact_ids: tuple[int, ...] = ()
    audience_ids: tuple[int, ...] = ()
    list_ids: tuple[int, ...] = ()
    numbers: tuple[str, ...] = ()
    """E.164 with the plus."""
    excluded_contact_ids: tuple[int, ...] = ()
    excluded_group_ids: tuple[int, ...] = ()
    excluded_numbers: tuple[str, ...] = ()
    is_once: bool = False
    """One message a number, of its first row, where several rows of a list say different things to it."""
    taken_for: int = 0
    """While a submission is planned: its people of audiences are those that were taken for it (`audiences/taking.py`)."""

    @property
    def is_empty(self) -> bool:
        return not (self.of_people or self.list_ids or self.numbers)

    @property
    def of_people(self) -> bool:
        """It names people of address books, in whatever way."""
        return bool(self.book_ids or self.group_ids or self.contact_ids or self.audience_ids)

    @property
    def is_mixed(self) -> bool:
        """Lists, and something beside them that may hold the same people."""
        return bool(self.list_ids and (self.of_people or self.numbers))

    @property
    def has_exclusions(self) -> bool:
        return bool(self.excluded_contact_ids or self.excluded_group_ids or self.excluded_numbers)

    @property
    def is_only_numbers(self) -> bool:
        """Numbers as they were given and nobody left out: nothing to look up."""
        return self == Selection(numbers=self.numbers, is_once=self.is_once)

    def to_json(self) -> dict[str, Any]:
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items() if value
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        known = {item.name for item in fields(cls)}
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in stored.items() if name in known
        }
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Recipient:
    number: str
    name: str
    contact_id: int | None
    values: dict[str, str]
    sight: Sight = Sight.AS_ROLE
    """How much of the number is to be shown, where somebody looks at them one by one (`unseen.of_chosen`)."""


_OF_LISTS = """
select r.number, coalesce(r.variables->>'姓名', r.variables->>'name', '') as name, null::bigint as contact_id,
       r.variables as values, 0 as source, r.line::bigint as place
from contacts_recipientlistrow r where r.list_id = any(%(lists)s)
"""
# Of one list alone: by its index on numbers, so that nothing is sorted.
_OF_A_LIST = """
select r.number, coalesce(r.variables->>'姓名', r.variables->>'name', '') as name, null::bigint as contact_id,
       r.variables as values, 0 as source, r.line as place
from contacts_recipientlistrow r where r.list_id = (%(lists)s::bigint[])[1]
"""


def _with_birthday(person: str) -> str:
    """SQL of a birthday as a value, of those who have one: beside it a column "生日" of people's own gives way."""
    spoken = spoken_in_sql(f"{person}.birthday")
    return f"case when {person}.birthday <> '' then jsonb_build_object('生日', {spoken}) else '{{}}'::jsonb end"


# The texts that were sent are read by whoever sent them: a number that is kept from the owner is no value of a text.
NUMBER = """
case when %(all_clear)s or c.book_id = any(%(clear_books)s) or exists (
    select from contacts_group_contacts cg where cg.contact_id = c.id and cg.group_id = any(%(clear_groups)s))
then jsonb_build_object('手机', ltrim(c.number, '+')) else '{}' end
"""
_PERSON = f"""
select c.number, c.name, c.id as contact_id,
       c.fields || jsonb_build_object('姓名', c.name, '称呼', c.title, '公司', c.company) || {NUMBER}
                || {_with_birthday("c")} as values,
       1 as source, c.id as place
"""
_CHOSEN = """
from contacts_contact c
where c.id = any(%(contacts)s) or c.book_id = any(%(books)s) or c.id in (
    select gc.contact_id from contacts_group_contacts gc join contacts_group g on g.id = gc.group_id
    where exists (select 1 from contacts_group chosen
                  where chosen.id = any(%(groups)s) and g.path like chosen.path || '%%'))
"""
_OF_BOOKS = _PERSON + _CHOSEN
_OF_TAKEN = f"{_PERSON} from contacts_contact c where c.id in ({taking.TAKEN})"
_OF_NUMBERS = f"""
select n.number, coalesce(k.name, '') as name, k.id as contact_id,
       coalesce(k.fields || jsonb_build_object('姓名', k.name, '称呼', k.title, '公司', k.company,
                                               '手机', ltrim(k.number, '+'))
                || {_with_birthday("k")}, '{{}}') as values,
       2 as source, n.place
from unnest(%(numbers)s::text[]) with ordinality as n(number, place)
-- A typed number that the owner's books know gets its name and values.
left join lateral (select * from contacts_contact c where c.number = n.number and c.book_id = any(%(known_books)s)
                   order by c.id limit 1) k on true
"""  # noqa: S608 - constants only
_EXCLUDED = """
select number from contacts_contact where id = any(%(excluded_contacts)s)
union
select c.number from contacts_contact c
join contacts_group_contacts gc on gc.contact_id = c.id join contacts_group g on g.id = gc.group_id
where exists (select 1 from contacts_group chosen
              where chosen.id = any(%(excluded_groups)s) and g.path like chosen.path || '%%')
union select unnest(%(excluded_numbers)s::text[])
"""


# The first rows of each list, by the index on its lines.
_SOME_OF_LISTS = """
select r.number, coalesce(r.variables->>'姓名', r.variables->>'name', '') as name, null::bigint as contact_id,
       r.variables as values, 0 as source, r.line::bigint as place
from unnest(%(lists)s::bigint[]) of_list(id) cross join lateral (
    select * from contacts_recipientlistrow r where r.list_id = of_list.id order by r.line limit {most}) r
"""
# As many, from its first row to its last: a file may be sorted by anything, carriers among it.
_SPREAD_OVER_LISTS = """
select r.number, coalesce(r.variables->>'姓名', r.variables->>'name', '') as name, null::bigint as contact_id,
       r.variables as values, 0 as source, r.line::bigint as place
from unnest(%(lists)s::bigint[]) of_list(id)
cross join lateral (select max(line) as last from contacts_recipientlistrow where list_id = of_list.id) whole
cross join lateral (select distinct on (r.line) r.* from generate_series(0, last, greatest(1, last / {most})) step(at)
                    cross join lateral (select * from contacts_recipientlistrow r where r.list_id = of_list.id and r.line >= step.at
                                        order by r.line limit 1) r order by r.line) r
"""


def _some(sql: str, selection: Selection, most: int, *, is_spread: bool) -> str:
    """`most` of a source, found without sorting the whole, and the same ones again when it is looked at again."""
    if sql is _OF_LISTS and is_spread:
        sql, most = _SPREAD_OVER_LISTS.format(most=most), 2 * most
    excluded = "where number not in (select number from excluded)" if selection.has_exclusions else ""
    # No more rows of a list than that are looked at, whoever of them is left out.
    sql = _SOME_OF_LISTS.format(most=2 * most) if sql is _OF_LISTS else sql
    return f"(select * from ({sql}) part {excluded} order by place limit {most})"  # noqa: S608 - constants only


def parts_of(owner: User, selection: Selection) -> list[Part]:
    """Its audiences as parts of `gathered`; none while it has the people that were taken for it."""
    return [] if selection.taken_for else of_audiences.parts(owner, selection.audience_ids)


def gathered(
    selection: Selection, parts: Sequence[Part] = (), most: int | None = None, *, is_spread: bool = False
) -> str:
    """The beginning of a statement: `gathered` is what was chosen, `excluded` (if anything is) what was left out.

    Only what the selection has stands in it: for a verification code's one number, planning the whole would take the
    server ten times as long as doing it. With `most`, any so many of each source stand for the rest; `is_spread`: of a list
    some from its beginning to its end.
    """
    sources = [sql for sql, is_chosen in (
        (_OF_LISTS, selection.list_ids),
        (_OF_BOOKS, selection.book_ids or selection.group_ids or selection.contact_ids),
        (_OF_TAKEN, selection.taken_for),
        (_OF_NUMBERS, selection.numbers),
    ) if is_chosen]  # fmt: skip
    sources += [f"{_PERSON} from {one.from_clause} where {one.where}" for one in parts]
    if not sources:
        sources = [f"{_PERSON} from contacts_contact c where false"]
    if most is not None:
        sources = [_some(sql, selection, most, is_spread=is_spread) for sql in sources]
    elif sources == [_OF_LISTS] and len(selection.list_ids) == 1:
        sources = [_OF_A_LIST]
    excluded = f"excluded as ({_EXCLUDED}), " if selection.has_exclusions else ""
    return f"with {excluded}gathered as ({' union all '.join(sources)})"


def _recipients(
    selection: Selection, parts: Sequence[Part], *, by_row: bool, most: int | None = None, is_spread: bool = False
) -> str:
    not_excluded = "and number not in (select number from excluded)" if selection.has_exclusions else ""
    by_row = by_row and not selection.is_once
    # A list may hold one number on several rows with different values: several one-to-one texts, in the order of the rows.
    key = "number, case when source = 0 then values end" if by_row else "number"
    return f"""
        {gathered(selection, parts, most, is_spread=is_spread)}, chosen as (
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


def _clear(owner: User, selection: Selection) -> dict[str, Any]:
    """Whose numbers may stand in a text: everybody's, or those of some books and groups."""
    if not selection.of_people or not reach.of(owner).hides_any:
        return {"all_clear": True, "clear_books": [], "clear_groups": []}
    seen = AddressBook.objects.open_to(owner, Doing.SEE_NUMBERS).order_by()
    books = list(seen.values_list("pk", flat=True))
    groups = Group.objects.granted_outside(owner, Doing.SEE_NUMBERS, books)
    return {"all_clear": False, "clear_books": books, "clear_groups": groups}


def parameters(owner: User, selection: Selection, parts: Sequence[Part] = ()) -> dict[str, Any]:
    """Of `gathered`: the selection as far as the owner may see it, checked each time it is resolved, not only when asked."""
    # Whose numbers are hidden from the owner must not be found out by typing numbers until a name appears.
    known = AddressBook.objects.open_to(owner, Doing.SEE_NUMBERS) if selection.numbers else AddressBook.objects.none()

    def seen(model: type[AddressBook | Group | Contact], ids: tuple[int, ...]) -> list[int]:
        if not ids:
            return []
        return list(model.objects.sendable_by(owner).filter(pk__in=ids).order_by().values_list("pk", flat=True))

    return {
        **_clear(owner, selection),
        "known_books": list(known.order_by().values_list("pk", flat=True)),
        "books": seen(AddressBook, selection.book_ids),
        "groups": seen(Group, selection.group_ids),
        "contacts": seen(Contact, selection.contact_ids),
        "lists": [one.pk for one in lists_of(owner, selection)],
        "numbers": list(selection.numbers),
        "excluded_contacts": list(selection.excluded_contact_ids),
        "excluded_groups": list(selection.excluded_group_ids),
        "excluded_numbers": list(selection.excluded_numbers),
        "taken_for": selection.taken_for,
        "after": "",
        "only": None,
        **{name: value for one in parts for name, value in one.values.items()},
    }


def count(owner: User, selection: Selection, *, by_row: bool = False) -> tuple[int, int]:
    """(distinct numbers, recipients that `stream` gives). One query."""
    if selection.is_empty:
        return 0, 0
    if selection.is_only_numbers:
        people = len(set(selection.numbers))
        return people, people
    people, messages = figures(owner, selection, by_row=by_row, ask=["count(distinct number)", "count(*)"])
    return people, messages


def figures(
    owner: User,
    selection: Selection,
    *,
    by_row: bool,
    ask: Sequence[str],
    values: Mapping[str, Any] = MappingProxyType({}),
) -> list[int]:
    """Aggregates over what `stream` gives: of number, name, contact_id and values. One query."""
    parts = parts_of(owner, selection)
    sql = _recipients(selection, parts, by_row=by_row)
    with connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(ask)} from ({sql}) x", {**parameters(owner, selection, parts), **values})  # noqa: S608
        return list(cursor.fetchone())


def page_by_name(
    owner: User, selection: Selection, *, by_row: bool, skip: int, asked: str, most: int
) -> list[Recipient]:
    """Whom it goes to in the order of their names, without the first `skip`: where the order of numbers, their parts in an
    address or digits that find somebody would tell numbers that are kept from whoever looks."""
    parts = parts_of(owner, selection)
    pattern = "%" + asked.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select number, name, contact_id, values from ({_recipients(selection, parts, by_row=by_row)}) x
                where name ilike %(pattern)s order by name, contact_id nulls first limit %(most)s offset %(skip)s""",  # noqa: S608 - constants only
            {**parameters(owner, selection, parts), "pattern": pattern, "most": most, "skip": skip},
        )
        return [
            Recipient(number, name, contact, _values(values)) for number, name, contact, values in cursor.fetchall()
        ]


def page(
    owner: User, selection: Selection, *, by_row: bool, after: str = "", asked: str = "", most: int = 50
) -> list[Recipient]:
    """Whom it goes to, in the order of their numbers beyond `after`: all, or whose name or number holds `asked`.

    A number is never parted: the last one's other rows come too.
    """
    if selection.is_empty:
        return []
    parts = parts_of(owner, selection)
    found = (
        f"select *, dense_rank() over (order by number) as nth from ({_recipients(selection, parts, by_row=by_row)}) x"  # noqa: S608
    )
    pattern = "%" + asked.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    digits = asked.replace("-", "").replace(" ", "")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select number, name, contact_id, values from ({found}
                where %(asked)s = '' or name ilike %(pattern)s or (%(digits)s <> '' and number like %(digits_in)s)) y
                where nth <= %(most)s order by number""",  # noqa: S608 - constants only
            {
                **parameters(owner, selection, parts), "after": after, "asked": asked, "pattern": pattern, "most": most,
                "digits": digits if digits.isascii() and digits.isdecimal() else "", "digits_in": f"%{digits}%",
            },
        )  # fmt: skip
        return [
            Recipient(number, name, contact, _values(values)) for number, name, contact, values in cursor.fetchall()
        ]


def _values(stored: str) -> dict[str, str]:
    """Nearly all are texts; a further column of people may be yes or no, or several choices."""
    try:
        return _TEXTS.decode(stored)
    except msgspec.ValidationError:
        return {name: in_words(value) for name, value in _VALUES.decode(stored).items()}


def each_row(selection: Selection) -> Selection:
    return replace(selection, is_once=False)


def stream(
    owner: User,
    selection: Selection,
    *,
    by_row: bool,
    after: str = "",
    sample: int | None = None,
    is_spread: bool = False,
    only: Sequence[str] | None = None,
) -> Iterator[list[Recipient]]:
    """Chunks of recipients in the order of their numbers, beyond `after`; a number never spans two chunks.

    `by_row` keeps rows of one number that differ in their values; `only` leaves out all other numbers. With `sample`,
    any so many stand for the rest: found at once, however many there are; the first, or `is_spread` over them all.
    """
    if selection.is_empty:
        return
    parts = parts_of(owner, selection)
    sql = _recipients(selection, parts, by_row=by_row, most=sample, is_spread=is_spread)
    if sample is not None and not is_spread:
        sql += f" limit {int(sample)}"
    held: list[Recipient] = []
    # What certainly fits a chunk needs no cursor at the server, which takes three round trips more.
    is_short = selection.is_only_numbers and len(selection.numbers) < CHUNK
    with connection.cursor() if is_short else connection.chunked_cursor() as cursor:
        cursor.execute(
            sql,
            {**parameters(owner, selection, parts), "after": after, "only": list(only) if only is not None else None},
        )
        # One more than a chunk, to see whether it ends with a number's last row: chunks are full, and so are their submits.
        while rows := cursor.fetchmany(max(CHUNK + 1 - len(held), 1)):
            # Django's cursors give jsonb as text.
            held += [Recipient(number, name, contact, _values(values)) for number, name, contact, values in rows]
            if cut := _whole(held):
                yield held[:cut]
                held = held[cut:]
    if held:
        yield held


def _whole(held: list[Recipient]) -> int:
    """How many of more than a chunk make one: up to the last row of a number. 0 while that is not in sight."""
    if len(held) <= CHUNK:
        return 0
    last = held[-1].number
    if len(held) > CHUNK + 1:
        # One number with more rows than a chunk holds, and now the first of the next.
        return len(held) - 1 if held[-2].number != last else 0
    cut = CHUNK
    while cut and held[cut - 1].number == held[cut].number:
        cut -= 1
    return cut


def variables_of(owner: User, selection: Selection) -> list[str]:
    """Names a text to these recipients may use: columns of the chosen lists, else contact fields."""
    names = [column for one in lists_of(owner, selection) for column in one.columns]
    if selection.of_people:
        names += ["姓名", "称呼", "公司", "手机"]
        names += _field_names(owner, selection)
    return list(dict.fromkeys(names))


def _field_names(owner: User, selection: Selection) -> list[str]:
    """Further columns that some of the first few hundred chosen contacts carry."""
    found: dict[str, None] = {}
    for chunk in stream(owner, replace(selection, list_ids=(), numbers=()), by_row=False, sample=200):
        for one in chunk:
            found.update(dict.fromkeys(one.values))
    return list(found)


def lists_waited_for() -> set[int]:
    """Recipient lists that a draft, or a submission which has not been planned yet, still reads."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select distinct list_id::bigint from messaging_submission s,
                   jsonb_array_elements_text(coalesce(s.recipients->'list_ids', '[]')) as chosen(list_id)
               where s.state in ('draft', 'scheduled', 'planning', 'running', 'paused') and not s.is_planned"""
        )
        return {row[0] for row in cursor.fetchall()}
