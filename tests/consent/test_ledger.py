"""The ledger of consents: it only grows, and what is changed in it is found and named."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.consent import ledger, optouts, proof
from hongyan.consent.ledger import Terms
from hongyan.consent.models import ConsentEvent, Standing
from hongyan.consent.optouts import Refusal
from tests.builders import Company

pytestmark = pytest.mark.django_db
A, B, C = "+8613800138000", "+8613900139000", "+8613700137000"
SAID = Terms(source="form", evidence="会员登记表")


def _tamper(statement: str) -> None:
    """As somebody with the database's own rights would."""
    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("set session_replication_role = origin")


def _wrong() -> list[tuple[int, str]]:
    return [(one.line, one.why) for one in ledger.verify().wrong]


@pytest.fixture
def three(company: Company) -> None:
    ledger.agree([A, B, C], SAID, operator="王思远")


@pytest.mark.usefixtures("three")
class TestProof:
    def test_holds_as_long_as_nothing_was_changed(self) -> None:
        verdict = ledger.verify()
        assert verdict.agrees
        assert verdict.lines == 3
        assert verdict.head == ConsentEvent.objects.get(pk=3).hash

    @pytest.mark.parametrize(
        "change", ["evidence = 'x'", "number = '+8613600136000'", "at = at - interval '1 day'", "until = '2030-01-01'"]
    )
    def test_names_the_line_that_was_changed(self, change: str) -> None:
        _tamper(f"update consent_consentevent set {change} where id = 2")
        assert (2, "changed") in _wrong()

    def test_names_the_line_behind_one_that_was_hashed_anew(self) -> None:
        _tamper("update consent_consentevent set evidence = 'x' where id = 2")
        _tamper("update consent_consentevent e set digest = consent_digest(e) where id = 2")
        _tamper("update consent_consentevent e set hash = consent_hash(e) where id = 2")
        assert (3, "unchained") in _wrong()

    def test_names_the_line_behind_one_that_is_missing(self) -> None:
        _tamper("delete from consent_consentevent where id = 2")
        assert (3, "missing") in _wrong()

    def test_finds_a_tail_that_was_cut_off_since_the_last_proof(self) -> None:
        assert ledger.verify().agrees
        _tamper("delete from consent_consentevent where id = 3")
        _tamper("delete from consent_standing where event_id = 3")
        assert _wrong() == [(3, "rewritten")]
        assert AuditEntry.objects.filter(action="consent.found_changed").exists()

    def test_finds_what_screening_reads_otherwise(self) -> None:
        Standing.objects.filter(number=B).update(is_given=False)
        assert _wrong() == [(2, "standing")]


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    "statement",
    [
        "update consent_consentevent set evidence = ''",
        "delete from consent_consentevent",
        "truncate consent_consentevent",
    ],
)
def test_the_database_refuses_to_change_a_line(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(statement)


class TestWhatStands:
    def test_a_consent_is_taken_back_by_a_refusal_of_everything(self, company: Company) -> None:
        ledger.agree([A], SAID)
        ledger.agree([A], Terms("01", "web", "勾选"))
        optouts.note([Refusal(A, "退订")], source="reply")
        assert not Standing.objects.filter(is_given=True).exists()
        assert list(ConsentEvent.objects.filter(act="withdrawn").values_list("topic", "evidence")) == [
            ("", "退订"), ("01", "退订"),
        ]  # fmt: skip

    def test_a_refusal_of_a_topic_takes_that_topic_back_alone(self, company: Company) -> None:
        ledger.agree([A], SAID)
        ledger.agree([A], Terms("01", "web", "勾选"))
        optouts.note([Refusal(A, "TD01", "01")], source="reply")
        assert list(Standing.objects.filter(is_given=True).values_list("topic", flat=True)) == [""]

    def test_who_never_agreed_has_nothing_to_take_back(self, company: Company) -> None:
        optouts.note([Refusal(A, "退订")], source="reply")
        assert not ConsentEvent.objects.exists()


def test_a_consent_needs_its_evidence_and_the_right(company: Company) -> None:
    with pytest.raises(Refused) as refused:
        ledger.give(company.administrator, A, Terms(source="visit"))
    assert refused.value.code == "no_evidence"
    with pytest.raises(Refused) as refused:
        ledger.give(company.sender, A, SAID)
    assert refused.value.status == 403
    count, _read = ledger.give(company.administrator, A, Terms(source="visit"), file=("照片.jpg", b"\xff\xd8"))
    assert count == 1
    assert ConsentEvent.objects.get().file_sha256


def test_a_proof_pack_is_read_and_proved_without_the_product(company: Company, tmp_path: Path) -> None:
    ledger.give(
        company.administrator, A, Terms("", "form", "签名：张三", "您同意吗？", "每月4条", date(2030, 1, 2)),
        file=("../表 1.txt", "签名".encode()),
    )  # fmt: skip
    ledger.agree([B], SAID, at=timezone.now() - timedelta(days=3))
    optouts.note([Refusal(A, "别发了")], source="reply")
    packed = zipfile.ZipFile(io.BytesIO(proof.pack(company.administrator, A)))
    packed.extractall(tmp_path)
    assert "签名：张三" in (tmp_path / "proof.html").read_text()
    assert next((tmp_path / "evidence").iterdir()).read_text() == "签名"
    told = json.loads((tmp_path / "proof.json").read_text())
    assert [one["act"] for one in told["ledger"]] == ["given", "withdrawn"]

    def check() -> int:
        return subprocess.run([sys.executable, "check.py"], cwd=tmp_path, capture_output=True, check=False).returncode

    assert check() == 0
    told["ledger"][0]["evidence"] = "签名：李四"
    (tmp_path / "proof.json").write_text(json.dumps(told))
    assert check() == 1
