"""Address books, their groups, and who was given what of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.granting import Lent, LentQuerySet, to_one_of_three, upward
from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Reach, Right
from hongyan.contacts.allowing import Allows, Doing, giving


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
        reachable = Q(department_id__in=upward(user.department))
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
    contacts: models.ManyToManyField[Any, Any] = models.ManyToManyField("Contact", related_name="groups")
    """`people.Contact`, which knows of groups, not the other way about."""

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


class GrantQuerySet(LentQuerySet["Grant"]):
    def held_by(self, user: User, doing: Doing = Doing.SEE_NAMES, at: datetime | None = None) -> Self:
        """Those that let the user do it now, or at a moment."""
        return self.of_holder(user).in_force(at).filter(allows__in=giving(doing))


class Grant(Lent):
    """Somebody may do something with the people of a book, or of a group with all below it.

    It adds to what roles and departments give and never takes away.
    """

    book = models.ForeignKey(AddressBook, models.CASCADE, null=True, blank=True, related_name="grants")
    group = models.ForeignKey(Group, models.CASCADE, null=True, blank=True, related_name="grants")
    allows = models.CharField(max_length=16, choices=Allows.choices)

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="people_grant_is_on_a_book_or_a_group",
                condition=Q(book__isnull=False, group=None) | Q(book=None, group__isnull=False),
            ),
            to_one_of_three("people_grant_is_to_one_of_three"),
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
