"""What follows from what an incoming text means; what it means is held by tests/understanding."""

from __future__ import annotations

import pytest

from hongyan.mailbox.wishes import Wish, wish_of


@pytest.mark.parametrize(
    "text",
    """R ｒ。 td 退订 回T退订！ STOP 退訂 取消訂閱 Ｔ ＴＤ 拒收簡訊 請勿再傳 別發了 不要再發 退订天气 TD02 TD#7 请退订，谢谢 tuìdìng S.T.O.P
    别再给我发短信了 再发就投诉 停發 退订🙏 TDTD 取消 cancel""".split(),
)
def test_refusals_are_understood(text: str) -> None:
    assert wish_of(text) is Wish.STOP


@pytest.mark.parametrize("text", "START unstop 恢复 恢復 订阅 訂閱 KT 開通 重新订阅 我要订阅".split())
def test_so_is_a_way_back(text: str) -> None:
    assert wish_of(text) is Wish.AGAIN


@pytest.mark.parametrize(
    "text",
    """Right 收到 好的 1 T恤 TD-LTE N95 不要辣 不去了 别忘了发票 不要发票 明天别发货 别推迟 不用通知我妈 别寄到付 取消会议 退订金什么时候到 不退订
    别停，我天天看 怎么还不发 停电到几点 恢复正常了吗 不要给我打电话 我退群不退订""".split(),
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert wish_of(text) is Wish.NONE


@pytest.mark.parametrize("text", ["滚", "拉黑", "不订了", "退"])
def test_what_may_be_a_refusal_is_left_to_a_person(text: str) -> None:
    assert wish_of(text) is Wish.MAYBE


@pytest.mark.parametrize("text", ["继续发", "不要取消，我还要看", "我要报名"])
def test_to_want_the_goods_takes_no_refusal_back(text: str) -> None:
    assert wish_of(text) is Wish.NONE


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("Stop. Thank you", Wish.STOP),
        ("I said STOP.", Wish.STOP),
        ("please stop texting me", Wish.STOP),
        ("stop sending me this", Wish.STOP),
        ("I asked you to stop", Wish.STOP),
        ("opt out", Wish.STOP),
        ("Unsubscribe me please", Wish.STOP),
        ("Count me in! We have got to STOP this terrible bill from passing!!", Wish.NONE),
        ("see you at the bus stop", Wish.NONE),
        ("don't stop!", Wish.NONE),
        ("Start.", Wish.AGAIN),
        ("let's start at nine", Wish.NONE),
    ],
)
def test_english_sentences_are_told_apart(text: str, wish: Wish) -> None:
    assert wish_of(text) is wish


@pytest.mark.parametrize("text", ["r", "T", "取消", "恢复"])
def test_what_was_offered_as_an_answer_is_one(text: str) -> None:
    assert wish_of(text, "回复R、T或取消，恢复请回恢复") is Wish.NONE
