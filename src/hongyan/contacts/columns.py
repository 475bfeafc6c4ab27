"""Which column of a file is what: by its heading in three languages, by what stands in it, by what the user chose last."""

from __future__ import annotations

from collections.abc import Sequence

from hongyan.uploads.columns import cells_of, heard, numbers_share

FIELDS = ("number", "name", "title", "company", "email", "notes", "group", "tags", "second")
LENGTHS = {"name": 80, "title": 40, "company": 120, "email": 254, "notes": 500, "group": 500, "tags": 500, "second": 40}

_HEADINGS: dict[str, str] = {
    "number": (
        "手机号码 手机号 手机 移动电话 手机电话 联系手机 客户手机 会员手机 接收号码 被叫号码 联系电话 电话号码 联系方式 电话 号码 "
        "手機號碼 手機號 手機 行動電話 行動電話號碼 聯絡電話 電話號碼 電話 號碼 "
        "mobile mobilenumber mobilephone mobileno cellphone cell phonenumber phone phoneno telephone tel msisdn number"
    ),
    "name": (
        "姓名 名字 客户姓名 会员姓名 员工姓名 学生姓名 家长姓名 联系人 客户名称 客户名 收件人 名称 "
        "客戶姓名 會員姓名 員工姓名 學生姓名 家長姓名 聯絡人 客戶名稱 收件人 名稱 "
        "name fullname customername contact contactname recipient"
    ),
    "title": "称呼 称谓 职务 职位 岗位 头衔 稱呼 稱謂 職務 職位 崗位 頭銜 formofaddress salutation title jobtitle position post",
    "company": (
        "公司 单位 公司名称 单位名称 工作单位 企业 企业名称 公司名稱 單位 單位名稱 工作單位 企業 企業名稱 "
        "company companyname organisation organization employer"
    ),
    "email": "邮箱 电子邮箱 电子邮件 邮件 邮箱地址 郵箱 電子郵箱 電子郵件 電子信箱 信箱 email emailaddress mail",
    "notes": "备注 说明 备注信息 備註 說明 notes note remark remarks comment comments",
    "second": (
        "其他号码 第二手机 第二号码 第二电话 备用手机 备用手机号 备用电话 备用号码 手机2 手机号2 手机号码2 电话2 "
        "其他號碼 第二手機 第二號碼 備用手機 備用電話 備用號碼 手機2 電話2 "
        "furthernumbers furthernumber secondphone secondmobile otherphone alternatephone phone2 mobile2 tel2"
    ),
    "group": "分组 组 组别 群组 部门 所属部门 分組 組 組別 群組 部門 所屬部門 group groups department",
    "tags": "标签 客户标签 会员标签 人群标签 用户标签 標籤 客戶標籤 會員標籤 人群標籤 tags tag label labels",
}
_BY_HEADING = {
    word: (name, rank) for name, words in _HEADINGS.items() for rank, word in enumerate(words.split())
}  # fmt: skip


def guess(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """Our field -> column. A heading speaks first; for the number, what stands in the column speaks louder."""
    mapping: dict[str, str] = {}
    best: dict[str, float] = {}
    for place, column in enumerate(columns):
        share = numbers_share(cells_of(rows, place))
        field, rank = _BY_HEADING.get(heard(column), ("", 0))
        if not field and share >= 0.5:
            field, rank = "number", 999
        if not field:
            continue
        score = 1 / (rank + 1) + (3 * share if field == "number" else 0)
        if score > best.get(field, 0):
            best[field], mapping[field] = score, column
    if "number" not in mapping and columns:
        # Damaged numbers only: the column that looks like the one, so that its errors can be told.
        widest = max(range(len(columns)), key=lambda place: sum(_digits(row, place) for row in rows))
        if sum(_digits(row, widest) for row in rows):
            mapping["number"] = columns[widest]
    if "name" not in mapping:
        first = next((one for one in columns if one not in mapping.values() and not one.isdigit()), None)
        untitled = [one for place, one in enumerate(columns) if one.isdigit() and _like_names(rows, place)]
        if first is None and untitled:
            mapping["name"] = untitled[0]
    return mapping


def _digits(row: Sequence[str], place: int) -> bool:
    return place < len(row) and sum(char.isdigit() for char in row[place]) >= 3


def _like_names(rows: Sequence[Sequence[str]], place: int) -> bool:
    cells = [row[place].strip() for row in rows if place < len(row) and row[place].strip()]
    return bool(cells) and all(2 <= len(cell) <= 20 and not any(char.isdigit() for char in cell) for cell in cells)
