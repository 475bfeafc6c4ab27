"""Units and what they are in one another."""

from __future__ import annotations

from decimal import Decimal

_TABLE = {
    "weight": "毫克 0.001 mg 0.001 克 1 g 1 两 50 斤 500 市斤 500 公斤 1000 千克 1000 kg 1000 kgs 1000 公斤重 1000 吨 1000000 t 1000000",
    "length": "毫米 1 mm 1 厘米 10 公分 10 cm 10 分米 100 米 1000 公尺 1000 m 1000 公里 1000000 千米 1000000 km 1000000 里 500000 里地 500000",
    "money": "万元 1000000 万块 1000000 "
    "分 1 分钱 1 毛 10 毛钱 10 角 10 元 100 块 100 块钱 100 元钱 100 圆 100 元整 100 块整 100 rmb 100 人民币 100 元人民币 100 yuan 100 cny 100 ¥ 100",
    "time": "秒 1 秒钟 1 分钟 60 分 60 min 60 mins 60 minutes 60 小时 3600 个小时 3600 钟头 3600 个钟头 3600 钟 3600 个钟 3600 h 3600 hours 3600 hour 3600 "
    "天 86400 日 86400 days 86400 day 86400 "
    "周 604800 星期 604800 个星期 604800 礼拜 604800 个礼拜 604800",
    "months": "月 1 个月 1 年 12 个季度 3 季度 3",
    "share": "% 1 % 1 个百分点 1 百分点 1 成 10 percent 1",
    "warmth": "度 1 ℃ 1 °c 1 °C 1 摄氏度 1 c 1",
    "volume": "毫升 1 ml 1 升 1000 l 1000 立升 1000",
    "area": "平 1 平米 1 平方 1 平方米 1 ㎡ 1 m2 1 亩 666.666667",
}  # fmt: skip
UNITS: dict[str, dict[str, Decimal]] = {
    dimension: {words[at]: Decimal(words[at + 1]) for at in range(0, len(words), 2)}
    for dimension, words in ((name, line.split()) for name, line in _TABLE.items())
}
"""By dimension: how much of its smallest unit each is."""

COUNTERS = frozenset("个 只 位 名 口 人 条 件 份 枚 颗 张 台 套 本 头 支 粒 根 辆 间 朵 块 次 遍 回 户".split())
"""Words behind the number of single things, of which one is as good as another."""
OTHERS = frozenset("箱 盒 袋 包 瓶 罐 桶 打 双 对 岁 周岁 星 颗星 分 级 楼 层 号 倍 批 组 桌 杯 碗 盘 桩 晚".split())
MARKS = frozenset("分 星 颗 颗星 个星 星级 级".split())
"""What marks are counted in."""
ALL = sorted({unit for known in UNITS.values() for unit in known} | COUNTERS | OTHERS | MARKS, key=len, reverse=True)


def dimension(unit: str) -> str | None:
    """Of a question's unit: what it measures; None of what is counted."""
    return next((name for name, known in UNITS.items() if unit in known), None)


def in_unit(value: Decimal, said: str, asked: str, measures: str | None) -> Decimal | None:
    """So much of what was `said` in the unit that was `asked` for; None where these do not go together."""
    if not said or said == asked or not asked:
        return value
    if measures and said in UNITS[measures]:
        return value * UNITS[measures][said] / UNITS[measures][asked]
    if (asked in MARKS and said in MARKS) or (asked in COUNTERS and said in COUNTERS):
        return value
    if said == "打" and asked in COUNTERS:
        return value * 12
    return None
