"""A long list is written once, whole or not at all, with the rights of now, and is its owner's alone."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.db import OperationalError, connection
from django.http import Http404, QueryDict
from structlog.testing import capture_logs

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry, User
from hongyan.accounts.rights import Right, Role
from hongyan.contacts import people
from hongyan.contacts.models import Contact
from hongyan.exports import jobs
from hongyan.exports.models import Export, ExportPart
from hongyan.exports.tables import Kind, Sheet, Table
from hongyan.runtime import clock
from tests.builders import Company, a_contact

pytestmark = pytest.mark.django_db


def table(user: User, query: QueryDict, _subject_id: int | None) -> Table:
    found = Contact.objects.visible_to(user)
    if query.get("gone"):
        raise Http404
    return Table("客户", "contacts.xlsx", found, lambda: people.sheet(user, found))


PEOPLE = Kind("people", "People", "contacts.exported", (Right.EXPORT,), table, "console:people")
KINDS = {"people": PEOPLE}


@pytest.fixture
def user(company: Company) -> User:
    for number in range(7):
        a_contact(company.book, f"客户{number}", f"+861380013800{number}")
    return company.sender


def asked(user: User, query: str = "", begin: Callable[[int], object] = lambda _pk: None) -> Export:
    asked_for = QueryDict(query)
    return jobs.ask(user, PEOPLE, table(user, QueryDict(), None), asked_for, None, begin=begin)


def rows_of(user: User, export: Export, kinds: dict[str, Kind] = KINDS) -> list[tuple[Any, ...]]:
    with jobs.fetched(user, export, kinds) as path:
        sheet = openpyxl.load_workbook(io.BytesIO(path.read_bytes())).active
    assert sheet is not None
    return list(sheet.iter_rows(values_only=True))


def failing_after(rows: int, error: BaseException) -> dict[str, Kind]:
    def broken(user: User, query: QueryDict, subject_id: int | None) -> Table:
        whole = table(user, query, subject_id)

        def sheet() -> Sheet:
            headings, cells = whole.sheet()

            def some() -> Iterator[Any]:
                # The cursor behind it ends with it, not when the error that a test looked at is forgotten.
                with closing(cells):  # type: ignore[type-var]
                    for number, row in enumerate(cells):
                        if number == rows:
                            raise error
                        yield row

            return headings, some()

        return replace(whole, sheet=sheet)

    return {"people": replace(PEOPLE, table=broken)}


def test_it_waits_is_written_and_can_be_fetched_for_a_week(user: User) -> None:
    begun: list[int] = []
    export = asked(user, "q=%E7%8E%8B", begun.append)
    assert (begun, export.state) == ([export.pk], "waiting")
    with pytest.raises(Http404):
        rows_of(user, replace_written_for(export, user))
    jobs.write(export.pk, KINDS)
    export.refresh_from_db()
    assert (export.state, export.total, export.done) == ("ready", 7, 7)
    rows = rows_of(user, export)
    assert (len(rows), rows[1][1]) == (8, "13800138000")
    assert [(one.action, one.detail.get("rows")) for one in AuditEntry.objects.order_by("id")][-2:] == [
        ("contacts.exported", None), ("export.fetched", 7),
    ]  # fmt: skip
    later = clock.now() + jobs.KEPT_FOR + timedelta(minutes=1)
    with clock.stopped_at(later):
        with pytest.raises(Http404):
            jobs.access_export(user, export.pk)
        assert jobs.drop_old(later) == 1
    assert not ExportPart.objects.exists()


def replace_written_for(export: Export, user: User) -> Export:
    """As if only the state stood in the way."""
    export.written_for = jobs._rights_of(user)
    return export


def test_the_file_is_kept_in_parts_and_given_out_whole(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PART_BYTES", 1000)
    export = asked(user)
    jobs.write(export.pk, KINDS)
    export.refresh_from_db()
    assert ExportPart.objects.filter(export=export).count() == -(-export.size_bytes // 1000) > 2
    assert len(rows_of(user, export)) == 8


def test_a_writer_that_dies_leaves_no_half_file_and_the_next_writes_all(user: User) -> None:
    export = asked(user)
    with pytest.raises(OperationalError):
        jobs.write(export.pk, failing_after(3, OperationalError("the server went away")))
    export.refresh_from_db()
    assert export.state == "running"
    assert not ExportPart.objects.exists()
    with pytest.raises(Http404):
        rows_of(user, replace_written_for(export, user))
    jobs.write(export.pk, KINDS)
    export.refresh_from_db()
    assert (export.state, export.done, len(rows_of(user, export))) == ("ready", 7, 8)
    jobs.write(export.pk, failing_after(0, AssertionError("written twice")))
    assert len(rows_of(user, export)) == 8


def test_a_fault_of_ours_is_said_and_ends_it(user: User) -> None:
    export = asked(user)
    with capture_logs() as logs:
        jobs.write(export.pk, failing_after(3, ValueError("a bug")))
    assert [one["event"] for one in logs] == ["an export could not be written"]
    export.refresh_from_db()
    assert (export.state, export.error, export.error_words) == ("failed", "fault", "文件未能生成，请重新导出。")
    assert not ExportPart.objects.exists()


def test_asking_again_for_what_is_under_way_gives_that(user: User) -> None:
    begun: list[int] = []
    first = asked(user, "q=1", begun.append)
    assert asked(user, "q=1", begun.append) == first
    assert asked(user, "q=2", begun.append) != first
    assert len(begun) == 2
    jobs.write(first.pk, KINDS)
    assert asked(user, "q=1") != first


def test_a_user_has_only_so_many_under_way(user: User, company: Company) -> None:
    for number in range(jobs.MOST_WAITING):
        asked(user, f"q={number}")
    before = AuditEntry.objects.count()
    with pytest.raises(Refused):
        asked(user, "q=more")
    assert AuditEntry.objects.count() == before
    asked(company.sales_head, "q=more")


def test_another_users_is_missing(user: User, company: Company) -> None:
    export = asked(user)
    jobs.write(export.pk, KINDS)
    for other in (company.administrator, company.sales_head, company.stranger):
        with pytest.raises(Http404):
            jobs.access_export(other, export.pk)
        with pytest.raises(Http404):
            jobs.discard(other, export.pk)
    assert Export.objects.count() == 1


@pytest.mark.parametrize("loss", [{"role": Role.VIEWER}, {"is_active": False}])
def test_who_lost_the_right_meanwhile_gets_no_file(user: User, loss: dict[str, Any]) -> None:
    export = asked(user)
    User.objects.filter(pk=user.pk).update(**loss)
    jobs.write(export.pk, KINDS)
    export.refresh_from_db()
    assert (export.state, export.error) == ("failed", "no_right")
    assert not ExportPart.objects.exists()


@pytest.mark.parametrize("loss", ["role", "department", "is_active"])
def test_a_file_is_not_given_to_who_has_other_rights_by_now(user: User, company: Company, loss: str) -> None:
    export = asked(user)
    jobs.write(export.pk, KINDS)
    export.refresh_from_db()
    changed = {"role": Role.DEPARTMENT_ADMINISTRATOR, "department": company.finance, "is_active": False}
    setattr(user, loss, changed[loss])
    with pytest.raises(Refused):
        rows_of(user, export)


def test_what_is_gone_when_it_is_written_or_fetched_is_said(user: User) -> None:
    export = asked(user, "gone=1")
    jobs.write(export.pk, KINDS)
    export.refresh_from_db()
    assert (export.state, export.error) == ("failed", "gone")
    other = asked(user)
    jobs.write(other.pk, KINDS)
    other.refresh_from_db()
    other.query = "gone=1"
    with pytest.raises(Http404):
        rows_of(user, other)


def test_a_withdrawn_one_stops_being_written(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "TOLD_EVERY", 1)
    export = asked(user)

    def withdrawing(asker: User, query: QueryDict, subject_id: int | None) -> Table:
        whole = table(asker, query, subject_id)

        def sheet() -> Sheet:
            headings, cells = whole.sheet()

            def some() -> Iterator[Any]:
                for number, row in enumerate(cells):
                    if number == 2:
                        jobs.discard(asker, export.pk)
                    assert number < 3, "it went on"
                    yield row

            return headings, some()

        return replace(whole, sheet=sheet)

    jobs.write(export.pk, {"people": replace(PEOPLE, table=withdrawing)})
    assert not Export.objects.exists()
    assert not ExportPart.objects.exists()


def test_numbers_stay_out_of_the_audit_log(user: User) -> None:
    asked(user, "q=13800138000&code=a&code=b")
    entry = AuditEntry.objects.get(action="contacts.exported")
    assert entry.detail == {"filter": {"q": "138****8000", "code": "a, b"}, "numbers": "clear"}


@pytest.mark.django_db(transaction=True)
def test_two_writers_of_one_export_take_turns(committed_company: Company) -> None:
    user = committed_company.sender
    a_contact(committed_company.book, "王芳", "+8613800138000")
    export = asked(user)
    written: list[str] = []

    def late() -> None:
        try:
            jobs.write(export.pk, failing_after(0, AssertionError("written twice")))
            written.append(Export.objects.get(pk=export.pk).state)
        finally:
            connection.close()

    with jobs._alone(export.pk):
        second = threading.Thread(target=late)
        second.start()
        while not waits_for_a_lock():
            pass
        jobs.write(export.pk, KINDS)
    second.join()
    assert written == ["ready"]


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from pg_locks where locktype = 'advisory' and not granted)")
        return bool(cursor.fetchone()[0])
