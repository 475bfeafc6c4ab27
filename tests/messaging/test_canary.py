"""The trial part: who is in it, what is held back, and what makes it go on or halt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.consent.models import OptOut
from hongyan.contacts.models import RecipientList, RecipientListRow
from hongyan.dispatch.changes import CHANGE, parameters
from hongyan.dispatch.models import Batch, Message
from hongyan.dispatch.numbers import home_carrier
from hongyan.mailbox.models import Reply
from hongyan.messaging import accounting, asking, canary, planner, submissions, tasks
from hongyan.messaging.asking import Request
from hongyan.messaging.canary import Figures, State, Terms
from hongyan.messaging.models import Canary, Submission
from hongyan.messaging.recipients import Selection
from tests.builders import Company

TERMS = Terms(percent=10, least=5, most=50, wait_minutes=10, enough_percent=90, failure_limit=20, opt_out_limit=10)
MOBILE, UNICOM, TELECOM = "+86138", "+86130", "+86133"


def people(mobile: int, unicom: int = 0, telecom: int = 0) -> tuple[str, ...]:
    return tuple(
        f"{prefix}{number:08d}"
        for prefix, how_many in ((MOBILE, mobile), (UNICOM, unicom), (TELECOM, telecom))
        for number in range(how_many)
    )


def asked(company: Company, numbers: Sequence[str], terms: Terms = TERMS, **facts: object) -> Submission:
    request = Request(text="促销", selection=Selection(numbers=tuple(numbers)), canary=terms, **facts)  # type: ignore[arg-type]
    submission = submissions.submit(company.sender, request)
    tasks.plan(submission.pk)
    submission.refresh_from_db()
    return submission


def ends(submission: Submission, *states: str) -> None:
    """The messages that wait end in these states, one by one, as the gateway would write it."""
    waiting = Message.objects.filter(submission_id=submission.pk, state__in=["queued", "submitted"]).order_by("id")
    changes = [
        (pk, state, "UNDELIV" if state == "failed" else "")
        for pk, state in zip(waiting.values_list("pk", flat=True), states, strict=False)
    ]
    with connection.cursor() as cursor:
        cursor.execute(CHANGE, parameters(changes, timezone.now()))


def written(submission: Submission) -> list[str]:
    return list(Message.objects.filter(submission_id=submission.pk).order_by("number").values_list("number", flat=True))


@given(
    st.lists(st.integers(0, 400), min_size=3, max_size=3).filter(any),
    st.floats(0.01, 50),
    st.integers(1, 60),
    st.integers(1, 1000),
)
def test_each_carrier_has_its_share_and_drawing_again_gives_the_same(
    sizes: list[int], percent: float, least: int, submission_id: int
) -> None:
    numbers, terms = people(*sizes), Terms(percent=percent, least=least, most=80)
    chosen, of, carriers = canary.draw(submission_id, numbers, terms)
    assert canary.draw(submission_id, numbers[::-1], terms) == (chosen, of, carriers)
    assert of == len(numbers)
    assert chosen == sorted(set(chosen))
    assert set(chosen) <= set(numbers)
    assert len(chosen) == terms.size(of) < of
    found = Counter(home_carrier(number).value for number in chosen)
    assert dict(found) == carriers
    totals = Counter(home_carrier(number).value for number in numbers)
    for carrier, total in totals.items():
        share = len(chosen) * total / of
        assert share - len(totals) < found[carrier] < share + len(totals)
        assert found[carrier] >= 1 or len(chosen) < 2 * len(totals)


def test_a_small_submission_goes_as_a_whole() -> None:
    assert Terms(least=100).size(100) == 0
    assert Terms(percent=1, least=100).size(101) == 100
    assert Terms(percent=1, least=100, most=2000).size(1_000_000) == 2000


GOOD = Figures(handed_over=100, waiting=0, delivered=92, failed=3, opted_out=1)


@pytest.mark.parametrize(
    ("label", "figures", "is_over", "expected"),
    [
        ("enough receipts, all well", GOOD, False, ("passed", "")),
        ("too few receipts yet", Figures(100, 0, 50, 3, 0), False, ("waiting", "")),
        ("the wait is over", Figures(100, 0, 50, 3, 0), True, ("passed", "")),
        ("certain before the rest has answered", Figures(100, 0, 0, 21, 0), False, ("halted", "failures")),
        ("certain before all have left", Figures(60, 40, 0, 21, 0), False, ("halted", "failures")),
        ("a fifth is allowed", Figures(100, 0, 80, 20, 0), True, ("passed", "")),
        ("of those that are known", Figures(100, 0, 40, 15, 0), True, ("halted", "failures")),
        ("too many opt-outs", Figures(100, 0, 80, 0, 11), False, ("halted", "opt_outs")),
        ("opt-outs at the limit", Figures(100, 0, 95, 0, 10), False, ("passed", "")),
        ("hardly any receipts came", Figures(100, 0, 49, 0, 0), True, ("halted", "no_receipts")),
        ("some of it has not left", Figures(99, 1, 99, 0, 0), True, ("waiting", "")),
        ("all were blocked", Figures(0, 0, 0, 0, 0), False, ("passed", "")),
    ],
)
def test_what_the_figures_mean(label: str, figures: Figures, is_over: bool, expected: tuple[str, str]) -> None:
    assert canary.verdict(figures, TERMS, is_over=is_over) == expected, label


@given(
    st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 100), st.booleans()
)
def test_whoever_is_halted_early_would_be_halted_in_the_end(
    delivered: int, failed: int, silent: int, waiting: int, opted_out: int, is_over: bool
) -> None:
    early = Figures(delivered + failed + silent, waiting, delivered, failed, opted_out)
    state, _reason = canary.verdict(early, TERMS, is_over=is_over)
    if state == State.HALTED and not is_over:
        best = Figures(early.handed_over + waiting, 0, delivered + silent + waiting, failed, opted_out)
        assert canary.verdict(best, TERMS, is_over=True)[0] == State.HALTED


@pytest.mark.django_db
class TestOnARoad:
    def test_only_the_part_is_planned_until_it_is_judged(self, company: Company) -> None:
        submission = asked(company, people(60, 30, 10))
        one = Canary.objects.get(pk=submission.pk)
        assert (submission.state, submission.is_planned, submission.planned) == ("planning", False, 10)
        assert written(submission) == one.numbers
        assert one.carriers == {"mobile": 6, "unicom": 3, "telecom": 1}
        tasks.plan(submission.pk)
        assert written(submission) == one.numbers
        sheet = accounting.sheet(submission)
        assert (sheet.loaded, sheet.count("unplanned"), sheet.count("queued"), sheet.adds_up) == (100, 90, 10, True)

    def test_a_good_part_lets_the_rest_follow_and_nobody_gets_it_twice(self, company: Company) -> None:
        numbers = people(60, 30, 10)
        submission = asked(company, numbers)
        ends(submission, *["delivered"] * 10)
        assert canary.judge_due(timezone.now()) == 1
        tasks.plan(submission.pk)
        submission.refresh_from_db()
        assert written(submission) == sorted(numbers)
        assert (submission.state, submission.is_planned, submission.planned) == ("running", True, 100)
        assert Canary.objects.get(pk=submission.pk).state == "passed"
        assert accounting.prove(submission).agrees
        assert accounting.sheet(submission).adds_up
        assert canary.judge_due(timezone.now()) == 0

    def test_the_wait_counts_from_when_all_has_left(self, company: Company) -> None:
        submission = asked(company, people(100))
        now = timezone.now()
        assert canary.judge_due(now + timedelta(hours=5)) == 0
        ends(submission, *["delivered"] * 6, *["submitted"] * 4)
        assert canary.judge_due(now) == 0
        assert canary.judge_due(now + timedelta(minutes=9)) == 0
        assert canary.judge_due(now + timedelta(minutes=10)) == 1

    def test_a_bad_part_halts_and_a_person_decides(self, company: Company) -> None:
        submission = asked(company, people(100))
        ends(submission, *["failed"] * 3)
        assert canary.judge_due(timezone.now()) == 1
        submission.refresh_from_db()
        one = Canary.objects.get(pk=submission.pk)
        assert (submission.state, submission.error, one.state, one.reason) == (
            "paused", "canary_halted", "halted", "failures",
        )  # fmt: skip
        assert one.figures == {"handed_over": 3, "waiting": 7, "delivered": 0, "failed": 3, "opted_out": 0}
        # What of the part had not left stays too.
        assert set(Batch.objects.filter(submission_id=submission.pk).values_list("state", flat=True)) == {"held"}
        tasks.plan(submission.pk)
        assert len(written(submission)) == 10

        submissions.resume(company.sender, submission)
        tasks.plan(submission.pk)
        one.refresh_from_db()
        submission.refresh_from_db()
        assert (one.state, one.decided_by, submission.state) == ("continued", company.sender, "running")
        assert len(written(submission)) == 100
        assert accounting.prove(submission).agrees
        actions = AuditEntry.objects.filter(object_type="submission").order_by("id").values_list("action", flat=True)
        assert list(actions) == [
            "submission.asked", "submission.canary_sent", "submission.canary_halted", "submission.resumed",
        ]  # fmt: skip

    def test_stopping_leaves_the_rest_unwritten(self, company: Company) -> None:
        submission = asked(company, people(100))
        ends(submission, *["failed"] * 3)
        canary.judge_due(timezone.now())
        submissions.cancel(company.sender, submission)
        tasks.plan(submission.pk)
        submission.refresh_from_db()
        assert Canary.objects.get(pk=submission.pk).state == "stopped"
        sheet = accounting.sheet(submission)
        assert (sheet.count("failed"), sheet.count("cancelled"), sheet.count("unwritten")) == (3, 7, 90)
        assert (sheet.loaded, sheet.adds_up) == (100, True)
        assert accounting.prove(submission).agrees

    def test_opt_outs_of_the_part_are_heeded_by_the_rest_and_halt_when_many(self, company: Company) -> None:
        numbers = people(100)
        submission = asked(company, numbers, category="marketing")
        ends(submission, *["delivered"] * 10)
        refusing = written(submission)[:2]
        for index, number in enumerate(refusing):
            Reply.objects.create(
                incoming_id=index, number=number, service_number="1", text="R", received_at=timezone.now(),
                submission=submission, is_opt_out=True,
            )  # fmt: skip
        later = next(number for number in numbers if number not in written(submission))
        OptOut.objects.create(number=later, source="reply")
        canary.judge_due(timezone.now())
        assert Canary.objects.get(pk=submission.pk).reason == "opt_outs"
        submissions.resume(company.sender, submission)
        tasks.plan(submission.pk)
        blocked = Message.objects.filter(submission_id=submission.pk, state="blocked")
        assert [(one.number, one.reason) for one in blocked] == [(later, "opted_out")]

    def test_a_pause_while_it_is_out_decides_nothing(self, company: Company) -> None:
        submission = asked(company, people(100))
        submissions.pause(company.sender, submission)
        ends(submission, *["failed"] * 10)
        assert canary.judge_due(timezone.now()) == 0
        submissions.resume(company.sender, submission)
        tasks.plan(submission.pk)
        assert Canary.objects.get(pk=submission.pk).state == "waiting"
        assert canary.judge_due(timezone.now()) == 1
        assert Canary.objects.get(pk=submission.pk).state == "halted"

    def test_a_kill_before_the_part_is_written_leaves_nothing_of_it(self, company: Company) -> None:
        request = Request(text="促销", selection=Selection(numbers=people(100)), canary=TERMS)
        submission = submissions.submit(company.sender, request)
        with (
            patch.object(canary.Canary.objects, "create", side_effect=KeyboardInterrupt),
            pytest.raises(KeyboardInterrupt),
        ):
            tasks.plan(submission.pk)
        assert written(submission) == []
        assert accounting.balance(submission).total == 0
        tasks.plan(submission.pk)
        assert len(written(submission)) == 10

    def test_a_kill_while_the_rest_is_planned_writes_nobody_twice(self, company: Company) -> None:
        numbers = people(60, 30, 10)
        submission = asked(company, numbers)
        ends(submission, *["delivered"] * 10)
        canary.judge_due(timezone.now())
        with patch("hongyan.messaging.recipients.CHUNK", 20):
            chunks, write = 0, planner._write

            def killed(*arguments: object) -> bool:
                nonlocal chunks
                chunks += 1
                if chunks == 3:
                    raise KeyboardInterrupt
                return write(*arguments)  # type: ignore[arg-type]

            with patch.object(planner, "_write", killed), pytest.raises(KeyboardInterrupt):
                tasks.plan(submission.pk)
            assert 10 < len(written(submission)) < 100
            tasks.plan(submission.pk)
        assert written(submission) == sorted(numbers)
        submission.refresh_from_db()
        assert accounting.prove(submission).agrees

    def test_everybody_in_the_part_gets_the_own_text(self, company: Company) -> None:
        made = RecipientList.objects.create(owner=company.sender, name="list", columns=["姓名"], size=40)
        RecipientListRow.objects.bulk_create(
            RecipientListRow(list=made, line=line, number=number, variables={"姓名": f"客户{line}"})
            for line, number in enumerate(people(40))
        )
        request = Request(text="{姓名}您好", selection=Selection(list_ids=(made.pk,)), canary=TERMS)
        submission = submissions.submit(company.sender, request)
        tasks.plan(submission.pk)
        texts = Message.objects.filter(submission_id=submission.pk).values_list("number", "text")
        assert len(texts) == 5
        assert all(text == f"客户{int(number[6:])}您好" for number, text in texts)

    def test_a_submission_smaller_than_the_part_goes_as_a_whole(self, company: Company) -> None:
        submission = asked(company, people(5))
        assert (submission.state, submission.planned, submission.is_planned) == ("running", 5, True)
        assert not Canary.objects.exists()

    @pytest.mark.parametrize(
        "terms", [Terms(percent=0), Terms(percent=51), Terms(most=20_000), Terms(least=20, most=10), Terms(wait_minutes=-1)]
    )  # fmt: skip
    def test_terms_that_make_no_sense_are_refused(self, company: Company, terms: Terms) -> None:
        request = Request(text="促销", selection=Selection(numbers=people(2)), canary=terms)
        with pytest.raises(Refused) as refused:
            asking.check(company.sender, request)
        assert refused.value.code == "canary_out_of_range"

    def test_codes_have_no_trial_part(self, company: Company) -> None:
        request = Request(text="123456", category="verification", selection=Selection(numbers=people(2)), canary=TERMS)
        with pytest.raises(Refused, match="试发"):
            asking.check(company.sender, request)
