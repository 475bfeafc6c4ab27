"""Routes and their tables on the pages: who may, what is explained, what is changed and audited."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hongyan.accounts.models import AuditEntry
from hongyan.carriers import ported
from hongyan.dispatch.models import (
    CodeRule,
    DispatchPolicy,
    NumberRange,
    Outage,
    ParkedReport,
    PortedNumber,
    Price,
    Route,
)
from hongyan.messaging import quiet_hours
from hongyan.messaging.models import Holiday, SendingHours
from hongyan.runtime import clock
from hongyan.uploads.models import Upload
from tests.builders import Company
from tests.console.confirming import shown
from tests.messaging.waiting import another_channel, planned

pytestmark = pytest.mark.django_db
FORMS: dict[str, dict[str, Any]] = {
    "ported_numbers": {"act": "note", "numbers": "13800138000", "carrier": "unicom"},
    "number_ranges": {"prefix": "1703", "carrier": "unicom"},
    "prices": {"act": "add", "price": "0.0325", "valid_from": "2026-01-01", "carrier": "mobile", "category": ""},
    "code_rules": {"act": "rule", "place": "cmpp", "code": "013", "action": "retry", "after_s": "30", "most": "3"},
    "sending_hours": {"act": "day", "day": "2027-02-09", "is_rest": "1", "name": "春节"},
    "new_route": {"name": "New", "position": "5", "weight": "1", "prefix_text": "138, 1390", "carriers": ["mobile"]},
}


@pytest.fixture
def admin(client: Client, company: Company) -> Client:
    client.force_login(company.administrator)
    FORMS["prices"]["channel"] = FORMS["new_route"]["channel"] = company.channel.pk
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize("page", FORMS)
def test_nobody_else_changes_them(company: Company, admin: Client, page: str) -> None:
    entries = AuditEntry.objects.count()
    for user in (company.sales_head, company.sender, company.viewer):
        other = Client()
        other.force_login(user)
        assert other.post(reverse(f"console:{page}"), FORMS[page]).status_code == 403
    assert AuditEntry.objects.count() == entries
    assert Client().post(reverse(f"console:{page}"), FORMS[page])["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("page", FORMS)
def test_a_change_is_made_and_audited(admin: Client, page: str) -> None:
    assert admin.post(reverse(f"console:{page}"), FORMS[page]).status_code == 302
    assert AuditEntry.objects.order_by("-pk").first() is not None
    assert admin.get(reverse(f"console:{page}")).status_code == 200
    {
        "ported_numbers": lambda: PortedNumber.objects.get(number="+8613800138000", carrier="unicom"),
        "number_ranges": lambda: NumberRange.objects.get(prefix="1703", carrier="unicom"),
        "prices": lambda: Price.objects.get(price_micros=32_500, carrier="mobile", valid_from=date(2026, 1, 1)),
        "code_rules": lambda: CodeRule.objects.get(protocol="cmpp", code="13", action="retry", after_s=30, most=3),
        "sending_hours": lambda: Holiday.objects.get(day=date(2027, 2, 9), is_rest=True),
        "new_route": lambda: Route.objects.get(name="New", weight=1, position=5),
    }[page]()


def test_a_route_keeps_its_conditions(company: Company, admin: Client) -> None:
    facts = FORMS["new_route"] | {"departments": [company.sales.pk], "is_by_price": "on", "categories": ["notice"]}
    admin.post(reverse("console:new_route"), facts)
    route = Route.objects.get(name="New")
    assert (route.prefixes, route.carriers, route.categories, route.department_ids, route.is_by_price) == (
        ["138", "1390"], ["mobile"], ["notice"], [company.sales.pk], True,
    )  # fmt: skip
    assert re.search(
        rf'value="{company.sales.pk}"[^>]* checked', text(admin.get(reverse("console:route", args=[route.pk])))
    )
    path = reverse("console:route_remove", args=[route.pk])
    admin.post(path, {"shown": shown(text(admin.get(path)))})
    assert not Route.objects.filter(name="New").exists()


class TestTheExplanation:
    def test_shows_each_route_with_the_condition_that_lets_the_number_pass_or_not(
        self, company: Company, admin: Client
    ) -> None:
        another_channel("only unicom", carriers=("unicom",), position=10)
        Route.objects.create(
            name="finance", channel=company.channel, position=20, department_ids=[company.finance.pk], is_by_price=True
        )
        answer = admin.get(reverse("console:route_explain"), {"number": "13800138000"})
        looked = {one.tried.rule.name: one for one in answer.context["looked"]}
        assert [(one.label, one.holds) for one in looked["only unicom"].conditions] == [("归属运营商", False)]
        assert (looked["only unicom"].tried.failing, looked["finance"].tried.failing) == ("carrier", "department")
        assert answer.context["first"].tried.rule.name == "All"
        of_finance = admin.get(
            reverse("console:route_explain"), {"number": "13800138000", "department": company.finance.pk}
        )
        assert of_finance.context["first"].tried.rule.name == "finance"

    def test_says_what_is_down_and_who_would_step_in(self, company: Company, admin: Client) -> None:
        second = another_channel("second")
        Outage.objects.create(channel=company.channel, since=timezone.now())
        answer = admin.get(reverse("console:route_explain"), {"number": "13800138000"})
        assert answer.context["first"].down_since is not None
        assert answer.context["next"].tried.rule.channel_id == second.pk
        assert "second（" in text(answer)
        Outage.objects.create(channel=second, since=timezone.now())
        answer = admin.get(reverse("console:route_explain"), {"number": "13800138000"})
        assert answer.context["next"] is None

    def test_tells_a_ported_number_and_a_corrected_range(self, company: Company, admin: Client) -> None:
        ported.note(company.administrator, "13800138000", "telecom")
        NumberRange.objects.create(prefix="1391", carrier="unicom")
        first = admin.get(reverse("console:route_explain"), {"number": "138 0013 8000"})
        assert (first.context["carrier"], first.context["by_range"]) == ("中国电信", "中国移动")
        second = admin.get(reverse("console:route_explain"), {"number": "13912345678"}).context["found"]
        assert (second.carrier, second.is_corrected) == ("unicom", True)

    @pytest.mark.parametrize("query", ["number=abc", "number=13800138000&category=x&department=0"])
    def test_answers_nonsense_with_a_sentence(self, admin: Client, query: str) -> None:
        assert admin.get(f"{reverse('console:route_explain')}?{query}").status_code == 200

    def test_says_when_no_route_takes_the_number(self, admin: Client) -> None:
        Route.objects.all().delete()
        answer = admin.get(reverse("console:route_explain"), {"number": "13800138000"})
        assert answer.context["first"] is None
        assert "没有路由接收这个号码" in text(answer)


def test_a_file_of_ported_numbers_is_taken_and_its_errors_are_shown(company: Company, admin: Client) -> None:
    file = SimpleUploadedFile("list.txt", "13800138000 联通\n123 联通\n".encode())
    answer = admin.post(reverse("console:ported_numbers"), {"act": "import", "file": file, "carrier": ""})
    upload = Upload.objects.get()
    assert answer["Location"] == reverse("console:ported_upload", args=[upload.pk])
    ported.load(upload.pk)
    page = text(admin.get(answer["Location"]))
    assert "123" in page
    assert "手机号是 11 位" in page or "11" in page
    assert b"".join(admin.get(reverse("console:ported_errors", args=[upload.pk])))[:2] == b"PK"
    assert "13800138000" in text(admin.get(reverse("console:ported_numbers"), {"q": "8001"}))
    assert "13800138000" not in text(admin.get(reverse("console:ported_numbers"), {"q": "9999", "carrier": "mobile"}))
    other = Client()
    other.force_login(company.sender)
    assert other.get(answer["Location"]).status_code == 403


@pytest.mark.parametrize(
    ("page", "facts"),
    [
        ("number_ranges", {"prefix": "17", "carrier": "unicom"}),
        ("number_ranges", {"prefix": "１７０３", "carrier": "unicom"}),
        ("number_ranges", {"prefix": "1703", "carrier": "nobody"}),
        ("ported_numbers", {"act": "note", "numbers": "13800138000", "carrier": "nobody"}),
        ("ported_numbers", {"act": "import"}),
        ("prices", {"act": "add", "price": "1.00001"}),
        ("prices", {"act": "add", "valid_until": "2025-12-31"}),
        ("code_rules", {"place": "999999"}),
        ("code_rules", {"after_s": "0"}),
        ("code_rules", {"act": "policy", "failover_after_s": "1"}),
        ("sending_hours", {"day": "2027-02-30"}),
        ("sending_hours", {"act": "hours", "marketing-validity_minutes": "0"}),
        ("new_route", {"prefix_text": "1a"}),
        ("new_route", {"departments": ["999999"]}),
    ],
)
def test_what_makes_no_sense_changes_nothing(admin: Client, page: str, facts: dict[str, Any]) -> None:
    entries = AuditEntry.objects.count()
    assert admin.post(reverse(f"console:{page}"), FORMS[page] | facts).status_code in (200, 302)
    assert AuditEntry.objects.count() == entries
    assert [table.objects.count() for table in (PortedNumber, NumberRange, Price, CodeRule, Holiday)] == [0] * 5


def test_a_price_of_the_same_place_and_day_is_refused_in_words(admin: Client) -> None:
    admin.post(reverse("console:prices"), FORMS["prices"])
    assert "已有价格" in text(admin.post(reverse("console:prices"), FORMS["prices"]))
    assert Price.objects.count() == 1


def test_a_price_in_force_is_ended_and_one_to_come_removed(company: Company, admin: Client) -> None:
    today = timezone.localdate()
    now = Price.objects.create(channel=company.channel, price_micros=1, valid_from=today - timedelta(days=3))
    future = Price.objects.create(channel=company.channel, price_micros=2, valid_from=today + timedelta(days=3))
    shown = {one.pk: one.when for one in admin.get(reverse("console:prices")).context["prices"]}
    assert shown == {now.pk: "now", future.pk: "future"}
    for pk in (now.pk, future.pk):
        admin.post(reverse("console:prices"), {"act": "end" if pk == now.pk else "remove", "id": pk})
    assert Price.objects.get().valid_until == today


def test_the_policy_and_a_channels_own_rule_are_kept(company: Company, admin: Client) -> None:
    admin.post(
        reverse("console:code_rules"),
        {"act": "policy", "failover_after_s": "30", "most_attempts": "2", "no_report_h": "48", "keep_parked_days": "7"},
    )
    assert DispatchPolicy.objects.get().failover_after_s == 30
    rule = {"act": "rule", "place": company.channel.pk, "code": "9", "action": "fail", "after_s": "60", "most": "2"}
    admin.post(reverse("console:code_rules"), rule)
    admin.post(reverse("console:code_rules"), rule | {"action": "next_route"})
    assert CodeRule.objects.get(channel=company.channel).action == "next_route"
    admin.post(reverse("console:code_rules"), {"act": "remove", "id": CodeRule.objects.get().pk})
    assert not CodeRule.objects.exists()
    assert {"sending_policy.changed", "code_rule.changed", "code_rule.removed"} <= set(
        AuditEntry.objects.values_list("action", flat=True)
    )


def test_hours_are_changed_for_all_categories_at_once(admin: Client) -> None:
    facts = {"act": "hours"}
    for row in quiet_hours.hours_of_categories():
        facts |= {
            f"{row.category}-opens_at": "08:00", f"{row.category}-closes_at": "21:00",
            f"{row.category}-on_weekends": "on", f"{row.category}-on_holidays": "on",
            f"{row.category}-validity_minutes": str(row.validity_minutes),
        }  # fmt: skip
    assert admin.post(reverse("console:sending_hours"), facts | {"marketing-is_limited": "on"}).status_code == 302
    assert not SendingHours.objects.exists()  # nothing was changed
    admin.post(reverse("console:sending_hours"), facts | {"notice-is_limited": "on", "notice-opens_at": "09:30"})
    rows = {row.category: (row.is_limited, f"{row.opens_at:%H:%M}") for row in SendingHours.objects.all()}
    assert rows == {"notice": (True, "09:30"), "marketing": (False, "08:00")}


def test_what_waits_for_its_hours_is_said_on_the_submissions_pages(company: Company, admin: Client) -> None:
    night = timezone.make_aware(timezone.datetime(2099, 11, 25, 22))  # type: ignore[attr-defined]
    with clock.stopped_at(night):
        submission = planned(company, category="marketing")
        assert "11-26 08:00" in text(admin.get("/submissions/"))
        assert "3 条短信等到 11-26 08:00" in text(admin.get(f"/submissions/{submission.pk}/"))
        assert "11-26 08:00" in text(admin.get(reverse("console:sending_hours")))


def test_stray_receipts_are_listed_masked_by_right_and_removed(company: Company, admin: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into dispatch_parked_report (channel_id, carrier_id, number, outcome, code, received_at)
               select %s, 'id' || n, '13800138000', 'failed', 'MK:0001', now() - n * interval '8 minutes'
               from generate_series(1, 3) n""",
            [company.channel.pk],
        )
    page = text(admin.get(reverse("console:parked_reports")))
    assert "MK:0001" in page
    assert "id3" in page
    assert "id3" not in text(admin.get(reverse("console:parked_reports"), {"q": "id1"}))
    admin.post(reverse("console:parked_reports"), {"id": ParkedReport.objects.get(carrier_id="id1").pk})
    admin.post(reverse("console:parked_reports"), {"all": "1"})
    assert not ParkedReport.objects.exists()
    assert AuditEntry.objects.filter(action="parked_report.removed").count() == 2
