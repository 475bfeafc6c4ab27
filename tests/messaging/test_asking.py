"""What is asked for, before anything is made of it."""

from __future__ import annotations

import pytest

from hongyan.messaging.asking import OPT_OUT_TAIL, opt_out_tail


@pytest.mark.parametrize(
    "text",
    [
        "冰箱八折，拒收请回复R", "冰箱八折。退订回T", "冰箱八折 回TD退订", "八折，回复 N 拒收", "八折，退訂請回覆R", "八折，取消订阅请发送QX",
        "Sale! Reply STOP to opt out", "八折，回Ｔ退订",
    ],
)  # fmt: skip
def test_marketing_that_tells_the_way_out_is_told_it_once(text: str) -> None:
    assert opt_out_tail(text, "marketing") == ""


@pytest.mark.parametrize(
    "text", ["冰箱八折", "回复1了解详情", "会员退订费用说明", "8折，请回店里看看", "nonstop shopping"]
)
def test_marketing_that_does_not_gets_the_words_that_law_wants(text: str) -> None:
    assert opt_out_tail(text, "marketing") == OPT_OUT_TAIL
    assert opt_out_tail(text, "notice") == ""
