"""To which message a receipt belongs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from django.utils import timezone

from hongyan.dispatch import outcomes
from hongyan.dispatch.matching import StoredReport
from hongyan.dispatch.models import Channel, Message, ParkedReport
from tests.builders import Company, a_channel
from tests.messaging.waiting import MOBILE, AsIfAsynchronous, planned

pytestmark = pytest.mark.django_db
CARRIER_ID = "bcc0684000010000"


def submitted(company: Company, carrier_id: str = CARRIER_ID) -> Message:
    """One message that left over the company's channel and was answered with the id."""
    planned(company, MOBILE[:1])
    message = Message.objects.get()
    asyncio.run(
        outcomes.record(
            AsIfAsynchronous(), node="gateway", segments=[(message.pk, 1, 1, company.channel.pk, carrier_id)],  # type: ignore[arg-type]
            changes=[(message.pk, "submitted", "")], finished=(), now=timezone.now(),
        )
    )  # fmt: skip
    return message


def settle(reports: Sequence[StoredReport]) -> None:
    asyncio.run(outcomes.settle_reports(AsIfAsynchronous(), reports, timezone.now()))  # type: ignore[arg-type]


def receipt(channel: Channel, number: str = MOBILE[0], carrier_id: str = CARRIER_ID) -> StoredReport:
    return StoredReport(channel.pk, carrier_id, number.lstrip("+"), "delivered", "DELIVRD")


def state() -> str:
    return Message.objects.get().state


def test_a_receipt_over_the_channels_own_connection_finds_its_message(company: Company) -> None:
    submitted(company)
    settle([receipt(company.channel)])
    assert state() == "delivered"


def test_a_receipt_over_another_channel_of_the_same_account_finds_its_message(company: Company) -> None:
    submitted(company)
    settle([receipt(a_channel(name="The same login, for receipts", port=7891))])
    assert state() == "delivered"
    assert not ParkedReport.objects.exists()


def test_a_removed_channels_receipts_come_over_the_one_made_anew(company: Company) -> None:
    submitted(company)
    Channel.objects.filter(pk=company.channel.pk).update(removed_at=timezone.now(), is_enabled=False)
    settle([receipt(a_channel(name="Made anew"))])
    assert state() == "delivered"


@pytest.mark.parametrize("other", [{"login": "905678"}, {"host": "192.0.2.1"}, {"protocol": "smpp34"}])
def test_a_receipt_of_another_account_waits_for_a_message_of_its_own(company: Company, other: dict[str, str]) -> None:
    submitted(company)
    settle([receipt(a_channel(name="Another", **other))])
    assert state() == "submitted"
    assert ParkedReport.objects.get().carrier_id == CARRIER_ID


def test_another_number_under_the_same_id_is_another_message(company: Company) -> None:
    submitted(company)
    settle([receipt(a_channel(name="The same login"), number=MOBILE[1])])
    assert state() == "submitted"
