"""Verbs and gates of contacts: add, change, delete, put into groups, find, take away as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.contacts import fields, needs, phones, reach, relations, tags
from hongyan.contacts.allowing import Doing
from hongyan.contacts.birthdays import Birthday
from hongyan.contacts.books import access_changeable_book
from hongyan.contacts.groups import access_changeable_group
from hongyan.contacts.models import AddressBook, Contact, ContactQuerySet, Group, Phone
from hongyan.contacts.names import coded, search_text, sort_key
from hongyan.contacts.reach import Sight
from hongyan.contacts.record import Person, fill, found_again
from hongyan.dispatch.numbers import BadNumber, mask, normalise, shown
from hongyan.inputs.texts import LONGEST_SEARCH, words_of

__all__ = [
    "Person", "access_changeable_contact", "access_contact", "add_to_group", "change", "copy_to_book", "create",
    "delete", "holding", "make_main", "matching", "may_change", "move_to_book", "remove", "remove_from_group", "search_text", "sheet", "shown_to", "sort_key",
]  # fmt: skip


def access_contact(user: User, contact_id: int) -> Contact:
    """A contact the user may see; Http404 for missing and forbidden alike."""
    contact = Contact.objects.visible_to(user).filter(pk=contact_id).select_related("book").first()
    if contact is None:
        raise Http404
    return contact


def access_changeable_contact(user: User, contact_id: int) -> Contact:
    access_contact(user, contact_id)
    contact = Contact.objects.changeable_by(user).filter(pk=contact_id).select_related("book").first()
    if contact is None:
        raise Http404
    return contact


def may_change(user: User, contact: Contact) -> bool:
    return Contact.objects.changeable_by(user).filter(pk=contact.pk).exists()


NOT_SHOWN = _("number not shown")


def shown_to(user: User, number: str, sight: Sight = Sight.AS_ROLE, *, as_stored: bool = False) -> str:
    """`number` as this user may see it: in clear, as 138****1234, or not a digit of it. Pages, files and programs ask here.

    `sight` is by which way the number came before them (`reach.sights`, `messaging/unseen.py`); `as_stored` keeps its +86.
    """
    if sight <= Sight.HIDDEN:
        return str(NOT_SHOWN)
    if sight < Sight.AS_ROLE or not user.may(Right.SEE_NUMBERS):
        return mask(number)
    return number if as_stored else shown(number)


def _save(contact: Contact) -> None:
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError:
        raise Refused(
            "number_taken", _("This book has a contact with this number already."), field="number", status=409
        ) from None


@transaction.atomic
def create(user: User, book: AddressBook, person: Person, groups: Iterable[Group] = ()) -> Contact:
    """A new contact of `book`, in `groups` of the same book. Raises Refused for a number it has already.

    Who may change only some of its groups puts people into those.
    """
    groups = [group for group in groups if group.book_id == book.pk]
    if groups:
        for group in groups:
            access_changeable_group(user, group.pk)
    else:
        access_changeable_book(user, book.pk)
    contact = Contact(book=book)
    further = fill(contact, person)
    _save(contact)
    phones.put(contact, further or [])
    if person.relations:
        relations.put(user, contact, person.relations)
    contact.groups.set(groups)
    if person.tags:
        tags.replace(contact, person.tags)
    audit.record(user, "contact.created", contact)
    return contact


@transaction.atomic
def change(
    user: User, contact: Contact, person: Person, groups: Iterable[Group] | None = None, *, seen: str | None = None
) -> Contact:
    """Change a contact; `groups` replaces those it is in. The audit masks numbers, and tells of notes and further columns only that they changed.

    `seen` is the `Contact.version` that the person looked at: where another has changed it since, nothing is lost silently.
    """
    access_changeable_contact(user, contact.pk)
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    if seen is not None and seen != contact.version:
        raise Refused(
            "changed_since",
            _("Somebody has changed this person since you opened the page. Look at what differs, then save again."),
            status=409,
        )
    before, groups_before = copy(contact), sorted(contact.groups.values_list("name", flat=True))
    phones_before = _in_words(contact)
    further = fill(contact, person)
    _save(contact)
    if further is not None:
        phones.put(contact, further)
    if groups is not None:
        changeable = Group.objects.filter(book=contact.book_id).changeable_by(user)
        wanted = {group.pk for group in groups} | set(
            contact.groups.exclude(pk__in=changeable).values_list("pk", flat=True)
        )
        kept = set(contact.groups.values_list("pk", flat=True)) & wanted
        contact.groups.set(kept | set(changeable.filter(pk__in=wanted).values_list("pk", flat=True)))
    tags_before = sorted(contact.tags.values_list("name", flat=True))
    if person.tags is not None:
        tags.replace(contact, person.tags)
    beside = changes.Changes(
        groups=[groups_before, sorted(contact.groups.values_list("name", flat=True))],
        tags=[tags_before, sorted(contact.tags.values_list("name", flat=True))],
        phones=[phones_before, _in_words(contact)],
    )
    if person.relations is not None:
        was, now = relations.put(user, contact, person.relations)
        if was != now:
            # Only that: who sees this person need not see the other.
            beside["relations"] = [None, None]
    found = (
        changes.between(before, contact, private=("notes", "fields", "birthday", "birth_year")).get("changes", {})
        | beside
    )
    audit.record(user, "contact.changed", contact, detail=changes.of(found))
    return contact


@transaction.atomic
def make_main(user: User, contact: Contact, phone_id: int) -> Contact:
    """A further number of a person becomes the one that is written to; that one is kept as a further one. Raises Refused."""
    access_changeable_contact(user, contact.pk)
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    chosen = contact.phones.filter(pk=phone_id).first()
    if chosen is None:
        raise Http404
    if not phones.is_reached(chosen):
        raise Refused("number_not_reached", _("No text reaches this number: it is a landline, or not in service."))
    before, was = copy(contact), _in_words(contact)
    left = Phone(contact=contact, number=contact.number, kind=contact.number_kind, state=contact.number_state)
    contact.number, contact.number_kind, contact.number_state = chosen.number, chosen.kind, chosen.state
    chosen.delete()
    left.save()
    found_again(contact)
    _save(contact)
    found = changes.between(before, contact, private=("notes", "fields", "birthday", "birth_year")).get("changes", {})
    audit.record(user, "contact.changed", contact, detail=changes.of(found | {"phones": [was, _in_words(contact)]}))
    return contact


def _in_words(contact: Contact) -> list[str]:
    """Further numbers as the audit keeps them."""
    return [f"{mask(one.number)} {one.kind} {one.state}" for one in contact.phones.all()]


@transaction.atomic
def delete(user: User, contacts: ContactQuerySet) -> int:
    """Delete those of `contacts` the user may change; gives how many. Their messages stay.

    Raises Refused while something that waits names one of them.
    """
    own = contacts.changeable_by(user)
    needs.check_contacts(own)
    ids = list(own.order_by().values_list("pk", flat=True))
    remove(ids)
    audit.record(user, "contacts.deleted", summary=str(len(ids)), detail={"contacts": len(ids), "first": ids[:20]})
    return len(ids)


def remove(ids: list[int]) -> None:
    """Delete these people with all that hangs on them, in the caller's transaction; whether one may is asked before."""
    with connection.cursor() as cursor:
        cursor.execute("delete from contacts_group_contacts where contact_id = any(%s)", [ids])
        cursor.execute("delete from contacts_contact_tags where contact_id = any(%s)", [ids])
        cursor.execute("delete from contacts_contact where id = any(%s)", [ids])


