"""Readers give a value that can be kept and asked for, or say that there is none; nothing else comes out of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.inputs import (
    LARGEST_ID,
    Unreadable,
    asked_of,
    day_of,
    days_of,
    id_of,
    ids_of,
    is_storable,
    is_too_far,
    moment_of,
    query_of,
    read_day,
    read_id,
    read_moment,
    read_text,
    whole_of,
    words_of,
)

CHINA = ZoneInfo("Asia/Shanghai")
TEXTS = st.text() | st.from_regex(r"[0-9]{0,25}", fullmatch=True) | st.from_regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.{0,9}")


@given(TEXTS | st.none())
def test_whatever_is_written_comes_out_as_something_usable(text: str | None) -> None:
    assert 0 <= id_of(text) <= LARGEST_ID
    assert 3 <= whole_of(text, least=3, most=9, otherwise=5) <= 9
    assert is_storable(asked_of(text))
    for at in (moment_of(text, CHINA), *days_of(text, text, CHINA)):
        assert at is None or (at.astimezone(UTC) + timedelta(days=400)).astimezone(ZoneInfo("Pacific/Kiritimati"))
    query_of(text)


@pytest.mark.parametrize(
    "text", ["", "²", "٣", "１", "-1", "+1", "1.0", "9" * 5000, str(LARGEST_ID + 1), "0x1", "1_0", None]
)
def test_what_is_no_id_names_nothing(text: str | None) -> None:
    assert id_of(text) == 0
    with pytest.raises(Unreadable):
        read_id(text)


def test_ids_are_read_each_once_in_their_order() -> None:
    assert ids_of(["3", "x", "1", "3", "²", str(LARGEST_ID), "0"]) == (3, 1, LARGEST_ID)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-01T10:00:00+08:00", datetime(2026, 12, 1, 2, tzinfo=UTC)),
        ("2026-12-01 10:00:00 +0800", datetime(2026, 12, 1, 2, tzinfo=UTC)),
        ("2026-12-01t02:00z", datetime(2026, 12, 1, 2, tzinfo=UTC)),
        ("2026-12-01 10:00", datetime(2026, 12, 1, 2, tzinfo=UTC)),
        ("2026-12-01T10:00:00.123456789+08:00", datetime(2026, 12, 1, 2, 0, 0, 123456, tzinfo=UTC)),
        ("2026-12-01", datetime(2026, 11, 30, 16, tzinfo=UTC)),
    ],
)
def test_a_moment_may_be_written_with_or_without_its_zone(text: str, moment: datetime) -> None:
    assert read_moment(text, CHINA) == moment


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_moment"), ("tomorrow", "no_moment"), ("20261201T100000", "no_moment"), ("2026-W49-2", "no_moment"),
        ("2026-02-30T10:00", "no_moment"), ("2026-12-01T24:30", "no_moment"), ("2026-12-01T10:00+99:00", "no_moment"),
        ("1764547200", "no_moment"), ("９999-12-31T23:59", "no_moment"), ("9999-12-31T23:59:59-12:00", "outside_calendar"),
        ("0001-01-01T00:00:00+14:00", "outside_calendar"), ("2026-02-30", "no_day"),
    ],
)  # fmt: skip
def test_what_is_no_moment_says_why(text: str, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_moment(text, CHINA)
    assert caught.value.code == code
    assert moment_of(text, CHINA) is None


def test_a_links_plus_that_became_a_blank_is_read_as_one() -> None:
    assert moment_of("2026-12-01T10:00:00 08:00", CHINA) == datetime(2026, 12, 1, 2, tzinfo=UTC)


def test_days_of_a_filter_are_whole_and_end_with_the_calendar() -> None:
    since, until = days_of("2026-12-01", "2026-12-01", CHINA)
    assert (since, until) == (datetime(2026, 12, 1, tzinfo=CHINA), datetime(2026, 12, 2, tzinfo=CHINA))
    assert day_of("9999-12-31") == date(2999, 12, 31)
    assert day_of("0001-01-01") == date(1900, 1, 1)
    assert days_of("", "x", CHINA) == (None, None)
    assert read_day(" 2026-12-01 ") == date(2026, 12, 1)


def test_nobody_means_a_time_more_than_two_years_ahead() -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    assert not is_too_far(now + timedelta(days=731), now)
    assert is_too_far(now + timedelta(days=800), now)


@pytest.mark.parametrize("text", ["a\x00b", "\ud83d", "\udfff王"])
def test_what_no_encoding_writes_is_no_text(text: str) -> None:
    assert not is_storable(text)
    with pytest.raises(Unreadable):
        read_text(text)
    assert asked_of(text) not in ("", text)


def test_a_search_is_bounded_and_what_is_beyond_finds_nothing() -> None:
    assert asked_of("  王 \t芳 ") == "王 芳"
    assert asked_of("x" * 201) != ""
    assert words_of("a b a c " * 500) == ("a", "b", "c")
    assert words_of(" ".join(map(str, range(9)))) is None
    assert words_of("x" * 7000) is None
    assert words_of("") == ()


def test_an_address_that_is_none_has_no_query() -> None:
    assert query_of("/people/?q=x&page=2") == "q=x&page=2"
    assert query_of("http://[") == ""
