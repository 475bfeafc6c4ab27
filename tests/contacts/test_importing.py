"""From a file to people or a recipient list: what is read, what is refused and why, and what a second run does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.http import Http404
from django.utils import translation
from procrastinate.contrib.django.models import ProcrastinateJob

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry, User
from hongyan.accounts.rights import Role
from hongyan.contacts import grants, importing, loading, undoing
from hongyan.contacts.allowing import Allows
from hongyan.contacts.columns import guess
from hongyan.contacts.models import Contact, Grant, Group, RecipientList
from hongyan.contacts.people import STANDARD
from hongyan.contacts.tasks import inspect_upload
from hongyan.runtime import clock
from hongyan.uploads import guesses, receiving
from hongyan.uploads.models import Upload, UploadError, UploadPart
from tests.builders import Company, a_contact, a_group, a_user

pytestmark = pytest.mark.django_db
Purpose = Upload.Purpose
HEADED = "姓名,手机,职务,积分,分组\n"


def received(
    user: User, content: str | bytes, purpose: Upload.Purpose = Purpose.CONTACTS, name: str = "客户.csv"
) -> Upload:
    raw = content if isinstance(content, bytes) else content.encode()
    upload = importing.receive(user, name, [raw[:7], raw[7:]], purpose=purpose)
    importing.look_or_defer(upload)
    upload.refresh_from_db()
    return upload


def loaded(user: User, upload: Upload, company: Company, **facts: Any) -> Upload:
    importing.start(user, upload, upload.mapping, book=company.book, **facts)
    loading.load(upload.pk)
    upload.refresh_from_db()
    return upload


def test_columns_are_guessed_and_people_written_with_their_own_columns_and_groups(company: Company) -> None:
    upload = received(
        company.administrator,
        HEADED + "王芳,138-0013-8000,经理,120,会员/金卡\n李明,+86 139 1111 0002,,80,会员/银卡\n",
    )
    assert upload.mapping == {"number": "手机", "name": "姓名", "title": "职务", "group": "分组"}
    assert upload.preview[0] == ["王芳", "138-0013-8000", "经理", "120", "会员/金卡"]
    done = loaded(company.administrator, upload, company)
    assert (done.state, done.rows_good, done.rows_updated, done.rows_bad) == ("finished", 2, 0, 0)
    one = Contact.objects.get(number="+8613800138000")
    assert (one.name, one.title, one.fields, one.pinyin) == ("王芳", "经理", {"积分": "120"}, "wangfang")
    assert one.groups.get().name == "金卡"
    assert not UploadPart.objects.exists()
    assert AuditEntry.objects.get(action="upload.finished").detail["good"] == 2


def test_each_row_that_cannot_be_used_is_kept_with_line_column_value_and_reason(company: Company) -> None:
    done = loaded(
        company.administrator,
        received(
            company.administrator,
            f"姓名,手机\n王芳,13800138000\n短,12345\n科学,1.38E+10\n空,\n又是,13800138000\n{'长' * 81},13900139000\n",
        ),
        company,
    )
    assert (done.rows_good, done.rows_bad, done.rows_duplicate) == (1, 4, 1)
    errors = {error.line: (error.column, error.value[:8], error.reason) for error in UploadError.objects.all()}
    assert errors[3][:2] == ("手机", "12345")
    assert errors[4][1] == "1.38E+10"
    assert {errors[6][2], errors[7][2]} == {"number_twice_in_file", "too_long"}
    assert len({reason for _column, _value, reason in errors.values()}) >= 4


def test_a_second_import_changes_what_the_file_says_and_keeps_the_rest(company: Company) -> None:
    a_contact(company.book, "王芳", "+8613800138000", title="经理", fields={"积分": "1", "城市": "北京"})
    done = loaded(company.administrator, received(company.administrator, HEADED + ",13800138000,,200,\n"), company)
    assert (done.rows_good, done.rows_updated) == (1, 1)
    one = company.book.contacts.get()
    assert (one.name, one.title, one.fields) == ("王芳", "经理", {"积分": "200", "城市": "北京"})


def test_reading_twice_is_reading_once(company: Company) -> None:
    upload = loaded(company.administrator, received(company.administrator, HEADED + "王芳,13800138000,,1,\n"), company)
    loading.load(upload.pk)
    assert (company.book.contacts.count(), AuditEntry.objects.filter(action="upload.finished").count()) == (1, 1)
    with pytest.raises(Refused):
        importing.start(company.administrator, upload, upload.mapping, book=company.book)


def test_a_reader_that_dies_leaves_nothing_and_may_run_again(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = received(company.administrator, HEADED + "王芳,13800138000,,1,\n坏,1,,,\n")
    importing.start(company.administrator, upload, upload.mapping, book=company.book)
    with monkeypatch.context() as broken:
        broken.setattr(loading, "join_groups", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            loading.load(upload.pk)
    assert not Contact.objects.exists()
    assert not UploadError.objects.exists()
    loading.load(upload.pk)
    assert (Contact.objects.count(), UploadError.objects.count()) == (1, 1)


def test_rights_are_asked_again_when_it_is_read(company: Company) -> None:
    upload = received(company.administrator, HEADED + "王芳,13800138000,,1,\n")
    importing.start(company.administrator, upload, upload.mapping, book=company.book)
    User.objects.filter(pk=company.administrator.pk).update(is_active=False)
    loading.load(upload.pk)
    upload.refresh_from_db()
    assert upload.state == "failed"
    assert "不能登录" in upload.error
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "文件是空的"), (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "这是图片"), (b"\n\n\n", "没有数据行")],
)
def test_a_file_that_is_none_says_so_in_the_readers_language(company: Company, content: bytes, words: str) -> None:
    upload = received(company.sender, content, Purpose.RECIPIENTS, "号码.xlsx")
    assert upload.state == "failed"
    assert words in upload.error
    assert not RecipientList.objects.exists()


def test_a_file_of_recipients_is_read_without_a_question_where_it_is_plain(company: Company) -> None:
    upload = received(company.sender, "客户姓名,手机号码,积分\n王芳,13800138000,7\n".encode("gbk"), Purpose.RECIPIENTS)
    assert upload.state == "running"
    loading.load(upload.pk)
    made = RecipientList.objects.get()
    assert (made.size, made.columns, made.carriers) == (1, ["客户姓名", "手机号码", "积分"], {"mobile": 1})
    assert made.rows.get().variables == {"客户姓名": "王芳", "手机号码": "13800138000", "积分": "7"}


def test_a_list_keeps_rows_of_one_number_that_differ_and_says_which_repeat(company: Company) -> None:
    rows = "王芳,13800138000,10\n王芳,13800138000,20\n李明,13911110002,5\n王芳,+86 138-0013-8000,10\n"
    upload = received(company.sender, f"姓名,手机,应缴\n{rows}", Purpose.RECIPIENTS)
    loading.load(upload.pk)
    upload.refresh_from_db()
    assert (upload.rows_good, upload.rows_bad, upload.rows_duplicate) == (3, 0, 1)
    kept = [row.variables for row in RecipientList.objects.get().rows.order_by("line")]
    assert [one["应缴"] for one in kept] == ["10", "20", "5"]
    assert [one["手机"] for one in kept] == ["13800138000", "13800138000", "13911110002"]
    assert [(error.line, error.reason) for error in UploadError.objects.all()] == [(5, "number_twice_in_file")]


def test_a_large_file_is_looked_at_in_the_background_with_the_same_outcome(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guesses, "LOOKED_AT_ONCE_BYTES", 10)
    upload = received(company.sender, "姓名,手机\n王芳,13800138000\n", Purpose.RECIPIENTS)
    assert (upload.state, upload.columns) == ("uploaded", [])
    inspect_upload(upload.pk)
    upload.refresh_from_db()
    assert upload.state == "running"
    loading.load(upload.pk)
    assert RecipientList.objects.get().size == 1


def test_a_file_that_is_to_be_read_has_its_job_in_the_same_transaction(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is killed right after the commit leaves no file that nobody will read."""
    upload = received(company.sender, "姓名,手机\n王芳,13800138000\n", Purpose.RECIPIENTS)
    monkeypatch.setattr(guesses, "LOOKED_AT_ONCE_BYTES", 10)
    large = received(company.sender, "姓名,手机\n李明,13800138001\n", Purpose.RECIPIENTS)
    assert list(ProcrastinateJob.objects.order_by("id").values_list("task_name", "args")) == [
        ("contacts.load_upload", {"upload_id": upload.pk}),
        ("contacts.inspect_upload", {"upload_id": large.pk}),
    ]


