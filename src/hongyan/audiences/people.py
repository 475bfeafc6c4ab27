"""What is asked of a person's own record: columns, tags, books and groups, and other audiences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext_lazy, gettext_noop

from hongyan.accounts.models import User
from hongyan.audiences.attributes import Attribute, Belonging, Option, OwnText, of_field
from hongyan.audiences.birthdays import ComesRound
from hongyan.audiences.moments import Moment
from hongyan.audiences.statements import Statement
from hongyan.contacts.models import AddressBook, Field, Group, Tag
from hongyan.inputs import ids_of

PERSON, COLUMNS, WHERE = gettext_lazy("Person"), gettext_lazy("Further columns"), gettext_lazy("Groups and tags")
MOST_OFFERED = 500

TAGGED = "select distinct contact_id from contacts_contact_tags where tag_id = any({ids}::bigint[])"
IN_GROUPS = """
select distinct gc.contact_id from contacts_group_contacts gc join contacts_group g on g.id = gc.group_id
where exists (select from contacts_group chosen
              where chosen.id = any({ids}::bigint[]) and g.book_id = chosen.book_id and g.path like chosen.path || '%%')
"""
IN_BOOKS = "select id as contact_id from contacts_contact where book_id = any({ids}::bigint[])"


def _select(sql: str) -> object:
    def select(statement: Statement, values: Sequence[str]) -> str:
        return sql.format(ids=statement.bind(list(ids_of(values))))

    return select


def _tags(_user: User, chosen: Sequence[str]) -> list[Option]:
    found = {one.pk: one.name for one in Tag.objects.all()[:MOST_OFFERED]}
    found |= dict(Tag.objects.filter(pk__in=ids_of(chosen)).values_list("pk", "name"))
    return [Option(str(pk), name) for pk, name in found.items()]


def _books(user: User, _chosen: Sequence[str]) -> list[Option]:
    return [Option(str(one.pk), one.name) for one in AddressBook.objects.visible_to(user)]


def _groups(user: User, chosen: Sequence[str]) -> list[Option]:
    """With those above them that the user sees too, and the book: "Sales / East (Staff)"."""
    visible = Group.objects.visible_to(user).select_related("book")
    found = {one.pk: one for one in visible.order_by("book_id", "path")[:MOST_OFFERED]}
    found |= {one.pk: one for one in visible.filter(pk__in=ids_of(chosen))}
    above = {int(part) for one in found.values() for part in one.path.split("/") if part}
    names = dict(visible.filter(pk__in=above).values_list("pk", "name"))
    return [
        Option(
            str(one.pk),
            f"{' / '.join(names[int(part)] for part in one.path.split('/') if part and int(part) in names)} ({one.book.name})",
        )
        for one in found.values()
    ]


def attributes(user: User) -> Iterator[Attribute]:
    yield OwnText(key="person.name", label=gettext_lazy("Name"), section=PERSON, column="c.name")
    yield OwnText(key="person.title", label=gettext_lazy("Form of address"), section=PERSON, column="c.title")
    yield OwnText(key="person.company", label=gettext_lazy("Company"), section=PERSON, column="c.company")
    yield OwnText(key="person.email", label=gettext_lazy("E-mail"), section=PERSON, column="c.email")
    yield OwnText(key="person.notes", label=gettext_lazy("Notes"), section=PERSON, column="c.notes")
    yield Moment(
        key="person.created", label=gettext_lazy("Registered"), section=PERSON, expression=lambda _s: "c.created_at",
        always=True,
    )  # fmt: skip
    yield ComesRound(key="person.birthday", label=gettext_lazy("Birthday"), section=PERSON)
    for one in Field.objects.all():
        yield of_field(one, COLUMNS)
    yield Belonging(
        key="person.tags", label=gettext_lazy("Tags"), section=WHERE, select=_select(TAGGED), choices=_tags,  # type: ignore[arg-type]
        says=(gettext_noop("carries the tag %(value)s"), gettext_noop("does not carry the tag %(value)s")),
        all_says=gettext_noop("carries the tags %(value)s"),
    )  # fmt: skip
    yield Belonging(
        key="person.groups", label=gettext_lazy("Group"), section=WHERE, select=_select(IN_GROUPS), choices=_groups,  # type: ignore[arg-type]
        says=(gettext_noop("is in the group %(value)s"), gettext_noop("is not in the group %(value)s")),
    )  # fmt: skip
    yield Belonging(
        key="person.books", label=gettext_lazy("Address book"), section=WHERE, select=_select(IN_BOOKS), choices=_books,  # type: ignore[arg-type]
        says=(gettext_noop("is in the address book %(value)s"), gettext_noop("is not in the address book %(value)s")),
    )  # fmt: skip
