"""Customers' doors, and what their pages show of them; the queues between are tables of their own (`0001_tables.sql`)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import User
from hongyan.messaging.models import Category, Submission
from hongyan.runtime.secrets import SecretUnreadable, decrypt


class Door(models.Model):
    """One customer system's account: how it logs in, in whose name it sends, and what it may."""

    class Family(models.TextChoices):
        """One port for each; versions of one family share it, and the customer's login says which it speaks."""

        CMPP = "cmpp", "CMPP 2.0 / 3.0"
        SGIP = "sgip", "SGIP 1.2"
        SMGP = "smgp", "SMGP 3.0 / 3.1"
        SMPP = "smpp", "SMPP 3.4 / 5.0"

    class SignaturePolicy(models.TextChoices):
        ADD = "add", _("Put the door's signature in front where there is none")
        REQUIRE = "require", _("Refuse a text without a registered signature")
        FREE = "free", _("Leave the text unchanged")

    class DefaultAlphabet(models.TextChoices):
        """What data_coding 0 of an SMPP submit means (3.4 §5.2.19: the server's default alphabet)."""

        GSM7 = "gsm7", _("GSM alphabet, a character in each octet (usual)")
        GSM7_PACKED = "gsm7_packed", _("GSM alphabet, packed")
        ASCII = "ascii", "ASCII"
        LATIN1 = "latin1", "Latin-1"

    name = models.CharField(_("name of the customer or system"), max_length=80)
    family = models.CharField(_("protocol"), max_length=8, choices=Family.choices, default=Family.CMPP)
    login = models.CharField(_("login"), max_length=16)
    secret_encrypted = models.TextField(default="", editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="doors", verbose_name=_("sends on behalf of"))
    """Whose rights count, whose department pays, and in whose mailbox replies are seen."""
    category = models.CharField(_("category"), max_length=16, choices=Category.choices, default=Category.NOTICE)
    signature_policy = models.CharField(
        _("signature"), max_length=8, choices=SignaturePolicy.choices, default=SignaturePolicy.ADD
    )
    signature = models.CharField(_("the door's signature"), max_length=20, blank=True)
    """Without its brackets; empty: the company's default at the time."""
    sources = ArrayField(models.CharField(max_length=21), default=list, blank=True)
    """Numbers that a submit's source may begin with."""
    default_source = models.CharField(_("default source number"), max_length=21, blank=True)
    """Put in where the submit has none; empty: the channel's number with the user's extension."""
    default_alphabet = models.CharField(
        _("meaning of data_coding 0"), max_length=12, choices=DefaultAlphabet.choices, default=DefaultAlphabet.GSM7
    )
    speed_per_s = models.IntegerField(_("messages a second"), default=100)
    window_size = models.IntegerField(_("window"), default=32)
    connections = models.SmallIntegerField(_("connections"), default=2)
    addresses = ArrayField(models.CharField(max_length=43), default=list, blank=True)
    """CIDR networks that may log in; empty is any."""
    callback_host = models.CharField(_("the customer's address"), max_length=255, blank=True)
    """SGIP: where we connect to report and deliver; empty: the customer gets neither."""
    callback_port = models.IntegerField(_("the customer's port"), default=8801)
    is_enabled = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    removed_at = models.DateTimeField(null=True)

    @property
    def is_readable(self) -> bool:
        """Whether this installation can read the stored secret; if not, nobody can log in."""
        try:
            decrypt(self.secret_encrypted)
        except SecretUnreadable:
            return False
        return True

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=Q(removed_at=None), name="door_name_is_unique",
                violation_error_message=_("There is already a door of this name."),
            ),
            models.UniqueConstraint(
                fields=["family", "login"], condition=Q(removed_at=None), name="door_login_is_unique",
                violation_error_message=_("Another door of this protocol has this login."),
            ),
            models.CheckConstraint(condition=Q(speed_per_s__range=(1, 100_000)), name="door_speed"),
            models.CheckConstraint(condition=Q(window_size__range=(1, 10_000)), name="door_window"),
            models.CheckConstraint(condition=Q(connections__range=(1, 64)), name="door_connections"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class DoorSubmission(models.Model):
    """The submission that gathers a door's messages of one hour and category; open until the hour is over."""

    door = models.ForeignKey(Door, models.PROTECT, related_name="submissions")
    submission = models.OneToOneField(Submission, models.PROTECT, related_name="of_door")
    hour = models.DateTimeField()
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["door"], condition=Q(is_open=True), name="door_has_one_open_submission"),
        ]


class DoorConnection(models.Model):
    """What a doors process last said of one live connection."""

    door = models.ForeignKey(Door, models.DO_NOTHING, related_name="live_connections")
    node = models.TextField()
    peer = models.TextField()
    """Address and port the customer comes from, or that we called (SGIP)."""
    since = models.DateTimeField()
    window_used = models.IntegerField()
    waiting_answers = models.IntegerField()
    per_second = models.FloatField()
    updated_at = models.DateTimeField()
    trace = models.JSONField(null=True)
    traced_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "doors_connection"


class DoorRefusal(models.Model):
    """A login or submit that was refused, for the door's page; those of unknown logins have no door."""

    door = models.ForeignKey(Door, models.DO_NOTHING, null=True, related_name="refusals")
    family = models.TextField()
    peer = models.TextField()
    what = models.TextField()
    """login, or submit."""
    reason = models.TextField()
    code = models.TextField()
    times = models.IntegerField()
    """How often within the second that the entry stands for."""
    at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "doors_refusal"
        ordering = ["-id"]
