"""What the mailbox knows of people, for conditions of audiences: who answered what, how often, in which words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_lazy, gettext_noop

from hongyan.accounts.models import User
from hongyan.audiences.attributes import Attribute, Belonging, Counted, O, Way
from hongyan.audiences.statements import Statement
from hongyan.audiences.traffic import EXCHANGE
from hongyan.fields import Takes, Unfit
from hongyan.inputs import ids_of
from hongyan.messaging.attributes import submissions

# An answer to a resend or a reminder is one to the submission itself.
OF_FAMILY = """
select distinct r.number from mailbox_reply r join messaging_submission s on s.id = r.submission_id
where s.id = any({ids}::bigint[]) or s.resend_of_id = any({ids}::bigint[]) or s.reminds_id = any({ids}::bigint[])
"""
TIMES = "select number, count(*) as times from mailbox_reply group by number"
WROTE = "select distinct number from mailbox_reply where lower(text) like {pattern}"


def _answered(statement: Statement, values: Sequence[str]) -> str:
    return OF_FAMILY.format(ids=statement.bind(list(ids_of(values))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrote(Attribute):
    """Words that stand in any reply of the person."""

    def ways(self) -> list[Way]:
        return [
            Way(O.CONTAINS.value, gettext("contains"), Takes.ONE),
            Way(O.LACKS.value, gettext("does not contain"), Takes.ONE),
        ]

    def check(self, user: User, operator: str, values: Sequence[str]) -> None:
        self.way(operator)
        if not any(one.strip() for one in values):
            raise Unfit("nothing_to_compare")

    def sql(self, statement: Statement, operator: str, values: Sequence[str]) -> str:
        words = next(one for one in values if one.strip()).strip().lower()
        escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        found = f"({statement.join(WROTE.format(pattern=statement.bind(f'%{escaped}%')))}.number is not null)"
        return f"(not {found})" if operator == O.LACKS else found


def attributes(_user: User) -> Iterator[Attribute]:
    yield Belonging(
        key="submission.answered", label=gettext_lazy("Replied to the submission"), section=EXCHANGE, select=_answered,
        choices=submissions, by="number", says=(gettext_noop("replied to %(value)s"), gettext_noop("did not reply to %(value)s")),
    )  # fmt: skip
    yield Counted(key="replies.times", label=gettext_lazy("Number of replies"), section=EXCHANGE, select=TIMES)
    yield Wrote(key="replies.text", label=gettext_lazy("Text of a reply"), section=EXCHANGE)
