"""One thing has one name, in three languages: words that stand on no page, each with the one that does.

`messages.py fill` writes Traditional by TRADITIONAL, `tests/test_words.py` holds all three.
"""

from __future__ import annotations

SIMPLIFIED = {
    "接收人": "收件人", "收信人": "收件人", "发信人": "发送人", "发件人": "发送人", "群组": "分组", "入了组": "入了分组", "出了组": "出了分组", "此组": "此分组", "一个组": "一个分组",
    "回执": "状态报告", "服务号码": "服务号", "扩展号": "分机号", "无主状态": "未匹配的状态", "移除": "删除", "改名": "重命名", "创建了": "新建了",
    "百万分之一": "元", "使用者": "用户", "这里没有人": "没有人员",
}  # fmt: skip
"""Simplified; search words (what people call a thing) may hold them."""

TRADITIONAL = (
    ("來原始碼", "來源代碼"), ("程式碼", "代碼"), ("型別", "類型"), ("原始碼", "代碼"), ("引數", "參數"), ("許可權", "權限"), ("高階", "進階"), ("營銷", "行銷"),
    ("檢視員", "檢視者"), ("電子郵箱", "電子郵件"), ("合同", "合約"), ("閘道器", "閘道"), ("稽核日誌", "稽核記錄"), ("審計日誌", "稽核記錄"),
    ("審計", "稽核"), ("文本", "文字"), ("專案", "項目"), ("傳送", "發送"), ("賬", "帳"), ("臺", "台"), ("攜號轉網", "號碼可攜"),
    ("號碼可攜號碼", "可攜號碼"), ("二維碼", "QR Code"),
    ("列表", "清單"), ("運營商", "電信業者"),
    ("單元格", "儲存格"), ("表頭", "標題列"), ("新建", "新增"), ("模板", "範本"), ("協議", "協定"),
    ("退出登入", "登出"), ("吊銷", "撤銷"), ("當前", "目前"), ("短信", "簡訊"), ("用戶", "使用者"),
    ("“", "「"), ("”", "」"), ("人員或物件", "人員或對象"), ("操作物件", "操作對象"),
    (r"登入名(?!稱)", "登入名稱"), (r"手機號(?!碼)", "手機號碼"), (r"分機號(?!碼)", "分機號碼"), (r"(?<!連接)埠", "連接埠"), (r"(?<=[\d) ])分前", "分鐘前"),
)  # fmt: skip
"""An office's words for OpenCC's, whose phrases are a programmer's and which joins what does not belong together.

Regular expressions, taken in order, so that a whole word stands before its part.
"""

COLUMNS_AND_ROWS = (
    (r"(?<![系排佇序令下並題])列(?![出入在印舉])", "欄"), (r"(?<=[一每哪這各多])行(?!文字)", "列"), (r"(?<=\)[ds] )行", "列"),
    (r"(?<=的)行(?![銷業為動程])", "列"), ("沒有行和欄", "沒有列和欄"), ("是行的名稱", "是列的名稱"),
)  # fmt: skip
"""What the mainland calls a column is a row in Taiwan; after TRADITIONAL, and no test can tell the one from the other."""

ENGLISH = (
    r"\basked for\b", r"\bby (itself|themselves)\b", r"as long as it takes", r"no number that", r"\bis no (time|address(?! book)|service|receipt|text)", r"\bare no ",
    r"\bstands? (below|there|twice)", r"\bof late\b", r"what waits", r"has not left", r"whoever", r"^Cost, about", r"^Say (what|which|when)", r"Somebody waits",
    r"have no hours", r"\b(get|got) it\b", r"all the same", r"\bparted\b", r"\bwrites? to a?\b", r"as things go", r"\bmeanwhile\b", r"taken for a mistake",
)  # fmt: skip
"""Sentences of somebody who thinks in another language (regular expressions over the message ids)."""
