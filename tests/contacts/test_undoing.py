"""An import of people by its mode and key, tried first, stopped, and taken back exactly."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.http import Http404
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry, User
from hongyan.accounts.rights import Role
from hongyan.contacts import importing, loading, people, tags, undoing
from hongyan.contacts.models import Contact, Field, Group, Phone, Tag
from hongyan.contacts.people import Person
from hongyan.contacts.phones import PhoneFacts
from hongyan.uploads import running
from hongyan.uploads.models import Touched, Upload, UploadError
from hongyan.uploads.orders import Mode, Order, trial_of
from hongyan.uploads.undoing import can_undo, undone_of
from tests.builders import Company, a_contact, a_group
from tests.contacts.test_importing import received

pytestmark = pytest.mark.django_db
HEADED = "姓名,手机,职务,公司,邮箱,分组,标签,工号\n"
OF_TWO = "姓名,手机,备用手机\n"


def read(company: Company, text: str, **terms: Any) -> Upload:
    """A file as its giver has it read."""
    upload = received(company.administrator, text)
    order = Order(**({"key": "number"} | terms))
    importing.start(company.administrator, upload, upload.mapping, book=company.book, order=order)
    loading.load(upload.pk)
    upload.refresh_from_db()
    return upload


def undo(company: Company, upload: Upload) -> Upload:
    undoing.begin(company.administrator, upload)
    undoing.undo(upload.pk)
    upload.refresh_from_db()
    return upload


def everything() -> dict[str, Any]:
    """All that an import may touch, but for the moment of the last change."""
    columns = [one.name for one in Contact._meta.concrete_fields if one.name != "updated_at"]
    return {
        "people": list(Contact.objects.order_by("pk").values_list(*columns)),
        "groups": list(Group.objects.order_by("pk").values_list("pk", "name", "path")),
        "members": sorted(Group.contacts.through.objects.values_list("group_id", "contact_id")),
        "tags": sorted(Tag.objects.values_list("name")),
        "tagged": sorted(Contact.tags.through.objects.values_list("tag_id", "contact_id")),
        "phones": sorted(Phone.objects.values_list("contact_id", "number")),
        "columns": sorted(Field.objects.values_list("name")),
    }


def errors_of(upload: Upload) -> list[tuple[int, str]]:
    return [(error.line, error.reason) for error in UploadError.objects.filter(upload=upload)]


@pytest.mark.parametrize(
    ("mode", "names", "errors"),
    [
        (Mode.BOTH, {"王芳芳", "李明"}, []),
        (Mode.CREATE, {"王芳", "李明"}, [(2, "person_exists")]),
        (Mode.UPDATE, {"王芳芳"}, [(3, "person_unknown")]),
    ],
)
def test_rows_create_or_change_or_both(
    company: Company, mode: Mode, names: set[str], errors: list[tuple[int, str]]
) -> None:
    a_contact(company.book, "王芳", "+8613800138000")
    done = read(company, "姓名,手机\n王芳芳,13800138000\n李明,13911110002\n", mode=mode)
    assert set(company.book.contacts.values_list("name", flat=True)) == names
    assert errors_of(done) == errors


def test_people_are_known_again_by_a_column_of_their_own_and_may_get_another_number(company: Company) -> None:
    Field.objects.create(name="工号")
    a_contact(company.book, "王芳", "+8613800138000", fields={"工号": "A7"})
    a_contact(company.book, "李明", "+8613911110002", fields={"工号": "B1"})
    done = read(
        company, "手机,工号\n13700137000,a7\n13911110002,A8\n,C9\n13600136000,\n13500135000,D4\n", key="field:工号"
    )
    assert Contact.objects.get(name="王芳").number == "+8613700137000"
    assert company.book.contacts.filter(number="+8613500135000").exists()
    assert sorted(errors_of(done)) == [(3, "number_taken"), (4, "number_missing"), (5, "key_missing")]
    found = people.matching(company.administrator, Contact.objects.all(), "137001")
    assert [one.name for one in found] == ["王芳"]


def test_only_updating_by_another_key_needs_no_numbers(company: Company) -> None:
    a_contact(company.book, "王芳", "+8613800138000", email="fang@example.com")
    read(company, "邮箱,职务\nFANG@example.com,经理\n", key="email", mode=Mode.UPDATE)
    assert Contact.objects.get().title == "经理"


def test_a_value_that_two_people_have_names_neither(company: Company) -> None:
    for number in ("+8613800138000", "+8613800138001"):
        a_contact(company.book, "王芳", number)
    done = read(company, "姓名,职务\n王芳,经理\n", key="name", mode=Mode.UPDATE)
    assert errors_of(done) == [(2, "several_people")]
    assert not Contact.objects.filter(title="经理").exists()


def test_a_trial_counts_shows_the_first_changes_and_leaves_nothing(company: Company) -> None:
    a_contact(company.book, "王芳", "+8613800138000", title="经理")
    a_contact(company.book, "李明", "+8613911110002")
    before = everything()
    upload = read(
        company, "姓名,手机,职务,爱好\n王芳,13800138000,总监,\n李明,13911110002,,\n赵四,13700137000,,棋\n坏,1,,\n",
        is_dry=True,
    )  # fmt: skip
    trial = trial_of(upload)
    assert trial is not None
    assert (upload.state, trial.new, trial.changed, trial.same, trial.bad) == ("uploaded", 1, 1, 1, 1)
    assert [(one.line, one.old, one.new) for one in trial.samples] == [
        (2, {"title": "经理"}, {"title": "总监"}),
        (
            4,
            {"name": "", "number": "", "field:爱好": ""},
            {"name": "赵四", "number": "+8613700137000", "field:爱好": "棋"},
        ),
    ]
    assert everything() == before
    assert len(errors_of(upload)) == 1
    importing.start(company.administrator, upload, upload.mapping, book=company.book, order=Order(key="number"))
    loading.load(upload.pk)
    assert Contact.objects.count() == 3


def test_all_or_nothing_is_nothing_with_its_errors_where_one_row_is_wrong(company: Company) -> None:
    before = everything()
    done = read(company, "姓名,手机,爱好\n王芳,13800138000,棋\n坏,1,\n", is_whole=True)
    assert (done.state, everything()) == ("failed", before)
    assert len(errors_of(done)) == 1
    assert read(company, "姓名,手机\n王芳,13800138000\n", is_whole=True).state == "finished"


def test_a_reading_that_is_stopped_keeps_nothing(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = received(company.administrator, HEADED + "王芳,13800138000,,,,会员,,\n")
    importing.start(company.administrator, upload, upload.mapping, book=company.book)
    before = everything()
    written = loading.join_groups

    def stopped_meanwhile(*facts: Any) -> None:
        written(*facts)
        running.stop(company.administrator, upload)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(loading, "join_groups", stopped_meanwhile)
        loading.load(upload.pk)
    assert everything() == before
    assert not Touched.objects.exists()


def test_who_loses_the_right_while_the_file_is_read_imports_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = received(company.administrator, HEADED + "王芳,13800138000,,,,会员,,\n")
    importing.start(company.administrator, upload, upload.mapping, book=company.book)

    def demoted(*_facts: Any) -> None:
        User.objects.filter(pk=company.administrator.pk).update(role=Role.SENDER)

    monkeypatch.setattr(loading, "put_tags", demoted)
    loading.load(upload.pk)
    upload.refresh_from_db()
    assert upload.state == "failed"
    assert "通讯录" in upload.error
    assert not Contact.objects.exists()


def test_undoing_is_told_before_and_gives_back_what_was(company: Company) -> None:
    Field.objects.create(name="工号")
    old = a_contact(company.book, "王芳", "+8613800138000", title="经理", fields={"工号": "1"})
    a_group(company.book, "会员", old)
    before = everything()
    done = read(
        company,
        HEADED + "王芳芳,13800138000,总监,云帆,,会员/金卡,老客户,2\n李明,13911110002,,,,会员/银卡,老客户、新会员,3\n",
    )
    assert (done.target["new"], done.rows_updated) == (1, 1)
    assert set(Contact.objects.get(name="李明").tags.values_list("name", flat=True)) == {"老客户", "新会员"}
    told = undoing.foretell(done)
    assert told is not None
    assert (told.removed, told.restored, told.stayed) == (1, 1, 0)
    assert undone_of(undo(company, done)) == told
    assert everything() == before
    assert AuditEntry.objects.get(action="upload.undone").detail["restored"] == 1
    assert not Touched.objects.exists()
    assert not can_undo(done)
    with pytest.raises(Refused):
        undoing.begin(company.administrator, done)


def test_who_was_changed_tagged_or_grouped_since_stays_and_is_told(company: Company) -> None:
    a_contact(company.book, "王芳", "+8613800138000", title="经理")
    done = read(
        company,
        "姓名,手机,职务\n王芳,13800138000,总监\n李明,13911110002,\n赵四,13700137000,\n孙五,13600136000,\n周六,13500135000,\n",
    )
    one = {contact.name: contact for contact in Contact.objects.all()}
    people.change(company.administrator, one["王芳"], Person("王芳", "13800138000", title="主任"))
    tags.put(company.administrator, Contact.objects.filter(name="李明"), ["老客户"])
    a_group(company.book, "会员", one["赵四"])
    people.delete(company.administrator, Contact.objects.filter(name="孙五"))
    undo(company, done)
    undone = undone_of(done)
    assert undone is not None
    assert (undone.removed, undone.restored, undone.stayed) == (1, 0, 3)
    assert dict(undone.first) == {one["王芳"].pk: "changed", one["李明"].pk: "tagged", one["赵四"].pk: "grouped"}
    assert set(Contact.objects.values_list("name", "title")) == {("王芳", "主任"), ("李明", ""), ("赵四", "")}


def test_an_undoing_that_dies_changes_nothing_and_may_run_again(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything()
    done = read(company, HEADED + "王芳,13800138000,,,,会员,老客户,1\n")
    undoing.begin(company.administrator, done)
    with monkeypatch.context() as broken:
        broken.setattr(undoing, "_clear_away", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            undoing.undo(done.pk)
    assert Contact.objects.count() == 1
    undoing.undo(done.pk)
    undoing.undo(done.pk)
    assert everything() == before


def test_another_users_import_cannot_be_undone(company: Company) -> None:
    done = read(company, HEADED + "王芳,13800138000,,,,,,\n")
    for other in (company.sender, company.sales_head, company.viewer):
        with pytest.raises((Http404, Refused)):
            undoing.begin(other, done)
    User.objects.filter(pk=company.administrator.pk).update(role=Role.SENDER)
    with pytest.raises(Refused):
        undoing.begin(User.objects.get(pk=company.administrator.pk), done)
    assert Contact.objects.count() == 1


def test_a_second_number_is_read_found_and_taken_back(company: Company) -> None:
    old = a_contact(company.book, "王芳", "+8613800138000")
    people.change(
        company.administrator, old, Person(name="王芳", number="13800138000", phones=(PhoneFacts("13911110009"),))
    )  # fmt: skip
    before = everything()
    done = read(
        company,
        OF_TWO
        + "王芳芳,13800138000,13911112222\n李明,13911110002,021-61234567\n赵敏,13911110003,12\n孙丽,13911110004,13911110004\n",
    )
    assert done.mapping["second"] == "备用手机"
    assert errors_of(done) == [(4, "number_too_short")]
    assert sorted(Phone.objects.values_list("contact__name", "number")) == [
        ("李明", "+862161234567"), ("王芳芳", "+8613911110009"), ("王芳芳", "+8613911112222"),
    ]  # fmt: skip
    seen = Contact.objects.visible_to(company.sender)
    for asked, name in (("11112222", "王芳芳"), ("11110009", "王芳芳"), ("6123", "李明"), ("wangfangfang", "王芳芳")):
        assert [one.name for one in people.matching(company.sender, seen, asked)] == [name], asked
    undo(company, done)
    assert everything() == before


_CELL = st.sampled_from(["", "王芳", "甲乙", "Zoe"])
_ROW = st.tuples(
    _CELL,
    st.sampled_from(["13800138000", "13800138001", "13800138002", "13800138003", "12"]),
    _CELL,
    _CELL,
    st.sampled_from(["", "a@example.com", "b@example.com"]),
    st.sampled_from(["", "会员", "会员/金卡", "部门/一组"]),
    st.sampled_from(["", "老客户", "老客户、新会员"]),
    st.sampled_from(["", "A1", "A2"]),
)


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(first=st.lists(_ROW, max_size=5), second=st.lists(_ROW, min_size=1, max_size=6), mode=st.sampled_from(list(Mode)),
       key=st.sampled_from(["number", "email", "name"]))  # fmt: skip
def test_an_import_and_its_undoing_leave_everything_as_it_was(
    company: Company, first: list[tuple[str, ...]], second: list[tuple[str, ...]], mode: Mode, key: str
) -> None:
    with transaction.atomic():
        if first:
            read(company, HEADED + "".join(f"{','.join(row)}\n" for row in first))
        before = everything()
        upload = received(company.administrator, HEADED + "".join(f"{','.join(row)}\n" for row in second))
        mapping = {
            "name": "姓名", "number": "手机", "title": "职务", "company": "公司", "email": "邮箱", "group": "分组", "tags": "标签",
        }  # fmt: skip
        if upload.state == "uploaded":
            importing.start(company.administrator, upload, mapping, book=company.book, order=Order(mode=mode, key=key))
            loading.load(upload.pk)
            upload.refresh_from_db()
        if Touched.objects.filter(upload=upload).exists():
            assert upload.state == "finished"
            undo(company, upload)
            assert undone_of(upload) is not None
        assert everything() == before
        transaction.set_rollback(True)
