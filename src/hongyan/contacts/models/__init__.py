"""Address books, groups, contacts, who was given what of them, and recipient lists."""

from hongyan.contacts.models.books import AddressBook, AddressBookQuerySet, Grant, GrantQuerySet, Group, GroupQuerySet
from hongyan.contacts.models.columns import KINDS, BirthdayPolicy, Field, Tag
from hongyan.contacts.models.lists import RecipientList, RecipientListRow
from hongyan.contacts.models.people import Contact, ContactQuerySet, NumberKind, NumberState, Phone, Relation

__all__ = [
    "KINDS",
    "AddressBook",
    "AddressBookQuerySet",
    "BirthdayPolicy",
    "Contact",
    "ContactQuerySet",
    "Field",
    "Grant",
    "GrantQuerySet",
    "Group",
    "GroupQuerySet",
    "NumberKind",
    "NumberState",
    "Phone",
    "RecipientList",
    "RecipientListRow",
    "Relation",
    "Tag",
]  # fmt: skip
