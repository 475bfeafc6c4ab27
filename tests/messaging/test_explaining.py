"""Why one message went where it went: moves between channels, and routes as planning sees them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import translation

from hongyan.contacts.models import RecipientList, RecipientListRow
from hongyan.dispatch.models import Batch, Channel, Message, PortedNumber
from hongyan.dispatch.moving import PutOff
from hongyan.messaging.considering import considered
from hongyan.messaging.explaining import Step, explain
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from hongyan.messaging.rerouting import Rerouter
from tests.builders import Company
from tests.messaging.waiting import MOBILE, another_channel, leased, logged_in, planned, refused

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


def steps_of(company: Company, submission: Submission) -> list[Step]:
    message = Message.objects.filter(submission_id=submission.pk, number=MOBILE[0]).get()
    with translation.override("en"):
        return explain(company.sender, submission, message)


def moves(steps: list[Step]) -> list[tuple[str, dict[str, str]]]:
    return [(one.title, dict(one.facts)) for one in steps if one.key == "moved"]


def all_refused(submission: Submission, code: str, due_at: datetime | None) -> None:
    for batch in Batch.objects.filter(submission_id=submission.pk, state="ready"):
        leased(batch, batch.size)
        refused(*(PutOff(batch.pk * 1000 + place, code, due_at) for place in range(batch.size)), now=NOW)
        Batch.objects.filter(pk=batch.pk).update(state="sent")


def test_who_lost_a_channel_that_was_down_is_told_which_took_over(company: Company) -> None:
    second = another_channel("second")
    submission = planned(company)
    logged_in(second)
    rerouter = Rerouter()
    rerouter.look(NOW)
    rerouter.look(NOW + timedelta(minutes=3))
    steps = steps_of(company, submission)
    route = next(one for one in steps if one.key == "route")
    assert company.channel.name in route.title, "the channel that planning chose"
    assert moves(steps) == [
        (
            "Its channel had no connection: moved to the next route",
            {"From channel": company.channel.name, "To channel": "second"},
        )
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("应缴{应缴}元", "Requested 3 times with different values: 2 messages"),
        ("请缴费", "Requested 3 times, sent once"),
    ],
)
def test_who_stands_on_several_rows_reads_how_many_messages_came_of_them(
    company: Company, text: str, said: str
) -> None:
    made = RecipientList.objects.create(owner=company.sender, name="bills", columns=["应缴"], size=2)
    for line, owed in enumerate(("10", "20"), 1):
        RecipientListRow.objects.create(list=made, line=line, number=MOBILE[0], variables={"应缴": owed})
    selection = Selection(list_ids=(made.pk,), numbers=(MOBILE[0],))
    submission = planned(company, selection=selection, text=text)
    message = Message.objects.filter(submission_id=submission.pk).order_by("pk")[0]
    with translation.override("en"):
        source = next(one for one in explain(company.sender, submission, message) if one.key == "source")
    assert source.title == said


def test_who_was_refused_twice_and_went_elsewhere_reads_each_step(company: Company) -> None:
    second = another_channel("second")
    logged_in(company.channel, second)
    submission = planned(company)
    all_refused(submission, "8", NOW)
    all_refused(submission, "9", None)
    waiting = moves(steps_of(company, submission))
    assert [title for title, _ in waiting] == [
        "Refused by the carrier: will be retried",
        "Refused by the carrier: moved to the next route",
    ]
    assert waiting[1][1]["To channel"] == "the next route, yet to be found"
    Rerouter().look(NOW)
    (_, put_off), (_, gone) = moves(steps_of(company, submission))
    assert (put_off["From channel"], put_off["Code"]) == (company.channel.name, "8")
    assert (gone["From channel"], gone["To channel"], gone["Code"]) == (company.channel.name, "second", "9")
    assert gone["Meaning"] != "–"


def test_routes_are_looked_at_with_the_carrier_that_serves_a_ported_number(company: Company) -> None:
    another_channel("unicom", carriers=("unicom",), position=1)
    submission = planned(company)

    def chosen() -> list[str]:
        found = considered(company.sender, submission.category, MOBILE[0])
        return [one.channel for one in found if one.is_chosen]

    assert chosen() == [company.channel.name]
    PortedNumber.objects.create(number=MOBILE[0], carrier="unicom", noted_at=NOW)
    assert chosen() == ["unicom"]
    Channel.objects.filter(name="unicom").update(is_enabled=False)
    found = {one.channel: one.failing for one in considered(company.sender, submission.category, MOBILE[0])}
    assert found == {"unicom": "off", company.channel.name: ""}


def receipts(company: Company, state: str, **segment: object) -> list[tuple[str, str, dict[str, str]]]:
    """The steps on the wire of a message whose one segment is so."""
    submission = planned(company, MOBILE[:1])
    message = Message.objects.get()
    Message.objects.update(state=state, done_at=NOW)
    facts = {"message_id": message.pk, "segment": 1, "of": 1, "channel_id": company.channel.pk, "carrier_id": "abc"}
    values = facts | segment
    with connection.cursor() as cursor:
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        cursor.execute(f"insert into dispatch_segment ({names}) values ({marks})", list(values.values()))
    return [
        (one.title, one.tone, dict(one.facts))
        for one in steps_of(company, submission)
        if one.key in ("submit", "receipt")
    ]


def test_a_word_of_the_carriers_that_settles_nothing_is_shown_with_its_time(company: Company) -> None:
    found = receipts(company, "submitted", code="BUFFERED", reported_at=NOW)
    assert (
        "Receipt for segment 1 of 1 is not the last word: waiting for the next", "wait", {"Code": "BUFFERED"},
    ) in found  # fmt: skip


def test_a_receipt_that_was_found_by_number_says_so(company: Company) -> None:
    (submit, receipt) = receipts(company, "delivered", found_by="number")
    assert submit[0] == "No answer came from the carrier; its id is that of the receipt"
    assert receipt[2]["Found by"] == "its number: this was the only message to it whose answer had been lost"


def test_a_receipt_under_another_id_of_the_submit_says_so(company: Company) -> None:
    (_submit, receipt) = receipts(company, "delivered", found_by="group")
    assert receipt[2]["Found by"] == "its number: the carrier gave it another id of the same submit"
