"""Links: from what people write to the record they mean, and back.

"张三", a number or "张三 #17" name a contact; the first field's value, a unique field's value or "… #17" a row.
A record that the user may not see can be neither named nor read: it shows as its id.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable

from django.http import Http404

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.contacts import people
from hongyan.contacts.models import Contact
from hongyan.datasets import storing
from hongyan.datasets.models import Field, Row, Table
from hongyan.datasets.rights import View, access_table
from hongyan.dispatch.numbers import BadNumber, normalise
from hongyan.fields import Kind, load, show
from hongyan.inputs import LARGEST_ID, id_of

SUGGESTED = 20
_BY_ID = re.compile(r"(?:.*\s)?#([0-9]{1,19})", re.DOTALL)


def resolve(user: User, field: Field, texts: Collection[str]) -> dict[str, int | str]:
    """Text -> id of the record it names, or why it names none: link_unknown, link_several. Some queries, however many."""
    found: dict[str, int | str] = dict.fromkeys(texts, "link_unknown")
    ids = {text: id_of(match[1]) for text in texts if (match := _BY_ID.fullmatch(text.strip()))}
    there = _existing(user, field, ids.values())
    found.update({text: pk for text, pk in ids.items() if pk in there})
    rest = [text for text in texts if text not in ids]
    if rest:
        for text, candidates in _named(user, field, rest).items():
            found[text] = (
                next(iter(candidates)) if len(candidates) == 1 else "link_several" if candidates else "link_unknown"
            )
    return found


def _existing(user: User, field: Field, ids: Iterable[int]) -> set[int]:
    wanted = [pk for pk in ids if 0 < pk <= LARGEST_ID]
    if not wanted:
        return set()
    if field.target is None:
        return set(Contact.objects.visible_to(user).filter(pk__in=wanted).order_by().values_list("pk", flat=True))
    if _view(user, field.target) is None:
        return set()
    return set(Row.objects.of(field.target).filter(pk__in=wanted).values_list("pk", flat=True))


def _named(user: User, field: Field, texts: list[str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    if field.target is None:
        numbers = {text: number for text in texts if (number := _number(text))}
        names = [text.strip() for text in texts if text not in numbers]
        seen = Contact.objects.visible_to(user)
        by_number, by_name = defaultdict(set), defaultdict(set)
        for pk, number in seen.filter(number__in=numbers.values()).order_by().values_list("pk", "number"):
            by_number[number].add(pk)
        for pk, name in seen.filter(name__in=names).order_by().values_list("pk", "name"):
            by_name[name].add(pk)
        for text in texts:
            # The same number in several books is one person: the first stands for all.
            found[text] = set(sorted(by_number[numbers[text]])[:1]) if text in numbers else by_name[text.strip()]
        return found
    view = _view(user, field.target)
    if view is None or not view.fields:
        return found
    lowered = {text.strip().lower(): text for text in texts}
    for key in [view.fields[0], *(one for one in view.fields[1:] if one.is_unique)]:
        same = storing.same(key, "r.data")
        sql = f"select id, {same} from {storing.part(field.target)} r where {same} = any(%s)"
        rows = storing.fetched(sql, [[text for text in lowered if not found[lowered[text]]]])
        for pk, text in rows:
            found[lowered[text]].add(pk)
    return found


def _number(text: str) -> str:
    try:
        return normalise(text)
    except BadNumber:
        return ""


def _view(user: User, table: Table) -> View | None:
    try:
        return access_table(user, table.pk)
    except (Http404, Refused):
        return None


def labels(user: User, field: Field, ids: Collection[int]) -> dict[int, str]:
    """Id -> what the record is called, of those the user may see. Two queries, however many."""
    if not ids:
        return {}
    if field.target is None:
        return dict(Contact.objects.visible_to(user).filter(pk__in=ids).order_by().values_list("pk", "name"))
    view = _view(user, field.target)
    if view is None or not view.fields:
        return {}
    title = view.fields[0]
    rows = Row.objects.of(field.target).filter(pk__in=ids).values_list("pk", "data")
    return {pk: show(title.kind, load(title.kind, data.get(title.key))) or f"#{pk}" for pk, data in rows}


def suggest(user: User, field: Field, asked: str) -> list[str]:
    """What a field of a form offers for the beginning that somebody typed: "张三 #17"."""
    if field.kind is not Kind.LINK:
        return []
    if field.target is None:
        seen = Contact.objects.visible_to(user)
        found = people.matching(user, seen, asked) if asked.strip() else seen
        return [f"{name} #{pk}" for pk, name in found.order_by("pinyin", "pk").values_list("pk", "name")[:SUGGESTED]]
    view = _view(user, field.target)
    if view is None or not view.fields:
        return []
    title = view.fields[0]
    text = f"r.data->>'{title.key}'"
    escaped = asked.strip().lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = storing.fetched(
        f"select id, {text} from {storing.part(field.target)} r where lower({text}) like %s order by id limit {SUGGESTED}",
        [f"%{escaped}%"],
    )
    return [f"{show(title.kind, load(title.kind, text))} #{pk}" for pk, text in rows]