@transaction.atomic
def add_to_group(user: User, contacts: ContactQuerySet, group: Group) -> int:
    """Put those of `contacts` that are of the group's book into it; gives how many are new there."""
    group = access_changeable_group(user, group.pk)
    # Whose numbers are kept from the user would be seen in a group that is theirs to change.
    contacts = contacts.open_to(user, Doing.SEE_NUMBERS).filter(book_id=group.book_id)
    ids = list(contacts.order_by().values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into contacts_group_contacts (group_id, contact_id) select %s, unnest(%s::bigint[]) on conflict do nothing",
            [group.pk, ids],
        )
        added = int(cursor.rowcount)
    audit.record(user, "group.joined", group, detail={"contacts": added})
    return added


@transaction.atomic
def remove_from_group(user: User, contacts: ContactQuerySet, group: Group) -> int:
    """Take `contacts` out of the group and those below it; they stay in the book."""
    group = access_changeable_group(user, group.pk)
    ids = list(contacts.visible_to(user).order_by().values_list("pk", flat=True))
    below = Group.objects.within(group).values_list("pk", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from contacts_group_contacts where group_id = any(%s) and contact_id = any(%s)", [list(below), ids]
        )
        taken = int(cursor.rowcount)
    audit.record(user, "group.left", group, detail={"contacts": taken})
    return taken


_COPIED = (
    "name", "former_names", "number", "number_kind", "number_state", "title", "company", "email", "notes", "birthday",
    "birth_year", "language", "time_zone", "fields", "pinyin", "search", "search_further",
)  # fmt: skip


