"""The dispatch tables as the pages read them: unmanaged, made by the SQL of `migrations/`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Reverse
from django.utils.translation import gettext_lazy as _

from hongyan.dispatch.numbers import is_found_by_its_end


class MessageState(models.TextChoices):
    """Forward only: queued -> submitted -> one outcome. `uncertain` may still be settled by a late receipt."""

    BLOCKED = "blocked", _("Blocked")
    """A screen refused it; `reason` says which."""
    QUEUED = "queued", _("Waiting")
    SUBMITTED = "submitted", _("Sent, no receipt yet")
    """The carrier accepted every segment."""
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Expired")
    UNCERTAIN = "uncertain", _("Uncertain")
    """The line broke, or we did, after the bytes may have gone."""
    CANCELLED = "cancelled", _("Cancelled")


class Channel(models.Model):
    """One account at one carrier gateway."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    protocol = models.CharField(_("protocol"), max_length=16)
    host = models.CharField(_("host"), max_length=255)
    port = models.IntegerField(_("port"))
    login = models.CharField(_("login"), max_length=64)
    secret_encrypted = models.TextField(default="", editable=False)
    service_number = models.CharField(_("service number"), max_length=21, blank=True, default="")
    speed_per_s = models.IntegerField(_("messages a second"), default=100)
    window_size = models.IntegerField(_("window"), default=16)
    connections = models.SmallIntegerField(_("connections"), default=1)
    numbers_per_submit = models.SmallIntegerField(_("numbers per submit"), default=1)
    price_micros = models.BigIntegerField(_("price of a segment"), default=50000)
    """Millionths of a yuan."""
    options: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    is_enabled = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        managed = False
        db_table = "dispatch_channel"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Route(models.Model):
    """The rule that picks a channel for a message; the first in `position` order whose conditions all hold."""

    name = models.CharField(_("name"), max_length=80)
    position = models.IntegerField(_("order"), default=100)
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="routes", verbose_name=_("channel"))
    carriers = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    prefixes = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    categories = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    department_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    weight = models.IntegerField(_("weight"), default=1)
    is_by_price = models.BooleanField(_("cheapest first"), default=False)
    is_enabled = models.BooleanField(_("in use"), default=True)

    class Meta:
        managed = False
        db_table = "dispatch_route"
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Batch(models.Model):
    """Up to 1,000 messages of one submission on one channel: the unit a gateway leases."""

    submission_id = models.BigIntegerField()
    department_id = models.BigIntegerField()
    channel = models.ForeignKey(Channel, models.DO_NOTHING, related_name="+")
    category = models.CharField(max_length=16)
    lane = models.SmallIntegerField()
    size = models.SmallIntegerField()
    text = models.TextField(null=True)
    source_number = models.TextField()
    not_before = models.DateTimeField(null=True)
    state = models.CharField(max_length=16)
    stop = models.CharField(max_length=8, null=True)
    watermark = models.SmallIntegerField()
    leased_by = models.TextField(null=True)
    created_at = models.DateTimeField()
    validity_minutes = models.IntegerField(null=True)
    tries = models.SmallIntegerField(default=0)
    """How often its messages were refused so far."""
    wants_route = models.BooleanField(default=False)
    """Waits for the worker to find it another channel."""

    class Meta:
        managed = False
        db_table = "dispatch_batch"


class MessageQuerySet(models.QuerySet["Message"]):
    """By number, messages are asked for through these: the index holds numbers read backwards."""

    def to(self, *numbers: str) -> Self:
        """Those to any of these numbers."""
        return self.alias(backwards=Reverse("number")).filter(backwards__in=[one[::-1] for one in numbers])

    def to_the_same(self, outer: models.OuterRef) -> Self:
        """In a subquery: those to the number of the row outside."""
        return self.alias(backwards=Reverse("number")).filter(backwards=Reverse(outer))

    def by_number(self, part: str, *, anywhere: bool = False) -> Self:
        """Those to the number, or to numbers with the digits, that `numbers.sought` gives; of four, as the last ones.

        A part of another length is found anywhere in the number, without an index.
        """
        if anywhere or not is_found_by_its_end(part):
            return self.filter(number__contains=part)
        if part.startswith("+"):
            return self.to(part)
        return self.alias(backwards=Reverse("number")).filter(backwards__startswith=part[::-1])


