"""Marketing waits for its hours: deferred, never blocked; on a clock that the test moves."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.dispatch.models import Batch, Message
from hongyan.dispatch.sums import held_back
from hongyan.messaging import quiet_hours, submissions
from hongyan.messaging.models import Holiday, SendingHours
from hongyan.messaging.quiet_hours import Hours, held_until
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from tests.builders import Company
from tests.messaging.waiting import UNICOM, planned, sums_agree

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY, NIGHT = Hours(time(8), time(21)), Hours(time(20), time(2))
OFFICE = Hours(time(9), time(17, 30), on_weekends=False, on_holidays=False)
HOLIDAYS = {date(2026, 11, 26): True, date(2026, 11, 28): False}
"""A Thursday off, a Saturday at work."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        (None, "11-25 03:00", None),
        (DAY, "11-25 07:59:59", "11-25 08:00"),
        (DAY, "11-25 08:00", None),
        (DAY, "11-25 20:59:59", None),
        (DAY, "11-25 21:00", "11-26 08:00"),
        (DAY, "12-31 23:00", "2027-01-01 08:00"),
        (NIGHT, "11-25 19:00", "11-25 20:00"),
        (NIGHT, "11-25 23:00", None),
        (NIGHT, "11-26 01:59", None),
        (NIGHT, "11-26 02:00", "11-26 20:00"),
        (Hours(time(8), time(8)), "11-25 03:00", None),  # the whole day
        (OFFICE, "11-25 18:00", "11-27 09:00"),  # over the holiday
        (OFFICE, "11-27 18:00", "11-28 09:00"),  # Saturday, a workday
        (OFFICE, "11-28 18:00", "11-30 09:00"),  # over Sunday
        (Hours(time(20), time(2), on_holidays=False), "11-26 01:00", None),  # Wednesday's window, on the holiday
        (Hours(time(20), time(2), on_holidays=False), "11-26 21:00", "11-27 20:00"),
    ],
)
def test_a_window_says_when_a_message_may_go(hours: Hours | None, now: str, until: str | None) -> None:
    expected = (
        None
        if until is None
        else (at(until) if len(until) < 15 else datetime.fromisoformat(until).replace(tzinfo=SHANGHAI))
    )
    assert held_until(hours, at(now).astimezone(UTC), SHANGHAI, HOLIDAYS.get) == expected


@pytest.mark.django_db
class TestPlanning:
    @pytest.mark.parametrize(
        ("category", "held"), [("marketing", True), ("notice", False), ("interactive", False), ("verification", False)]
    )
    def test_in_the_night_holds_marketing_alone(self, company: Company, category: str, held: bool) -> None:
        with clock.stopped_at(at("11-25 22:00")):
            submission = planned(company, category=category)
        batch = Batch.objects.get(submission_id=submission.pk)
        assert batch.not_before == (at("11-26 08:00") if held else None)
        assert batch.state == "ready"
        assert Message.objects.filter(submission_id=submission.pk, state="queued").count() == 3

    def test_says_how_many_wait_and_until_when(self, company: Company) -> None:
        with clock.stopped_at(at("11-25 22:00")):
            held, free = planned(company, category="marketing"), planned(company)
        ids = [held.pk, free.pk]
        assert held_back(raw_connection(), ids, at("11-25 22:00")) == {held.pk: (at("11-26 08:00"), 3)}
        assert held_back(raw_connection(), ids, at("11-26 08:00")) == {}

    def test_gives_each_category_its_validity_unless_the_submission_has_its_own(self, company: Company) -> None:
        minutes = [
            Batch.objects.get(submission_id=planned(company, **facts).pk).validity_minutes  # type: ignore[arg-type]
            for facts in (
                {"category": "verification"},
                {"category": "notice"},
                {"category": "notice", "validity_minutes": 5},
            )
        ]
        assert minutes == [10, 2880, 5]
        with pytest.raises(Refused, match="1"):
            planned(company, validity_minutes=0)


