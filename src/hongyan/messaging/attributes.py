"""What messaging knows of people, for conditions of audiences: who got a submission and what became of it, who has refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext_lazy, gettext_noop

from hongyan.accounts.models import User
from hongyan.audiences.attributes import Attribute, Belonging, Option, YesOrNo
from hongyan.audiences.consents import WISHES
from hongyan.audiences.statements import Statement
from hongyan.audiences.traffic import EXCHANGE
from hongyan.inputs import ids_of
from hongyan.messaging.models import Submission

MOST_OFFERED = 200

GOT = "select distinct number from dispatch_message where submission_id = any({ids}::bigint[]) and state = any({states}::text[])"
SENT = ["submitted", "delivered", "failed", "expired", "uncertain"]
OPTED_OUT = "select number from consent_optout where topic = '' and signature = '' and (expires_at is null or expires_at > now())"
BLOCKED = "select number from consent_listed where kind = 'block' and (expires_at is null or expires_at > now())"


def submissions(user: User, chosen: Sequence[str]) -> list[Option]:
    """The newest that the user may see, and those chosen already."""
    visible = Submission.objects.visible_to(user).exclude(state=Submission.State.DRAFT)
    found = {one.pk: one for one in visible.exclude(expected__lte=1)[:MOST_OFFERED]}
    found |= {one.pk: one for one in visible.filter(pk__in=ids_of(chosen))}
    return [Option(str(pk), f"{one} · {one.created_at:%Y-%m-%d} (#{pk})") for pk, one in found.items()]


def _got(states: list[str]) -> object:
    def select(statement: Statement, values: Sequence[str]) -> str:
        got = GOT.format(ids=statement.bind(list(ids_of(values))), states=statement.bind(states))
        # Of one person by the index, which reads numbers backwards.
        return f"{got} and reverse(number) = reverse(c.number)" if statement.each else got

    return select


def _listed(select: str) -> object:
    return lambda statement: f"({statement.join(select)}.number is not null)"


def attributes(_user: User) -> Iterator[Attribute]:
    for key, label, states, says in (
        ("submission.sent", gettext_lazy("Was sent the submission"), SENT,
         (gettext_noop("was sent %(value)s"), gettext_noop("was not sent %(value)s"))),
        ("submission.delivered", gettext_lazy("Received the submission"), ["delivered"],
         (gettext_noop("received %(value)s"), gettext_noop("did not receive %(value)s"))),
        ("submission.failed", gettext_lazy("The submission failed to reach"), ["failed", "expired"],
         (gettext_noop("could not be reached by %(value)s"), gettext_noop("not among those whom %(value)s failed to reach"))),
    ):  # fmt: skip
        yield Belonging(
            key=key, label=label, section=EXCHANGE, select=_got(states), choices=submissions, by="number", says=says,  # type: ignore[arg-type]
        )  # fmt: skip
    yield YesOrNo(
        key="number.opted_out", label=gettext_lazy("Has refused marketing messages"), section=WISHES,
        condition=_listed(OPTED_OUT),  # type: ignore[arg-type]
        says=(gettext_noop("has refused marketing messages"), gettext_noop("has not refused marketing messages")),
    )  # fmt: skip
    yield YesOrNo(
        key="number.blocked", label=gettext_lazy("On the company's block list"), section=WISHES,
        condition=_listed(BLOCKED),  # type: ignore[arg-type]
        says=(gettext_noop("is on the company's block list"), gettext_noop("is not on the company's block list")),
    )  # fmt: skip
