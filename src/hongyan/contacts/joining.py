"""The groups, tags and further numbers that a file of people names."""

from __future__ import annotations

import re
from typing import Any

from hongyan.contacts.groups import add_group
from hongyan.contacts.models import AddressBook, Group, Tag
from hongyan.contacts.tags import LONGEST
from hongyan.uploads.columns import path_of
from hongyan.uploads.models import Upload

MOST_NAMED = 5000
"""Different groups, and different cells of tags, that one file may name."""
_BETWEEN_TAGS = re.compile(r"[、，,;；|/\n]+")

# The person of each row: met by its key, or new with its number.
JOIN = """
with person as (
    select s.place, s.grouping, s.tags, coalesce(m.id, c.id) as id from staged s left join met m using (place)
    left join contacts_contact c on m.id is null and c.book_id = %(book)s and c.number = s.number
), joined as (
    insert into {table} ({column}, contact_id) {which} on conflict do nothing returning {column} as what, contact_id
)
insert into uploads_touched (upload_id, kind, record_id, new)
select %(upload)s, %(kind)s, contact_id, jsonb_build_object('id', what) from joined
"""
NAMED_GROUPS = JOIN.format(
    table="contacts_group_contacts", column="group_id",
    which="select g.id, p.id from unnest(%(ids)s::bigint[], %(texts)s::text[]) g(id, text) join person p on p.grouping = g.text",
)  # fmt: skip
CHOSEN_GROUP = JOIN.format(
    table="contacts_group_contacts", column="group_id",
    which="select %(group)s, p.id from person p where p.grouping = '' or not %(has_named)s",
)  # fmt: skip
NAMED_TAGS = JOIN.format(
    table="contacts_contact_tags", column="tag_id",
    which="select t.id, p.id from unnest(%(ids)s::bigint[], %(texts)s::text[]) t(id, text) join person p on p.tags = t.text",
)  # fmt: skip
MADE = "insert into uploads_touched (upload_id, kind, record_id, new) select %s, %s, unnest(%s::bigint[]), '{}'"

# Further numbers that are new at their person, and found by search from then on. People who were there before get theirs before
# they are changed otherwise, so that undoing finds each change as it was made.
PHONES = """
with person as (
    select s.second, coalesce(m.id, c.id) as id from staged s left join met m using (place)
    left join contacts_contact c on m.id is null and c.book_id = %(book)s and c.number = s.number
    where s.second <> '' and (m.id is not null) = %(is_known)s
), made as (
    insert into contacts_phone (contact_id, number, kind, state)
    select c.id, p.second, 'other', 'in_use' from person p join contacts_contact c on c.id = p.id where c.number <> p.second
    on conflict do nothing returning contact_id, number
), found as (
    update contacts_contact c set search = c.search || m.words, search_further = c.search_further || m.words
    from (select contact_id, ' ' || regexp_replace(number, '^[+](86)?', '') as words from made) m where c.id = m.contact_id
)
insert into uploads_touched (upload_id, kind, record_id, new)
select %(upload)s, 'phone', contact_id, jsonb_build_object('number', number) from made
"""


def put_phones(upload: Upload, book: AddressBook, cursor: Any, *, is_known: bool) -> None:
    """Give people the further numbers of their rows: those who were there before, or those who are new."""
    cursor.execute(PHONES, {"upload": upload.pk, "book": book.pk, "is_known": is_known})


def join_groups(upload: Upload, book: AddressBook, cursor: Any) -> None:
    """Put the file's people into the chosen group, and into the groups its column names ("销售部/华东")."""
    chosen = Group.objects.filter(pk=upload.target.get("group") or 0, book=book).first()
    cursor.execute("select distinct grouping from staged where grouping <> '' order by 1 limit %s", [MOST_NAMED])
    made: list[int] = []
    pairs = [(_group_of(book, chosen, text, made), text) for (text,) in cursor.fetchall()]
    named = [(group.pk, text) for group, text in pairs if group is not None]
    facts = {"upload": upload.pk, "book": book.pk, "kind": "membership"}
    if named:
        cursor.execute(NAMED_GROUPS, facts | {"ids": [pk for pk, _ in named], "texts": [text for _, text in named]})
    if chosen is not None:
        cursor.execute(CHOSEN_GROUP, facts | {"group": chosen.pk, "has_named": bool(named)})
    cursor.execute(MADE, [upload.pk, "group", made])


def _group_of(book: AddressBook, below: Group | None, text: str, made: list[int]) -> Group | None:
    """The group a path of names stands for, made where it is missing; at most ten deep."""
    group = below
    for name in (one[:80] for one in path_of(text)):
        found = Group.objects.filter(book=book, parent=group, name=name).first()
        if found is None:
            found = add_group(book, name, group)
            made.append(found.pk)
        group = found
    return group


def put_tags(upload: Upload, book: AddressBook, cursor: Any) -> None:
    """Put the tags on people that their column names ("老客户、会员")."""
    cursor.execute("select distinct tags from staged where tags <> '' order by 1 limit %s", [MOST_NAMED])
    known: dict[str, int] = {}
    made: list[int] = []
    ids: list[int] = []
    texts: list[str] = []
    for (text,) in cursor.fetchall():
        for word in dict.fromkeys(" ".join(one.split())[:LONGEST] for one in _BETWEEN_TAGS.split(text) if one.strip()):
            if word not in known:
                tag, is_new = Tag.objects.get_or_create(name=word)
                known[word] = tag.pk
                made += [tag.pk] if is_new else []
            ids.append(known[word])
            texts.append(text)
    if ids:
        cursor.execute(
            NAMED_TAGS, {"upload": upload.pk, "book": book.pk, "kind": "tagging", "ids": ids, "texts": texts}
        )
    cursor.execute(MADE, [upload.pk, "tag", made])
