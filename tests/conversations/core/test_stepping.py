"""A conversation from its beginning to its end, event by event."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hongyan.conversations.core import Dialogue, How, State, decoded, encoded, hash_of, step
from hongyan.conversations.core.definition import (
    TURNS,
    Act,
    Ask,
    Call,
    Choice,
    End,
    Go,
    HandOver,
    OpenKeyword,
    Rows,
    Say,
    Set,
)
from hongyan.conversations.core.happening import (
    Answered,
    Asked,
    Corrected,
    Do,
    Done,
    Due,
    Event,
    Finished,
    HandedBack,
    HandTo,
    Left,
    Misread,
    NotMine,
    Reopened,
    Request,
    Resumed,
    Started,
    Stopped,
    Tell,
    Text,
    Wait,
    Waits,
    Went,
)
from hongyan.understanding.answers import Kind
from tests.conversations.core.dialogues import NOON, SCORE, SURVEY, Phone


class TestAnswers:
    def test_an_answer_leads_to_the_next_question_and_to_what_is_saved(self) -> None:
        phone = Phone(SURVEY)
        assert phone.start() == "您满意吗?\n1 非常满意\n2 满意\n3 一般\n4 不满意"
        assert phone.text("３。") == "哪里需要改进?"
        assert phone.text("太慢了") == ""
        assert phone.of(Do) == [Do("save", "save", {"table": "回访", "values": {"分": "3", "话": "太慢了"}})]
        assert phone.happen(Done(phone.at, phone.state.turn, {})) == "谢谢!"
        assert phone.state.ended is How.COMPLETED
        assert phone.state.answers == {"score": "3", "why": "太慢了"}

    def test_a_question_that_a_condition_passes_over_has_no_answer(self) -> None:
        phone = Phone(SURVEY)
        phone.start()
        phone.text("很好")
        assert phone.of(Do)[0].arguments["values"] == {"分": "1", "话": None}

    def test_what_stands_behind_the_keyword_answers_the_first_question(self) -> None:
        phone = Phone(SURVEY)
        assert phone.start("4") == "哪里需要改进?"
        assert phone.of(Asked) == [Asked("score"), Asked("why")]

    def test_what_stands_behind_the_keyword_and_is_no_answer_is_left_aside(self) -> None:
        phone = Phone(SURVEY)
        assert phone.start("你好").startswith("您满意吗?")
        assert phone.state.tries == 0

    def test_what_is_not_understood_is_asked_again_and_then_given_up(self) -> None:
        phone = Phone(SURVEY)
        phone.start()
        again = phone.text("7")
        assert again.endswith("您满意吗?\n1 非常满意\n2 满意\n3 一般\n4 不满意")
        assert phone.of(Misread)[0].text == "7"
        assert phone.text("8").startswith("抱歉")
        assert phone.state.ended is How.GAVE_UP
        assert phone.of(Went) == [Went("score", Left.GAVE_UP)]

    def test_a_question_may_have_a_way_of_its_own_for_who_gives_up(self) -> None:
        dialogue = replace(SURVEY, steps=(replace(SCORE, gave_up="end", tries=1), *SURVEY.steps[1:]))
        phone = Phone(dialogue)
        phone.start()
        assert phone.text("?!") == "谢谢!"
        assert phone.state.ended is How.COMPLETED

    def test_an_answer_may_lead_to_a_step(self) -> None:
        ask = Ask("menu", "要什么?", Kind.CHOICE, (Choice("1", "价格", go="price"), Choice("2", "地址", go="place")))
        dialogue = Dialogue("菜单", (ask, End("price", "十元"), End("place", "一路1号")))
        phone = Phone(dialogue)
        phone.start()
        assert phone.text("地址") == "一路1号"

    def test_what_must_be_confirmed_counts_only_then(self) -> None:
        dialogue = Dialogue(
            "几位", (Ask("people", "几位?", Kind.WHOLE, confirm=True, unit="位"), End("end", "{{ people }}位"))
        )
        phone = Phone(dialogue)
        phone.start()
        assert "6位" in phone.text("六")
        assert phone.text("不是") == "几位?"
        assert "8位" in phone.text("8")
        assert phone.text("Y") == "8位"
        assert phone.state.answers == {"people": "8"}

    def test_another_answer_instead_of_the_y_is_taken_for_a_new_one(self) -> None:
        phone = Phone(Dialogue("几位", (Ask("people", "几位?", Kind.WHOLE, confirm=True),)))
        phone.start()
        phone.text("6")
        assert "7" in phone.text("7")
        phone.text("对")
        assert phone.state.answers == {"people": "7"}

    def test_an_optional_question_can_be_passed_over(self) -> None:
        phone = Phone(Dialogue("建议", (Ask("age", "几岁?", Kind.WHOLE, optional=True), End("end", "好{{ age }}"))))
        phone.start()
        assert phone.text("跳过") == "好"
        assert phone.of(Went)[0].how is Left.SKIPPED


class TestTimeAndOrder:
    def test_a_reminder_comes_once_and_then_the_end(self) -> None:
        phone = Phone(SURVEY)
        phone.start()
        assert phone.of(Wait) == [Wait(NOON + timedelta(hours=4))]
        assert phone.wait(hours=4).startswith("还差一步, 您满意吗?")
        assert phone.of(Wait) == [Wait(NOON + timedelta(days=3))]
        phone.wait(days=3)
        assert phone.state.ended is How.EXPIRED

    def test_a_timer_of_an_earlier_turn_changes_nothing(self) -> None:
        phone = Phone(SURVEY)
        phone.start()
        old = phone.state.turn
        phone.text("3")
        before = phone.state
        assert step(SURVEY, before, Due(NOON + timedelta(days=9), old)) == (before, ())

    def test_a_timer_that_rings_too_early_rings_again(self) -> None:
        phone = Phone(SURVEY)
        phone.start()
        assert phone.wait(hours=1) == ""
        assert phone.of(Wait) == [Wait(NOON + timedelta(hours=4))]

    def test_a_late_answer_goes_on_where_it_stood(self) -> None:
        phone = Phone(SURVEY)
        phone.start()
        phone.wait(days=4)
        assert phone.state.ended is How.EXPIRED
        assert phone.text("3") == "哪里需要改进?"
        assert phone.of(Reopened)
        assert phone.state.ended is None

    def test_a_late_text_that_is_no_answer_is_for_others(self) -> None:
        phone = Phone(SURVEY)
        phone.start()
        phone.wait(days=4)
        phone.text("你们几点开门")
        assert phone.effects == (NotMine(),)

    def test_the_same_text_at_once_is_one_text(self) -> None:
        phone = Phone(SURVEY)
        phone.start()
        phone.happen(Text(NOON, "3"))
        assert phone.happen(Text(NOON + timedelta(seconds=1), " 3 ")) == ""
        assert phone.state.step == "why"
        assert "why" not in phone.state.answers

    def test_a_text_written_before_the_question_came_is_about_the_one_before(self) -> None:
        phone = Phone(SURVEY)
        phone.start()
        phone.text("3")
        phone.text("4", received_at=phone.state.asked_at - timedelta(seconds=5))
        assert phone.of(Corrected) == [Corrected("score", "4", "4")]
        assert phone.state.step == "why"

    def test_a_conversation_ends_after_thirty_days_whatever_is_said(self) -> None:
        phone = Phone(replace(SURVEY, expires=timedelta(days=90), remind=None))
        phone.start()
        assert phone.of(Wait) == [Wait(NOON + timedelta(days=30))]


class TestWordsThatSteer:
    def test_back_asks_the_question_before(self) -> None:
        phone = Phone(SURVEY)
        phone.start()
        phone.text("3")
        assert phone.text("返回").startswith("您满意吗?")
        assert phone.state.answers == {}

    def test_nobody_goes_back_past_what_was_done(self) -> None:
        dialogue = Dialogue("订", (SCORE, Act("hold", "hold room"), Ask("name", "姓名?"), End("end")))
        phone = Phone(dialogue)
        phone.start()
        phone.text("1")
        phone.happen(Done(phone.at, phone.state.turn, {}))
        assert phone.text("返回") == "姓名?"

    def test_begin_again(self) -> None:
        phone = Phone(SURVEY)
        phone.start()
        phone.text("3")
        assert phone.text("重来").startswith("您满意吗?")

    def test_leaving_and_refusing_where_the_question_takes_no_such_word(self) -> None:
        for text, is_refusal in (("退出", False), ("N", True)):
            phone = Phone(SURVEY)
            phone.start()
            assert phone.text(text, is_refusal=is_refusal) == "已退出。"
            assert phone.state.ended is How.STOPPED

    def test_a_word_that_may_refuse_is_an_answer_where_the_question_takes_it(self) -> None:
        phone = Phone(Dialogue("参加", (Ask("comes", "参加吗?", Kind.YES_NO), End("end", "{{ said.comes }}"))))
        phone.start()
        assert phone.text("N", is_refusal=True) == "否"
        assert phone.state.answers == {"comes": "no"}

    def test_a_person_takes_over_and_hands_back(self) -> None:
        phone = Phone(replace(SURVEY, person="客服"))
        phone.start()
        phone.text("人工")
        assert phone.of(HandTo) == [HandTo("客服", "人工")]
        phone.text("在吗")
        assert phone.effects == (NotMine(),)
        assert phone.happen(HandedBack(phone.at)).startswith("您满意吗?")

    def test_help_in_its_own_words(self) -> None:
        phone = Phone(replace(SURVEY, help="回复数字即可"))
        phone.start()
        assert phone.text("帮助") == "回复数字即可"
        assert phone.state.tries == 0


class TestAnotherDialogue:
    def test_finish_first_insists_once(self) -> None:
        phone = Phone(SURVEY)
        phone.start()
        assert "退出" in phone.text("TP", other="投票")
        assert not phone.of(NotMine)
        phone.text("TP", other="投票")
        assert phone.of(NotMine)
        assert phone.state.ended is How.INTERRUPTED

    def test_switch_waits_and_repeats_its_question(self) -> None:
        phone = Phone(replace(SURVEY, open_keyword=OpenKeyword.SWITCH))
        phone.start()
        phone.text("TP", other="投票")
        assert phone.of(NotMine) == [NotMine(suspends=True)]
        assert phone.state.waits is Waits.OTHER
        assert phone.happen(Resumed(phone.at)).startswith("您满意吗?")

    def test_replace_ends(self) -> None:
        phone = Phone(replace(SURVEY, open_keyword=OpenKeyword.REPLACE))
        phone.start()
        phone.text("TP", other="投票")
        assert phone.state.ended is How.INTERRUPTED

    def test_an_answer_that_is_also_a_keyword_is_an_answer(self) -> None:
        phone = Phone(SURVEY)
        phone.start()
        assert phone.text("3", other="三号") == "哪里需要改进?"

    def test_a_clear_refusal_ends_it(self) -> None:
        phone = Phone(SURVEY)
        phone.start()
        phone.happen(Stopped(phone.at))
        assert phone.state.ended is How.STOPPED
        assert phone.of(Went) == [Went("score", Left.STOPPED)]


class TestActsAndCalls:
    LOOK_UP = Dialogue(
        "查价",
        (
            Ask("model", "型号?"),
            Act("look", "look up", {"table": "价格", "by": {"型号": "{{ model }}"}}, into="card"),
            End("none", "没有{{ model }}", when="card.count == 0"),
            Ask("which", "哪一款?", Kind.CHOICE, choices_of=Rows("card", "{{ 名称 }}"), when="card.count > 1"),
            End("end", "共{{ card.count }}款"),
        ),
    )

    def test_rows_that_were_found_can_be_chosen(self) -> None:
        phone = Phone(self.LOOK_UP)
        phone.start()
        phone.text("A9")
        rows = [{"名称": "A9黑"}, {"名称": "A9白"}]
        assert phone.happen(Done(phone.at, phone.state.turn, {"count": 2, "rows": rows})) == "哪一款?\n1 A9黑\n2 A9白"
        assert phone.text("A9白") == "共2款"
        assert phone.state.answers["which"] == "2"

    def test_what_comes_of_an_act_of_an_earlier_turn_is_stale(self) -> None:
        phone = Phone(self.LOOK_UP)
        phone.start()
        phone.text("A9")
        before = phone.state
        assert step(self.LOOK_UP, before, Done(NOON, before.turn - 1, {"count": 0})) == (before, ())

    def test_a_call_that_fails_says_so_and_goes_its_way(self) -> None:
        call = Call("ask", "发票", {"number": "{{ code }}"}, into="answer", failed="稍后再试", on_failure="end")
        dialogue = Dialogue("发票", (Ask("code", "号码?"), call, Say("said", "{{ answer }}"), End("end", "再见")))
        phone = Phone(dialogue)
        phone.start()
        phone.text("123")
        assert phone.of(Request) == [Request("ask", "发票", {"number": "123"})]
        assert phone.happen(Answered(phone.at, phone.state.turn, error="failed")) == "稍后再试\n再见"

    def test_a_call_that_answers(self) -> None:
        call = Call("ask", "发票", into="answer")
        phone = Phone(Dialogue("发票", (call, Say("said", "{{ answer.text }}"), End("end"))))
        phone.start()
        assert phone.happen(Answered(phone.at, phone.state.turn, {"text": "相符"})) == "相符"
        assert phone.happen(Answered(phone.at, phone.state.turn - 1, {"text": "相符"})) == ""

    def test_what_is_said_between_two_waits_is_one_text(self) -> None:
        phone = Phone(Dialogue("三句", (Say("a", "一"), Say("b", "二"), Ask("c", "三?"))))
        assert phone.start() == "一\n二\n三?"
        assert len(phone.of(Tell)) == 1


class TestNothingRunsForEver:
    def test_steps_in_a_circle_end_as_failed(self) -> None:
        phone = Phone(Dialogue("圈", (Say("a", "x"), Go("b", "a"))))
        assert phone.start().startswith("抱歉")
        assert phone.state.ended is How.FAILED
        assert "50 steps" in phone.of(Finished)[0].why

    def test_a_value_that_there_is_none_of_ends_as_failed_and_says_why(self) -> None:
        phone = Phone(Dialogue("错", (Say("a", "{{ nobody }}"),)))
        assert phone.start().startswith("抱歉")
        assert "nobody" in phone.of(Finished)[0].why

    def test_a_robot_that_answers_every_answer_is_left_after_so_many_turns(self) -> None:
        phone = Phone(Dialogue("机器人", (Ask("a", "说?"), Go("b", "a"))))
        phone.start()
        for number in range(TURNS):
            phone.text(f"auto reply {number}")
        assert phone.state.ended is How.FAILED

    def test_a_hand_over_ends_after_thirty_days(self) -> None:
        phone = Phone(Dialogue("人", (HandOver("h", "客服", "请稍候"), End("end", "好"))))
        assert phone.start() == "请稍候"
        phone.wait(days=30)
        assert phone.state.ended is How.EXPIRED


def test_who_may_not_begin_is_told_why() -> None:
    phone = Phone(replace(SURVEY, turned_away={"full": "满了"}))
    assert phone.start(turned_away="full") == "满了"
    assert phone.state.ended is How.TURNED_AWAY
    phone = Phone(SURVEY)
    assert phone.start(turned_away="again") == "您已经参加过了，谢谢！"


def test_a_dialogue_is_named_by_what_it_is() -> None:
    assert decoded(encoded(SURVEY)) == SURVEY
    assert hash_of(decoded(encoded(SURVEY))) == hash_of(SURVEY)
    assert hash_of(replace(SURVEY, tries=3)) != hash_of(SURVEY)


EVERYTHING = Dialogue(
    "全部",
    (
        SCORE,
        Ask("age", "几岁?", Kind.WHOLE, optional=True, confirm=True),
        Set("double", {"twice": "(age or 0) * 2"}),
        Ask("day", "哪天?", Kind.DATE, when="twice > 20"),
        Act("look", "look up", {"table": "t", "by": {"x": "{{ score }}"}}, into="card"),
        Ask("which", "哪个?", Kind.CHOICE, choices_of=Rows("card", "{{ n }}")),
        Call("call", "p", into="said", on_failure="end"),
        HandOver("hand", "q", when='score == "4"'),
        Go("again", "score", when='which == "2"'),
        End("end", "{{ twice }}"),
    ),
    person="客服",
    open_keyword=OpenKeyword.SWITCH,
)
TEXTS = st.one_of(
    st.sampled_from("1 2 3 4 0 30 12 Y N 返回 重来 人工 退出 跳过 帮助 更多 明天 3月5日 差 退订".split()),
    st.text(max_size=12),
)


@st.composite
def events(draw: st.DrawFn) -> list[tuple[str, object]]:
    kinds = st.sampled_from("text text text text due done answered back resumed stopped started".split())
    return draw(st.lists(st.tuples(kinds, TEXTS), max_size=40))


def _event(kind: str, text: str, at: datetime, turn: int) -> Event:
    match kind:
        case "text":
            return Text(at, text, is_refusal=text == "N", other="另" if text == "Y" else "", received_at=at)
        case "due":
            return Due(at, turn)
        case "done":
            return Done(at, turn, {"count": 2, "rows": [{"n": "甲"}, {"n": "乙"}]})
        case "answered":
            return Answered(at, turn, text, "late" if text == "1" else "")
        case "back":
            return HandedBack(at, ends=text == "2")
        case "resumed":
            return Resumed(at)
        case "stopped":
            return Stopped(at)
        case _:
            return Started(at, text)


@settings(max_examples=200, deadline=None)
@given(events())
def test_whatever_happens_in_whatever_order(happened: list[tuple[str, str]]) -> None:
    """Nothing raises; sums of questions agree; at most one text an event; replaying the events gives the state again."""
    phone, at = Phone(EVERYTHING), NOON
    phone.start()
    for kind, text in happened:
        at += timedelta(hours=len(text), seconds=4)
        before = phone.state
        phone.happen(_event(kind, text, at, before.turn))
        assert len(phone.of(Tell)) <= 1
        assert phone.state.turn in (before.turn, before.turn + 1)
        if phone.state.turn == before.turn:
            assert phone.state == before
        if before.ended is not None and phone.state.ended is None:
            assert before.ended is How.EXPIRED
            assert phone.of(Reopened)
        asked = sum(isinstance(one, Asked) for one in phone.all)
        went = sum(isinstance(one, Went) for one in phone.all)
        reopened = sum(isinstance(one, Reopened) for one in phone.all)
        stands = phone.state.ended is None and isinstance(EVERYTHING.steps[EVERYTHING.at(phone.state.step) or 0], Ask)
        assert asked + reopened == went + stands
    state = State()
    for event in phone.events:
        state, _ = step(EVERYTHING, state, event)
    assert state == phone.state
