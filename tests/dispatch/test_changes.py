"""The one statement that changes states: forward only, and the sums with it, whatever the order."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hongyan.dispatch import arrays
from hongyan.dispatch.changes import CHANGE, parameters, rank
from hongyan.dispatch.planning import Plan, PlannedMessage, ensure_partitions, write_messages
from hongyan.runtime.database import raw_connection
from tests.builders import Company

STATES = ("submitted", "uncertain", "delivered", "failed", "expired", "cancelled")
HAPPENING = st.tuples(
    st.integers(0, 7), st.sampled_from(STATES), st.sampled_from(["", "MK:0001", 'odd "\\ one'])
)  # fmt: skip
SUBMISSIONS = count(1000)
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def planned(company: Company, how_many: int, submission_id: int) -> list[int]:
    raw = raw_connection()
    ensure_partitions(raw, NOW)
    plan = Plan(submission_id, company.sales.pk, "notice", 1, {})
    messages = [
        PlannedMessage(f"+86138001380{place:02d}", None, "", None, 1 + place % 3, company.channel.pk, 50_000)
        for place in range(how_many)
    ]
    write_messages(raw, plan, messages, shared_text="hello", now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("select id from dispatch_message where submission_id = %s order by id", [submission_id])
        return [row[0] for row in cursor.fetchall()]


def change(*changes: tuple[int, str, str]) -> None:
    raw_connection().execute(CHANGE, parameters(changes, NOW))


def sums(source: str, submission_id: int) -> dict[tuple[str, str], tuple[int, int, int]]:
    """(state, reason) -> messages, segments, price: as kept, or as counted."""
    statement = {
        "kept": """select state, reason, sum(messages), sum(segments), sum(price_micros) from dispatch_tally
                   where submission_id = %s group by 1, 2 having sum(messages) <> 0 or sum(segments) <> 0""",
        "counted": """select state, reason, count(*), sum(segments), sum(price_micros) from dispatch_message
                      where submission_id = %s group by 1, 2""",
    }[source]
    with connection.cursor() as cursor:
        cursor.execute(statement, [submission_id])
        return {(row[0], row[1]): (int(row[2]), int(row[3]), int(row[4])) for row in cursor.fetchall()}


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings=st.lists(st.lists(HAPPENING, max_size=12), max_size=5))
def test_whatever_happens_in_whatever_order_the_sums_agree(
    company: Company, happenings: list[list[tuple[int, str, str]]]
) -> None:
    submission_id = next(SUBMISSIONS)
    ids = planned(company, 8, submission_id)
    furthest: dict[int, str] = dict.fromkeys(ids, "queued")
    for happening in happenings:
        changes = [(ids[place], state, reason) for place, state, reason in happening]
        change(*changes)
        together: dict[int, str] = {}
        for message_id, state, _ in changes:
            if message_id not in together or rank(state) > rank(together[message_id]):
                together[message_id] = state
        for message_id, state in together.items():
            if rank(state) > rank(furthest[message_id]):
                furthest[message_id] = state
    assert sums("kept", submission_id) == sums("counted", submission_id)
    with connection.cursor() as cursor:
        cursor.execute("select id, state from dispatch_message where submission_id = %s", [submission_id])
        assert dict(cursor.fetchall()) == furthest


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)))
@pytest.mark.django_db
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_survives_as_an_array(values: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select %s::text[], %s::text[]", [arrays.texts(values), arrays.words(values)])
        assert cursor.fetchone() == (values, values)
