"""Headings as people write them: each spelling finds its field, wherever the headings stand."""

from __future__ import annotations

import pytest

from hongyan.contacts.columns import guess
from tests.builders import Company
from tests.contacts.test_importing import loaded, received

SPELLINGS = {
    "number": "手机 手机号 手_机_号 手机号码： 手机号（必填） 联系电话 移动电话 行動電話 Mobile Mobile_Phone MOBILE-NO. ｐｈｏｎｅ",
    "name": "姓名 姓_名 名字 客户姓名 联系人 *姓名 員工姓名 聯絡人 Name Full_Name CUSTOMER-NAME ｎａｍｅ",
    "title": "称呼 称谓 职务 职位 岗位 職務 稱呼 Title JOB_TITLE Position",
    "company": "公司 单位 公司名称 工作单位 企业名称 單位 公司名稱 Company ORGANISATION Employer",
    "email": "邮箱 电子邮箱 电子邮件 邮箱地址 郵箱 電子郵件 E-mail EMAIL Email_Address mail",
    "notes": "备注 说明 备注信息 備註 說明 Notes NOTE Remark Remarks Comments",
    "group": "分组 组 组别 群组 部门 所属部门 分組 群組 Group DEPARTMENT",
    "tags": "标签 客户标签 会员标签 用户标签 標籤 客戶標籤 Tags TAG Label Labels",
}


@pytest.mark.parametrize("field", SPELLINGS)
def test_ten_spellings_of_each_heading_are_known(field: str) -> None:
    spellings = SPELLINGS[field].split(" ")
    assert len(spellings) >= 10
    for heading in spellings:
        cell = "13800138000" if field == "number" else "甲"
        other = ("手机", "13800138000") if field != "number" else ("姓名", "甲")
        assert guess([heading, other[0]], [[cell, other[1]]]).get(field) == heading, heading


@pytest.mark.django_db
@pytest.mark.parametrize(
    "above",
    ["", "\n\n\n", "2026 年客户名单,,\n", "客户名单,,\n制表：王芳,,\n\n"],
    ids=["plain", "empty", "title", "titles"],
)
def test_headings_are_found_below_titles_and_empty_rows(company: Company, above: str) -> None:
    upload = received(company.administrator, f"{above}姓名,手机,职务\n王芳,13800138000,经理\n李明,13911110002,总监\n")
    assert upload.mapping == {"name": "姓名", "number": "手机", "title": "职务"}
    assert loaded(company.administrator, upload, company).target["new"] == 2


@pytest.mark.django_db
def test_headings_that_repeat_are_told_apart(company: Company) -> None:
    upload = received(company.administrator, "姓名,手机,备注,备注\n王芳,13800138000,a,b\n")
    assert upload.columns == ["姓名", "手机", "备注", "备注 (2)"]
    assert upload.mapping["notes"] == "备注"
