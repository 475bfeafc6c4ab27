"""People, their further numbers, and how they stand to each other."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import User
from hongyan.contacts.allowing import Doing
from hongyan.contacts.models.books import AddressBook, Group
from hongyan.contacts.models.columns import Tag
from hongyan.fields import Stored

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class NumberKind(models.TextChoices):
    MOBILE = "mobile", _("Mobile")
    WORK = "work", _("Work")
    HOME = "home", _("Home")
    OTHER = "other", _("Other")


class NumberState(models.TextChoices):
    IN_USE = "in_use", _("In service")
    FORMER = "former", _("Former")
    DEAD = "dead", _("Dead")
    ON_LOAN = "on_loan", _("On loan")
    """Another's phone, for a while."""


class ContactQuerySet(models.QuerySet["Contact"]):
    def open_to(self, user: User, doing: Doing, at: datetime | None = None) -> Self:
        """People of whole books and of granted groups. Both are few, so their ids go into the query as lists."""
        books = list(AddressBook.objects.open_to(user, doing, at).order_by().values_list("pk", flat=True))
        if not (ids := Group.objects.granted_outside(user, doing, books, at)):
            return self.filter(book_id__in=books)
        inside = Group.contacts.through.objects.filter(contact_id=OuterRef("pk"), group_id__in=ids)
        return self.filter(Q(book_id__in=books) | Exists(inside))

    def visible_to(self, user: User) -> Self:
        return self.open_to(user, Doing.SEE_NAMES)

    def sendable_by(self, user: User) -> Self:
        return self.open_to(user, Doing.SEND)

    def changeable_by(self, user: User) -> Self:
        return self.open_to(user, Doing.EDIT)


class Contact(models.Model):
    """A person of one book, with the mobile number that is written to; further ones are `Phone`.

    `number` is E.164 with its plus. `search` holds name, pinyin, initials, number and company in the code of
    `contacts/names.py` for one trigram index, and what `search_further` holds; ask it through `contacts/people.py: matching`.
    """

    if TYPE_CHECKING:
        groups: RelatedManager[Group]
        phones: RelatedManager[Phone]
        relations: RelatedManager[Relation]
        related: RelatedManager[Relation]

    book = models.ForeignKey(AddressBook, models.CASCADE, related_name="contacts")
    name = models.CharField(_("name"), max_length=80)
    former_names = models.CharField(_("former names"), max_length=160, blank=True, default="", db_default="")
    """Parted by "、"."""
    number = models.CharField(_("mobile number"), max_length=20)
    number_kind = models.CharField(
        _("kind of number"), max_length=8, choices=NumberKind.choices, default=NumberKind.MOBILE, db_default="mobile"
    )
    number_state = models.CharField(
        _("state of number"), max_length=8, choices=NumberState.choices, default=NumberState.IN_USE, db_default="in_use"
    )
    """In use or on loan: what is former or dead is not written to."""
    title = models.CharField(_("title"), max_length=40, blank=True)
    company = models.CharField(_("company"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    notes = models.CharField(_("notes"), max_length=500, blank=True)
    birthday = models.CharField(_("birthday"), max_length=8, blank=True, default="", db_default="")
    """The key of `contacts/birthdays.py`: "05-08", "L12-30" by the lunar calendar, "M04-05" in its leap month."""
    birth_year = models.SmallIntegerField(_("year of birth"), null=True, blank=True)
    """Of the birthday's own calendar."""
    language = models.CharField(_("language"), max_length=10, blank=True, default="", db_default="")
    time_zone = models.CharField(_("time zone"), max_length=40, blank=True, default="", db_default="")
    tags: models.ManyToManyField[Tag, Any] = models.ManyToManyField(Tag, related_name="contacts")
    fields: models.JSONField[dict[str, Stored], dict[str, Stored]] = models.JSONField(default=dict)
    """Further columns by their `Field`'s name, in the canonical form of its kind; usable as variables."""
    pinyin = models.CharField(max_length=200, blank=True, editable=False)
    """Sort key: full pinyin of the name."""
    search = models.TextField(editable=False, default="")
    search_further = models.TextField(editable=False, default="", db_default="")
    """Former names and further numbers, coded: the end of `search`, apart so that an import can keep it."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["pinyin", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["book", "number"],
                name="contact_number_is_unique_in_its_book",
                violation_error_message=_("This book has a contact with this number already."),
            )
        ]
        indexes = [
            models.Index(fields=["book", "pinyin", "id"], name="contact_list_of_a_book"),
            models.Index(fields=["number"], name="contact_of_a_number"),
            # Who has a birthday in the next days.
            models.Index(fields=["birthday"], name="contact_birthday", condition=~Q(birthday="")),
            GinIndex(fields=["search"], name="contact_search", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def version(self) -> str:
        """Of who looks at it: every change gives another."""
        return self.updated_at.isoformat()


class Phone(models.Model):
    """A further number of a person. The database takes it away with its person (migration 0008)."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="phones", db_constraint=False)
    number = models.CharField(max_length=20)
    kind = models.CharField(max_length=8, choices=NumberKind.choices, default=NumberKind.OTHER)
    state = models.CharField(max_length=8, choices=NumberState.choices, default=NumberState.IN_USE)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["contact", "number"], name="phone_is_unique_at_its_person")]
        indexes = [models.Index(fields=["number"], name="phone_by_number")]


class Relation(models.Model):
    """How one person stands to another; shown at both. The database takes it away with either of them (migration 0008)."""

    class Kind(models.TextChoices):
        GUARDIAN = "guardian", _("Guardian of")
        WORKS_FOR = "works_for", _("Works for")
        COLLEAGUE = "colleague", _("Colleague of")
        """Both ways alike."""

    person = models.ForeignKey(Contact, models.CASCADE, related_name="relations", db_constraint=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    other = models.ForeignKey(Contact, models.CASCADE, related_name="related", db_constraint=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "other"], name="relation_is_unique"),
            models.CheckConstraint(name="relation_has_two_people", condition=~Q(person=F("other"))),
        ]
        indexes = [models.Index(fields=["other", "kind"], name="relation_backwards")]