class Message(models.Model):
    """One text to one recipient, with one final outcome."""

    id = models.BigIntegerField(primary_key=True)
    submission_id = models.BigIntegerField()
    number = models.TextField()
    contact_id = models.BigIntegerField(null=True)
    name = models.TextField()
    text = models.TextField(null=True)
    segments = models.SmallIntegerField()
    channel = models.ForeignKey(Channel, models.DO_NOTHING, null=True, related_name="+", db_constraint=False)
    price_micros = models.BigIntegerField()
    state = models.CharField(max_length=16, choices=MessageState.choices)
    reason = models.TextField()
    planned_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    hidden_at = models.DateTimeField(null=True)
    """Deleted by its owner: no longer listed, still counted and audited."""
    resent_as = models.BigIntegerField(null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "dispatch_message"


class Incoming(models.Model):
    """One text from a phone to one of our service numbers, joined from its segments."""

    channel = models.ForeignKey(Channel, models.DO_NOTHING, related_name="+", db_constraint=False)
    carrier_id = models.TextField(default="")
    number = models.TextField()
    service_number = models.TextField()
    text = models.TextField()
    segments = models.SmallIntegerField(default=1)
    is_complete = models.BooleanField(default=True)
    received_at = models.DateTimeField()
    routed_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "dispatch_incoming"


class Connection(models.Model):
    """What a gateway last said about one of a channel's connections."""

    pk = models.CompositePrimaryKey("channel_id", "node", "slot")
    channel = models.ForeignKey(Channel, models.DO_NOTHING, related_name="live_connections")
    node = models.TextField()
    slot = models.SmallIntegerField()
    state = models.CharField(max_length=16)
    detail = models.TextField()
    since = models.DateTimeField()
    window_used = models.IntegerField()
    per_second = models.FloatField()
    last_error = models.TextField()
    first_error_at = models.DateTimeField(null=True)
    """Since when it has been this trouble, with or without breaks."""
    last_error_at = models.DateTimeField(null=True)
    """When it was noticed last."""
    updated_at = models.DateTimeField()
    trace = models.JSONField(null=True)
    """Lists of PDUs as `protocols.tracing.Traced` has them, one for each line, when last asked for."""
    traced_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "dispatch_connection"

    @property
    def error_began_at(self) -> datetime | None:
        """When its last trouble began, where that is not the moment at which it was noticed last."""
        if self.first_error_at is None or self.last_error_at is None:
            return None
        return self.first_error_at if self.last_error_at - self.first_error_at > timedelta(minutes=1) else None


class Ended(models.Model):
    """What passed last on a connection that is no more, or whose login was refused; kept for a day."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="ended")
    slot = models.SmallIntegerField()
    ended_at = models.DateTimeField()
    is_refused = models.BooleanField()
    """The login was refused."""
    why = models.TextField()
    trace = models.JSONField()
    """As `Connection.trace`; the seconds count back from the end."""

    class Meta:
        managed = False
        db_table = "dispatch_ended"


class Tally(models.Model):
    """Sums of a submission's messages by channel, day, state and reason."""

    pk = models.CompositePrimaryKey("submission_id", "channel_id", "day", "state", "reason")
    submission_id = models.BigIntegerField()
    channel_id = models.IntegerField()
    day = models.DateField()
    state = models.CharField(max_length=16)
    reason = models.TextField()
    messages = models.BigIntegerField()
    segments = models.BigIntegerField()
    price_micros = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "dispatch_tally"


class PortedNumber(models.Model):
    """A number that another carrier serves than its range says."""

    number = models.TextField(primary_key=True)
    carrier = models.TextField()
    source = models.TextField(default="")
    noted_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "dispatch_ported_number"


class NumberRange(models.Model):
    """A correction of the built-in number ranges."""

    prefix = models.TextField(primary_key=True)
    carrier = models.TextField()
    noted_at = models.DateTimeField(auto_now=True)

    class Meta:
        managed = False
        db_table = "dispatch_number_range"
        ordering = ["prefix"]

    def __str__(self) -> str:
        return self.prefix


class Price(models.Model):
    """What a segment costs on a channel from a day on."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="prices", verbose_name=_("channel"))
    carrier = models.TextField(default="", blank=True)
    category = models.TextField(default="", blank=True)
    price_micros = models.BigIntegerField()
    valid_from = models.DateField(_("in effect from"))
    valid_until = models.DateField(_("until"), null=True, blank=True)
    """The first day it no longer holds."""

    class Meta:
        managed = False
        db_table = "dispatch_price"
        ordering = ["channel__name", "carrier", "category", "-valid_from"]

    def __str__(self) -> str:
        return f"{self.channel} {self.carrier} {self.category} {self.valid_from:%Y-%m-%d}".replace("  ", " ")


class Outage(models.Model):
    """A channel without a logged-in connection on any node."""

    channel = models.OneToOneField(Channel, models.CASCADE, primary_key=True, related_name="outage")
    since = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "dispatch_outage"


class CodeRule(models.Model):
    """What to do when a submit is refused with a code; of a channel, or of all channels of a protocol."""

    channel = models.ForeignKey(Channel, models.CASCADE, null=True, blank=True, related_name="code_rules")
    protocol = models.TextField(default="", blank=True)
    code = models.TextField()
    action = models.TextField()
    after_s = models.IntegerField(default=0)
    most = models.SmallIntegerField(default=1)

    class Meta:
        managed = False
        db_table = "dispatch_code_rule"
        ordering = ["protocol", "channel__name", "code"]

    def __str__(self) -> str:
        return f"{self.channel.name if self.channel else self.protocol} {self.code}"


class DispatchPolicy(models.Model):
    """The one row of what holds for all channels; `dispatch/policy.py` explains each."""

    id = models.BooleanField(primary_key=True, default=True)
    failover_after_s = models.IntegerField(default=120)
    most_attempts = models.SmallIntegerField(default=4)
    no_report_h = models.IntegerField(default=72)
    keep_parked_days = models.IntegerField(default=14)

    class Meta:
        managed = False
        db_table = "dispatch_policy"


class ParkedReport(models.Model):
    """A receipt that matches no message; tried again, then kept for the operator."""

    channel = models.ForeignKey(Channel, models.DO_NOTHING, related_name="+", db_constraint=False)
    carrier_id = models.TextField()
    number = models.TextField()
    outcome = models.TextField()
    code = models.TextField()
    received_at = models.DateTimeField()
    attempts = models.IntegerField()
    tried_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "dispatch_parked_report"


class Move(models.Model):
    """That a batch took another channel, or another time, and why."""

    batch_id = models.BigIntegerField()
    was_batch_id = models.BigIntegerField()
    from_channel = models.ForeignKey(Channel, models.DO_NOTHING, related_name="+", db_constraint=False)
    to_channel = models.ForeignKey(Channel, models.DO_NOTHING, null=True, related_name="+", db_constraint=False)
    why = models.TextField()
    code = models.TextField()
    messages = models.IntegerField()
    at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "dispatch_move"


class Packing(models.Model):
    """How far a closed month is on its way to its packed form; see `packing.py`."""

    month = models.IntegerField(primary_key=True)
    """As ids begin: 2609."""
    state = models.TextField()
    waits_for = models.BigIntegerField()
    """Messages that keep it open."""
    copied = models.BigIntegerField()
    messages = models.BigIntegerField()
    removed = models.BigIntegerField()
    """Taken out of it since it was packed."""
    octets_before = models.BigIntegerField()
    octets_after = models.BigIntegerField()
    packed_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "dispatch_packing"
        ordering = ["month"]


class Removal(models.Model):
    """That a submission's messages have been taken away; see `removing.py`."""

    submission_id = models.BigIntegerField(primary_key=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    """Null while it goes on."""
    messages = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "dispatch_removal"