def test_where_no_column_is_plain_the_person_is_asked(company: Company) -> None:
    upload = received(company.sender, "甲,乙\nx,y\nz,w\n", Purpose.RECIPIENTS)
    assert (upload.state, "number" in upload.mapping) == ("uploaded", False)
    with pytest.raises(Refused) as caught:
        importing.start(company.sender, upload, {})
    assert caught.value.code == "no_number_column"


def test_an_upload_is_its_owners_alone_and_a_viewers_is_refused(company: Company) -> None:
    upload = received(company.sender, "手机\n13800138000\n", Purpose.RECIPIENTS)
    with pytest.raises(Http404):
        receiving.access_upload(company.administrator, upload.pk)
    for purpose in Purpose:
        with pytest.raises(Refused):
            importing.receive(company.viewer, "x.csv", [b"x"], purpose=purpose)


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_what_is_exported_is_known_again_by_its_headings(language: str) -> None:
    with translation.override(language):
        headings = [str(words) for _name, words in STANDARD]
    row = ["王芳", "13800138000", "女士", "云帆", "fang@example.com", "老客户"]
    assert guess(headings, [row]) == dict(zip([name for name, _words in STANDARD], headings, strict=True))
    assert "标题" not in headings


@pytest.fixture
def field(company: Company) -> User:
    """Whose role sees nobody without a grant."""
    return a_user("field", company.finance, Role.SALESPERSON)


