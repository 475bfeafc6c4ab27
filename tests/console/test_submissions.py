"""The page of a submission: its sheet and proof, why anybody got it or not, the trial part's buttons; and who may look."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hongyan.accounts.models import User
from hongyan.consent.models import Listed, OptOut
from hongyan.console.submissions import views
from hongyan.contacts.models import AddressBook, RecipientList, RecipientListRow
from hongyan.dispatch.changes import CHANGE, parameters
from hongyan.dispatch.flow import Moment
from hongyan.dispatch.models import Batch, Message, Route, Tally
from hongyan.mailbox.models import Reply
from hongyan.messaging import canary, submissions, tasks
from hongyan.messaging.asking import Request
from hongyan.messaging.canary import Terms
from hongyan.messaging.models import Canary, Submission
from hongyan.messaging.recipients import Selection
from tests.builders import Company, a_channel, a_contact, a_group
from tests.console import confirming

pytestmark = pytest.mark.django_db
FIRST, SECOND, THIRD = "+8613800130001", "+8613000130002", "+8613300130003"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def planned(company: Company, selection: Selection, **facts: object) -> Submission:
    submission = submissions.submit(company.sender, Request(text="会议改到三点", selection=selection, **facts))  # type: ignore[arg-type]
    tasks.plan(submission.pk)
    submission.refresh_from_db()
    return submission


def change(number: str, state: str, reason: str = "") -> None:
    message = Message.objects.get(number=number)
    with connection.cursor() as cursor:
        cursor.execute(CHANGE, parameters([(message.pk, state, reason)], timezone.now()))


def page(user: User, path: str, **query: str) -> str:
    answer = signed_in(user).get(path, query)
    assert answer.status_code == 200, path
    return re.sub(r"\s+", " ", answer.content.decode())


def steps(html: str) -> dict[str, str]:
    """Key of each step -> its tone."""
    return dict(re.findall(r'data-step="([^"]+)" data-tone="([^"]+)"', html))


def test_only_who_may_see_the_submission_sees_its_numbers(company: Company) -> None:
    submission = planned(company, Selection(numbers=(FIRST,)))
    message = Message.objects.get(submission_id=submission.pk)
    base = f"/submissions/{submission.pk}"
    paths = [
        f"{base}/flow/",
        f"{base}/verify/",
        f"{base}/why/",
        f"{base}/why/{message.pk}/",
        f"{base}/why/?number={FIRST}",
    ]
    for path in paths:
        assert Client().get(path).status_code == 302, path
        assert signed_in(company.stranger).get(path).status_code == 404, path
        for user in (company.sender, company.sales_head, company.viewer, company.administrator):
            assert signed_in(user).get(path).status_code == 200, path
    other = planned(company, Selection(numbers=(SECOND,)))
    assert signed_in(company.sender).get(f"/submissions/{other.pk}/why/{message.pk}/").status_code == 404


def test_numbers_are_masked_for_who_may_not_see_them(company: Company) -> None:
    submission = planned(company, Selection(numbers=(FIRST,)))
    message = Message.objects.get(submission_id=submission.pk)
    for path in (f"/submissions/{submission.pk}/why/{message.pk}/", f"/submissions/{submission.pk}/"):
        shown = page(company.viewer, path)
        assert "138****0001" in shown
        assert "13800130001" not in shown
        assert "13800130001" in page(company.sender, path)


def test_the_sheet_lists_where_everything_is_and_links_to_it(company: Company) -> None:
    Listed.objects.create(kind="block", number=THIRD)
    submission = planned(company, Selection(numbers=(FIRST, SECOND, THIRD)))
    change(FIRST, "failed", "UNDELIV")
    shown = page(company.sender, f"/submissions/{submission.pk}/")
    assert dict(re.findall(r'data-line="(\w+)".*?text-end">\s*<a[^>]*>(\d+)</a>', shown, re.DOTALL)) == {
        "blocked": "1", "queued": "1", "failed": "1",
    }  # fmt: skip
    assert "data-loaded>3<" in shown
    assert "33.3%" in shown
    rows = f"/submissions/{submission.pk}/rows/"
    assert "13800130001" in page(company.sender, rows, outcome="failed", code="UNDELIV")
    assert "13800130001" not in page(company.sender, rows, outcome="failed", code="OTHER")
    assert "13300130003" in page(company.sender, rows, outcome="blocked", code="blocked_number")


def test_what_was_cancelled_does_not_count_as_handed_over(company: Company) -> None:
    submission = planned(company, Selection(numbers=(FIRST, SECOND, THIRD)))
    change(FIRST, "submitted")
    signed_in(company.sender).post(f"/submissions/{submission.pk}/do/cancel/")
    assert "<b>1</b> / 3 " in page(company.sender, f"/submissions/{submission.pk}/live/")


def test_a_bar_of_the_plot_lists_its_messages(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = planned(company, Selection(numbers=(FIRST, SECOND)))
    change(FIRST, "submitted")
    change(SECOND, "submitted")
    now = timezone.now()
    Message.objects.filter(number=SECOND).update(submitted_at=now - timedelta(minutes=5))
    # Of a small submission the figures say all.
    assert "data-chart" not in page(company.sender, f"/submissions/{submission.pk}/flow/")
    Submission.objects.filter(pk=submission.pk).update(expected=1000)
    moments = [Moment(now - timedelta(minutes=5), 1, 0, 0), Moment(now, 2, 0, 0)]
    monkeypatch.setattr(views, "moments", lambda *_found, **_facts: moments[:1])
    # What was over within one bar says nothing that the figures do not say.
    assert "data-chart" not in page(company.sender, f"/submissions/{submission.pk}/flow/")
    monkeypatch.setattr(views, "moments", lambda *_found, **_facts: moments)
    assert "data-chart" in page(company.sender, f"/submissions/{submission.pk}/flow/")
    rows = f"/submissions/{submission.pk}/rows/"
    within = {
        "by": "handed",
        "from": (now - timedelta(minutes=1)).isoformat(),
        "to": (now + timedelta(minutes=1)).isoformat(),
    }
    shown = page(company.sender, rows, **within)
    assert "13800130001" in shown
    assert "13000130002" not in shown
    assert "13800130001" not in page(company.sender, rows, by="handed", **{"from": within["to"]})
    assert "13800130001" in page(company.sender, rows, by="handed", **{"from": "no time"})


def test_what_went_wrong_stands_first_with_its_reason_and_what_can_be_done(company: Company) -> None:
    Listed.objects.create(kind="block", number=THIRD)
    submission = planned(company, Selection(numbers=(FIRST, SECOND, THIRD)))
    change(FIRST, "failed", "UNDELIV")
    change(SECOND, "failed", "MK:0001")
    Submission.objects.filter(pk=submission.pk).update(state="finished")
    shown = page(company.sender, f"/submissions/{submission.pk}/")
    assert re.findall(r'data-problem="(\w+)"', shown) == ["failed", "failed", "blocked"]
    assert shown.index('id="problems"') < shown.index('id="sheet"') < shown.index('id="recipients"')
    assert shown.count('name="reason"') == 2
    # Who may not send sees the reasons and no buttons; who keeps the lists finds the list.
    assert 'name="reason"' not in page(company.viewer, f"/submissions/{submission.pk}/")
    assert reverse("console:lists") in page(company.administrator, f"/submissions/{submission.pk}/live/")
    signed_in(company.sender).post(f"/submissions/{submission.pk}/do/resend/", {"state": "failed", "reason": "UNDELIV"})
    again = Submission.objects.get(resend_of=submission)
    assert list(Message.objects.filter(submission_id=again.pk).values_list("number", flat=True)) == [FIRST]
    assert page(company.sender, f"/submissions/{submission.pk}/live/").count('name="reason"') == 1


def test_one_code_with_two_meanings_is_two_problems(company: Company) -> None:
    other = a_channel(name="Other", protocol="smgp30")
    submission = planned(company, Selection(numbers=(FIRST, SECOND)))
    change(FIRST, "failed", "MK:0001")
    change(SECOND, "failed", "MK:0001")
    Message.objects.filter(number=SECOND).update(channel=other)
    tally = Tally.objects.get(submission_id=submission.pk, state="failed")
    Tally.objects.filter(pk=tally.pk).update(messages=1)
    Tally.objects.create(
        submission_id=submission.pk, channel_id=other.pk, day=tally.day, state="failed", reason="MK:0001", messages=1,
        segments=1, price_micros=0,
    )  # fmt: skip
    Submission.objects.filter(pk=submission.pk).update(state="finished")
    shown = page(company.sender, f"/submissions/{submission.pk}/")
    assert shown.count("data-problem=") == 2
    assert shown.count(f"/submissions/{submission.pk}/why/") >= 2
    path = f"/submissions/{submission.pk}/do/resend/"
    signed_in(company.sender).post(path, {"state": "failed", "reason": "MK:0001", "protocol": "smgp30"})
    again = Submission.objects.get(resend_of=submission)
    assert list(Message.objects.filter(submission_id=again.pk).values_list("number", flat=True)) == [SECOND]
    rows = page(company.sender, f"/submissions/{submission.pk}/rows/", code="MK:0001", protocol="smgp30")
    assert ("13800130001" in rows, "13000130002" in rows) == (False, True)


def test_every_tile_leads_to_its_list_and_the_sheet_is_one_line(company: Company) -> None:
    submission = planned(company, Selection(numbers=(FIRST, SECOND, THIRD)))
    change(FIRST, "delivered")
    shown = page(company.sender, f"/submissions/{submission.pk}/live/")
    tiles = re.findall(r'<div class="hy-tile-value"> *(<a[^>]*href="([^"]*)")?', shown)
    assert len(tiles) >= 4
    assert all(link for _whole, link in tiles)
    listed = page(company.sender, f"/submissions/{submission.pk}/rows/", outcome="handed_over")
    assert ("13800130001" in listed, "13000130002" in listed) == (True, False)
    (line,) = re.findall(r"data-sum>(.*?)</summary>", shown)
    assert re.sub(r"<[^>]*>|\s", "", line).startswith("3=1已送达+2")
    assert "<details" in shown
    assert not re.search(r'id="sheet"[^>]* open', shown)


def test_what_is_on_the_wire_can_be_listed(company: Company) -> None:
    submission = planned(company, Selection(numbers=(FIRST, SECOND)))
    Batch.objects.filter(submission_id=submission.pk).update(state="leased", leased_by="here", watermark=1)
    shown = page(company.sender, f"/submissions/{submission.pk}/rows/", outcome="in_flight")
    assert ("13000130002" in shown, "13800130001" in shown) == (True, False)


def test_verifying_counts_anew_and_names_the_line_that_is_wrong(company: Company) -> None:
    submission = planned(company, Selection(numbers=(FIRST, SECOND)))
    path = f"/submissions/{submission.pk}/verify/"
    assert "alert-success" in page(company.sender, path)
    Tally.objects.filter(submission_id=submission.pk).update(messages=3)
    shown = page(company.sender, path)
    assert "alert-danger" in shown
    assert shown.count("<tr>") == 2


def test_a_delivered_message_tells_its_whole_way(company: Company) -> None:
    person = a_contact(company.book, "王芳", FIRST)
    group = a_group(company.book, "销售", person)
    made = RecipientList.objects.create(owner=company.sender, name="客户", columns=[], size=1)
    RecipientListRow.objects.create(list=made, line=7, number=FIRST)
    spare = a_channel(name="Spare", port=7999)
    Route.objects.create(name="Unicom only", position=1, channel=spare, carriers=["unicom"])
    submission = planned(company, Selection(list_ids=(made.pk,), group_ids=(group.pk,)))
    message = Message.objects.get(submission_id=submission.pk)
    change(FIRST, "submitted")
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into dispatch_segment (message_id, segment, of, channel_id, carrier_id) values (%s, 1, 1, %s, 'abc123')",
            [message.pk, company.channel.pk],
        )
    change(FIRST, "delivered")
    Reply.objects.create(
        incoming_id=1, number=FIRST, service_number="106900011001", text="收到", received_at=timezone.now(),
        owner=company.sender, department=company.north, submission=submission, message_id=message.pk,
    )  # fmt: skip
    shown = page(company.sender, f"/submissions/{submission.pk}/why/{message.pk}/")
    assert steps(shown) == {
        "asked": "info", "source": "good", "number": "good", "blocked_number": "good", "opted_out": "quiet", "text": "good",
        "route": "good", "batch": "info", "submit": "good", "receipt": "good", "outcome": "good", "reply": "info",
    }  # fmt: skip
    for fact in ("客户", "销售", "中国移动", "会议改到三点", "Mobile", "Spare", "abc123", "DELIVRD", "收到"):
        assert fact in shown, fact
    assert company.sender.name in shown


def test_a_blocked_message_tells_the_rule_its_value_and_who_made_it(company: Company) -> None:
    Listed.objects.create(kind="block", number=FIRST, reason="投诉", added_by=company.administrator)
    OptOut.objects.create(number=SECOND, source="reply", evidence="退订")
    submission = planned(company, Selection(numbers=(FIRST, SECOND, THIRD)), category="marketing")
    # Made after planning: it did not count.
    Listed.objects.create(kind="block", number=THIRD)
    path = f"/submissions/{submission.pk}/why/"
    shown = page(company.sender, path, number="138 0013 0001")
    assert steps(shown) == {
        "asked": "info", "source": "good", "number": "good", "blocked_number": "bad", "outcome": "bad"
    }  # fmt: skip
    assert "投诉" in shown
    assert company.administrator.name in shown
    shown = page(company.sender, path, number=SECOND)
    assert (steps(shown)["blocked_number"], steps(shown)["opted_out"]) == ("good", "bad")
    assert "退订" in shown
    shown = page(company.sender, path, number=THIRD)
    assert (steps(shown)["blocked_number"], steps(shown)["batch"]) == ("good", "wait")


def test_a_failed_message_shows_the_raw_code_and_what_it_means(company: Company) -> None:
    submission = planned(company, Selection(numbers=(FIRST,)))
    change(FIRST, "failed", "MK:0001")
    message = Message.objects.get(submission_id=submission.pk)
    shown = page(company.sender, f"/submissions/{submission.pk}/why/{message.pk}/")
    assert steps(shown)["submit"] == "bad"
    assert "MK:0001" in shown


def test_dropped_numbers_have_their_reason_too(company: Company) -> None:
    person = a_contact(company.book, "王芳", FIRST)
    group = a_group(company.book, "销售", person)
    submission = planned(
        company, Selection(group_ids=(group.pk,), numbers=(SECOND,), excluded_contact_ids=(person.pk,))
    )
    Submission.objects.filter(pk=submission.pk).update(
        recipients={**submission.recipients, "typed": f"{SECOND}\n12345"}
    )
    path = f"/submissions/{submission.pk}/why/"
    assert steps(page(company.sender, path, number=FIRST))["source"] == "bad"
    assert steps(page(company.sender, path, number=THIRD))["source"] == "bad"
    assert steps(page(company.sender, path, number="12345")) == {"asked": "info", "number": "bad"}
    assert "alert-warning" in page(company.sender, path, number="nobody")


def test_a_personal_books_name_is_not_told_to_others(company: Company) -> None:
    own = AddressBook.objects.create(name="我的秘密", kind="personal", owner=company.sender)
    person = a_contact(own, "王芳", FIRST)
    submission = planned(company, Selection(contact_ids=(person.pk,)))
    path = f"/submissions/{submission.pk}/why/?number={FIRST}"
    assert "我的秘密" in page(company.sender, path)
    assert "我的秘密" not in page(company.administrator, path)


def halted(company: Company) -> Submission:
    numbers = tuple(f"+861380013{number:04d}" for number in range(40))
    terms = Terms(percent=10, least=5, most=10)
    submission = planned(company, Selection(numbers=numbers), canary=terms)
    for message in Message.objects.filter(submission_id=submission.pk):
        change(message.number, "failed", "UNDELIV")
    canary.judge_due(timezone.now())
    submission.refresh_from_db()
    return submission


def test_a_halted_trial_part_asks_its_owner_and_nobody_else(company: Company) -> None:
    submission = halted(company)
    path = f"/submissions/{submission.pk}/"
    for user, may in ((company.sender, True), (company.sales_head, True), (company.viewer, False)):
        shown = page(user, path)
        assert 'id="trial"' in shown
        assert ("/do/resume/" in shown) is may
        assert (f'href="{path}"' in page(user, "/")) is (user == company.sender)
    assert signed_in(company.viewer).post(f"{path}do/resume/").status_code == 403
    assert signed_in(company.stranger).post(f"{path}do/resume/").status_code == 404
    assert Canary.objects.get().state == "halted"
    assert signed_in(company.sender).post(f"{path}do/resume/").status_code == 302
    assert Canary.objects.get().state == "continued"
    tasks.plan(submission.pk)
    assert Message.objects.filter(submission_id=submission.pk).count() == 40
    waiting = steps(page(company.sender, f"{path}why/", number="+8613800130039"))
    assert waiting["trial"] == "info"


def test_stop_after_a_halt_cancels_what_is_left(company: Company) -> None:
    submission = halted(company)
    signed_in(company.sender).post(f"/submissions/{submission.pk}/do/cancel/")
    submission.refresh_from_db()
    assert (submission.state, Canary.objects.get().state) == ("cancelled", "stopped")


def test_the_compose_page_keeps_and_checks_the_trial_part(company: Company) -> None:
    client = signed_in(company.sender)
    facts = {
        "text": "通知", "numbers": " ".join(f"1380013{number:04d}" for number in range(40)), "category": "notice", "when": "now",
        "canary": "on", "canary_percent": "10", "canary_least": "5", "canary_most": "50",
    }  # fmt: skip
    for wrong in ({"canary_percent": "90"}, {"canary_least": "60"}, {"canary_wait_minutes": "-1"}):
        shown = client.post("/write/", {**facts, **wrong})
        assert shown.status_code == 200, wrong
        assert "is-invalid" in shown.content.decode(), wrong
    answer = client.post("/write/", facts)
    assert answer.status_code == 302
    draft = Submission.objects.get(pk=int(re.findall(r"\d+", answer["Location"])[0]))
    assert (draft.canary_terms or {})["percent"] == 10
    assert 'value="10.0"' in client.get(f"/write/?draft={draft.pk}").content.decode()
    assert "data-trial" in client.get(answer["Location"]).content.decode()
    confirming.send(client, answer["Location"])
    tasks.plan(draft.pk)
    assert len(Canary.objects.get(pk=draft.pk).numbers) == 5
    client.post("/write/", {**facts, "draft": "", "canary": ""})
    assert Submission.objects.latest("pk").canary_terms is None


def test_each_text_to_one_number_counts_in_the_progress(company: Company) -> None:
    made = RecipientList.objects.create(owner=company.sender, name="bills", columns=["应缴"], size=2)
    RecipientListRow.objects.bulk_create(
        RecipientListRow(list=made, line=line, number=FIRST, variables={"应缴": owed})
        for line, owed in enumerate(("10", "20"), start=1)
    )
    request = Request(text="应缴{应缴}元", selection=Selection(list_ids=(made.pk,)))
    submission = submissions.submit(company.sender, request)
    with connection.cursor() as cursor:
        ids = Message.objects.filter(submission_id=submission.pk).values_list("pk", flat=True)
        cursor.execute(CHANGE, parameters([(one, "submitted", "") for one in ids], timezone.now()))
    assert re.search(r"<b>2</b> / 2 .*?\(100\.0%\)", page(company.sender, f"/submissions/{submission.pk}/"))
