"""A carrier that reports long after an erasure brings no digit back; whoever is written to anew keeps their receipts."""

from __future__ import annotations

import pytest

from hongyan.dispatch.changes import CHANGE, parameters
from hongyan.dispatch.models import Message
from hongyan.erasure import echoes, requests, tasks
from hongyan.erasure.models import Request
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from tests.builders import Company
from tests.erasure.test_erasing import HERS, MARCH, OTHER, erased, own_folder  # noqa: F401 - its folder is used
from tests.messaging.waiting import planned

pytestmark = pytest.mark.django_db
WRITTEN = ("+8613800138000", "8613800138000", "13800138000")


def a_stray(number: str, *, hours: float = 30) -> None:
    raw_connection().execute(
        """insert into dispatch_parked_report (channel_id, carrier_id, number, outcome, code, received_at)
           values (1, 'c1', %s, 'delivered', 'DELIVRD', now() - %s * interval '1 hour')""",
        [number, hours],
    )


def strays() -> list[str]:
    return [row[0] for row in raw_connection().execute("select number from dispatch_parked_report order by id")]


@pytest.mark.parametrize("written", WRITTEN)
def test_a_late_receipt_goes_however_the_carrier_wrote_the_number(company: Company, written: str) -> None:
    erased(company)
    a_stray(written)
    a_stray(OTHER)
    a_stray("")
    a_stray("10690001")
    tasks.forget_echoes(0)
    assert strays() == [OTHER, "", "10690001"]


def test_nobody_elses_and_no_unfinished_erasure_is_touched(company: Company) -> None:
    row = requests.ask(company.administrator, Request.Kind.ERASURE, HERS)
    requests.look(row.pk)
    a_stray(HERS)
    assert echoes.forget() == 0
    assert strays() == [HERS]


def test_one_that_may_only_have_overtaken_its_response_is_left(company: Company) -> None:
    erased(company)
    a_stray(HERS, hours=0.1)
    assert echoes.forget() == 0


@pytest.mark.parametrize(("state", "left"), [("submitted", 1), ("uncertain", 1), ("delivered", 0), ("failed", 0)])
def test_whoever_is_written_to_anew_keeps_receipts_that_a_message_waits_for(
    company: Company, state: str, left: int
) -> None:
    erased(company)
    submission = planned(company, (HERS, OTHER))
    ids = Message.objects.filter(submission_id=submission.pk).values_list("pk", flat=True)
    raw_connection().execute(CHANGE, parameters([(one, "submitted", "") for one in ids], MARCH))
    if state != "submitted":
        raw_connection().execute(CHANGE, parameters([(one, state, "") for one in ids], clock.now()))
    a_stray(HERS)
    assert echoes.forget() == 1 - left
    assert len(strays()) == left


def test_all_slices_are_gone_through(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(echoes, "SLICE", 2)
    erased(company)
    for number in (OTHER, OTHER, OTHER, HERS, OTHER, HERS):
        a_stray(number)
    assert echoes.forget() == 2
    assert strays() == [OTHER] * 4
