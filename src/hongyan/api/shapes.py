"""What the API takes and gives: bodies, pages and parameters, with the sentences its description says of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.utils.translation import gettext_noop
from ninja import Field, Query, Schema
from pydantic import AfterValidator, AwareDatetime

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.dispatch.numbers import mask
from hongyan.messaging.models import Category

MOST_ROWS = 500
LARGEST_ID = 2**63 - 1
STATE = gettext_noop("draft, scheduled, planning, running, paused, finished, cancelled or failed.")
MESSAGE_STATE = gettext_noop("queued, submitted, delivered, failed, expired, uncertain, blocked or cancelled.")
TIME = gettext_noop("A time with its zone; null while it has not come.")


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("the character U+0000 has no place in a text")
    return text


Text = Annotated[str, AfterValidator(_storable)]
After = Annotated[int, Query(0, ge=0, le=LARGEST_ID, description=gettext_noop("The `next` of the page before."))]
Limit = Annotated[int, Query(100, ge=1, le=MOST_ROWS, description=gettext_noop("How many at most."))]


class Addressee(Schema):
    number: Text = Field(
        max_length=40,
        examples=["13800138000"],
        description=gettext_noop("A mobile number in any usual form; without a country it is a mainland one."),
    )
    variables: dict[Text, Text] = Field(
        default={},
        max_length=100,
        examples=[{"姓名": "王芳"}],
        description=gettext_noop("Values of the text's {variables}."),
    )


class CanaryIn(Schema):
    """A small part goes first, each home carrier with its share; the rest follows only if that went well."""

    percent: float = Field(1.0, ge=0.01, le=50, description=gettext_noop("Of the recipients."))
    least: int = Field(100, ge=1, le=10_000)
    most: int = Field(2000, ge=1, le=10_000)
    wait_minutes: int = Field(
        10, ge=0, le=1440, description=gettext_noop("Counted from when all of it has been handed over.")
    )
    enough_percent: int = Field(
        90, ge=0, le=100, description=gettext_noop("Judged sooner with receipts for this share; 0 never.")
    )
    failure_limit: float = Field(
        20.0, ge=0, le=100, description=gettext_noop("Halts when a larger percentage does not arrive.")
    )
    opt_out_limit: float = Field(2.0, ge=0, le=100, description=gettext_noop("Halts when a larger percentage refuses."))


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


class Ask(Schema):
    """What to send, to whom, when."""

    to: Text | Addressee | list[Text | Addressee] = Field(
        description=gettext_noop("One recipient, or up to 10,000: a number, or a number with values for variables."),
        examples=[["13800138000", {"number": "13900139000", "variables": {"姓名": "王芳"}}]],
    )
    text: Text = Field(
        max_length=5000,
        examples=["{姓名}您好，会议改到三点。"],
        description=gettext_noop(
            "The text, with {variables} where each recipient has a value of its own; {card:last4} takes the last four characters of one."
        ),
    )
    category: Category = Field(
        Category.NOTICE,
        description=gettext_noop("Decides what goes first, when it may be sent and whether consent is needed."),
    )
    signature: Text = Field(
        "", max_length=20, description=gettext_noop("One of the company's signatures, without brackets.")
    )
    title: Text = Field("", max_length=120, description=gettext_noop("For your own lists; recipients do not see it."))
    at: AwareDatetime | None = Field(
        None, description=gettext_noop("When to send, with its time zone; at once without it.")
    )
    canary: CanaryIn | None = Field(None, description=gettext_noop("Try a small part first."))
    validity_minutes: int | None = Field(
        None,
        description=gettext_noop(
            "How long it is worth sending and delivering; without it, as long as its category says."
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

    id: int = Field(description=gettext_noop("Follow the submission by it."))
    state: str = Field(examples=["running"], description=STATE)
    accepted: int = Field(
        description=gettext_noop("How many messages: one for each number, more where texts for one number differ.")
    )
    refused_count: int = Field(description=gettext_noop("How many were left out."))
    refused: list[Refused] = Field(description=gettext_noop("What was left out, with the reason of each."))


class SubmissionOut(Schema):
    id: int
    state: str = Field(examples=["running"], description=STATE)
    title: str
    category: str
    created_at: datetime
    scheduled_at: datetime | None = Field(description=TIME)
    finished_at: datetime | None = Field(description=TIME)
    total: int = Field(description=gettext_noop("How many messages it has become so far."))
    balance: dict[str, int] = Field(
        examples=[{"delivered": 2}],
        description=gettext_noop("How many messages are in each state; the sum is the total."),
    )
    segments: int = Field(description=gettext_noop("What the carriers count: long texts are several segments."))
    price_yuan: float
    loaded: int = Field(description=gettext_noop("Everything that was asked for: `dropped` and the messages."))
    dropped: dict[str, int] = Field(description=gettext_noop("Asked for twice, left out, or no number."))
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
    submitted_at: datetime | None = Field(description=TIME)
    done_at: datetime | None = Field(description=TIME)


class ReplyOut(Schema):
    id: int
    number: str = Field(
        examples=["+8613800138000"], description=gettext_noop("Masked for keys whose user may not see numbers.")
    )
    service_number: str = Field(
        examples=["106900011001"], description=gettext_noop("Which of our numbers it was sent to.")
    )
    text: str
    received_at: datetime
    submission_id: int | None = Field(description=gettext_noop("The submission it answers; null when it answers none."))
    message_id: int | None = Field(description=gettext_noop("The message it answers; null when it answers none."))


class MessagePage(Schema):
    items: list[MessageOut]
    next: int | None = Field(description=gettext_noop("Give it as `after` to get the next page; null at the end."))


class ReplyPage(Schema):
    items: list[ReplyOut]
    next: int | None = Field(
        description=gettext_noop("Give it as `after` next time; null while there is nothing newer.")
    )


class Me(Schema):
    username: str
    name: str
    department: str
    rights: list[str] = Field(examples=[["send", "use_api"]], description=gettext_noop("What the key's user may do."))


def shown(user: User, number: str) -> str:
    """A number as this user may see it."""
    return number if user.may(Right.SEE_NUMBERS) else mask(number)
