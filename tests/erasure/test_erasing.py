"""A number is shown to its owner whole, and erased from everything: the dump of the database holds no digit of it."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection, transaction
from django.http import Http404

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.consent import forbidding, ledger, lists, optouts
from hongyan.consent.ledger import Terms
from hongyan.consent.models import ConsentEvent, OptOut
from hongyan.contacts.models import Contact, RecipientList, RecipientListRow
from hongyan.dispatch import packing
from hongyan.dispatch.changes import CHANGE, parameters
from hongyan.dispatch.models import Batch, Incoming, Message
from hongyan.duplicates import merging
from hongyan.duplicates.merging import Wish
from hongyan.duplicates.models import Pair
from hongyan.erasure import journal, requests, restoring
from hongyan.erasure.models import Request
from hongyan.erasure.sweeping import Sweep
from hongyan.exports.models import Export, ExportPart
from hongyan.mailbox.models import Reply, ReplyNote
from hongyan.messaging import accounting
from hongyan.messaging.models import Submission
from hongyan.privacy import seal
from hongyan.runtime import clock, postgres
from hongyan.runtime.database import raw_connection
from hongyan.runtime.settings import settings
from hongyan.uploads.models import Upload, UploadError, UploadPart
from tests.builders import Company, a_contact
from tests.messaging.waiting import planned

HERS, OTHER = "+8613800138000", "+8613900139000"
MARCH = datetime(2026, 3, 10, 4, tzinfo=UTC)
SEPTEMBER = datetime(2026, 9, 10, 4, tzinfo=UTC)
FORMS = (
    "13800138000",
    "00083100831",
    "138-0013-8000",
    "138 0013 8000",
    "31333830303133383030",
    "１３８００１３８０００",
)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "file", lambda: tmp_path / "erased")


def sent(company: Company, at: datetime, **facts: Any) -> Submission:
    with clock.stopped_at(at):
        submission = planned(company, (HERS, OTHER), **{"text": "王女士 138-0013-8000 您好"} | facts)
    ids = Message.objects.filter(submission_id=submission.pk).values_list("pk", flat=True)
    raw_connection().execute(CHANGE, parameters([(one, "delivered", "") for one in ids], at))
    Batch.objects.filter(submission_id=submission.pk).update(state="sent", watermark=2)
    Submission.objects.filter(pk=submission.pk).update(state="finished", created_at=at, finished_at=at)
    submission.refresh_from_db()
    return submission


def a_life(company: Company) -> list[Submission]:
    """The number wherever this installation can hold it."""
    user = company.sender
    submissions = [sent(company, MARCH), sent(company, SEPTEMBER, title="给13800138000")]
    packing.pack_due(raw_connection(), datetime(2026, 5, 20, tzinfo=UTC), rest=lambda seconds: None)
    hers = a_contact(company.book, "王芳", HERS, notes="家属 13800138000", fields={"备用": "+8613800138000"})
    twice = a_contact(company.book, "王芳", "+8613700137000")
    pair = Pair.objects.create(first_id=hers.pk, second_id=twice.pk, kind="same_name", found_at=clock.now())
    merging.merge(company.administrator, pair, Wish(taken={"number": "second"}))
    a_contact(company.book, "李强", OTHER, notes="介绍人:13800138000", fields={"介绍人": 13800138000})
    owned = RecipientList.objects.create(owner=user, name="名单", columns=["姓名"], size=2)
    RecipientListRow.objects.create(list=owned, line=1, number=HERS, variables={"姓名": "王芳"})
    RecipientListRow.objects.create(list=owned, line=2, number=OTHER, variables={"姓名": "问 13800138000"})
    incoming = Incoming.objects.create(
        channel_id=company.channel.pk, number=HERS, service_number="10690001", text="我是13800138000", received_at=SEPTEMBER,
        routed_at=SEPTEMBER,
    )  # fmt: skip
    reply = Reply.objects.create(
        incoming_id=incoming.pk, number=HERS, service_number="10690001", text="我是13800138000", received_at=SEPTEMBER,
        owner=user, department=user.department, submission=submissions[1],
    )  # fmt: skip
    ReplyNote.objects.create(reply=reply, author=user, text="已回电")
    optouts.note([optouts.Refusal(HERS, "退订 13800138000")], source="reply")
    lists.add(company.administrator, "block", HERS, "投诉 13800138000")
    lists.add(company.administrator, "white", HERS, "")
    ledger.agree([HERS, OTHER], Terms(source="form", evidence="登记表"), operator="王思远")
    ledger.agree([HERS], Terms("", "form", "本人 13800138000"), file=ledger.keep("表.txt", b"13800138000 agrees"))
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into doors_delivery (door_id, number, text) values (1, '13800138000', '')""",
        )
    audit.record(user, "submission.rewritten", summary="13800138000", detail={"before": "打13800138000"})
    for content in (b"name,number\nWang,13800138000\n", b"name,number\nLi,13900139000\n"):
        upload = Upload.objects.create(
            owner=user, purpose="contacts", file_name="13800138000.csv", state="finished", preview=[["13800138000"]]
        )
        UploadPart.objects.create(upload=upload, number=0, content=content)
        UploadError.objects.create(
            upload=upload, line=2, column="number", value="13800138000x", reason="number_has_letters"
        )
    export = Export.objects.create(
        owner=user, kind="contacts", query="q=13800138000", title="t", file_name="f.xlsx", language="zh-hans",
        expires_at=clock.now() + timedelta(days=7), state="ready",
    )  # fmt: skip
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        zipped.writestr("xl/sheet1.xml", "<v>13800138000</v>")
    ExportPart.objects.create(export=export, number=0, content=packed.getvalue())
    draft = Submission.objects.create(
        owner=user, department=user.department, state="draft", category="notice", text="t",
        recipients={"numbers": [HERS, OTHER]},
    )  # fmt: skip
    return [*submissions, draft]


