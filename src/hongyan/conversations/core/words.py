"""What the engine says of itself, in the three languages in which a dialogue may speak; and the words that steer it."""

from __future__ import annotations

from typing import Final

SPOKEN: Final[dict[str, dict[str, str]]] = {
    "zh-hans": {
        "more": "回复0看更多({page}/{pages})",
        "last_page": "({page}/{pages})",
        "did_you_mean": "您是指“{value}”吗？是请回复Y，不是请重新回复",
        "is_it_right": "您回复的是“{value}”，对吗？正确请回复Y，不对请重新回复",
        "way_out": "请先回答，或回复“退出”离开。",
        "left": "已退出。",
        "gave_up": "抱歉没能理解您的回复，本次先到这里。",
        "failed": "抱歉，服务暂时不可用，请稍后再试。",
        "late": "抱歉，查询超时，请稍后再试。",
        "closed": "现在不在服务时间内。",
        "full": "名额已满，感谢您的关注。",
        "again": "您已经参加过了，谢谢！",
        "no_help": "请按提示回复；回复“返回”回到上一题，“重来”重新开始，“退出”离开。",
        "no_more": "没有更多了。",
        "with_person": "已转人工，请稍候。",
        "reason.range": "超出了范围，",
        "reason.range_between": "请回复{minimum}到{maximum}之间的数，",
        "reason.two_answers": "只能选一个，",
        "reason.conflict": "序号和内容对不上，",
        "reason.none_chosen": "请至少选{at_least}个，",
        "reason.too_many": "最多选{at_most}个，",
        "reason.integer": "请回复整数，",
        "reason.invalid_date": "没有这一天，",
        "reason.invalid_time": "没有这个时刻，",
        "reason.past": "这个时间已经过了，",
        "reason.future": "这个时间还没有到，",
        "reason.no_time": "还缺时间，",
        "reason.no_date": "还缺日期，",
        "reason.no_year": "请写明年份，",
        "reason.vague": "请说得具体一些，",
        "reason.hint": "没有“{hint}”这一项，",
        "reason.": "没有看懂您的回复，",
        "please": "请重新回复：",
    },
    "en": {
        "more": "Reply 0 for more ({page}/{pages})",
        "last_page": "({page}/{pages})",
        "did_you_mean": "Did you mean “{value}”? Reply Y, or answer again",
        "is_it_right": "You said “{value}”. Is that right? Reply Y, or answer again",
        "way_out": "Please answer first, or reply EXIT to leave.",
        "left": "You have left.",
        "gave_up": "Sorry, we could not read your answers. Let us stop here.",
        "failed": "Sorry, the service is not available now. Please try again later.",
        "late": "Sorry, the query took too long. Please try again later.",
        "closed": "The service is closed now.",
        "full": "All places are taken. Thank you for your interest.",
        "again": "You have taken part already. Thank you!",
        "no_help": "Please reply as asked. BACK goes to the previous question, RESTART begins again, EXIT leaves.",
        "no_more": "There is no more.",
        "with_person": "A colleague will answer you shortly.",
        "reason.range": "Out of range. ",
        "reason.range_between": "Please give a number from {minimum} to {maximum}. ",
        "reason.two_answers": "Only one can be chosen. ",
        "reason.conflict": "Number and words do not match. ",
        "reason.none_chosen": "Please choose at least {at_least}. ",
        "reason.too_many": "Choose {at_most} at most. ",
        "reason.integer": "A whole number, please. ",
        "reason.invalid_date": "There is no such day. ",
        "reason.invalid_time": "There is no such time. ",
        "reason.past": "That has passed already. ",
        "reason.future": "That is still to come. ",
        "reason.no_time": "At what time? ",
        "reason.no_date": "On which day? ",
        "reason.no_year": "In which year? ",
        "reason.vague": "Please be more precise. ",
        "reason.hint": "“{hint}” is none of the answers. ",
        "reason.": "We could not read that. ",
        "please": "Please answer again: ",
    },
}
SPOKEN["zh-hant"] = {
    "more": "回覆0看更多({page}/{pages})",
    "last_page": "({page}/{pages})",
    "did_you_mean": "您是指「{value}」嗎？是請回覆Y，不是請重新回覆",
    "is_it_right": "您回覆的是「{value}」，對嗎？正確請回覆Y，不對請重新回覆",
    "way_out": "請先回答，或回覆「退出」離開。",
    "left": "已退出。",
    "gave_up": "抱歉沒能理解您的回覆，本次先到這裡。",
    "failed": "抱歉，服務暫時無法使用，請稍後再試。",
    "late": "抱歉，查詢逾時，請稍後再試。",
    "closed": "現在不在服務時間內。",
    "full": "名額已滿，感謝您的關注。",
    "again": "您已經參加過了，謝謝！",
    "no_help": "請按提示回覆；回覆「返回」回到上一題，「重來」重新開始，「退出」離開。",
    "no_more": "沒有更多了。",
    "with_person": "已轉真人服務，請稍候。",
    "reason.range": "超出了範圍，",
    "reason.range_between": "請回覆{minimum}到{maximum}之間的數，",
    "reason.two_answers": "只能選一個，",
    "reason.conflict": "序號和內容對不上，",
    "reason.none_chosen": "請至少選{at_least}個，",
    "reason.too_many": "最多選{at_most}個，",
    "reason.integer": "請回覆整數，",
    "reason.invalid_date": "沒有這一天，",
    "reason.invalid_time": "沒有這個時刻，",
    "reason.past": "這個時間已經過了，",
    "reason.future": "這個時間還沒有到，",
    "reason.no_time": "還缺時間，",
    "reason.no_date": "還缺日期，",
    "reason.no_year": "請寫明年份，",
    "reason.vague": "請說得具體一些，",
    "reason.hint": "沒有「{hint}」這一項，",
    "reason.": "沒有看懂您的回覆，",
    "please": "請重新回覆：",
}

MORE: Final = frozenset("0 更多 下一页 more next".split())
BACK: Final = frozenset("返回 上一题 上一步 back".split())
AGAIN: Final = frozenset("重来 重新开始 restart".split())
HELP: Final = frozenset("帮助 help ? 怎么用".split())
PERSON: Final = frozenset("人工 转人工 人工客服 客服 agent human".split())
LEAVE: Final = frozenset("退出 不答了 不参加了 exit leave".split())
SKIP: Final = frozenset("跳过 略过 skip".split())
RESERVED: Final = MORE | BACK | AGAIN | HELP | PERSON | LEAVE
"""Folded. A question that takes one of them as its answer comes first."""


def spoken(language: str, word: str, **values: object) -> str:
    """A sentence of the engine's own; simplified Chinese where a language has none."""
    table = SPOKEN.get(language.lower(), SPOKEN["zh-hans"])
    return table.get(word, SPOKEN["zh-hans"][word]).format(**values)
