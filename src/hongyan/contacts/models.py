"""Address books, groups, contacts, who was given what of them, and recipient lists."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Reach, Right, Role
from hongyan.contacts.allowing import Allows, Doing, giving
from hongyan.fields import Kind, Stored
from hongyan.runtime import clock
from hongyan.uploads.models import OwnedQuerySet, Upload

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


KINDS = tuple(one for one in Kind if one not in (Kind.LINK, Kind.PHONE, Kind.LONG_TEXT))
"""Of further columns of people."""


class AddressBookQuerySet(models.QuerySet["AddressBook"]):
    """Books as a whole. Of a book of which one was given only a group, that group and its people are open, not the book."""

    def open_to(self, user: User, doing: Doing, at: datetime | None = None) -> Self:
        """The books with all of whose people the user may do it: by standing, or by a grant in force."""
        standing = _changed_by(user) if doing is Doing.EDIT else _seen_by(user)
        granted = Grant.objects.held_by(user, doing, at).filter(book__isnull=False)
        return self.filter(standing | Q(pk__in=granted.order_by().values("book_id")))

    def standing_open_to(self, user: User) -> Self:
        """Those that are open without a grant: the enterprise's books, those of the user's own department and the ones above
        it, and the user's own.

        Who reaches a subtree also sees its departments' books. Personal books are their owner's (row B06).
        """
        return self.filter(_seen_by(user))

    def ruled_by(self, user: User) -> Self:
        """The books whose contents the user may change without a grant: who may do that says who else may do what."""
        return self.filter(_changed_by(user))

    def visible_to(self, user: User) -> Self:
        return self.open_to(user, Doing.SEE_NAMES)

    def sendable_by(self, user: User) -> Self:
        """Whose people the user may write to, if the role lets them write at all."""
        return self.open_to(user, Doing.SEND)

    def changeable_by(self, user: User) -> Self:
        """The books whose contents the user may change."""
        return self.open_to(user, Doing.EDIT)


def _seen_by(user: User) -> Q:
    if not user.may(Right.SEE_PEOPLE):
        return Q(pk=None)
    shared = Q(kind=AddressBook.Kind.ENTERPRISE)
    own = Q(kind=AddressBook.Kind.PERSONAL, owner=user)
    department = Q(kind=AddressBook.Kind.DEPARTMENT)
    if user.reach is not Reach.EVERYTHING:
        reachable = Q(department_id__in=_upward(user.department))
        if user.reach is Reach.SUBTREE:
            reachable |= Q(department__path__startswith=user.department.path)
        department &= reachable
    return shared | own | department


def _changed_by(user: User) -> Q:
    own = Q(kind=AddressBook.Kind.PERSONAL, owner=user) if user.may(Right.SEND) else Q(pk=None)
    if not user.may(Right.MANAGE_PEOPLE):
        return own
    if user.reach is Reach.EVERYTHING:
        return own | ~Q(kind=AddressBook.Kind.PERSONAL)
    return own | Q(kind=AddressBook.Kind.DEPARTMENT, department__path__startswith=user.department.path)


def _upward(department: Department) -> list[int]:
    """It and those above it."""
    return [int(part) for part in department.path.split("/") if part]


class AddressBook(models.Model):
    """A collection of contacts that belongs to the enterprise, a department or one person."""

    class Kind(models.TextChoices):
        ENTERPRISE = "enterprise", _("Enterprise")
        DEPARTMENT = "department", _("Department")
        PERSONAL = "personal", _("Personal")

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("belongs to"), max_length=16, choices=Kind.choices)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="address_books")
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="address_books")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AddressBookQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "name", "id"]
        constraints = [
            models.CheckConstraint(
                name="address_book_has_the_holder_its_kind_says",
                condition=Q(kind="enterprise", department=None, owner=None)
                | Q(kind="department", department__isnull=False, owner=None)
                | Q(kind="personal", department=None, owner__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.name


class GroupQuerySet(models.QuerySet["Group"]):
    def open_to(self, user: User, doing: Doing) -> Self:
        """Those of whole books, and those that were granted, with all below."""
        return self.filter(Q(book__in=AddressBook.objects.open_to(user, doing)) | _granted_groups(user, doing))

    def granted_to(self, user: User, doing: Doing, at: datetime | None = None) -> Self:
        """Those on which, or on a group above which, a grant in force gives it."""
        return self.filter(_granted_groups(user, doing, at))

    def granted_outside(
        self, user: User, doing: Doing, books: Collection[int], at: datetime | None = None
    ) -> list[int]:
        """Ids of those of other books than these."""
        granted = self.granted_to(user, doing, at).exclude(book_id__in=books).order_by()
        return list(granted.values_list("pk", flat=True))

    def visible_to(self, user: User) -> Self:
        return self.open_to(user, Doing.SEE_NAMES)

    def sendable_by(self, user: User) -> Self:
        return self.open_to(user, Doing.SEND)

    def changeable_by(self, user: User) -> Self:
        return self.open_to(user, Doing.EDIT)

    def within(self, group: Group) -> Self:
        """`group` and all below it."""
        return self.filter(book_id=group.book_id, path__startswith=group.path)


def _granted_groups(user: User, doing: Doing, at: datetime | None = None) -> Q:
    """Asked beforehand: the few granted paths are ranges of the index, and most users have none."""
    paths = (
        Grant.objects.held_by(user, doing, at)
        .filter(group__isnull=False)
        .order_by()
        .values_list("group__path", flat=True)
    )
    found = Q(pk__in=[])
    for path in set(paths):
        found |= Q(path__startswith=path)
    return found


class Group(models.Model):
    """A named set of contacts of one book; groups stand in a tree, and choosing one means all below it too."""

    book = models.ForeignKey(AddressBook, models.CASCADE, related_name="groups")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    name = models.CharField(_("name"), max_length=80)
    path = models.CharField(max_length=500, editable=False)
    """Ids from the top group down, "/3/8/"."""
    contacts: models.ManyToManyField[Contact, Any] = models.ManyToManyField("Contact", related_name="groups")

    objects = GroupQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["path"], name="group_subtree", opclasses=["text_pattern_ops"])]
        constraints = [
            models.UniqueConstraint(
                fields=["book", "parent", "name"],
                nulls_distinct=False,
                name="group_name_is_unique_among_siblings",
                violation_error_message=_("There is already a group with this name here."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Field(models.Model):
    """A further column of people with the kind of its values. In `Contact.fields` they stand under its name, in the canonical
    form of `fields/`; what does not fit the kind counts as empty when it is asked about, and is shown as it stands."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    kind = models.CharField(max_length=12, default="text")
    """One of `KINDS`."""
    choices: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)
    position = models.IntegerField(default=100)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A word that people carry, the same in all books."""

    name = models.CharField(_("name"), max_length=40, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


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


class BirthdayPolicy(models.Model):
    """The company's `birthdays.Policy`. One row, or none."""

    both_months = models.BooleanField(default=False)
    after_29th = models.BooleanField(default=False)
    first_of_march = models.BooleanField(default=False)