def dump() -> str:
    """The whole database as text, and what it keeps of files as they are."""
    parameters_ = connection.get_connection_params()
    environment = os.environ | {"PGPASSWORD": str(parameters_.get("password") or "")}
    address = {
        "-h": parameters_.get("host"),
        "-p": parameters_.get("port"),
        "-U": parameters_.get("user"),
        "-d": parameters_["dbname"],
    }
    command = [
        str(postgres.programs(settings()) / "pg_dump"),
        *(str(part) for pair in address.items() if pair[1] for part in pair),
    ]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


# The process kills itself inside the transaction of a slice.
KILLED = """
import os, signal, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "hongyan.site.settings"
import django
django.setup()
from hongyan.erasure import requests
from hongyan.erasure.sweeping import Sweep
real, left = Sweep._without, [int(sys.argv[2])]
def cut(self, *given):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, *given)
Sweep._without = cut
requests.erase(int(sys.argv[1]))
"""


def url_of_this_database() -> str:
    address = urlsplit(os.environ["HONGYAN_DATABASE_URL"])
    return urlunsplit(address._replace(path=f"/{connection.settings_dict['NAME']}"))


def asked_to_erase(company: Company, number: str = HERS) -> Request:
    row = requests.ask(company.administrator, Request.Kind.ERASURE, number)
    requests.look(row.pk)
    requests.confirm(company.administrator, row.pk, number[-4:])
    return row


def erased(company: Company) -> Request:
    row = asked_to_erase(company)
    requests.erase(row.pk)
    row.refresh_from_db()
    return row


