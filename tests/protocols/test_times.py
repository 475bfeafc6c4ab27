"""Times as carriers write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.protocols.times import BEIJING, FORM, read_time, write_absolute, write_minutes

NOON = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2611251200", NOON),
        (" 2611251200 ", NOON),
        ("261125120030", NOON + timedelta(seconds=30)),
        ("202611251200", NOON),
        ("20261125120030", NOON + timedelta(seconds=30)),
        ("261125120000032+", NOON),
        ("261125040000000+", NOON),
        ("261124230000020-", NOON),
        ("3711251200", NOON.replace(year=2037)),
        ("9911251200", NOON.replace(year=1999)),
        ("", None),
        ("0000000000", None),
        ("2613251200", None),
        ("261125", None),
        ("000002000000000R", None),
        ("261125120000097+", None),
        ("yesterday!", None),
        ("２６１１２５１２００", None),
    ],
)
def test_each_way_of_writing_is_read(written: str, at: datetime | None) -> None:
    assert read_time(written) == at


def test_a_time_without_a_zone_has_the_channels() -> None:
    assert read_time("2611251200", timezone(timedelta(hours=1))) == datetime(2026, 11, 25, 11, 0, tzinfo=UTC)


@given(st.integers(946_700_000, 2_145_000_000), st.integers(-48, 48))
def test_what_is_written_is_read(seconds: int, quarters: int) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    zone = timezone(timedelta(minutes=15 * quarters))
    written = write_absolute(at, zone)
    assert FORM.fullmatch(written)
    assert read_time(written) == at
    assert read_time(write_minutes(at, zone), zone) == at.replace(second=0)


@given(st.text(max_size=20))
def test_no_writing_raises(written: str) -> None:
    read_time(written, BEIJING)
