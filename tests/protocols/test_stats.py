"""Which of a carrier's words is the last one."""

from __future__ import annotations

import pytest

from hongyan.protocols.codes import WORDS
from hongyan.protocols.events import ReportClass
from hongyan.protocols.stats import class_of

CARRIERS_REASONS = (
    "MK:0001", "MK0001", "MK00001", "MK-0001", "ID:0076", "AF:4", "MBL:001", "E:BLACK", "CL:105", "2:54", "U2:54", "54",
    "0000054", "UNDELIV_702", "UNDELIVS702S", "ERR:702", "DB:0702", "REJECTE", "XA:0001", "KEYWORD", "BWLIST",
)  # fmt: skip


@pytest.mark.parametrize("stat", CARRIERS_REASONS)
def test_a_reason_with_a_number_or_a_word_of_the_lists_is_a_failure(stat: str) -> None:
    assert class_of(stat) is ReportClass.FAILED


@pytest.mark.parametrize(
    "stat", ["BUFFERED", "BUFFERE", "SENT", "QUEUED", "PENDING", "SUBMITD", "RETRYING", "", "000", "状态"]
)
def test_a_word_that_no_list_has_is_waited_behind(stat: str) -> None:
    assert class_of(stat) is ReportClass.UNKNOWN


@pytest.mark.parametrize("stat", ["ENROUTE", "ACCEPTD", "ACCEPTED", "SCHEDULED", "EN_ROUTE", "ENROUTE:001"])
def test_a_word_on_the_way_is_not_the_last(stat: str) -> None:
    assert class_of(stat) is ReportClass.INTERMEDIATE


def test_every_word_that_has_a_meaning_for_the_reader_has_an_end() -> None:
    """Gateways know of no word that the explanations do not."""
    assert {class_of(stat) for stat in WORDS} == {ReportClass.DELIVERED, ReportClass.EXPIRED, ReportClass.FAILED}


def test_an_error_number_without_a_word_is_a_failure() -> None:
    assert class_of("", "104") is ReportClass.FAILED
    assert class_of("", "000") is ReportClass.UNKNOWN
