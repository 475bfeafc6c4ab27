"""What the API takes and gives: bodies, pages and parameters, with the sentences its description says of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Field, Path, Query, Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Discriminator, Tag, WithJsonSchema

from hongyan.accounts.models import User
from hongyan.api.reading import in_words, moment, storable
from hongyan.contacts.people import shown_to
from hongyan.contacts.reach import Sight
from hongyan.inputs import LARGEST_ID
from hongyan.messaging.models import Category

MOST_ROWS = 500
STATE = gettext_noop("draft, scheduled, planning, running, paused, finished, cancelled or failed.")
MESSAGE_STATE = gettext_noop("queued, submitted, delivered, failed, expired, uncertain, blocked or cancelled.")
TIME = gettext_noop("A time with its zone; null while it has not come.")


Text = Annotated[str, AfterValidator(storable)]
Digits = Annotated[
    str,
    BeforeValidator(in_words),
    AfterValidator(storable),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}]}),
]
"""A mobile number as text; a whole number is meant as its digits."""
Moment = Annotated[datetime, BeforeValidator(moment), WithJsonSchema({"type": "string", "format": "date-time"})]


def _local(at: datetime) -> datetime:
    return timezone.localtime(at)


Told = Annotated[datetime, AfterValidator(_local)]
"""A time as it is answered: that of the installation, with its zone, as in the examples."""
After = Annotated[int, Query(0, ge=0, le=LARGEST_ID, description=gettext_noop("The `next` of the previous page."))]
Limit = Annotated[int, Query(100, ge=1, le=MOST_ROWS, description=gettext_noop("Maximum number returned."))]


Id = Annotated[int, Path(ge=0, le=LARGEST_ID)]
States = Annotated[
    Literal["scheduled", "planning", "running", "paused", "finished", "cancelled", "failed"] | None,
    Query(None, description=gettext_noop("Only those in this state.")),
]


def next_of(rows: Sequence[Any], limit: int) -> int | None:
    """The `next` of a page whose rows were asked for with one more than `limit`."""
    return int(rows[limit - 1].pk) if len(rows) > limit else None


class Body(Schema):
    """What a program sends: a field that is not known is refused, since it would be thrown away."""

    model_config = ConfigDict(extra="forbid")


class Addressee(Body):
    number: Digits = Field(
        max_length=40,
        examples=["13800138000"],
        description=gettext_noop(
            "A mobile number in any usual form; without a country code it is taken as a mainland number."
        ),
    )
    variables: dict[Text, Text] = Field(
        default={},
        max_length=100,
        examples=[{"姓名": "王芳"}],
        description=gettext_noop("Values of the text's {variables}."),
    )


class CanaryIn(Body):
    """A small part goes first, each home carrier with its share; the rest follows only if that went well."""

    percent: float = Field(1.0, ge=0.01, le=50, description=gettext_noop("Of the recipients."))
    least: int = Field(100, ge=1, le=10_000)
    most: int = Field(2000, ge=1, le=10_000)
    wait_minutes: int = Field(
        10, ge=0, le=1440, description=gettext_noop("Counted from when all of it has been handed over.")
    )
    enough_percent: int = Field(
        90, ge=0, le=100, description=gettext_noop("Judged early once this share has receipts; 0 means never.")
    )
    failure_limit: float = Field(
        20.0, ge=0, le=100, description=gettext_noop("Halts when more than this percentage fails.")
    )
    opt_out_limit: float = Field(
        2.0, ge=0, le=100, description=gettext_noop("Halts when more than this percentage opts out.")
    )


class CanaryOut(Schema):
    """How the trial part went. Halted: `resume` goes on with the rest, `cancel` stops."""

    state: str = Field(examples=["waiting", "passed", "halted", "continued", "stopped"])
    reason: str = Field(description=gettext_noop("Why it was halted: failures, opt_outs or no_receipts."))
    size: int
    of: int
    handed_over: int
    delivered: int
    failed: int
    opted_out: int


def _kind(value: Any) -> str | None:
    """Which of its forms a recipient has, so that a fault in it is told of this form alone."""
    if isinstance(value, list):
        return "~list"
    if isinstance(value, dict | Addressee):
        return "~addressee"
    return "~number" if isinstance(value, str | int) and not isinstance(value, bool) else None


Number = Annotated[Digits, Tag("~number")]
Recipient = Annotated[Number | Annotated[Addressee, Tag("~addressee")], Discriminator(_kind)]
Recipients = Annotated[
    Number | Annotated[Addressee, Tag("~addressee")] | Annotated[list[Recipient], Tag("~list")], Discriminator(_kind)
]


class Ask(Body):
    """What to send, to whom, when."""

    to: Recipients = Field(
        description=gettext_noop("One to 10,000 recipients: a number, or a number with values for variables."),
        examples=[["13800138000", {"number": "13900139000", "variables": {"姓名": "王芳"}}]],
    )
    text: Text = Field(
        max_length=5000,
        examples=["{姓名}您好，会议改到三点。"],
        description=gettext_noop(
            "The text, with {variables} where each recipient has a value of its own; {card:last4} takes the last four characters of one, "
            "{title|customer} reads “customer” where there is none."
        ),
    )
    category: Category = Field(
        Category.NOTICE,
        description=gettext_noop("Decides priority, permitted sending hours and whether consent is needed."),
    )
    topic: Text = Field("", max_length=12, description=gettext_noop("Of marketing: the code of the topic it is about."))
    signature: Text | None = Field(
        None,
        max_length=20,
        description=gettext_noop(
            "One of the company's signatures, without brackets. If omitted, the default one, unless the text begins with its own; if empty, none."
        ),
    )
    title: Text = Field("", max_length=120, description=gettext_noop("For your own lists; recipients do not see it."))
    at: Moment | None = Field(None, description=gettext_noop("When to send, with its time zone; at once without it."))
    canary: CanaryIn | None = Field(None, description=gettext_noop("Send a trial part first."))
    validity_minutes: int | None = Field(
        None,
        description=gettext_noop(
            "How long the message is worth sending and delivering; by default, as its category says."
        ),
    )

    @property
    def addressees(self) -> list[str | Addressee]:
        return self.to if isinstance(self.to, list) else [self.to]


class Refused(Schema):
    number: str = Field(description=gettext_noop("As it was given."))
    code: str = Field(examples=["too_short"], description=gettext_noop("The reason, stable for programs."))
    detail: str = Field(description=gettext_noop("The reason in words."))


class Asked(Schema):
    """The submission that was made. Messages may still be blocked when it is planned: see its balance."""

    id: int = Field(description=gettext_noop("Use it to follow the submission."))
    state: str = Field(examples=["running"], description=STATE)
    accepted: int = Field(
        description=gettext_noop("How many messages: one for each number, more where texts for one number differ.")
    )
    refused_count: int = Field(description=gettext_noop("How many were left out."))
    refused: list[Refused] = Field(description=gettext_noop("What was left out, with the reason for each."))


class SubmissionLine(Schema):
    """A submission in a list; what became of its messages is told by itself."""

    id: int
    state: str = Field(examples=["running"], description=STATE)
    title: str
    category: str
    created_at: Told
    scheduled_at: Told | None = Field(description=TIME)
    finished_at: Told | None = Field(description=TIME)
    error: str = Field(
        examples=["", "nobody_left"],
        description=gettext_noop(
            "Why it stands still or was not sent, stable for programs; empty while nothing is wrong."
        ),
    )
    error_words: str = Field(description=gettext_noop("The same in words, in the caller's language."))


class SubmissionOut(SubmissionLine):
    total: int = Field(description=gettext_noop("Messages created so far."))
    balance: dict[str, int] = Field(
        examples=[{"delivered": 2}],
        description=gettext_noop("How many messages are in each state; the sum is the total."),
    )
    segments: int = Field(description=gettext_noop("What carriers charge for: long texts count as several segments."))
    price_yuan: float
    loaded: int = Field(description=gettext_noop("Everything requested: `dropped` plus the messages."))
    dropped: dict[str, int] = Field(description=gettext_noop("Duplicate, excluded, or not a valid number."))
    canary: CanaryOut | None = None


class MessageOut(Schema):
    id: int
    submission_id: int
    number: str = Field(
        examples=["+8613800138000"], description=gettext_noop("Masked for keys whose user may not see numbers.")
    )
    state: str = Field(examples=["delivered"], description=MESSAGE_STATE)
    reason: str = Field(
        examples=["DELIVRD"], description=gettext_noop("The carrier's code, or our reason for blocking it.")
    )
    reason_words: str = Field(description=gettext_noop("The reason in words."))
    segments: int
    submitted_at: Told | None = Field(description=TIME)
    done_at: Told | None = Field(description=TIME)


class ReplyOut(Schema):
    id: int
    number: str = Field(
        examples=["+8613800138000"], description=gettext_noop("Masked for keys whose user may not see numbers.")
    )
    service_number: str = Field(
        examples=["106900011001"], description=gettext_noop("The service number it was sent to.")
    )
    text: str
    received_at: Told
    submission_id: int | None = Field(description=gettext_noop("The submission it answers; null when it answers none."))
    message_id: int | None = Field(description=gettext_noop("The message it answers; null when it answers none."))


class MessagePage(Schema):
    items: list[MessageOut]
    next: int | None = Field(description=gettext_noop("Pass it as `after` to get the next page; null at the end."))


class SubmissionPage(Schema):
    items: list[SubmissionLine]
    next: int | None = Field(description=gettext_noop("Pass it as `after` to get the next page; null at the end."))


class Fault(Schema):
    field: str = Field(examples=["to[0].number"], description=gettext_noop("Where, as it was written."))
    detail: str = Field(description=gettext_noop("What is wrong with it, in the caller's language."))


class Problem(Schema):
    """Every error, as RFC 9457 has it."""

    type: str = Field(examples=["urn:hongyan:problem:invalid_request"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    code: str = Field(examples=["invalid_request"], description=gettext_noop("The reason, stable for programs."))
    detail: str = Field(description=gettext_noop("The reason in words."))
    errors: list[Fault] = Field(description=gettext_noop("All that is wrong, field by field."))
    refused: list[Refused] | None = Field(
        None, description=gettext_noop("What was left out, with the reason for each.")
    )


class ReplyPage(Schema):
    items: list[ReplyOut]
    next: int | None = Field(
        description=gettext_noop("Pass it as `after` next time; null while there is nothing newer.")
    )


class Numbers(Schema):
    """What the three lists below have in common when numbers are entered."""

    numbers: list[Text] = Field(min_length=1, max_length=10_000, examples=[["13800138000"]])


class OptOutIn(Numbers):
    topic: Text = Field("", max_length=12, description=gettext_noop("The code of a topic; empty: all marketing."))
    signature: Text = Field("", max_length=20, description=gettext_noop("Only what this signature sends."))
    evidence: Text = Field("", max_length=500, description=gettext_noop("How and when the person refused."))


class ListedIn(Numbers):
    reason: Text = Field("", max_length=200)
    expires_at: Moment | None = Field(None, description=gettext_noop("When the entry ends; never without it."))


class ConsentIn(Numbers):
    topic: Text = Field("", max_length=12, description=gettext_noop("The code of a topic; empty: all marketing."))
    evidence: Text = Field(min_length=1, max_length=2000, description=gettext_noop("What was said, signed or clicked."))
    wording: Text = Field("", max_length=2000, description=gettext_noop("What the person was asked."))
    frequency: Text = Field("", max_length=100)
    until: Text = Field(
        "", max_length=10, examples=["2027-12-31"], description=gettext_noop("The last day of its term.")
    )


class Entered(Schema):
    added: int
    refused: list[str] = Field(description=gettext_noop("What was given and is no number."))


class ForbidLine(Schema):
    id: int
    number: str
    topic: str = ""
    signature: str = ""
    reason: str
    source: str
    at: Told
    expires_at: Told | None


class ForbidPage(Schema):
    items: list[ForbidLine]
    next: int | None


class ConsentLine(Schema):
    line: int
    number: str
    act: str = Field(examples=["given"])
    topic: str
    at: Told
    source: str
    evidence: str
    wording: str
    frequency: str
    until: str
    operator: str
    hash: str


class ConsentPage(Schema):
    items: list[ConsentLine]
    next: int | None


class Me(Schema):
    username: str
    name: str
    department: str
    rights: list[str] = Field(examples=[["send", "use_api"]], description=gettext_noop("What the key's user may do."))


def shown(user: User, number: str, sight: Sight = Sight.AS_ROLE) -> str:
    """A number as this user may see it."""
    return shown_to(user, number, sight, as_stored=True)