@transaction.atomic
def copy_to_book(user: User, contacts: ContactQuerySet, book: AddressBook) -> int:
    """Copy `contacts` into another book; numbers it has already stay as they are. Gives how many are new there."""
    access_changeable_book(user, book.pk)
    # In a book of one's own nothing would be hidden any more.
    ids = list(contacts.open_to(user, Doing.SEE_NUMBERS).order_by().values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with made as (
                insert into contacts_contact ({columns}, book_id, created_at, updated_at)
                select {columns}, %(book)s, now(), now() from contacts_contact where id = any(%(ids)s)
                on conflict (book_id, number) do nothing returning id, number
            ), phones as (
                insert into contacts_phone (contact_id, number, kind, state)
                select distinct on (made.id, p.number) made.id, p.number, p.kind, p.state
                from made join contacts_contact c on c.number = made.number and c.id = any(%(ids)s)
                join contacts_phone p on p.contact_id = c.id where p.number <> made.number
            )
            select count(*) from made
            """.format(columns=", ".join(_COPIED)),  # noqa: S608 - our own columns
            {"book": book.pk, "ids": ids},
        )
        copied = int(cursor.fetchone()[0])
    audit.record(user, "contacts.copied", book, detail={"contacts": copied})
    return copied


@transaction.atomic
def move_to_book(user: User, contacts: ContactQuerySet, book: AddressBook) -> int:
    """Move `contacts` into another book, out of their groups. Gives how many; a number it has already stays behind."""
    access_changeable_book(user, book.pk)
    movable = contacts.changeable_by(user).exclude(book=book).exclude(
        number__in=Contact.objects.filter(book=book).values("number")
    )  # fmt: skip
    # The same number in two books can move only once.
    ids = list(movable.order_by("number", "pk").distinct("number").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("delete from contacts_group_contacts where contact_id = any(%s)", [ids])
        cursor.execute(
            "update contacts_contact set book_id = %s, updated_at = now() where id = any(%s)", [book.pk, ids]
        )
    audit.record(user, "contacts.moved", book, detail={"contacts": len(ids)})
    return len(ids)


def matching(user: User, contacts: ContactQuerySet, asked: str) -> ContactQuerySet:
    """Those of `contacts` whose name, pinyin, initials, number or company hold each word of `asked`.

    Digits find nobody whose number is kept from `user`: one that is found is one that is told.
    """
    condition = holding(asked)
    if condition is None:
        return contacts.none()
    digits = [word for word in words_of(coded(asked)) or () if word.replace("-", "").isdigit()]
    if digits and reach.of(user).hides_any:
        clear = Contact.objects.open_to(user, Doing.SEE_NUMBERS).order_by().values("pk")
        named = Q()
        for word in digits:
            named &= Q(name__icontains=word) | Q(company__icontains=word)
        contacts = contacts.filter(Q(pk__in=clear) | named)
    try:
        number = normalise(asked)
        # Those ids apart: joined by "or" to a question of another table, the numbers would lose their index.
        return contacts.filter(Q(number=number) | Q(pk__in=phones.holders(number)))
    except BadNumber:
        return contacts.filter(condition)


def holding(asked: str) -> Q | None:
    """The condition that a `search` column holds each word of `asked`; None for what is found at nobody.

    Answered from one trigram index. A word of one or two letters or digits is looked for at the beginnings of words,
    where the index can still help. What holds no letter or digit, or more words than anybody looks for, finds nobody.
    """
    words = words_of(coded(asked))
    if not words or len(asked) > LONGEST_SEARCH:
        return None
    found = Q()
    for word in words:
        escaped = word.replace("-", "") if word.replace("-", "").isdigit() else word
        begins = Q(search__startswith=escaped) | Q(search__contains=f" {escaped}")
        found &= begins if len(escaped) < 3 else Q(search__contains=escaped)
    return found


STANDARD: tuple[tuple[str, str], ...] = (
    ("name", _("Name")), ("number", _("Mobile number")), ("title", _("Form of address")), ("company", _("Company")),
    ("email", _("E-mail")), ("notes", _("Notes")),
)  # type: ignore[assignment]  # fmt: skip


def sheet(user: User, contacts: ContactQuerySet) -> tuple[list[str], Iterator[list[str]]]:
    """Headings and rows of those of `contacts` the user may take away as a file: all that are open by standing, of granted ones
    those whose grant says so.

    Numbers are masked unless the user may see them. Streamed: memory stays flat however many people.
    """
    chosen = contacts.open_to(user, Doing.EXPORT)
    extra: list[str] = []
    if chosen.exists():
        sql, params = chosen.order_by().values("fields").query.sql_with_params()
        with connection.cursor() as cursor:
            # The headings that files brought, most used first; a table has so many columns at most.
            cursor.execute(
                f"select k, count(*) from ({sql}) c cross join lateral jsonb_object_keys(c.fields) k"  # noqa: S608 - the ORM's own statement
                " group by k order by 2 desc, 1 limit 60",
                params,
            )
            extra = [row[0] for row in cursor.fetchall()]

    known = fields.defined()
    further = [
        (words, said) for words, is_there, said in (
            (_("Former names"), ~Q(former_names=""), lambda one: one.former_names),
            (_("Birthday"), ~Q(birthday=""), lambda one: Birthday.of(one.birthday, one.birth_year).full if one.birthday else ""),
            (_("Further numbers"), Q(phones__isnull=False), lambda one: "、".join(shown_to(user, each.number) for each in one.phones.all())),
        ) if chosen.filter(is_there).order_by().exists()
    ]  # fmt: skip

    def rows() -> Iterator[list[str]]:
        for one in chosen.order_by("pinyin", "id").prefetch_related("phones").iterator(chunk_size=2000):
            yield [
                one.name, shown_to(user, one.number), one.title, one.company, one.email, one.notes,
                *(said(one) for _words, said in further),
                *(fields.shown(known.get(key), one.fields[key]) if key in one.fields else "" for key in extra),
            ]  # fmt: skip

    return [str(words) for _name, words in STANDARD] + [str(words) for words, _said in further] + extra, rows()
