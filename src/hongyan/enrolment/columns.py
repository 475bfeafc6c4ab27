"""The columns of a file of users: their names, how they are known, what their cells say. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.rights import Role
from hongyan.uploads.columns import cells_of, heard, numbers_share

NUMBER = "number"
"""The mobile number, under the name by which every file's strip knows it."""
LABELS: dict[str, str | Promise] = {
    "username": _("Sign-in name"),
    "name": _("Name"),
    "department": _("Department"),
    "role": _("Role"),
    NUMBER: _("Mobile number"),
    "email": _("E-mail"),
    "extension": _("Extension"),
    "groups": _("may send to several people at once"),
    "active": _("May sign in"),
}
"""In the order of the form and of the template."""
LENGTHS = {"username": 64, "name": 64, "email": 254, "extension": 6}

_HEADINGS = {
    "username": (
        "登录名 登录账号 登录帐号 用户名 账号 帐号 账户 工号 员工编号 员工号 职工号 登入名稱 登入帳號 使用者名稱 帳號 員工編號 員工號 "
        "signinname loginname username login account userid employeeid staffid employeenumber"
    ),
    "name": "姓名 名字 员工姓名 用户姓名 真实姓名 員工姓名 使用者姓名 名稱 name fullname displayname",
    "department": (
        "部门 所属部门 部门名称 部门路径 组织 组织机构 科室 單位 单位 部門 所屬部門 部門名稱 部門路徑 組織 科別 "
        "department departmentpath dept organisation organization unit"
    ),
    "role": "角色 用户角色 权限 权限角色 使用者角色 權限 role right rights userrole",
    NUMBER: (
        "手机号 手机号码 手机 移动电话 联系电话 电话 手機號 手機號碼 手機 行動電話 行動電話號碼 聯絡電話 電話 "
        "mobilenumber mobile mobilephone cellphone cell phone phonenumber telephone"
    ),
    "email": "电子邮箱 邮箱 电子邮件 邮件 電子郵件 電子信箱 電子郵箱 信箱 email emailaddress mail",
    "extension": "分机号 分机 扩展号 扩展码 分機號碼 分機號 分機 擴充號 extension ext",
    "groups": "可以群发 群发 允许群发 可群发 可以群發 群發 允許群發 maysendtoseveralpeopleatonce groupsending bulk",
    "active": "允许登录 可登录 状态 账号状态 是否启用 启用 允許登入 狀態 帳號狀態 啟用 maysignin active enabled status",
}
_BY_HEADING = {
    heard(word): (field, rank) for field, words in _HEADINGS.items() for rank, word in enumerate(words.split())
}
_ROLES = {
    Role.ADMINISTRATOR: "管理员 系统管理员 超级管理员 管理員 系統管理員 administrator admin",
    Role.DEPARTMENT_ADMINISTRATOR: "部门管理员 部門管理員 departmentadministrator departmentadmin",
    Role.SENDER: "发送员 发送者 普通用户 员工 發送員 傳送員 發送者 一般使用者 員工 sender user",
    Role.SALESPERSON: "业务员 销售员 销售 業務員 銷售員 salesperson sales",
    Role.VIEWER: "查看员 查看者 只读 檢視員 檢視者 查看員 唯讀 viewer readonly",
}
_BY_ROLE = {heard(word): role for role, words in _ROLES.items() for word in (*words.split(), role.value)}
_YES = {*"是 可 可以 能 允许 允許 启用 啟用 正常 在职 在職 有效 √ ✓ ✔ yes y true on 1 active enabled".split()}
_NO = {*"否 不 不可 不可以 不能 禁止 停用 禁用 离职 離職 无效 無效 × ✗ no n false off 0 inactive disabled left".split()}


def role_of(cell: str) -> Role | None:
    """The role that a cell names in any of our languages."""
    return _BY_ROLE.get(heard(cell))


def truth_of(cell: str) -> bool | None:
    """What a cell says to a question; None for what is no answer."""
    word = heard(cell)
    return True if word in _YES else False if word in _NO else None


def guess(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """Our field -> column, by headings; the mobile number also by what stands in the column."""
    mapping: dict[str, str] = {}
    best: dict[str, int] = {}
    for place, column in enumerate(columns):
        field, rank = _BY_HEADING.get(heard(column), ("", 0))
        if not field and numbers_share(cells_of(rows, place)) >= 0.5:
            field, rank = NUMBER, 999
        if field and rank < best.get(field, 1000):
            best[field], mapping[field] = rank, column
    return mapping
