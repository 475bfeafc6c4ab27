"""Backups: when one is due, what is kept, who may have it; and a real one there and back."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.protocols.times import BEIJING
from hongyan.reports import backups
from hongyan.reports.models import Backup
from hongyan.runtime import backup
from hongyan.runtime.database import raw_connection
from hongyan.runtime.settings import Settings
from tests.builders import Company
from tests.dispatch.test_packing import NUMBERS, in_september, pack

pytestmark = pytest.mark.django_db


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, and a verb that writes eight octets."""
    monkeypatch.setattr(backups, "settings", lambda: Settings(data_dir=str(tmp_path)))

    def write(_settings: Settings, file: Path) -> int:
        file.write_bytes(b"PGDMP...")
        return 8

    monkeypatch.setattr(backup, "write", write)
    return tmp_path / "backups"


def test_the_plan_makes_one_a_day_and_keeps_so_many(company: Company, files: Path) -> None:
    at = datetime(2026, 3, 1, 2, 29, tzinfo=BEIJING)
    assert not backups.ask_if_due(at)
    backups.change_plan(company.administrator, is_on=True, at=time(2, 30), kept=2)
    for _day in range(4):
        row = backups.ask(None)
        backups.make(row.pk)
    assert len(list(files.iterdir())) == 2
    assert Backup.objects.filter(removed_at=None).count() == 2
    now = timezone.now()
    plan = backups.plan()
    plan.at = timezone.localtime(now - timedelta(minutes=1)).time()
    plan.save()
    Backup.objects.update(asked_at=now - timedelta(days=1), began_at=now - timedelta(days=1))
    assert backups.ask_if_due(now)
    assert not backups.ask_if_due(now), "asked for already"


def test_one_that_was_cut_off_is_said_to_be_and_the_next_goes_on(company: Company, files: Path) -> None:
    cut = Backup.objects.create(began_at=timezone.now(), name="cut")
    row = backups.ask(company.administrator)
    assert backups.ask(company.administrator) == row, "one waits already"
    backups.make(row.pk)
    cut.refresh_from_db()
    row.refresh_from_db()
    assert (cut.error, row.error, row.octets) == ("interrupted", "", 8)


