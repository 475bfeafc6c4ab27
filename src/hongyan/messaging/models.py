"""Submissions, phrases, signatures and opt-outs."""

from __future__ import annotations

from datetime import time
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import ApiKey, Department, User, within_reach
from hongyan.messaging import codes


class Category(models.TextChoices):
    """Decides priority, quiet hours, consent rule and resend policy."""

    VERIFICATION = "verification", _("Verification code")
    NOTICE = "notice", _("Notice")
    INTERACTIVE = "interactive", _("Interactive")
    MARKETING = "marketing", _("Marketing")

    @property
    def lane(self) -> int:
        """Which goes first at a channel: lower before higher."""
        return list(Category).index(self)


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def visible_to(self, user: User) -> Self:
        """One's own, and those of the departments within reach; drafts are their owner's alone."""
        return self.filter(within_reach(user)).exclude(~Q(owner=user), state=Submission.State.DRAFT)

    def singles(self) -> Self:
        """What programs asked for one by one."""
        return self.filter(origin=Submission.Origin.API, expected__lte=1)

    def by_people(self) -> Self:
        """Without single requests of programs, what came in by doors, and answers from the mailbox."""
        return self.exclude(origin=Submission.Origin.API, expected__lte=1).exclude(
            origin__in=[Submission.Origin.REPLY, Submission.Origin.DOOR, Submission.Origin.INVITATION]
        )


