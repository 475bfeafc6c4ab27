"""Further columns of people: defined with a kind, renamed, taken away; values read and shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from hongyan import fields
from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.contacts.models import KINDS, Field
from hongyan.fields import Kind, Stored, Unfit, Value
from hongyan.uploads.columns import named

MOST_FIELDS = 200

who_needs: list[Callable[[Field], Iterable[str]]] = []
"""Rooms above that ask about a column: each gives the names of what would no longer work without it."""


def defined() -> dict[str, Field]:
    """All of them by name, in order."""
    return {one.name: one for one in Field.objects.all()}


def _check(name: str, kind: str, choices: Sequence[str]) -> tuple[str, Kind, list[str]]:
    (clean,) = named([name])
    clean = clean[:40].strip()
    if not name.strip():
        raise Refused("no_name", _("Give the column a name."), field="name")
    if kind not in KINDS:
        raise Refused("no_kind", _("There is no such kind of column."), field="kind")
    if kind not in (Kind.CHOICE, Kind.CHOICES):
        return clean, Kind(kind), []
    try:
        return clean, Kind(kind), list(fields.check_choices(choices))
    except Unfit as error:
        raise Refused("bad_choices", str(error), field="choices") from None


def _check_may(user: User) -> None:
    if not user.may(Right.MANAGE_PEOPLE):
        raise Refused("not_allowed", _("You may not change the columns of people."), status=403)


@transaction.atomic
def create(user: User, name: str, kind: str, choices: Sequence[str] = ()) -> Field:
    """A new column. Values that people have under this name already become its own as far as they fit."""
    _check_may(user)
    name, chosen, words = _check(name, kind, choices)
    if Field.objects.filter(name=name).exists():
        raise Refused("name_taken", _("There is a column with this name already."), field="name", status=409)
    if Field.objects.count() >= MOST_FIELDS:
        raise Refused("too_many_fields", _("There are %(most)d columns already.") % {"most": MOST_FIELDS})
    made = Field.objects.create(name=name, kind=chosen, choices=words)
    _fit(made)
    audit.record(user, "field.created", made)
    return made


@transaction.atomic
def change(user: User, found: Field, name: str, kind: str, choices: Sequence[str] = ()) -> int:
    """Rename it or give it another kind; people's values go with it. Gives how many values do not fit the new kind.

    What does not fit stays as it stands, to be seen and corrected; conditions take it for empty.
    """
    _check_may(user)
    found = Field.objects.select_for_update().get(pk=found.pk)
    name, chosen, words = _check(name, kind, choices)
    if Field.objects.filter(name=name).exclude(pk=found.pk).exists():
        raise Refused("name_taken", _("There is a column with this name already."), field="name", status=409)
    before = Field.objects.get(pk=found.pk)
    found.name, found.kind, found.choices = name, chosen, words
    found.save()
    if before.name != name:
        with connection.cursor() as cursor:
            cursor.execute(
                """update contacts_contact set fields = (fields - %(old)s) || jsonb_build_object(%(new)s::text, fields->%(old)s)
                   where fields ? %(old)s""",
                {"old": before.name, "new": name},
            )
    unfit = _fit(found) if (before.kind, before.choices) != (found.kind, found.choices) else 0
    audit.record(user, "field.changed", found, detail=changes.between(before, found))
    return unfit


@transaction.atomic
def delete(user: User, found: Field) -> None:
    """Take the column and its values away. Raises Refused while something asks about it."""
    _check_may(user)
    if labels := list(dict.fromkeys(label for needing in who_needs for label in needing(found))):
        raise Refused(
            "needed",
            _("%(who)s still needs this. Change or cancel that first.") % {"who": ", ".join(labels[:5])},
            status=409,
        )
    with connection.cursor() as cursor:
        cursor.execute("update contacts_contact set fields = fields - %s where fields ? %s", [found.name, found.name])
        count = cursor.rowcount
    audit.record(user, "field.deleted", found, detail={"contacts": count})
    found.delete()


# Distinct values are few beside the people who have them.
DISTINCT = "select distinct fields->%(name)s from contacts_contact where fields ? %(name)s"
REPLACE = """
update contacts_contact c set fields = c.fields || jsonb_build_object(%(name)s::text, w.becomes::jsonb)
from unnest(%(old)s::text[], %(new)s::text[]) w(was, becomes)
where c.fields ? %(name)s and c.fields->%(name)s = w.was::jsonb
"""


def _fit(found: Field) -> int:
    """Bring people's values into the column's form; gives how many values (each once) do not fit."""
    with connection.cursor() as cursor:
        cursor.execute(DISTINCT, {"name": found.name})
        stored = [json.loads(row[0]) if isinstance(row[0], str) else row[0] for row in cursor.fetchall()]
        old, new, unfit = [], [], 0
        for one in stored:
            try:
                value = store(found, in_words(one))
            except Unfit:
                unfit += 1
                continue
            if value is not None and value != one:
                old.append(json.dumps(one, ensure_ascii=False))
                new.append(json.dumps(value, ensure_ascii=False))
        if old:
            cursor.execute(REPLACE, {"name": found.name, "old": old, "new": new})
    return unfit


def store(found: Field, text: str) -> Stored | None:
    """What is kept of what somebody wrote; None for nothing. Raises Unfit."""
    kind = Kind(found.kind)
    return fields.store(kind, fields.parse(kind, text, choices=found.choices))


def in_words(stored: Stored) -> str:
    """A stored value as texts and files have it, whatever its kind."""
    if isinstance(stored, bool):
        return "是" if stored else "否"
    return "、".join(map(str, stored)) if isinstance(stored, list) else str(stored)


def shown(found: Field | None, stored: Stored) -> str:
    """A stored value as a person reads it: by its column's kind, or as it stands where it does not fit."""
    if found is None:
        return in_words(stored)
    value: Value | None = fields.load(Kind(found.kind), stored)
    return fields.show(Kind(found.kind), value) if value is not None else in_words(stored)


def read_all(texts: Mapping[str, str]) -> dict[str, Stored]:
    """Values by column as a form, a program or a file wrote them. Columns that are new are of text.

    Raises Refused at the column whose value does not fit.
    """
    known = defined()
    kept: dict[str, Stored] = {}
    for name, text in texts.items():
        column = known.get(name)
        if column is None:
            if text.strip():
                kept[name] = text.strip()
            continue
        try:
            value = store(column, text)
        except Unfit as error:
            raise Refused("unfit", f"{name}: {error}", field=f"field-{column.pk}") from None
        if value is not None:
            kept[name] = value
    return kept


def learn(columns: Mapping[str, Sequence[str]]) -> dict[str, Field]:
    """Columns for headings that are new, their kinds guessed from samples; gives all of `columns` by name."""
    known = defined()
    for name, samples in columns.items():
        if name in known or len(name) > 40 or len(known) >= MOST_FIELDS:
            continue
        guessed = fields.guess(samples, name)
        kind = guessed.kind if guessed.kind in KINDS else Kind.TEXT
        # A file's few words may not be all there are: what is guessed to be a choice stays open.
        if kind in (Kind.CHOICE, Kind.CHOICES):
            kind = Kind.TEXT if kind is Kind.CHOICE else kind
        choices = list(guessed.choices) if kind is Kind.CHOICES else []
        known[name], _is_new = Field.objects.get_or_create(name=name, defaults={"kind": kind, "choices": choices})
    return {name: known[name] for name in columns if name in known}
