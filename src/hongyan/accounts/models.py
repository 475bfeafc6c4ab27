"""Departments, users, API keys, service numbers and the audit log."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.rights import REACH, RIGHTS, Reach, Right, Role


class DepartmentQuerySet(models.QuerySet["Department"]):
    def within(self, department: Department) -> Self:
        """`department` and all below it."""
        return self.filter(path__startswith=department.path)

    def visible_to(self, user: User) -> Self:
        if user.reach is Reach.EVERYTHING:
            return self
        return self.within(user.department)


class Department(models.Model):
    """A node of the one tree of departments; the enterprise itself is the root.

    `path` is the ids from the root down, "/1/4/9/", so that a subtree is one prefix and one index range.
    """

    name = models.CharField(_("name"), max_length=80)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=500, editable=False)
    position = models.IntegerField(default=0)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"],
                name="department_name_is_unique_among_siblings",
                violation_error_message=_("There is already a department with this name here."),
            ),
            models.UniqueConstraint(
                fields=["parent"], condition=Q(parent=None), nulls_distinct=False, name="department_root_is_one"
            ),
        ]
        indexes = [models.Index(fields=["path"], name="department_subtree", opclasses=["text_pattern_ops"])]

    def __str__(self) -> str:
        return self.name

    @property
    def depth(self) -> int:
        return self.path.count("/") - 2

    @property
    def indented_name(self) -> str:
        """For lists that show the tree as text."""
        return "　" * self.depth + self.name


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: User) -> Self:
        if user.reach is Reach.EVERYTHING:
            return self
        if user.reach is Reach.SUBTREE:
            return self.filter(department__path__startswith=user.department.path)
        return self.filter(pk=user.pk)


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def visible_to(self, user: User) -> UserQuerySet:
        return self.get_queryset().visible_to(user)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """Someone who signs in. Belongs to one department, has one role."""

    username = models.CharField(_("sign-in name"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=64)
    department = models.ForeignKey(Department, models.PROTECT, related_name="users", verbose_name=_("department"))
    role = models.CharField(_("role"), max_length=32, choices=Role.choices, default=Role.SENDER)
    may_send_to_groups = models.BooleanField(
        _("may send to several people at once"),
        default=True,
        help_text=_("Otherwise each message goes to one recipient only."),
    )
    phone = models.CharField(_("mobile number"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    extension = models.CharField(
        _("extension"),
        max_length=6,
        blank=True,
        help_text=_("Digits added to the service number so that replies reach this user."),
    )
    personal_signature = models.CharField(
        _("personal signature"), max_length=20, blank=True, help_text=_("Added at the end of your messages.")
    )
    uses_personal_signature = models.BooleanField(default=False)
    language = models.CharField(max_length=10, blank=True)
    preferences = models.JSONField(default=dict, editable=False)
    """How the user has the console: see preferences.py."""
    totp_secret = models.CharField(max_length=255, blank=True, editable=False)
    """Encrypted; empty while two-step sign-in is off."""
    totp_step = models.BigIntegerField(default=0, editable=False)
    """The last half-minute whose code was used: a code signs in once (RFC 6238 §5.2)."""
    must_change_password = models.BooleanField(default=False, editable=False)
    """Somebody else knows the password: the next sign-in asks for a new one before anything else."""
    is_active = models.BooleanField(_("may sign in"), default=True)
    successor = models.ForeignKey("self", models.PROTECT, null=True, blank=True, editable=False, related_name="+")
    """Who took over when the user left: gets the answers to what the user sent. Never somebody who has one, too."""
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["extension"],
                condition=~Q(extension=""),
                name="user_extension_is_unique",
                violation_error_message=_("Another user has this extension already."),
            ),
            # People sign in without minding capitals, so two names may not differ by them alone.
            models.UniqueConstraint(
                Upper("username"),
                name="user_username_is_unique_in_any_case",
                violation_error_message=_("This sign-in name is already taken."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def reach(self) -> Reach:
        return REACH[Role(self.role)]

    def may(self, right: Right) -> bool:
        """Whether the user holds `right`; nobody who may not sign in holds any."""
        if not self.is_active or right not in RIGHTS[Role(self.role)]:
            return False
        return self.may_send_to_groups if right is Right.SEND_TO_GROUPS else True


class Invitation(models.Model):
    """A link by which a user sets a password. Only its hash is kept; a newer link closes an older one."""

    user = models.ForeignKey(User, models.CASCADE, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 of the token, which is 95 random bits and lives for days: no salt or stretching needed."""
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    """Used, replaced, or the user changed."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(closed_at=None), name="invitation_open_is_one")
        ]


class SignIn(models.Model):
    """A browser in which a user is signed in; goes when the session goes."""

    user = models.ForeignKey(User, models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()
    seen_at = models.DateTimeField()
    """To within some minutes."""
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)
    """As the browser names itself."""

    class Meta:
        ordering = ["-seen_at"]


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def visible_to(self, user: User) -> Self:
        """One's own; those of the users one manages."""
        if user.may(Right.MANAGE_USERS) and user.reach is Reach.EVERYTHING:
            return self
        if user.may(Right.MANAGE_USERS):
            return self.filter(user__department__path__startswith=user.department.path)
        return self.filter(user=user)


class ApiKey(models.Model):
    """A key programs use in a user's name. Only its hash is kept; `prefix` tells keys apart on screen."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    name = models.CharField(_("what it is for"), max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 of the key, which is 256 random bits: no salt or stretching needed."""
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    spare_requests = models.FloatField(null=True)
    """What is left of the allowance of requests, as of `spare_at`; null before the first request."""
    spare_at = models.DateTimeField(null=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]


class SavedFilter(models.Model):
    """A list's filter under a name, for its user alone: the query part of a page's address."""

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_filters")
    page = models.CharField(max_length=40)
    """The URL name of the list."""
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="saved_filter_name_is_one")]

    def __str__(self) -> str:
        return self.name


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def visible_to(self, user: User) -> Self:
        """What people of the departments within reach did."""
        if not user.may(Right.SEE_AUDIT):
            return self.none()
        if user.reach is Reach.EVERYTHING:
            return self
        return self.filter(department_path__startswith=user.department.path)


class AuditEntry(models.Model):
    """Who did what to which record, when and from where. Rows are only ever added."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    department_path = models.CharField(max_length=500, blank=True)
    """Of the user at the time: decides which department administrator sees the row."""
    action = models.CharField(max_length=64)
    """`<noun>.<verb>`, as "submission.cancelled"; the words for the screen are in `accounts/audit.py`."""
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    summary = models.CharField(max_length=200, blank=True)
    """A name or title a person recognises; never a phone number in clear."""
    detail: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["object_type", "object_id"], name="audit_of_an_object")]


def within_reach(user: User, owner: str = "owner", department: str = "department") -> Q:
    """The condition for rows that belong to a user and a department."""
    if user.reach is Reach.EVERYTHING:
        return Q()
    own = Q(**{owner: user})
    if user.reach is Reach.SUBTREE:
        return own | Q(**{f"{department}__path__startswith": user.department.path})
    return own