class Submission(models.Model):
    """One request to send: who asked, content, recipients, schedule, category. It expands into messages.

        draft -> scheduled -> planning -> running -> finished
                     |            |          | ^
                     |            |          v |
                     |            |         paused
                     +------------+----------+--> cancelled          planning -> failed

    `planning` may already send: batches are ready as they are written. The counts are in `dispatch_tally`.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        """Waits for its time; may be edited and cancelled."""
        PLANNING = "planning", _("Being prepared")
        RUNNING = "running", _("Sending")
        PAUSED = "paused", _("Paused")
        FINISHED = "finished", _("Finished")
        """Every message has been handed over or ended; receipts may still come."""
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Could not be sent")
        """Planning found something that makes sending wrong; `error` says what. Nothing left."""

    class Origin(models.TextChoices):
        CONSOLE = "console", _("Console")
        API = "api", _("API")
        COMMAND_LINE = "command_line", _("Command line")
        REPLY = "reply", _("Reply from the mailbox")
        RESEND = "resend", _("Resend")
        DOOR = "door", _("Customer's door")
        """What a customer's system submitted in one hour; each message has its own text."""
        DEMONSTRATION = "demonstration", _("Demonstration")
        INVITATION = "invitation", _("Invitation of users")
        """Links by which users set their passwords."""

    owner = models.ForeignKey(User, models.PROTECT, related_name="submissions")
    department = models.ForeignKey(Department, models.PROTECT, related_name="submissions")
    """The owner's at the time of asking."""
    title = models.CharField(_("title"), max_length=120, blank=True)
    category = models.CharField(_("category"), max_length=16, choices=Category.choices, default=Category.NOTICE)
    origin = models.CharField(max_length=16, choices=Origin.choices, default=Origin.CONSOLE)
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)

    text = models.TextField(_("text"), blank=True)
    """The body as written, with its variables: "{姓名}您好"."""
    signature = models.CharField(_("signature"), max_length=20, blank=True)
    """Without its brackets; put in front as 【…】."""
    personal_signature = models.CharField(max_length=20, blank=True)
    """Put at the end; empty when not wanted."""
    opt_out_tail = models.CharField(max_length=20, blank=True)
    topic = models.CharField(max_length=12, blank=True, default="", db_default="")
    """Of marketing: the code of the `consent.Topic` that may be agreed to and refused by itself."""

    recipients: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """A `messaging.recipients.Selection` as JSON: groups, contacts, books, lists, numbers, and who is left out."""
    source_number = models.CharField(max_length=21, blank=True)

    scheduled_at = models.DateTimeField(_("send at"), null=True, blank=True)
    validity_minutes = models.IntegerField(null=True, blank=True)
    resend_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="resends")
    replaces = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="+")
    """Of a draft: the scheduled submission that it is to change."""
    reminds = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="reminders")
    """The submission whose silent recipients this one asks again; who has answered by then does not get it."""
    answer_groups: models.JSONField[list[dict[str, Any]] | None, list[dict[str, Any]] | None] = models.JSONField(
        null=True, blank=True
    )
    """How its answers are sorted: `mailbox.rollcall.Group`s as JSON; null for the usual ones."""
    answers_id = models.BigIntegerField(null=True, blank=True)
    """The reply (`mailbox/`, above) that this submission answers; the database holds it to a row that is there."""
    canary_terms: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(
        null=True, blank=True
    )
    """A `messaging.canary.Terms` as JSON when a small part is to go first; what became of it is the `Canary` row."""
    api_key = models.ForeignKey(ApiKey, models.SET_NULL, null=True, blank=True, related_name="+")
    """With which a program asked."""
    idempotency_key = models.CharField(max_length=128, blank=True)
    request_digest = models.CharField(max_length=64, blank=True)

    expected = models.IntegerField(default=0)
    """How many recipients the person confirmed."""
    is_expected_about = models.BooleanField(default=False, db_default=False)
    """Until planning begins: `expected` is no more than a bound, since nobody has counted yet."""
    planned = models.IntegerField(default=0)
    """How many messages have been written; the final total once planning is over."""
    is_planned = models.BooleanField(default=False)
    dropped: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField())
    )
    """Of what was asked for and is no message: "duplicate", "excluded", "bad_number" -> how many. Written when planning ends."""
    hides_numbers = models.BooleanField(default=False, db_default=False)
    """It went to somebody whose number is kept from its owner (`unseen.py`)."""
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="submission_is_asked_once_per_key",
            ),
        ]
        indexes = [
            # The scheduler's minute round.
            models.Index(fields=["scheduled_at"], condition=Q(state="scheduled"), name="submission_due"),
            models.Index(fields=["owner", "-id"], name="submission_list_of_a_user"),
            models.Index(fields=["department", "-id"], name="submission_list_of_a_dept"),
            # The round that notices finished submissions.
            models.Index(fields=["id"], condition=Q(state__in=["planning", "running"]), name="submission_live"),
            # What waits for its owner, counted for the menu of every page.
            models.Index(fields=["owner"], condition=Q(state__in=["paused", "failed"]), name="submission_waits"),
            # Whether a number that wrote to us is kept from somebody, asked on each page of replies.
            models.Index(fields=["id"], condition=Q(hides_numbers=True), name="submission_hides_numbers"),
            # The round that writes down how far large ones are.
            models.Index(fields=["finished_at"], condition=Q(expected__gte=1000), name="submission_large"),
            # The list of all, newest first; what programs ask for one by one is passed over.
            models.Index(fields=["-created_at", "-id"], name="submission_newest"),
            # How many wait in each tab of that list.
            models.Index(
                fields=["state"],
                condition=Q(state__in=["draft", "scheduled", "planning", "running", "paused"]),
                name="submission_open",
            ),
        ]

    def __str__(self) -> str:
        # A name is shown where nobody asks whether its reader may see a code.
        return self.told_to(None, self.title) or self.told_to(None, self.text)[:30] or f"#{self.pk}"

    @property
    def listed_text(self) -> str:
        """Its text as lists show it, to everybody alike."""
        return self.told_to(None, self.text)

    def told_to(self, viewer: User | None, text: str) -> str:
        """A text of this submission as `viewer` may read it: codes are for whoever asked for them, links to a password
        for nobody but whose it will be."""
        if self.origin == self.Origin.INVITATION:
            return codes.hidden(text)
        if self.category != Category.VERIFICATION or (viewer is not None and self._was_asked_by(viewer)):
            return text
        return codes.hidden(text)

    def _was_asked_by(self, user: User) -> bool:
        """Whether the text is the user's own, and not another's that the user sent again."""
        first = self.resend_of or self.reminds
        return self.owner_id == user.pk and (first is None or first._was_asked_by(user))


