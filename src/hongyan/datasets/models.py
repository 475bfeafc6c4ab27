"""Tables, their fields, who may do what with them, their rows and what became of those."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.granting import Held, reaching, to_one_of_three
from hongyan.accounts.models import User
from hongyan.accounts.rights import Reach, Right
from hongyan.fields import Kind, kind_words
from hongyan.runtime import clock
from hongyan.uploads.models import Upload

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Level(IntEnum):
    """What somebody may do with a table or one of its fields; each level holds those before it."""

    NONE = 0
    SEE = 1
    EDIT = 2
    """Rows: add, change, delete, import."""
    MANAGE = 3
    """Fields, rights, the table itself."""


def ruled_by(user: User) -> Q:
    """Tables that are the user's to manage without a grant: one's own, and, for who manages people, those within reach."""
    own = Q(owner=user)
    if not user.may(Right.MANAGE_PEOPLE):
        return own
    if user.reach is Reach.EVERYTHING:
        return Q(pk__isnull=False)
    return own | Q(owner__department__path__startswith=user.department.path)


class TableQuerySet(models.QuerySet["Table"]):
    def visible_to(self, user: User) -> Self:
        """Tables that the user manages or is granted."""
        if not user.may(Right.SEE_PEOPLE):
            return self.none()
        granted = Grant.objects.filter(reaching(user), field=None).values("table_id")
        return self.filter(ruled_by(user) | Q(pk__in=granted))


class Table(models.Model):
    """A table that somebody made. Its rows are a partition of their own of `datasets_row` (`storing.py`)."""

    if TYPE_CHECKING:
        fields: RelatedManager[Field]
        grants: RelatedManager[Grant]

    name = models.CharField(_("name"), max_length=80)
    purpose = models.CharField(_("what it is for"), max_length=200, blank=True)
    owner = models.ForeignKey(User, models.PROTECT, related_name="tables")
    structure = models.IntegerField(default=1, editable=False)
    """Counts changes of its fields: an import that began under others stops."""
    created_at = models.DateTimeField(default=clock.now)

    objects = TableQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Field(models.Model):
    """A column of a table: what its values are, and what they must be."""

    table = models.ForeignKey(Table, models.CASCADE, related_name="fields")
    name = models.CharField(_("name"), max_length=60)
    kind_code = models.CharField(_("kind"), max_length=16)
    choices: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    """Of a choice, in the order in which they are offered."""
    target = models.ForeignKey(Table, models.PROTECT, null=True, blank=True, related_name="linked_by")
    """Of a link, the table of the rows it names; a link without one names a contact."""
    is_required = models.BooleanField(_("required"), default=False)
    is_unique = models.BooleanField(_("no value twice"), default=False)
    default = models.CharField(_("default"), max_length=200, blank=True)
    """As a person writes it; "today" of a date is the day on which the row is made."""
    help = models.CharField(_("hint"), max_length=120, blank=True)
    position = models.IntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["table", "name"],
                name="field_name_is_unique_in_its_table",
                violation_error_message=_("There is already a field with this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> Kind:
        return Kind(self.kind_code)

    @property
    def key(self) -> str:
        """Where its values stand in a row's data; a new field never finds those of an old one."""
        return f"f{self.pk}"

    @property
    def kind_words(self) -> str:
        if self.kind is not Kind.LINK:
            return kind_words(self.kind)
        return str(_("Link to a person") if self.target_id is None else _("Link to %(table)s") % {"table": self.target})


class Grant(Held):
    """Somebody may do something with a table, or with one field of it.

    A field that has grants of its own is for those alone, and for who manages the table.
    """

    table = models.ForeignKey(Table, models.CASCADE, related_name="grants")
    field = models.ForeignKey(Field, models.CASCADE, null=True, blank=True, related_name="grants")
    level = models.SmallIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [to_one_of_three("grant_is_to_one_of_three")]


class Filling(models.Model):
    """A file that was read into a table: what it changed, and whether that was taken back."""

    table = models.ForeignKey(Table, models.CASCADE, related_name="fillings")
    upload = models.OneToOneField(Upload, models.SET_NULL, null=True, related_name="filling")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=255)
    at = models.DateTimeField(default=clock.now)
    created = models.IntegerField(default=0)
    updated = models.IntegerField(default=0)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]


class RowManager(models.Manager["Row"]):
    def of(self, table: Table) -> models.QuerySet[Row]:
        return self.get_queryset().filter(table_id=table.pk)


class Row(models.Model):
    """One row. Unmanaged: partitioned by table, with indexes by field, made by `storing.py`."""

    table_id = models.BigIntegerField()
    data: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """`Field.key` -> canonical form (`hongyan.fields`). What is empty is not there."""
    search = models.TextField(default="")
    """Its texts in the code of `contacts/names.py`, for a trigram index."""
    version = models.IntegerField(default=1)
    """Counts changes: who saves an older one is told."""
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, models.DO_NOTHING, null=True, db_constraint=False, related_name="+")
    updated_at = models.DateTimeField(default=clock.now)
    filling_id = models.BigIntegerField(null=True)
    """The import that made it."""

    objects = RowManager()

    class Meta:
        managed = False
        db_table = "datasets_row"
        ordering = ["id"]


class Change(models.Model):
    """What was done to a row: of each field that changed, the old and the new canonical value. Rows are only added."""

    class Act(models.TextChoices):
        CREATED = "created", _("Created")
        CHANGED = "changed", _("Changed")
        DELETED = "deleted", _("Deleted")
        RESTORED = "restored", _("Restored")

    table = models.ForeignKey(Table, models.CASCADE, related_name="changes")
    row_id = models.BigIntegerField()
    act = models.CharField(max_length=16, choices=Act.choices)
    at = models.DateTimeField(default=clock.now)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    filling = models.ForeignKey(Filling, models.SET_NULL, null=True, related_name="changes")
    old: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    new: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["table", "row_id", "id"], name="changes_of_a_row"),
        ]
