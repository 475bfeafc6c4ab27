"""Excel above a list: a short one at once; a long one by a job, under Exports, with its progress and its link."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.utils import translation

from hongyan.accounts.models import AuditEntry, User
from hongyan.accounts.rights import Role
from hongyan.consent import ledger, lists
from hongyan.consent.ledger import Terms
from hongyan.console import taking
from hongyan.contacts.models import AddressBook
from hongyan.exports.models import Export
from hongyan.exports.tables import KINDS
from hongyan.exports.tasks import write_export
from tests.builders import Company, a_contact
from tests.console.test_rights import signed_in
from tests.crm.making import a_customer, a_product, an_order
from tests.messaging.waiting import planned

pytestmark = pytest.mark.django_db
NUMBERS = tuple(f"+861380013800{one}" for one in range(5))


@pytest.fixture
def long_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "AT_ONCE", 1)


@pytest.fixture
def people(company: Company) -> AddressBook:
    for number in NUMBERS:
        a_contact(company.book, f"客户{number[-1]}", number)
    return company.book


def rows(answer: Any) -> list[tuple[Any, ...]]:
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer))).active
    assert sheet is not None
    return list(sheet.iter_rows(values_only=True))


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_short_list_comes_at_once(company: Company, people: AddressBook) -> None:
    client = signed_in(company.sender)
    assert len(rows(client.get("/people/export/?q=客户1"))) == 2
    assert not Export.objects.exists()
    assert AuditEntry.objects.get(action="contacts.exported").detail["rows"] == 1


def test_a_long_list_is_promised_written_and_fetched(company: Company, people: AddressBook, long_lists: None) -> None:
    client = signed_in(company.sender)
    back = client.get("/people/export/?q=客户&page=2", headers={"referer": "http://testserver/people/?q=x"})
    assert (back.status_code, back["Location"]) == (302, "http://testserver/people/?q=x")
    assert 'href="/exports/">导出</a>' in text(client.get("/people/"))
    export = Export.objects.get()
    assert (export.query, export.kind) == ("q=%E5%AE%A2%E6%88%B7", "contacts")
    page = text(client.get("/exports/"))
    assert "等待中" in page
    assert f"/exports/{export.pk}/" not in page
    assert client.get(f"/exports/{export.pk}/").status_code in (302, 404)
    with connection.cursor() as cursor:
        cursor.execute(
            "select (args->>'export_id')::int, lock from procrastinate_jobs where task_name = 'exports.write'"
        )
        assert cursor.fetchall() == [(export.pk, "exports")]
    write_export(export.pk)
    page = text(client.get("/exports/"))
    assert f"/exports/{export.pk}/" in page
    assert "/people/?q=%E5%AE%A2%E6%88%B7" in page
    answer = client.get(f"/exports/{export.pk}/")
    assert "contacts-" in answer["Content-Disposition"]
    assert len(rows(answer)) == 6
    assert client.post("/exports/discard/", {"id": export.pk}).status_code == 302
    assert client.get(f"/exports/{export.pk}/").status_code == 404


def test_every_kind_is_written_by_its_job(company: Company, people: AddressBook, long_lists: None) -> None:
    submission = planned(company, NUMBERS)
    product = a_product()
    for number in NUMBERS:
        an_order(company.administrator, a_customer(company.administrator, f"药店{number[-1]}", number), product)
        lists.add(company.administrator, "block", number)
    ledger.agree(NUMBERS, Terms(source="form", evidence="会员登记表"))
    client = signed_in(company.administrator)
    for path in (
        f"/submissions/{submission.pk}/export/?outcome=queued", f"/submissions/{submission.pk}/replies/export/", "/mailbox/export/?folder=all", "/mailbox/sent/export/?state=queued",
        "/people/export/", "/settings/audit/export/", "/customers/export/", "/orders/export/", "/lists/export/?list=block", "/consents/export/",
    ):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code in (200, 302), path
        if answer.streaming:
            b"".join(answer)
        # Only so many may wait at a time.
        for waiting in Export.objects.filter(state="waiting"):
            write_export(waiting.pk)
    found = {one.kind: one for one in Export.objects.all()}
    # These have tests of their own beside their pages.
    assert found.keys() == KINDS.keys() - {"replies", "audience", "table"}
    for one in found.values():
        assert (one.state, one.error) == ("ready", ""), one.kind
        assert len(rows(client.get(f"/exports/{one.pk}/"))) == one.total + 1
    assert {one.kind: one.total for one in found.values()} == {
        "recipients": 5, "roll_call": 5, "sent_messages": 5, "contacts": 5, "audit": found["audit"].total, "customers": 5, "orders": 5, "lists": 5,
        "consents": 5,
    }  # fmt: skip


def test_another_users_file_answers_as_a_missing_one(company: Company, people: AddressBook, long_lists: None) -> None:
    signed_in(company.sender).get("/people/export/")
    export = Export.objects.get()
    write_export(export.pk)
    for user in (company.administrator, company.sales_head, company.stranger):
        other = signed_in(user)
        assert other.get(f"/exports/{export.pk}/").status_code == 404
        assert other.post("/exports/discard/", {"id": export.pk}).status_code == 404
        assert f"/exports/{export.pk}/" not in text(other.get("/exports/"))
    assert signed_in(company.viewer).get("/exports/").status_code == 403
    assert Client().get(f"/exports/{export.pk}/")["Location"].startswith("/sign-in/")


def test_who_has_other_rights_by_now_reads_why(company: Company, people: AddressBook, long_lists: None) -> None:
    client = signed_in(company.sales_head)
    client.get("/people/export/")
    export = Export.objects.get()
    write_export(export.pk)
    User.objects.filter(pk=company.sales_head.pk).update(role=Role.SENDER)
    assert client.get(f"/exports/{export.pk}/")["Location"] == "/exports/"
    assert "您的权限此后已变更" in text(client.get("/exports/"))
    assert not AuditEntry.objects.filter(action="export.fetched").exists()


def test_a_file_speaks_the_language_it_was_asked_in(company: Company, people: AddressBook, long_lists: None) -> None:
    client = signed_in(company.sender)
    client.cookies["django_language"] = "en"
    client.get("/people/export/")
    export = Export.objects.get()
    with translation.override("zh-hans"):
        write_export(export.pk)
    assert rows(client.get(f"/exports/{export.pk}/"))[0][:2] == ("Name", "Mobile number")


@pytest.mark.django_db(transaction=True)
def test_a_list_whose_end_is_not_seen_soon_is_a_long_one(
    committed_company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts = committed_company.book.contacts
    a_contact(committed_company.book, "王芳", NUMBERS[0])
    monkeypatch.setattr(taking, "LOOKS_FOR_S", 0.001)
    assert taking.rows_if_few(contacts.extra(where=["pg_sleep(0.2) is not null"])) is None
    monkeypatch.undo()
    assert taking.rows_if_few(contacts.all()) == 1
    with connection.cursor() as cursor:
        cursor.execute("show statement_timeout")
        assert cursor.fetchone()[0] == "0"


def test_one_list_too_many_is_refused_with_a_sentence(company: Company, people: AddressBook, long_lists: None) -> None:
    client = signed_in(company.sender)
    for number in range(6):
        client.get(f"/people/export/?q=客户&x={number}")
    assert Export.objects.count() == 5
    assert "尚未完成" in text(client.get("/exports/"))
