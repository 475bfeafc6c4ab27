"""Writing a chunk: each message in its channel's batches, whatever the size, by COPY or one by one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hongyan.dispatch.models import Batch, Message
from hongyan.dispatch.planning import BATCH_SIZE, FEW, Plan, PlannedMessage, write_messages
from hongyan.runtime.database import raw_connection
from tests.builders import Company, a_channel

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize("how_many", [1, 2, FEW, FEW + 1, 2 * BATCH_SIZE + 3])
def test_few_and_many_are_written_alike(company: Company, how_many: int) -> None:
    channels = [company.channel.pk, a_channel(name="second").pk]
    plan = Plan(900, company.sales.pk, "notice", 1, {channels[0]: "106901", channels[1]: "106922"})
    messages = [
        PlannedMessage(f"+86138{place:08d}", None, "王", f"text {place}", 1, channels[place % 2], 50_000,
                       "opted_out" if place % 5 == 4 else "")
        for place in range(how_many)
    ]  # fmt: skip

    ids = write_messages(raw_connection(), plan, messages, shared_text=None, now=NOW)

    found = Message.objects.in_bulk(ids)
    assert [
        (found[id_].number, found[id_].text, found[id_].channel_id, found[id_].state, found[id_].reason) for id_ in ids
    ] == [
        (one.number, one.text, one.channel_id, "blocked" if one.blocked_because else "queued", one.blocked_because)
        for one in messages
    ]
    sendable = {id_: one.channel_id for id_, one in zip(ids, messages, strict=True) if not one.blocked_because}
    batches = {one.pk: one for one in Batch.objects.filter(submission_id=900)}
    assert {id_: batches[id_ // BATCH_SIZE].channel_id for id_ in sendable} == sendable
    assert sum(one.size for one in batches.values()) == len(sendable)
    assert all(one.source_number == plan.source_numbers[one.channel_id] for one in batches.values())


@pytest.mark.django_db
def test_nothing_to_write_writes_nothing(company: Company) -> None:
    plan = Plan(900, company.sales.pk, "notice", 1, {})

    assert write_messages(raw_connection(), plan, [], shared_text="hello", now=NOW) == []
    assert not Batch.objects.filter(submission_id=900).exists()
