"""Ported numbers: noted, imported with each error named, removed; planning asks once for a chunk."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.http import Http404
from procrastinate.contrib.django.models import ProcrastinateJob

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.carriers import ported
from hongyan.carriers.ported import Reader, carrier_of
from hongyan.dispatch.models import Message, PortedNumber
from hongyan.messaging import asking
from hongyan.uploads import guesses
from hongyan.uploads.models import Upload, UploadError, UploadPart
from tests.builders import Company
from tests.messaging.waiting import MOBILE, UNICOM, another_channel, planned

CSV = "号码,运营商\n13800130000,联通\n138 0013 0001,电信\n13900139000,\n12345,移动\n13700137000,没有\n13800130000,中国广电\n"


def imported(company: Company, content: bytes, carrier: str = "", name: str = "list.csv") -> Upload:
    upload = ported.receive(company.administrator, name, [content], carrier)
    ported.load(upload.pk)
    upload.refresh_from_db()
    return upload


def noted() -> dict[str, str]:
    return dict(PortedNumber.objects.values_list("number", "carrier"))


@pytest.mark.parametrize(
    ("row", "carrier", "found"),
    [
        (["13800130000", "联通"], "", ("+8613800130000", "unicom")),
        (["中国电信", "+86 138 0013 0000"], "", ("+8613800130000", "telecom")),
        (
            ["13800130000 China Mobile".replace(" C", "\tC").split("\t")[0], "ChinaMobile"],
            "",
            ("+8613800130000", "mobile"),
        ),
        (["13800130000 广电"], "", ("+8613800130000", "broadnet")),
        (["13800130000"], "unicom", ("+8613800130000", "unicom")),
        (["13800130000", "联通"], "mobile", ("+8613800130000", "unicom")),
        (["13800130000", "王芳"], "mobile", ("+8613800130000", "mobile")),
        (["13800130000"], "", "carrier_missing"),
        (["13800130000", "长城"], "", "carrier_unknown"),
        (["+85291234567", "联通"], "", "ported_abroad"),
        (["1380013", "联通"], "", "number_too_short"),
        (["", "联通"], "", "number_empty"),
    ],
)
def test_a_row_is_a_number_with_its_carrier_or_an_error(row: list[str], carrier: str, found: Any) -> None:
    good, errors = Reader(1, carrier).chunk([(1, ["13900139000", "移动"], ""), (2, row, "")])
    assert [one[1:] for one in good[1:]] == ([] if isinstance(found, str) else [found])
    assert [one[4] for one in errors] == ([found] if isinstance(found, str) else [])


def test_carriers_are_known_by_their_names_in_any_width_and_case() -> None:
    assert [carrier_of(word) for word in ("ＣＭＣＣ", " China-Unicom ", "電信", "什么")] == [
        "mobile",
        "unicom",
        "telecom",
        "",
    ]


@pytest.mark.django_db
class TestAFile:
    def test_is_read_whole_with_each_error_kept(self, company: Company) -> None:
        upload = imported(company, CSV.encode("gb18030"))
        assert (upload.state, upload.total_rows, upload.rows_good, upload.rows_bad, upload.rows_duplicate) == (
            "finished",
            6,
            2,
            3,
            1,
        )
        # The last row of a number counts.
        assert noted() == {"+8613800130000": "broadnet", "+8613800130001": "telecom"}
        assert list(UploadError.objects.values_list("line", "reason")) == [
            (4, "carrier_missing"), (5, "number_too_short"), (6, "carrier_unknown"),
        ]  # fmt: skip
        assert set(PortedNumber.objects.values_list("source", flat=True)) == {"list.csv"}
        assert not UploadPart.objects.exists()
        assert AuditEntry.objects.filter(action="ported_number.imported").count() == 1

    def test_may_be_a_workbook(self, company: Company) -> None:
        book = openpyxl.Workbook()
        assert book.active is not None
        for row in (["手机", "现网"], [13800130000, "联通"]):
            book.active.append(row)
        file = BytesIO()
        book.save(file)
        imported(company, file.getvalue(), name="list.xlsx")
        assert noted() == {"+8613800130000": "unicom"}

    def test_read_twice_is_read_once_and_a_later_one_wins(self, company: Company) -> None:
        upload = imported(company, b"13800130000\n", "unicom")
        ported.load(upload.pk)
        again = imported(company, b"13800130000\n", "telecom", "later.txt")
        assert noted() == {"+8613800130000": "telecom"}
        assert (again.rows_good, again.rows_updated) == (1, 1)
        assert ported.remove_source(company.administrator, "list.csv") == 0
        assert ported.remove_source(company.administrator, "later.txt") == 1

    def test_that_is_none_says_why_and_changes_nothing(self, company: Company) -> None:
        upload = imported(company, b"\x89PNG\r\n\x1a\n" + bytes(100), "unicom")
        assert upload.state == "failed"
        assert upload.error
        assert noted() == {}

    def test_of_somebody_who_may_no_longer_is_not_read(self, company: Company) -> None:
        upload = ported.receive(company.administrator, "list.txt", [b"13800130000"], "unicom")
        company.administrator.role = "sender"
        company.administrator.save()
        ported.load(upload.pk)
        assert noted() == {}
        assert Upload.objects.get(pk=upload.pk).state == "failed"


@pytest.mark.django_db
class TestRights:
    def test_only_who_manages_channels_changes_the_list(self, company: Company) -> None:
        upload = imported(company, b"13800130000\n", "unicom")
        for user in (company.sales_head, company.sender, company.viewer):
            for act in (
                lambda user=user: ported.note(user, "13900139000", "unicom"),
                lambda user=user: ported.remove(user, ["+8613800130000"]),
                lambda user=user: ported.remove_source(user, "list.csv"),
                lambda user=user: ported.receive(user, "x.txt", [b"1"], "unicom"),
            ):
                with pytest.raises(Refused):
                    act()
            with pytest.raises(Http404):
                ported.access_upload(user, upload.pk)
        assert noted() == {"+8613800130000": "unicom"}


@pytest.mark.django_db
def test_a_file_that_is_to_be_read_has_its_job_in_the_same_transaction(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = ported.receive(company.administrator, "list.txt", [b"13800130000"], "unicom")
    monkeypatch.setattr(guesses, "LOOKED_AT_ONCE_BYTES", 5)
    large = ported.receive(company.administrator, "more.txt", [b"13800130001"], "unicom")
    assert list(ProcrastinateJob.objects.order_by("id").values_list("task_name", "args")) == [
        ("carriers.load_ported", {"upload_id": upload.pk}),
        ("carriers.inspect_ported", {"upload_id": large.pk}),
    ]


def test_numbers_are_noted_by_hand_and_the_newer_carrier_counts(company: Company) -> None:
    read = ported.note(company.administrator, "138 0013 0000, +85291234567, 12345", "unicom")
    assert (read.good, len(read.bad)) == (["+8613800130000"], 1)
    ported.note(company.administrator, "13800130000", "telecom")
    assert noted() == {"+8613800130000": "telecom"}
    with pytest.raises(Refused):
        ported.note(company.administrator, "13800130000", "abroad")
    assert ported.remove(company.administrator, ["+8613800130000", "+8613800130001"]) == 1
    entry = AuditEntry.objects.filter(action="ported_number.added").first()
    assert entry is not None
    assert entry.summary == "138****0000"


@pytest.mark.django_db
def test_planning_sends_a_ported_number_with_its_carrier_and_asks_once_a_chunk(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def noticed(numbers: list[str], *more: str) -> Any:
        asked.append(numbers)
        return known_of(numbers, *more)

    known_of = asking._known_of
    monkeypatch.setattr(asking, "_known_of", noticed)
    unicom = another_channel("unicom", carriers=("unicom",), position=50)
    ported.note(company.administrator, MOBILE[1], "unicom")
    submission = planned(company, MOBILE + UNICOM)
    found = dict(Message.objects.filter(submission_id=submission.pk).values_list("number", "channel_id"))
    assert {number for number, channel in found.items() if channel == unicom.pk} == {MOBILE[1], *UNICOM}
    assert [len(numbers) for numbers in asked] == [len(MOBILE + UNICOM)]