def brought(user: User, text: str, **into: Any) -> Upload:
    upload = received(user, text)
    importing.start(user, upload, upload.mapping, **into)
    loading.load(upload.pk)
    upload.refresh_from_db()
    return upload


def test_who_was_given_a_book_to_change_imports_into_it(company: Company, field: User) -> None:
    with pytest.raises(Refused):
        received(field, HEADED)
    grants.give(company.administrator, company.book, Allows.EDIT, to_user=field)
    done = brought(field, HEADED + "王芳,13800138000,,1,\n", book=company.book)
    assert (done.state, Contact.objects.get().name) == ("finished", "王芳")


def test_who_was_given_a_group_imports_into_it_and_touches_nobody_beside_it(company: Company, field: User) -> None:
    inside = a_contact(company.book, "旧名", "+8613800138001")
    beside = a_contact(company.book, "旁人", "+8613800138002")
    staff = a_group(company.book, "Staff", inside)
    grants.give(company.administrator, staff, Allows.EDIT, to_user=field)
    rows = "王芳,13800138000,,,华东\n新名,13800138001,,,\n改他,13800138002,,,\n"
    with pytest.raises(Http404):
        brought(field, HEADED + rows, book=company.book)
    done = brought(field, HEADED + rows, group=staff)
    assert (done.state, done.rows_good, done.rows_updated, done.rows_bad) == ("finished", 2, 1, 1)
    assert [(error.line, error.reason) for error in UploadError.objects.all()] == [(4, "number_taken")]
    for one in (inside, beside):
        one.refresh_from_db()
    assert (inside.name, beside.name) == ("新名", "旁人")
    made = Contact.objects.get(number="+8613800138000").groups.get()
    assert (made.name, made.parent) == ("华东", staff)

    inside.groups.clear()
    undoing.begin(field, done)
    undoing.undo(done.pk)
    inside.refresh_from_db()
    assert inside.name == "新名"
    assert not Contact.objects.filter(number="+8613800138000").exists()


@pytest.mark.parametrize("is_of_group", [False, True])
def test_an_import_whose_grant_ends_while_it_is_read_leaves_nothing(
    company: Company, field: User, is_of_group: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff = a_group(company.book, "Staff")
    target = staff if is_of_group else company.book
    until = clock.now() + timedelta(hours=1)
    grants.give(company.administrator, target, Allows.EDIT, to_user=field, expires_at=until)
    upload = received(field, HEADED + "王芳,13800138000,,1,华东\n")
    importing.start(field, upload, upload.mapping, **({"group": staff} if is_of_group else {"book": company.book}))
    put = loading.put_tags

    def put_when_it_ends(*facts: Any) -> None:
        put(*facts)
        Grant.objects.update(expires_at=clock.now())

    monkeypatch.setattr(loading, "put_tags", put_when_it_ends)
    loading.load(upload.pk)
    upload.refresh_from_db()
    assert upload.state == "failed"
    assert "不能修改" in upload.error
    assert not Contact.objects.exists()
    assert list(Group.objects.values_list("name", flat=True)) == ["Staff"]
