"""Users from a file: checked before anything is done, then made and changed by the verbs of their page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.http import Http404

from hongyan.accounts import invitations
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry, Department, Invitation, User
from hongyan.accounts.rights import Role
from hongyan.dispatch.models import Message
from hongyan.enrolment import importing, loading
from hongyan.enrolment.planning import Acts, Terms
from hongyan.messaging.models import Submission
from hongyan.uploads.models import Upload, UploadError, UploadPart
from tests.builders import Company, a_user

pytestmark = pytest.mark.django_db
HEADINGS = "登录名,姓名,部门,角色,手机号,电子邮箱,分机号,可以群发,允许登录"
SITE = "https://sms.example.com/"
TERMS = Terms(invites=False)


def given(user: User, *rows: str) -> Upload:
    content = "\n".join([HEADINGS, *rows]).encode()
    return importing.receive(user, "users.csv", [content])


def checked(user: User, *rows: str, terms: Terms = TERMS) -> Upload:
    upload = given(user, *rows)
    return importing.check(user, upload, upload.mapping, terms)


def counts(upload: Upload) -> dict[str, int]:
    return {act: count for act, count in upload.target["check"]["counts"].items() if count}


def imported(user: User, *rows: str, terms: Terms = TERMS) -> Upload:
    upload = checked(user, *rows, terms=terms)
    importing.start(user, upload, shown=upload.target["check"]["mark"], site=SITE)
    loading.load(upload.pk)
    upload.refresh_from_db()
    return upload


def errors(upload: Upload) -> list[tuple[Any, ...]]:
    return list(UploadError.objects.filter(upload=upload).values_list("line", "column", "value", "reason"))


def test_a_row_makes_a_user_who_has_no_password(company: Company) -> None:
    upload = imported(
        company.administrator, f"wangfang,王芳,{company.north.name},查看员,138 0013 8000,w@example.com,1234,否,"
    )
    user = User.objects.get(username="wangfang")
    assert (user.name, user.department, user.role, user.phone, user.email, user.extension) == (
        "王芳", company.north, Role.VIEWER, "+8613800138000", "w@example.com", "1234",
    )  # fmt: skip
    assert (user.may_send_to_groups, user.is_active, user.has_usable_password()) == (False, True, False)
    assert (upload.state, upload.rows_good, upload.rows_bad, upload.total_rows) == ("finished", 1, 0, 1)
    assert not UploadPart.objects.exists()
    actions = list(AuditEntry.objects.order_by("-pk").values_list("action", flat=True)[:2])
    assert actions == ["user.imported", "user.created"]


def test_the_check_does_nothing_and_names_who_is_new_who_changes_and_what_is_wrong(company: Company) -> None:
    before = User.objects.count()
    upload = checked(
        company.administrator, f"new,新人,{company.sales.name},,,,,,", f"{company.sender.username.upper()},改名,,,,,,,",
        f"{company.viewer.username},,,,,,,,", "bad,坏,Nowhere,,,,,,",
    )  # fmt: skip
    assert counts(upload) == {"new": 1, "changed": 1, "same": 1, "bad": 1}
    rows = upload.target["check"]["rows"]
    assert [(row["line"], row["act"], row["username"]) for row in rows] == [
        (2, "new", "new"), (3, "changed", company.sender.username),
    ]  # fmt: skip
    assert rows[1]["changes"] == [{"column": "name", "old": company.sender.name, "new": "改名"}]
    assert errors(upload) == [(5, "部门", "Nowhere", "department_unknown")]
    assert (User.objects.count(), upload.state) == (before, "uploaded")


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (",无名,,,,,,,", "登录名", "username_missing"),
        ("a,,{sales},,,,,,", "姓名", "name_missing"),
        ("a,甲,,,,,,,", "部门", "department_missing"),
        ("a,甲,{sales},经理,,,,,", "角色", "role_unknown"),
        ("a,甲,{sales},,1380013,,,,", "手机号", "number_too_short"),
        ("a,甲,{sales},,,nobody,,,", "电子邮箱", "email_invalid"),
        ("a,甲,{sales},,,,12a,,", "分机号", "extension_invalid"),
        ("a,甲,{sales},,,,777,,", "分机号", "extension_taken"),
        ("a,甲,{sales},,,,,也许,", "可以群发", "not_yes_or_no"),
        ("{self},,,查看员,,,,,", "角色", "own_account"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_at_its_cell(company: Company, row: str, column: str, reason: str) -> None:
    a_user("holder", company.sales, extension="777")
    text = row.format(sales=company.sales.name, self=company.administrator.username)
    found = errors(checked(company.administrator, text))
    assert [(line, why) for line, _column, _value, why in found] == [(2, reason)]
    assert reason == "own_account" or found[0][1] == column


def test_a_sign_in_name_counts_once_in_any_case(company: Company) -> None:
    upload = imported(
        company.administrator, f"wang,甲,{company.sales.name},,,,,,", f"WANG,乙,{company.sales.name},,,,,,"
    )
    assert errors(upload) == [(3, "登录名", "WANG", "user_twice_in_file")]
    assert User.objects.get(username__iexact="wang").name == "甲"


def test_only_what_is_wanted_is_done(company: Company) -> None:
    rows = (f"new,新人,{company.sales.name},,,,,,", f"{company.sender.username},改名,,,,,,,")
    assert counts(checked(company.administrator, *rows, terms=replace(TERMS, acts=Acts.CREATE))) == {
        "new": 1,
        "left": 1,
    }
    assert counts(checked(company.administrator, *rows, terms=replace(TERMS, acts=Acts.UPDATE))) == {
        "changed": 1,
        "left": 1,
    }


def test_nobody_gives_a_role_or_a_reach_above_their_own(company: Company) -> None:
    upload = checked(
        company.sales_head,
        f"a,甲,{company.north.name},管理员,,,,,",
        f"b,乙,{company.finance.name},,,,,,",
        f"{company.administrator.username},改名,,,,,,,",
        f"{company.stranger.username},改名,,,,,,,",
        f"c,丙,{company.north.name},部门管理员,,,,,",
    )  # fmt: skip
    assert [(line, reason) for line, _column, _value, reason in errors(upload)] == [
        (2, "role_above_own"), (3, "department_beyond"), (4, "not_allowed"), (5, "not_allowed"),
    ]  # fmt: skip
    assert counts(upload) == {"new": 1, "bad": 4}
    with pytest.raises(Refused) as refused:
        checked(company.sales_head, "d,丁,,,,,,,", terms=replace(TERMS, department=company.finance.pk))
    assert refused.value.code == "not_allowed"
    with pytest.raises(Refused) as refused:
        checked(company.sales_head, "d,丁,,,,,,,", terms=replace(TERMS, role=Role.ADMINISTRATOR))
    assert refused.value.code == "role_above_own"


def test_only_who_manages_users_gives_and_sees_a_file(company: Company) -> None:
    with pytest.raises(Refused):
        given(company.sender, "a,甲,,,,,,,")
    upload = given(company.administrator, "a,甲,,,,,,,")
    with pytest.raises(Http404):
        importing.access_upload(company.sales_head, upload.pk)


def test_departments_are_made_once_and_only_if_wished(company: Company) -> None:
    rows = (f"a,甲,{company.sales.name}/East/First,,,,,,", f"b,乙,{company.sales.name}/East,,,,,,")
    assert counts(checked(company.administrator, *rows)) == {"bad": 2}
    terms = replace(TERMS, makes_departments=True)
    shown = checked(company.administrator, *rows, terms=terms).target["check"]["departments"]
    assert shown == [f"{company.sales.name} / East", f"{company.sales.name} / East / First"]
    imported(company.administrator, *rows, terms=terms)
    east = Department.objects.get(name="East")
    assert east.parent == company.sales
    assert User.objects.get(username="a").department.parent == User.objects.get(username="b").department == east


def test_who_is_new_gets_a_link_by_text_message(company: Company) -> None:
    upload = imported(
        company.administrator, f"a,甲,{company.sales.name},,13800138000,,,,", f"b,乙,{company.sales.name},,,,,,",
        f"{company.sender.username},改名,,,13900139000,,,,", terms=replace(TERMS, invites=True),
    )  # fmt: skip
    message = Message.objects.get(submission_id__in=Submission.objects.filter(origin=Submission.Origin.INVITATION))
    assert message.number == "+8613800138000"
    assert SITE + "i/" in message.text
    assert Invitation.objects.get().user.username == "a"
    assert upload.target["invited"] == 1
    assert [one.username for one in loading.uninvited(upload)] == ["b"]


def test_why_nobody_was_invited_is_kept_and_it_can_be_done_later(company: Company) -> None:
    company.administrator.may_send_to_groups = False
    company.administrator.save()
    rows = [f"{name},甲,{company.sales.name},,1380013800{at},,,," for at, name in enumerate("abc")]
    upload = imported(company.administrator, *rows, terms=replace(TERMS, invites=True))
    assert upload.target["uninvited_why"]
    assert (upload.state, upload.rows_good, Invitation.objects.count()) == ("finished", 3, 0)
    company.administrator.may_send_to_groups = True
    company.administrator.save()
    assert loading.invite(company.administrator, upload) == 3
    assert (upload.target["uninvited_why"], loading.uninvited(upload)) == ("", [])
    assert invitations.VALID_FOR


def test_a_job_that_was_killed_goes_on_behind_the_rows_that_are_done(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "SLICE", 2)
    rows = [f"u{at},甲{at},{company.sales.name},,,,,," for at in range(5)]
    upload = checked(company.administrator, *rows)
    importing.start(company.administrator, upload, shown=upload.target["check"]["mark"], site=SITE)
    take, calls = loading._take, []

    def dies(*arguments: Any) -> bool:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return take(*arguments)

    monkeypatch.setattr(loading, "_take", dies)
    with pytest.raises(KeyboardInterrupt):
        loading.load(upload.pk)
    assert User.objects.filter(username__startswith="u").count() == 2
    loading.load(upload.pk)
    loading.load(upload.pk)
    upload.refresh_from_db()
    assert (upload.state, upload.rows_good, upload.rows_bad, upload.rows_done) == ("finished", 5, 0, 5)
    assert AuditEntry.objects.filter(action="user.created").count() == 5


def test_what_has_changed_since_the_check_is_an_error_of_its_row(company: Company) -> None:
    upload = checked(company.administrator, f"a,甲,{company.sales.name},,,,555,,", f"b,乙,{company.sales.name},,,,,,")
    importing.start(company.administrator, upload, shown=upload.target["check"]["mark"], site=SITE)
    a_user("quick", company.sales, extension="555")
    loading.load(upload.pk)
    upload.refresh_from_db()
    assert [(line, reason) for line, _column, _value, reason in errors(upload)] == [(2, "extension_taken")]
    assert (upload.rows_good, upload.rows_bad) == (1, 1)


def test_an_owner_who_may_no_longer_manage_users_imports_none(company: Company) -> None:
    upload = checked(company.sales_head, f"a,甲,{company.north.name},,,,,,")
    importing.start(company.sales_head, upload, shown=upload.target["check"]["mark"], site=SITE)
    User.objects.filter(pk=company.sales_head.pk).update(role=Role.SENDER)
    loading.load(upload.pk)
    upload.refresh_from_db()
    assert (upload.state, User.objects.filter(username="a").exists()) == ("failed", False)


def test_nothing_is_begun_that_was_not_shown(company: Company) -> None:
    upload = checked(company.administrator, f"a,甲,{company.sales.name},,,,,,")
    mark = upload.target["check"]["mark"]
    importing.answer(company.administrator, upload, header_line=0)
    upload.refresh_from_db()
    with pytest.raises(Refused) as refused:
        importing.start(company.administrator, upload, shown=mark, site=SITE)
    assert refused.value.code == "check_first"


def test_a_leaver_whose_scheduled_messages_would_not_go_is_pointed_out(company: Company) -> None:
    Submission.objects.create(
        owner=company.sender, department=company.north, state=Submission.State.SCHEDULED, text="x", expected=1,
        recipients={"numbers": ["+8613800138000"]}, title="Later",
    )  # fmt: skip
    upload = checked(company.administrator, f"{company.sender.username},,,,,,,,离职")
    assert [need["kind"] for need in upload.target["check"]["needs"]] == ["submission"]
    assert upload.target["check"]["rows"][0]["is_needed"]
