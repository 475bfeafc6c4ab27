"""Words around a report: labels, units, small talk, and what is nearly a keyword."""

from __future__ import annotations

import re
from functools import lru_cache

from pypinyin import lazy_pinyin

from hongyan.understanding.field_reports.world import Action

PIECES = "台部个只件支套臺"
"""What phones are counted in."""
OTHER_COUNTS = "月日号点时分天年周楼店层次位"
"""What else numbers count; such a number is neither a price nor a quantity."""
PIECES_BEHIND = re.compile(rf"\s*(?:[{PIECES}]|PCS?(?![A-Z])|SETS?(?![A-Z])|UNITS?(?![A-Z]))")
MONEY_BEHIND = re.compile(r"\s*(?:元|块|圆|RMB|CNY|YUAN|人民币|¥(?!\s*\d))")
MONEY_BEFORE = re.compile(
    r"(?:¥|\$|RMB|CNY|PRICE|价格?|价钱|售价|单价|实收|收了?|卖了?|卖价|金额|价款|收款|货款|每台)[\s:=是为]*$"
)
EACH_BEFORE = re.compile(r"(?:各|每款|每种|每样|都是|都)\s*(?:要|订|补|有|剩)?\s*$")
TOTAL_BEFORE = re.compile(r"(?:共|合计|总共|总计|一共)[\s:=是为]*$")
QUANTITY_BEFORE = re.compile(r"(?:数量|QTY|共|合计|总共|一共)[\s:=是为]*$")

SERIAL_LABELS = ("IMEI1", "IMEI2", "IMEI", "SN", "MEID", "ID", "NO")
DEALER_LABELS = ("DEALER", "SHOP", "STORE", "CODE")
SMALL_WORDS = frozenset(
    "IMEI IMEI1 IMEI2 SN S N MEID ID NO DEALER SHOP STORE CODE RMB CNY YUAN QTY PCS PC SET SETS UNIT UNITS X "
    "THX THANKS THANK YOU OK HI HELLO PLS PLEASE DEAR SIR BYE GOOD THE AND A OF TO AT FOR IS MODEL PHONE SOLD ONE".split()
)
"""Words in Latin letters that are neither keyword nor code."""

DEALER_BEFORE = re.compile(
    r"(?:店号|店|商家|代码|编号|门店|经销商|DEALER|SHOP|STORE|CODE)(?:代码|编号|号)?[\s:=是为]*$"
)

WITHDRAWN = re.compile(
    r"取消|退款|撤销|撤回|作废|报错|错报|误报|报重|重复报|更正|改成|改为|不要报|别报|不报了|[没未](?:有)?[卖销售出]|不算|不是[^,.]{0,6}(?:卖|售)"
)
"""Takes something back, or says that it was not: for people, never to be booked."""

VERBS = {
    Action.RETURN: re.compile(r"退"),
    Action.ORDER: re.compile(r"补货|补|订|定|要|进货|进|发货|来(?=\d|$)"),
    Action.STOCK: re.compile(r"还剩|还有|剩余|剩|现有|存货|盘存|余"),
    Action.PRICE: re.compile(r"多少钱|几钱|什么价|啥价|单价|报价|怎么卖"),
}
"""Words that say what is wanted without being its keyword."""

_LOOK_ALIKE = (
    "货贷", "存在", "库军", "退腿褪", "订钉", "价介", "格各络", "销消硝锁", "售隹集", "盘盆", "点占", "查杏", "要耍", "报板",
)  # fmt: skip
"""Characters taken for one another by who writes with a stylus or by shape."""


@lru_cache(maxsize=4096)
def _sound(character: str) -> str:
    return str(lazy_pinyin(character)[0])


def is_alike(one: str, other: str) -> bool:
    """Whether two Chinese words differ in one character that sounds or looks alike."""
    if len(one) != len(other):
        return False
    apart = [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
    return len(apart) == 1 and (
        _sound(apart[0][0]) == _sound(apart[0][1])
        or any(apart[0][0] in group and apart[0][1] in group for group in _LOOK_ALIKE)
    )
