"""What people have agreed to and refused, as sending asks it: a consent to all marketing covers each topic, a refusal of all too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from django.utils.translation import gettext, gettext_lazy, gettext_noop

from hongyan.accounts.models import User
from hongyan.audiences.attributes import Attribute, Belonging, Option
from hongyan.audiences.statements import Statement
from hongyan.consent.models import Topic

WISHES = gettext_lazy("Wishes")
ALL = "all"
"""All marketing, which is no topic of its own."""
GIVEN = """
select distinct number from consent_standing
where is_given and topic = any({topics}::text[]) and (until is null or until >= {today})
"""
REFUSED = """
select distinct number from consent_optout
where topic = any({topics}::text[]) and signature = '' and (expires_at is null or expires_at > {now})
"""


def _select(sql: str) -> Callable[[Statement, Sequence[str]], str]:
    def select(statement: Statement, values: Sequence[str]) -> str:
        topics = sorted({"", *(one for one in values if one != ALL)})
        return sql.format(
            topics=statement.bind(topics), today=statement.bind(statement.today), now=statement.bind(statement.now)
        )

    return select


def _topics(_user: User, _chosen: Sequence[str]) -> list[Option]:
    return [
        Option(ALL, gettext("all marketing")), *(Option(one.code, one.name) for one in Topic.objects.order_by("name"))
    ]  # fmt: skip


def attributes(_user: User) -> Iterator[Attribute]:
    for key, label, sql, says in (
        ("consent.given", gettext_lazy("Has agreed to be written to about"), GIVEN,
         (gettext_noop("has agreed to be written to about %(value)s"), gettext_noop("has not agreed to be written to about %(value)s"))),
        ("consent.refused", gettext_lazy("Has refused to be written to about"), REFUSED,
         (gettext_noop("has refused to be written to about %(value)s"), gettext_noop("has not refused to be written to about %(value)s"))),
    ):  # fmt: skip
        yield Belonging(
            key=key, label=label, section=WISHES, select=_select(sql), choices=_topics, by="number",
            says=says,
        )  # fmt: skip
