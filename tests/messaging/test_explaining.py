"""Why one message went where it went: moves between channels, and routes as planning sees them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
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
            "Its channel had no connection: given to the next route",
            {"From channel": company.channel.name, "To channel": "second"},
        )
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("应缴{应缴}元", "Asked for 3 times with different values: 2 messages"),
        ("请缴费", "Asked for 3 times, kept once"),
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
        "Refused by the carrier: put off for another try",
        "Refused by the carrier: given to the next route",
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
