"""What permits and forbids writing to a number.

A topic is a kind of marketing that may be agreed to and refused by itself; no topic ("") stands for all marketing.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import User


class Source(models.TextChoices):
    """How an entry came about."""

    REPLY = "reply", _("Reply by text message")
    CONSOLE = "console", _("Entered here")
    FILE = "file", _("Imported from a file")
    API = "api", _("From a program")
    PARTNER = "partner", _("Partner's list")
    VISIT = "visit", _("Field visit")
    FORM = "form", _("Paper form")
    WEB = "web", _("Website")
    MOVED = "moved", _("From an earlier version")


class Topic(models.Model):
    """A kind of marketing, as the submission says it and as phones name it ("TD01", "退订天气")."""

    code = models.CharField(_("code"), max_length=12, unique=True)
    """Letters and digits; stays as it is."""
    name = models.CharField(_("name"), max_length=40, unique=True)
    words = models.CharField(_("other names"), max_length=200, blank=True)
    """What people call it, parted by commas."""

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class OptOut(models.Model):
    """A person's wish not to get marketing: all of it, that of a topic, or that of a signature."""

    number = models.CharField(max_length=20)
    topic = models.CharField(max_length=12, blank=True, default="", db_default="")
    signature = models.CharField(max_length=20, blank=True, default="", db_default="")
    source = models.CharField(max_length=40)
    """A `Source`, or what an earlier version wrote."""
    evidence = models.CharField(max_length=500, blank=True)
    added_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["number", "topic", "signature"], name="opt_out_is_unique")]


class Listed(models.Model):
    """A number on one of the company's own lists."""

    class Kind(models.TextChoices):
        BLOCK = "block", _("Block list")
        """Never written to."""
        GREY = "grey", _("Grey list")
        """At most one marketing message in the grey list's days."""
        WHITE = "white", _("White list")
        """Not counted by the limit on marketing."""
        VIP = "vip", _("VIP list")
        """Gets no marketing."""
        TEST = "test", _("Test numbers")
        """Gets the test before a submission is sent."""

    number = models.CharField(max_length=20)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    source = models.CharField(max_length=40, default=Source.CONSOLE)
    reason = models.CharField(max_length=200, blank=True)
    added_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["number", "kind"], name="listed_is_unique")]
        indexes = [models.Index(fields=["kind", "-id"], name="listed_by_kind")]


class Evidence(models.Model):
    """A file that proves consents: a form, a photograph of paper, a partner's contract."""

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=255)
    content = models.BinaryField()
    at = models.DateTimeField(default=timezone.now)


class ConsentEvent(models.Model):
    """One line of the ledger: that a number agreed to a purpose, or took that back.

    The database numbers the lines without a gap, chains them by hash and refuses to change or delete one (migration 0001,
    `consent_chain`); `ledger.py` proves it. `digest` covers what is personal, `hash` the rest, the digest and the line before.
    """

    class Act(models.TextChoices):
        GIVEN = "given", _("Agreed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    number = models.CharField(max_length=20)
    topic = models.CharField(max_length=12, blank=True, default="", db_default="")
    act = models.CharField(max_length=10, choices=Act.choices)
    at = models.DateTimeField()
    source = models.CharField(max_length=40)
    evidence = models.TextField(blank=True, default="", db_default="")
    """In the person's words, or what shows it."""
    wording = models.TextField(blank=True, default="", db_default="")
    """What the person was asked."""
    frequency = models.CharField(max_length=100, blank=True, default="", db_default="")
    until = models.DateField(null=True)
    """The last day of its term."""
    operator = models.CharField(max_length=150, blank=True, default="", db_default="")
    """Who entered it."""
    file = models.ForeignKey(Evidence, models.PROTECT, null=True, related_name="events")
    file_sha256 = models.CharField(max_length=64, blank=True, default="", db_default="")
    salt = models.CharField(max_length=32, blank=True, default="", db_default="")
    digest = models.CharField(max_length=64, blank=True, default="", db_default="")
    previous = models.CharField(max_length=64, blank=True, default="", db_default="")
    hash = models.CharField(max_length=64, blank=True, default="", db_default="")

    class Meta:
        indexes = [models.Index(fields=["number", "id"], name="consent_event_by_number")]


class Standing(models.Model):
    """What the ledger comes to for a number and a topic today; kept by the ledger's trigger."""

    number = models.CharField(max_length=20)
    topic = models.CharField(max_length=12, blank=True)
    is_given = models.BooleanField()
    until = models.DateField(null=True)
    event_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["number", "topic"], name="standing_is_unique")]


class Policy(models.Model):
    """What is asked of marketing before it goes out. One row."""

    class Consent(models.TextChoices):
        OFF = "off", _("Not asked")
        WARN = "warn", _("Counted and shown, but sent")
        ENFORCE = "enforce", _("Required: without it nothing is sent")

    consent = models.CharField(max_length=8, choices=Consent.choices, default=Consent.ENFORCE)
    most = models.IntegerField(null=True)
    """Marketing messages to a number in `days`, over all users and submissions; null: any number."""
    days = models.IntegerField(default=7)
    grey_days = models.IntegerField(default=30)


class OwnRule(models.Model):
    """A rule by which incoming texts are understood, written here, asked before those that came with the product."""

    label = models.CharField(max_length=16)
    is_aside = models.BooleanField(default=False)
    is_doubtful = models.BooleanField(default=False)
    pattern = models.CharField(max_length=100)
    like = models.TextField()
    """Texts that it must take, one a line."""
    unlike = models.TextField(blank=True)
    added_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