class GrantQuerySet(models.QuerySet["Grant"]):
    def in_force(self, at: datetime | None = None) -> Self:
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=at or clock.now()))

    def of_holder(self, user: User) -> Self:
        """What was given to the user, to the department or one above it, or to the role; to nobody who may not sign in."""
        if not user.is_active:
            return self.none()
        return self.filter(Q(user=user) | Q(department_id__in=_upward(user.department)) | Q(role=user.role))

    def held_by(self, user: User, doing: Doing = Doing.SEE_NAMES, at: datetime | None = None) -> Self:
        """Those that let the user do it now, or at a moment."""
        return self.of_holder(user).in_force(at).filter(allows__in=giving(doing))


class Grant(models.Model):
    """Somebody may do something with the people of a book, or of a group with all below it.

    It adds to what roles and departments give and never takes away. One that has ended stays until it is renewed or withdrawn.
    """

    book = models.ForeignKey(AddressBook, models.CASCADE, null=True, blank=True, related_name="grants")
    group = models.ForeignKey(Group, models.CASCADE, null=True, blank=True, related_name="grants")
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="people_grants")
    department = models.ForeignKey(Department, models.CASCADE, null=True, blank=True, related_name="people_grants")
    """With all below it."""
    role = models.CharField(max_length=32, blank=True)
    allows = models.CharField(max_length=16, choices=Allows.choices)
    expires_at = models.DateTimeField(null=True, blank=True)
    given_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=clock.now)

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="people_grant_is_on_a_book_or_a_group",
                condition=Q(book__isnull=False, group=None) | Q(book=None, group__isnull=False),
            ),
            models.CheckConstraint(
                name="people_grant_is_to_one_of_three",
                condition=Q(user__isnull=False, department=None, role="")
                | Q(user=None, department__isnull=False, role="")
                | (Q(user=None, department=None) & ~Q(role="")),
            ),
            models.CheckConstraint(name="people_grant_allows_what_there_is", condition=Q(allows__in=Allows.values)),
            models.UniqueConstraint(
                fields=["book", "group", "user", "department", "role", "allows"],
                nulls_distinct=False,
                name="people_grant_is_given_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target} → {self.whom}: {self.get_allows_display()}"

    @property
    def target(self) -> AddressBook | Group:
        found = self.group or self.book
        assert found is not None
        return found

    @property
    def whom(self) -> str:
        return str(self.user or self.department or Role(self.role).label)

    @property
    def has_ended(self) -> bool:
        return self.expires_at is not None and self.expires_at <= clock.now()


class RecipientList(models.Model):
    """Numbers with their variables, typed, pasted or uploaded; reusable until it expires (row B24)."""

    owner = models.ForeignKey(User, models.PROTECT, related_name="recipient_lists")
    upload = models.OneToOneField(Upload, models.SET_NULL, null=True, blank=True, related_name="recipient_list")
    name = models.CharField(_("name"), max_length=120)
    columns: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    """Variables every row has, in the file's order."""
    size = models.IntegerField(default=0)
    carriers: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    """How many rows per home carrier, by number range."""
    stock: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True, editable=False)
    """What its rows come to, a `contacts.stock.Stock`; rows never change once they are there. Null: not counted yet."""
    is_kept = models.BooleanField(default=False)
    """Shown among the reusable lists; a list made for one submission is not."""
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class RecipientListRow(models.Model):
    """One number of a list; `line` is the row of the file it came from. Written by COPY, read in key order."""

    list = models.ForeignKey(RecipientList, models.CASCADE, related_name="rows")
    line = models.IntegerField()
    number = models.CharField(max_length=20)
    variables: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["list", "line"], name="recipient_list_line_is_unique")]
        # Planning, looking through everybody and looking for some numbers go by number.
        indexes = [models.Index(fields=["list", "number", "line"], name="recipient_list_by_number")]
