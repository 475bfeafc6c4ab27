"""What a channel's receipts show is offered in a sentence, and taken up with one click."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hongyan.accounts.models import AuditEntry
from hongyan.carriers import habits
from hongyan.dispatch.models import Channel, Message, ParkedReport
from hongyan.messaging.models import Submission
from tests.builders import Company
from tests.messaging.waiting import planned, sums_agree

NUMBERS = tuple(f"+861380013{number:04d}" for number in range(40))
LONG = "长" * 150


@pytest.fixture
def admin(client: Client, company: Company) -> Client:
    client.force_login(company.administrator)
    return client


def long_texts(company: Company, *reported: int, state: str = "delivered") -> None:
    """Long texts that left an hour ago, with receipts for these of their three parts."""
    submission = planned(company, NUMBERS, text=LONG)
    with connection.cursor() as cursor:
        cursor.execute("update dispatch_message set state = 'submitted', submitted_at = now() - interval '1 hour'")
        cursor.execute("update dispatch_tally set state = 'submitted' where submission_id = %s", [submission.pk])
        cursor.execute(
            """insert into dispatch_segment (message_id, segment, of, channel_id, carrier_id, state, code)
               select id, n, 3, channel_id, id || '-' || n, case when n = any(%s) then %s else 'submitted' end, ''
               from dispatch_message, generate_series(1, 3) n""",
            [list(reported), state],
        )
    assert sums_agree(submission)


def page(admin: Client, company: Company) -> str:
    return admin.get(reverse("console:channel", args=[company.channel.pk]), HTTP_ACCEPT_LANGUAGE="en").content.decode()


def take_up(admin: Client, company: Company, option: str) -> None:
    admin.post(reverse("console:channel_habit", args=[company.channel.pk]), {"option": option})
    company.channel.refresh_from_db()


@pytest.mark.parametrize("part", [1, 3])
def test_a_carrier_that_reports_once_for_all_parts_is_noticed(admin: Client, company: Company, part: int) -> None:
    long_texts(company, part)
    (habit,) = habits.seen(company.channel)
    assert (habit.option, habit.count, habit.of) == ("reports_once", 40, 40)
    assert 'name="option" value="reports_once"' in " ".join(page(admin, company).split())
    take_up(admin, company, "reports_once")
    assert company.channel.options == {"reports_once": True}
    assert AuditEntry.objects.filter(action="channel.changed").exists()
    assert set(Message.objects.values_list("state", flat=True)) == {"delivered"}, "what waited has its end too"
    assert sums_agree(Submission.objects.get())
    assert 'value="reports_once"' not in page(admin, company)


@pytest.mark.parametrize("parts", [(), (1, 2), (1, 2, 3)])
def test_other_carriers_are_offered_nothing(company: Company, parts: tuple[int, ...]) -> None:
    long_texts(company, *parts)
    assert habits.seen(company.channel) == []


def test_receipts_that_are_lost_here_and_there_are_no_habit(company: Company) -> None:
    long_texts(company, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            """update dispatch_segment set state = case when segment = message_id % 3 + 1 then 'delivered' else 'submitted' end"""
        )
    assert habits.seen(company.channel) == []


def test_what_receipts_no_longer_show_is_not_taken_up(admin: Client, company: Company) -> None:
    take_up(admin, company, "reports_once")
    assert company.channel.options == {}


@pytest.mark.parametrize(("form", "answered", "written"), [("decimal", "{:x}", "{}"), ("hexadecimal", "{}", "{:x}")])
def test_ids_in_another_base_are_noticed_and_then_read(
    admin: Client, company: Company, form: str, answered: str, written: str
) -> None:
    Channel.objects.update(protocol="smpp34")
    company.channel.refresh_from_db()
    planned(company, NUMBERS)
    Message.objects.update(state="submitted", submitted_at=timezone.now() - timedelta(hours=1))
    ids = {one.pk: 900_000 + 37 * place for place, one in enumerate(Message.objects.order_by("pk"))}
    with connection.cursor() as cursor:
        for one in Message.objects.all():
            cursor.execute(
                "insert into dispatch_segment (message_id, segment, of, channel_id, carrier_id) values (%s, 1, 1, %s, %s)",
                [one.pk, company.channel.pk, answered.format(ids[one.pk])],
            )
            cursor.execute(
                "insert into dispatch_parked_report (channel_id, carrier_id, number, outcome, code) values (%s, %s, %s, 'delivered', '')",
                [company.channel.pk, written.format(ids[one.pk]), one.number[1:]],
            )
    (habit,) = habits.seen(company.channel)
    assert (habit.option, habit.value, habit.count, habit.of) == ("id_form", form, 40, 40)
    page(admin, company)
    take_up(admin, company, "id_form")
    assert company.channel.options == {"id_form": form}
    assert set(ParkedReport.objects.values_list("carrier_id", flat=True)) == {
        answered.format(one) for one in ids.values()
    }


def test_strays_of_somebody_else_are_no_habit(company: Company) -> None:
    Channel.objects.update(protocol="smpp34")
    company.channel.refresh_from_db()
    with connection.cursor() as cursor:
        for place in range(40):
            cursor.execute(
                "insert into dispatch_parked_report (channel_id, carrier_id, number, outcome, code) values (%s, %s, '138', 'delivered', '')",
                [company.channel.pk, str(place)],
            )
    assert habits.seen(company.channel) == []