def test_a_failure_is_told_and_keeps_what_was_there(
    company: Company, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backups.make(backups.ask(None).pk)

    def fails(_settings: Settings, _file: Path) -> int:
        raise backup.BackupError("No space left on device")

    monkeypatch.setattr(backup, "write", fails)
    row = backups.ask(None)
    backups.make(row.pk)
    row.refresh_from_db()
    assert "No space" in row.error
    assert len(list(files.iterdir())) == 1


def test_only_administrators_have_them_and_it_is_written_down(company: Company, files: Path) -> None:
    row = backups.ask(company.administrator)
    backups.make(row.pk)
    with pytest.raises(Refused):
        backups.take(company.sales_head, row.pk)
    client = Client()
    client.force_login(company.administrator)
    answer = client.get(reverse("console:backup", args=[row.pk]))
    assert b"".join(answer.streaming_content) == b"PGDMP..."  # type: ignore[attr-defined]
    assert AuditEntry.objects.filter(action="backup.downloaded", user=company.administrator).exists()
    page = client.get(reverse("console:health")).content.decode()
    assert reverse("console:backup", args=[row.pk]) in page
    (files / Backup.objects.get(pk=row.pk).name).unlink()
    with pytest.raises(Http404):
        backups.take(company.administrator, row.pk)


def test_the_page_plans_and_asks(company: Company, files: Path) -> None:
    client = Client()
    client.force_login(company.administrator)
    client.post(reverse("console:backups"), {"act": "plan", "is_on": "on", "at": "03:15", "kept": "3"})
    plan = backups.plan()
    assert (plan.is_on, plan.at, plan.kept) == (True, time(3, 15), 3)
    client.post(reverse("console:backups"), {"act": "plan", "is_on": "on", "at": "25:00", "kept": "0"})
    assert backups.plan().at == time(3, 15)
    client.post(reverse("console:backups"), {"act": "make"})
    assert Backup.objects.get().asked_by == company.administrator


@pytest.fixture
def empty(db: None) -> Iterator[str]:
    kept = connection.settings_dict
    host, user, name = kept["HOST"], kept["USER"], f"hongyan_restored_{os.getpid()}"
    with psycopg.connect(host=host, user=user, dbname="postgres", autocommit=True) as admin:
        admin.execute(f"create database {name}")
        yield f"postgresql://{user}@/{name}?host={host}"
        admin.execute(f"drop database {name} with (force)")


def test_a_real_one_is_closed_to_others_has_no_sessions_and_comes_back_whole_or_not_at_all(
    empty: str, tmp_path: Path
) -> None:
    with psycopg.connect(empty, autocommit=True) as store:
        store.execute("create table django_session (key text); insert into django_session values ('live')")
        store.execute("create table people (name text); insert into people values ('张伟')")
    source = Settings(database_url=empty, data_dir=str(tmp_path))
    file = tmp_path / "one.backup"
    previous = os.umask(0)
    try:
        octets = backup.write(source, file)
    finally:
        os.umask(previous)
    assert octets == file.stat().st_size > 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["one.backup"]
    with pytest.raises(FileExistsError):
        backup.write(source, file)

    with psycopg.connect(empty, autocommit=True) as store:
        store.execute("drop table people")
        # The session table is there already: nothing is restored, not even the other.
        with pytest.raises(backup.BackupError):
            backup.read(source, file)
        assert store.execute("select to_regclass('people')").fetchone() == (None,)
        store.execute("drop table django_session")
        backup.read(source, file)
        assert store.execute("select name from people").fetchall() == [("张伟",)]
        assert store.execute("select count(*) from django_session").fetchone() == (0,)


KEPT = {
    "messages": "select m::text from dispatch_message m order by id",
    "segments in blocks": "select first_id, last_id, payload from dispatch_packed_segments order by 1",
    "packed months": "select month, state, messages from dispatch_packing",
    "sums": "select t::text from dispatch_tally t order by 1",
    "months and their indexes": """
        select c.relname, pg_get_expr(c.relpartbound, c.oid), regexp_replace(pg_get_indexdef(i.indexrelid), 'INDEX \\S+', '')
        from pg_inherits h join pg_class c on c.oid = h.inhrelid join pg_index i on i.indrelid = c.oid
        where h.inhparent = 'dispatch_message'::regclass order by 1, 3""",
}


@pytest.mark.django_db(transaction=True)
def test_one_with_packed_months_comes_back_as_it_was(committed_company: Company, empty: str, tmp_path: Path) -> None:
    in_september(committed_company)
    pack()
    kept = connection.settings_dict
    source = Settings(
        database_url=f"postgresql://{kept['USER']}@/{kept['NAME']}?host={kept['HOST']}", data_dir=str(tmp_path)
    )
    file = tmp_path / "packed.backup"
    try:
        with psycopg.connect(empty, autocommit=True) as restored:
            backup.write(source, file)
            backup.read(Settings(database_url=empty, data_dir=str(tmp_path)), file)
            for what, question in KEPT.items():
                was = raw_connection().execute(question).fetchall()
                assert was, what
                assert restored.execute(question).fetchall() == was, what
            assert pack(over=restored) == 0, "nothing is left to do there"
            restored.execute("update dispatch_packing set removed = messages")
            assert pack(over=restored) == len(NUMBERS), "and it can be packed again"
    finally:
        raw_connection().execute("truncate dispatch_packing, dispatch_packed_segments")


def test_what_is_no_backup_is_refused_before_anything_is_touched(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("select 1")
    with pytest.raises(backup.BackupError, match="not a backup"):
        backup.check(other)
    with pytest.raises(backup.BackupError):
        backup.check(tmp_path / "missing")


def test_a_failed_write_leaves_no_file(tmp_path: Path) -> None:
    nowhere = Settings(database_url=f"postgresql://hongyan@/hongyan?host={tmp_path}", data_dir=str(tmp_path))
    with pytest.raises(backup.BackupError):
        backup.write(nowhere, tmp_path / "x.backup")
    assert not list(tmp_path.iterdir())


def test_the_password_of_the_database_is_in_no_list_of_processes() -> None:
    address, environment = backup._apart(Settings(database_url="postgresql://me:s3cret@db/hongyan"))
    assert "s3cret" not in address
    assert environment["PGPASSWORD"] == "s3cret"
