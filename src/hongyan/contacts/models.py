"""Address books, groups, contacts, imports and uploaded recipient lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Reach, Right

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class AddressBookQuerySet(models.QuerySet["AddressBook"]):
    def visible_to(self, user: User) -> Self:
        """The enterprise's books, those of the user's own department and the ones above it, and the user's own.

        Who reaches a subtree also sees its departments' books. Personal books are their owner's alone (row B06).
        """
        if not user.may(Right.SEE_PEOPLE):
            return self.none()
        shared = Q(kind=AddressBook.Kind.ENTERPRISE)
        own = Q(kind=AddressBook.Kind.PERSONAL, owner=user)
        department = Q(kind=AddressBook.Kind.DEPARTMENT)
        if user.reach is not Reach.EVERYTHING:
            above = [int(part) for part in user.department.path.split("/") if part]
            reachable = Q(department_id__in=above)
            if user.reach is Reach.SUBTREE:
                reachable |= Q(department__path__startswith=user.department.path)
            department &= reachable
        return self.filter(shared | own | department)

    def changeable_by(self, user: User) -> Self:
        """The books whose contents the user may change."""
        own = Q(kind=AddressBook.Kind.PERSONAL, owner=user) if user.may(Right.SEND) else Q(pk=None)
        if not user.may(Right.MANAGE_PEOPLE):
            return self.filter(own)
        if user.reach is Reach.EVERYTHING:
            return self.filter(own | ~Q(kind=AddressBook.Kind.PERSONAL))
        below = Q(kind=AddressBook.Kind.DEPARTMENT, department__path__startswith=user.department.path)
        return self.filter(own | below)


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
    def visible_to(self, user: User) -> Self:
        return self.filter(book__in=AddressBook.objects.visible_to(user))

    def within(self, group: Group) -> Self:
        """`group` and all below it."""
        return self.filter(book_id=group.book_id, path__startswith=group.path)


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
                violation_error_message=_("There is already a group of this name here."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class ContactQuerySet(models.QuerySet["Contact"]):
    def visible_to(self, user: User) -> Self:
        """Contacts of the books the user sees. The books are few, so their ids go into the query as a list."""
        return self.filter(book_id__in=list(AddressBook.objects.visible_to(user).values_list("pk", flat=True)))

    def changeable_by(self, user: User) -> Self:
        return self.filter(book_id__in=list(AddressBook.objects.changeable_by(user).values_list("pk", flat=True)))


class Contact(models.Model):
    """A person of one book, with one mobile number.

    `number` is E.164 with its plus. `search` holds name, pinyin, initials, number and company in the code of
    `contacts/names.py` for one trigram index; ask it through `contacts/people.py: matching`.
    """

    if TYPE_CHECKING:
        groups: RelatedManager[Group]

    book = models.ForeignKey(AddressBook, models.CASCADE, related_name="contacts")
    name = models.CharField(_("name"), max_length=80)
    number = models.CharField(_("mobile number"), max_length=20)
    title = models.CharField(_("title"), max_length=40, blank=True)
    company = models.CharField(_("company"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    notes = models.CharField(_("notes"), max_length=500, blank=True)
    fields: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    """Further columns of an imported file, by their heading; usable as variables."""
    pinyin = models.CharField(max_length=200, blank=True, editable=False)
    """Sort key: full pinyin of the name."""
    search = models.TextField(editable=False, default="")
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
            GinIndex(fields=["search"], name="contact_search", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.name


class OwnedQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """Uploads and lists are their owner's alone."""
        return self.filter(owner=user)


class Upload(models.Model):
    """A file someone gave us, kept in the database so that any worker on any machine can read it.

    It becomes contacts of a book (purpose `contacts`), a recipient list (purpose `recipients`) or ported numbers
    (purpose `ported`, read by `messaging/ported.py`).
    `contacts/importing.py` has the verbs, `contacts/tasks.py` the job.
    """

    class Purpose(models.TextChoices):
        CONTACTS = "contacts"
        RECIPIENTS = "recipients"
        PORTED = "ported"

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")
        RUNNING = "running", _("Being read")
        FINISHED = "finished", _("Finished")
        FAILED = "failed", _("Failed")

    owner = models.ForeignKey(User, models.PROTECT, related_name="uploads")
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    state = models.CharField(max_length=16, choices=State.choices, default=State.UPLOADED)
    file_name = models.CharField(max_length=255)
    size_bytes = models.BigIntegerField(default=0)
    sheets: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    """Names of a workbook's visible sheets; empty for text."""
    sheet = models.CharField(max_length=120, blank=True)
    has_header = models.BooleanField(default=True)
    header_line = models.IntegerField(default=0)
    """Line of the headings; it and all above it are no data. 0 without a header row."""
    columns: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    """Headings, in the file's order; "1", "2", ... where there is no header row."""
    mapping: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    """Our field ("number", "name", ...) -> column heading."""
    preview: models.JSONField[list[list[str]], list[list[str]]] = models.JSONField(default=list)
    book = models.ForeignKey(AddressBook, models.SET_NULL, null=True, blank=True)
    group = models.ForeignKey(Group, models.SET_NULL, null=True, blank=True)
    total_rows = models.IntegerField(default=0)
    rows_done = models.IntegerField(default=0)
    rows_good = models.IntegerField(default=0)
    rows_updated = models.IntegerField(default=0)
    rows_bad = models.IntegerField(default=0)
    rows_duplicate = models.IntegerField(default=0)
    error = models.TextField(blank=True)
    """Why the whole file could not be used, in the owner's language."""
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name


class UploadPart(models.Model):
    """The file itself, in parts of at most 1 MiB, deleted once it has been read."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="parts")
    number = models.IntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["upload", "number"], name="upload_part_is_unique")]


class UploadError(models.Model):
    """One row of a file that could not be used: where and why."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="errors")
    line = models.IntegerField()
    column = models.CharField(max_length=120, blank=True)
    value = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=40)
    """A stable code; the words are in `contacts/errors.py`."""

    class Meta:
        ordering = ["line", "id"]


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