@pytest.mark.django_db
class TestTheRound:
    def test_holds_at_closing_time_what_was_planned_before_it(self, company: Company) -> None:
        with clock.stopped_at(at("11-25 20:50")):
            submission = planned(company, category="marketing")
        assert quiet_hours.apply(at("11-25 20:59")) == 0
        assert quiet_hours.apply(at("11-25 21:00")) == 1
        assert quiet_hours.apply(at("11-25 21:01")) == 0
        assert Batch.objects.get(submission_id=submission.pk).not_before == at("11-26 08:00")
        assert sums_agree(submission)

    def test_also_holds_what_somebody_paused(self, company: Company) -> None:
        with clock.stopped_at(at("11-25 20:50")):
            submission = planned(company, category="marketing")
        submissions.pause(company.sender, submission)
        assert quiet_hours.apply(at("11-25 21:00")) == 1
        submissions.resume(company.sender, submission)
        assert Batch.objects.get(submission_id=submission.pk).not_before == at("11-26 08:00")

    def test_leaves_the_time_of_a_retry(self, company: Company) -> None:
        with clock.stopped_at(at("11-25 20:50")):
            submission = planned(company, category="marketing")
        due = at("11-25 20:58")
        Batch.objects.filter(submission_id=submission.pk).update(tries=1, not_before=due)
        assert quiet_hours.apply(at("11-25 20:51")) == 0
        assert quiet_hours.apply(at("11-25 21:00")) == 1
        Batch.objects.filter(submission_id=submission.pk).update(not_before=at("11-27 10:00"))
        assert quiet_hours.apply(at("11-25 21:00")) == 0


@pytest.mark.django_db
class TestChangingTheHours:
    def test_moves_what_waits_at_once_both_ways_and_is_audited(self, company: Company) -> None:
        with clock.stopped_at(at("11-25 22:00")):
            submission = planned(company, category="marketing")
            row = SendingHours(category="marketing", is_limited=True, opens_at=time(7), closes_at=time(21))
            quiet_hours.change(company.administrator, [row])
            assert Batch.objects.get(submission_id=submission.pk).not_before == at("11-26 07:00")
            row.closes_at = time(23)
            quiet_hours.change(company.administrator, [row])
        assert Batch.objects.get(submission_id=submission.pk).not_before is None
        assert AuditEntry.objects.filter(action="sending_hours.changed").count() == 2

    def test_is_for_administrators(self, company: Company) -> None:
        for user in (company.sales_head, company.sender, company.viewer):
            with pytest.raises(Refused):
                quiet_hours.change(user, [SendingHours(category="marketing")])
            with pytest.raises(Refused):
                quiet_hours.enter_day(user, date(2027, 1, 1), is_rest=True)
        assert not SendingHours.objects.exists()
        assert not Holiday.objects.exists()

    def test_a_holiday_that_is_entered_holds_back_until_the_day_after(self, company: Company) -> None:
        with clock.stopped_at(at("11-25 22:00")):
            hours = SendingHours(category="marketing", is_limited=True, on_holidays=False)
            quiet_hours.change(company.administrator, [hours])
            submission = planned(company, UNICOM, category="marketing")
            quiet_hours.enter_day(company.administrator, date(2026, 11, 26), is_rest=True, name="Founding day")
            assert Batch.objects.get(submission_id=submission.pk).not_before == at("11-27 08:00")
            quiet_hours.remove_day(company.administrator, Holiday.objects.get())
        assert Batch.objects.get(submission_id=submission.pk).not_before == at("11-26 08:00")

    def test_days_of_the_law_need_not_be_entered(self) -> None:
        known = quiet_hours.calendar()
        assert [known.is_rest(date(2027, *day)) for day in ((2, 6), (10, 2), (2, 9))] == [True, True, None]


def test_the_clock_runs_unless_it_is_stopped() -> None:
    with clock.stopped_at(at("11-25 22:00")):
        assert clock.now() == at("11-25 22:00")
    assert abs(clock.now() - timezone.now()) < timedelta(seconds=5)


@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - its zone is given
    zone=st.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Pacific/Apia"]),
    opens=st.times(), closes=st.times(), is_local=st.booleans(),
)  # fmt: skip
def test_whatever_the_clocks_do_a_message_waits_less_than_two_days_and_for_an_open_window(
    at: datetime, zone: str, opens: time, closes: time, is_local: bool
) -> None:
    place = ZoneInfo(zone)
    hours = Hours(opens.replace(fold=0), closes.replace(fold=0))
    until = held_until(hours, at.astimezone(place) if is_local else at, place, lambda _day: None)
    if until is not None:
        assert at < until <= at + timedelta(hours=48)
        assert held_until(hours, until, place, lambda _day: None) is None


@pytest.mark.parametrize("days", [39, 60])
def test_where_all_days_are_closed_nothing_leaves_at_once(days: int) -> None:
    start = date(2026, 7, 1)
    at = datetime(2026, 7, 1, 4, tzinfo=UTC)
    hours = Hours(time(8), time(21), on_holidays=False)
    until = held_until(hours, at, SHANGHAI, lambda day: day < start + timedelta(days=days) or None)
    assert until is not None
    assert until >= at + timedelta(days=38)