class Canary(models.Model):
    """The part of a submission that goes first; the rest is planned only when it has been found well.

        waiting -> passed                      the rest follows by itself
           |
           +-----> halted -> continued         by a person's word
           |         |
           +---------+-----> stopped           the submission was cancelled

    The row appears in the transaction that writes the part's messages: either both stand or neither.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Being tried")
        PASSED = "passed", _("Trial part went well")
        HALTED = "halted", _("Halted")
        CONTINUED = "continued", _("Continued by hand")
        STOPPED = "stopped", _("Stopped")

    submission = models.OneToOneField(Submission, models.CASCADE, primary_key=True, related_name="canary")
    numbers = ArrayField(models.CharField(max_length=20))
    """Whom it went to, in order: left out when the rest is planned."""
    of = models.IntegerField()
    """Recipients it was drawn from."""
    carriers: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    """Home carrier -> how many of `numbers`."""
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=40, blank=True)
    """Why it was halted: "failures", "opt_outs", "no_receipts"."""
    figures: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    """What it was judged by: a `messaging.canary.Figures`."""
    began_at = models.DateTimeField()
    handed_over_at = models.DateTimeField(null=True)
    """When nothing of it waited any more: the wait counts from here."""
    judged_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [
            # The sweep's round each second.
            models.Index(fields=["submission"], condition=Q(state="waiting"), name="canary_waiting")
        ]


class Signature(models.Model):
    """A company signature that may stand in front of messages, 【…】."""

    text = models.CharField(_("signature"), max_length=20, unique=True)
    is_default = models.BooleanField(_("used unless another is chosen"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-is_default", "text"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="signature_default_is_one"
            )
        ]

    def __str__(self) -> str:
        return f"【{self.text}】"


class Phrase(models.Model):
    """A stored text to start from. Without owner it is the company's, for all to use."""

    owner = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="phrases")
    folder = models.CharField(_("folder"), max_length=40, blank=True)
    title = models.CharField(_("title"), max_length=60)
    text = models.TextField(_("text"))
    category = models.CharField(max_length=16, choices=Category.choices, default=Category.NOTICE)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["folder", "title", "id"]

    def __str__(self) -> str:
        return self.title


class SendingHours(models.Model):
    """When messages of a category may go out, and for how long one is worth sending."""

    category = models.CharField(max_length=16, choices=Category.choices, unique=True)
    is_limited = models.BooleanField(_("only within these hours"), default=False)
    opens_at = models.TimeField(_("opens at"), default=time(8))
    closes_at = models.TimeField(_("until"), default=time(21))
    """Not later than `opens_at`: on the next day."""
    on_weekends = models.BooleanField(_("also at weekends"), default=True)
    on_holidays = models.BooleanField(_("also on holidays"), default=True)
    validity_minutes = models.IntegerField(_("validity (minutes)"), null=True, blank=True)
    """Null: waits as long as it takes, and the carrier's own validity holds."""

    def __str__(self) -> str:
        return str(self.get_category_display())


class Holiday(models.Model):
    """A day that is not what the calendar says: a holiday, or a weekend day on which people work."""

    day = models.DateField(_("day"), unique=True)
    is_rest = models.BooleanField(default=True)
    name = models.CharField(_("name of the day"), max_length=40, blank=True)

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}".strip()


class Counted(models.Model):
    """What a large selection comes to, counted in the background: see `counting.py`."""

    question = models.CharField(max_length=24, primary_key=True)
    """A digest of whose selection it is, and what is asked of it."""
    basis = models.CharField(max_length=40)
    """How large its parts were; where they are another size, the figures are of the past."""
    figures: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True)
    """Null while it is being counted."""
    asked_at = models.DateTimeField()