@pytest.mark.django_db(transaction=True)
class TestErasure:
    def test_no_digit_is_left_and_every_sum_stays(self, committed_company: Company) -> None:
        submissions = a_life(committed_company)
        before = [accounting.balance(one) for one in submissions]
        assert sum(dump().count(form) for form in FORMS) > 20
        row = erased(committed_company)
        assert row.state == Request.State.ERASED
        text = dump()
        assert {form: text.count(form) for form in FORMS if form in text} == {}
        assert "+8613900139000" in text
        assert [accounting.balance(one) for one in submissions] == before
        for one in submissions[:2]:
            assert accounting.prove(one).agrees
        assert Sweep(HERS).found() == {}
        assert Submission.objects.get(pk=submissions[2].pk).recipients == {"numbers": [OTHER]}

    def test_others_keep_what_is_theirs(self, committed_company: Company) -> None:
        a_life(committed_company)
        erased(committed_company)
        other = Contact.objects.get()
        assert (other.name, other.notes, other.fields) == ("李强", "介绍人:***", {"介绍人": None})
        assert RecipientListRow.objects.get().variables == {"姓名": "问 ***"}
        assert RecipientList.objects.get().size == 1
        assert Message.objects.filter(number=OTHER).count() == 2
        assert [bytes(one.content) for one in UploadPart.objects.all()] == [b"name,number\nLi,13900139000\n"]
        assert not Export.objects.exists()

    def test_the_ledger_still_proves_itself_and_says_no_more_whose_a_line_was(self, committed_company: Company) -> None:
        a_life(committed_company)
        erased(committed_company)
        verdict = ledger.verify()
        assert verdict.agrees, verdict.wrong
        hers = ConsentEvent.objects.filter(number=seal(HERS))
        assert verdict.erased == hers.count() > 1
        assert {(one.evidence, one.wording, one.operator, one.salt, one.file_id) for one in hers} == {
            ("", "", "", "", None)
        }
        with connection.cursor() as cursor, pytest.raises(Exception, match="append-only"):
            cursor.execute("update consent_consentevent set topic = 'x'")

    def test_a_refusal_works_on_until_the_person_takes_it_back(self, committed_company: Company) -> None:
        a_life(committed_company)
        erased(committed_company)
        why = forbidding.forbidden(raw_connection(), [OTHER, HERS], is_marketing=True).why
        assert why == {HERS: "blocked_number"}
        assert HERS not in str(list(OptOut.objects.values()))
        with transaction.atomic():
            assert optouts.take_back({HERS: (1, "要")}) == [1]
        assert not OptOut.objects.exists()

    def test_texts_that_one_carrier_numbered_alike_are_emptied_all(self, committed_company: Company) -> None:
        """Carriers number texts by sender; and a text that came again after the first erasure has its old number."""
        for number in (HERS, OTHER):
            Incoming.objects.create(
                channel_id=committed_company.channel.pk, number=number, carrier_id="7", text="您好",
                service_number="10690001", received_at=MARCH, routed_at=MARCH,
            )  # fmt: skip
        erased(committed_company)
        row = asked_to_erase(committed_company, OTHER)
        requests.erase(row.pk)
        row.refresh_from_db()
        assert row.state == Request.State.ERASED
        assert set(Incoming.objects.values_list("number", "text")) == {("", "")}

    def test_erased_twice_is_one_seal(self, committed_company: Company) -> None:
        a_life(committed_company)
        erased(committed_company)
        optouts.note([optouts.Refusal(HERS, "退订")], source="reply")
        ledger.agree([HERS], Terms(source="form", evidence="x"))
        erased(committed_company)
        assert OptOut.objects.get().number == seal(HERS)
        assert ledger.verify().agrees

    def test_what_still_waits_is_withdrawn_and_never_sent(self, committed_company: Company) -> None:
        submission = planned(committed_company, (HERS, OTHER))
        erased(committed_company)
        states = dict(Message.objects.filter(submission_id=submission.pk).values_list("number", "state"))
        assert states == {"": "blocked", OTHER: "queued"}
        assert accounting.prove(submission).agrees

    def test_what_is_on_the_wire_is_waited_for(self, committed_company: Company) -> None:
        submission = planned(committed_company, (HERS, OTHER))
        ids = dict(Message.objects.filter(submission_id=submission.pk).values_list("number", "pk"))
        Batch.objects.filter(submission_id=submission.pk).update(state="leased", leased_by="g", watermark=2)
        raw_connection().execute(CHANGE, parameters([(one, "submitted", "") for one in ids.values()], MARCH))
        row = erased(committed_company)
        assert (row.state, row.waits_for) == (Request.State.HOLDING, 1)
        assert Message.objects.get(pk=ids[HERS]).number == HERS
        raw_connection().execute(CHANGE, parameters([(ids[HERS], "delivered", "")], MARCH))
        assert requests.look_again(clock.now()) == 1
        row.refresh_from_db()
        assert (row.state, row.number_encrypted) == (Request.State.ERASED, "")
        assert Message.objects.get(pk=ids[HERS]).number == ""

    def test_what_the_number_writes_afterwards_is_new(self, committed_company: Company) -> None:
        erased(committed_company)
        a_contact(committed_company.book, "王芳", HERS)
        requests.look_again(clock.now())
        assert restoring.erase_again() == 0
        assert Contact.objects.get().number == HERS

    def test_a_restored_backup_is_erased_again(self, committed_company: Company) -> None:
        a_life(committed_company)
        erased(committed_company)
        # As an older database would be: no word of the erasure, and her contact back; another only in somebody's words.
        Request.objects.all().delete()
        a_contact(committed_company.book, "王芳", HERS)
        a_contact(committed_company.book, "赵云", "+8613700137000", notes="问13800138000")
        assert restoring.erase_again() == 1
        assert not Contact.objects.filter(number=HERS).exists()
        assert Contact.objects.get(name="赵云").notes == "问***"
        assert restoring.erase_again() == 0

    def test_a_job_that_was_cut_off_goes_on(self, committed_company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
        """Cut off after each slice in turn, in the middle of everything: the next run ends what it began."""
        a_life(committed_company)
        row = asked_to_erase(committed_company)
        real, left = Sweep._rewrite, [0]

        class Killed(Exception):
            pass

        def cut(self: Sweep, *args: Any) -> int:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return real(self, *args)

        monkeypatch.setattr(Sweep, "_rewrite", cut)
        for allowed in range(0, 120, 9):
            left[0] = allowed
            try:
                requests.erase(row.pk)
            except Killed:
                continue
        monkeypatch.undo()
        requests.erase(row.pk)
        assert Sweep(HERS).found() == {}

    def test_kill_9_in_the_middle_loses_nothing_and_the_next_run_ends_it(self, committed_company: Company) -> None:
        submissions = a_life(committed_company)
        before = [accounting.balance(one) for one in submissions]
        row = asked_to_erase(committed_company)
        for after in (3, 12, 12):
            environment = os.environ | {"HONGYAN_DATABASE_URL": url_of_this_database()}
            killed = subprocess.run(
                [sys.executable, "-c", KILLED, str(row.pk), str(after)], env=environment, check=False
            )
            assert killed.returncode == -signal.SIGKILL
        assert Sweep(HERS).found()
        requests.erase(row.pk)
        assert Sweep(HERS).found() == {}
        assert [accounting.balance(one) for one in submissions] == before


@pytest.mark.django_db
class TestAccess:
    def _file(self, company: Company) -> zipfile.ZipFile:
        row = requests.ask(company.administrator, Request.Kind.ACCESS, "138 0013 8000")
        requests.look(row.pk)
        return zipfile.ZipFile(io.BytesIO(requests.take(company.administrator, row.pk)))

    def test_everything_is_in_the_file_and_nothing_of_others(self, company: Company) -> None:
        a_life(company)
        packed = self._file(company)
        page, told = packed.read("person.html").decode(), json.loads(packed.read("person.json"))
        assert {"people", "lists", "messages", "replies", "consents", "refusals"} <= set(told["own"])
        assert "王芳" in page
        assert "我是13800138000" in page
        assert "李强" not in page + json.dumps(told, ensure_ascii=False)
        assert told["named_elsewhere"]["people"]

    def test_whoever_is_in_more_rows_than_fit_a_glance_gets_them_all(self, company: Company) -> None:
        raw_connection().execute(
            """insert into dispatch_parked_report (channel_id, carrier_id, number, outcome, code)
               select 1, n::text, %s, 'delivered', '' from generate_series(1, 100001) n""",
            [HERS],
        )
        assert sum(1 for _ in Sweep(HERS).rows()) == 100_001

    def test_the_file_ends_with_its_day_and_is_kept_encrypted(self, company: Company) -> None:
        a_life(company)
        self._file(company)
        row = Request.objects.get()
        assert "13800138000" not in str(Request.objects.values())
        with clock.stopped_at(clock.now() + timedelta(days=8)):
            with pytest.raises(Http404):
                requests.take(company.administrator, row.pk)
            requests.look_again(clock.now())
        assert Request.objects.get().file_encrypted == ""

    def test_erasing_takes_the_file_too(self, company: Company) -> None:
        a_life(company)
        self._file(company)
        erased(company)
        assert not Request.objects.exclude(file_encrypted="").exists()

    def test_nobody_but_administrators_may(self, company: Company) -> None:
        row = requests.ask(company.administrator, Request.Kind.ERASURE, HERS)
        for user in (company.sales_head, company.sender, company.viewer):
            for act in (
                lambda user=user: requests.ask(user, Request.Kind.ACCESS, HERS),
                lambda user=user: requests.access_request(user, row.pk),
                lambda user=user: requests.take(user, row.pk),
                lambda user=user: requests.confirm(user, row.pk, "8000"),
                lambda user=user: requests.drop(user, row.pk),
            ):
                with pytest.raises(Refused) as refused:
                    act()
                assert refused.value.status == 403

    def test_who_did_what_is_in_the_audit_log_without_digits(self, company: Company) -> None:
        self._file(company)
        erased(company)
        entries = AuditEntry.objects.filter(action__startswith="person.")
        assert set(entries.values_list("action", flat=True)) == {
            "person.access_asked", "person.file_taken", "person.erasure_asked", "person.erasure_begun", "person.erased",
        }  # fmt: skip
        assert "13800138000" not in str(entries.values())


@pytest.mark.django_db
class TestConfirming:
    def test_the_last_digits_are_asked_for(self, company: Company) -> None:
        row = requests.ask(company.administrator, Request.Kind.ERASURE, HERS)
        with pytest.raises(Refused) as refused:
            requests.confirm(company.administrator, row.pk, "8000")
        assert refused.value.code == "not_ready"
        requests.look(row.pk)
        with pytest.raises(Refused) as refused:
            requests.confirm(company.administrator, row.pk, "8001")
        assert refused.value.code == "not_confirmed"
        a_contact(company.book, "王芳", HERS)
        requests.erase(row.pk)
        assert Contact.objects.exists()

    def test_what_has_begun_cannot_be_dropped(self, company: Company) -> None:
        row = asked_to_erase(company)
        with pytest.raises(Refused) as refused:
            requests.drop(company.administrator, row.pk)
        assert refused.value.code == "too_late"

    def test_asked_twice_is_one_request(self, company: Company) -> None:
        first = requests.ask(company.administrator, Request.Kind.ERASURE, HERS)
        assert requests.ask(company.administrator, Request.Kind.ERASURE, "13800138000") == first

    def test_no_number_is_told(self, company: Company) -> None:
        with pytest.raises(Refused) as refused:
            requests.ask(company.administrator, Request.Kind.ACCESS, "hello")
        assert refused.value.field == "number"
