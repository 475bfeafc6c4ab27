"""Both ends of an SGIP connection at once, in both directions: the customer's submits, the carrier's reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from hongyan.protocols.errors import FieldTooLong, LocalProtocolError, NotLoggedIn, WindowFull
from hongyan.protocols.events import (
    AnsweredLate,
    Closed,
    DeliverAnswered,
    DeliveryReport,
    Event,
    IncomingReceived,
    IncomingSegment,
    LoggedIn,
    LoginRefused,
    LoginRequested,
    ReportClass,
    ReportReceived,
    Submit,
    SubmitAnswered,
    SubmitRequested,
    SubmitUnanswered,
    Verdict,
)
from hongyan.protocols.framing import Frame, Unknown
from hongyan.protocols.session import Account, Role, Session, Side, State
from hongyan.protocols.sgip import pdus
from hongyan.protocols.sgip.pdus import RESPONSE, Command
from hongyan.protocols.sgip.session import RESULTS, SgipSession, error_code
from hongyan.protocols.text import Alphabet, Concatenation

SP, SMG = 3025061118, 102500
BEGIN = datetime(2026, 11, 23, 16, 55, 1)  # noqa: DTZ001 - carriers' local time
NUMBER = "8613012345678"
SUBMIT = Submit("1065591234", (NUMBER,), "你好".encode("utf-16-be"), Alphabet.UCS2)
REPORT = DeliveryReport("b44ec4fe42f2253d00000001", NUMBER, ReportClass.DELIVERED, "DELIVRD")


class Pair:
    """Who connects and who is connected to, with one clock; their bytes go to each other."""

    def __init__(
        self,
        connects: Side = Side.CUSTOMER,
        *,
        secret: str = "secret",
        window: int = 4,
        idle_close_s: float | None = None,
        server: SgipSession | None = None,
    ) -> None:
        self.now = 0.0
        account = Account(
            "901234", secret, window=window, service_id="YXTZ", clock=lambda: BEGIN + timedelta(seconds=self.now)
        )
        is_customer = connects is Side.CUSTOMER
        self.client = SgipSession(
            Role.CLIENT, account, side=connects, node=SP if is_customer else SMG, corp_id="61118",
            idle_close_s=idle_close_s, first_counter=0,
        )  # fmt: skip
        self.server = server or SgipSession(
            Role.SERVER, account, side=Side.CARRIER if is_customer else Side.CUSTOMER, node=SMG if is_customer else SP,
            idle_close_s=idle_close_s, first_counter=0,
        )  # fmt: skip
        self.client.opened(self.now)
        self.server.opened(self.now)

    def pump(self) -> list[Event]:
        events: list[Event] = []
        while True:
            out, back = self.client.data_to_send(), self.server.data_to_send()
            if not out and not back:
                return events
            events += self.server.receive(out, self.now) + self.client.receive(back, self.now)

    def logged_in(self) -> Pair:
        (asked,) = self.pump()
        assert isinstance(asked, LoginRequested)
        assert asked.login == "901234"
        assert asked.check("secret")
        self.server.accept_login(asked.token, self.now)
        assert self.pump() == [LoggedIn()]
        return self

    def submitted(self, submit: Submit = SUBMIT, reference: object = "ref") -> SubmitRequested:
        self.client.submit(submit, reference, self.now)
        (asked,) = self.pump()
        assert isinstance(asked, SubmitRequested)
        return asked

    def answered(self, *, code: int) -> Event:
        self.server.answer_submit(self.submitted().token, self.now, code=code)
        (answered,) = self.pump()
        return answered

    def to_server(self, command: int, pdu: pdus.Body, sequence: int = 7) -> tuple[list[Event], list[Frame]]:
        """What the server makes of a PDU, and what it answers."""
        events = self.server.receive(pdus.write(Frame(command, sequence, pdu)), self.now)
        return events, frames(self.server)


def frames(session: Session) -> list[Frame]:
    """What waits to go out."""
    data, found = session.data_to_send(), []
    while data:
        size = int.from_bytes(data[:4], "big")
        found.append(pdus.read(data[:size]))
        data = data[size:]
    return found


# -- login ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("connects", "login_type"), [(Side.CUSTOMER, 1), (Side.CARRIER, 2)])
def test_a_customer_binds_with_type_1_and_a_carrier_with_type_2(connects: Side, login_type: int) -> None:
    (bind,) = frames(Pair(connects).client)
    assert bind.pdu == pdus.Bind(login_type, "901234", "secret")
    assert bind.command == Command.BIND


@pytest.mark.parametrize("connects", list(Side))
def test_both_kinds_of_connection_log_in(connects: Side) -> None:
    pair = Pair(connects).logged_in()
    assert pair.client.is_bound
    assert pair.server.is_bound


def test_a_wrong_password_is_refused_and_not_tried_again() -> None:
    pair = Pair(secret="wrong")
    (asked,) = pair.pump()
    assert isinstance(asked, LoginRequested)
    assert not asked.check("secret")
    pair.server.refuse_login(asked.token, pair.now)
    refused, closed = pair.pump()
    assert refused == LoginRefused("1", "the login name or password is wrong", may_retry=False)
    assert closed == Closed("the carrier refused the login: the login name or password is wrong")
    assert pair.server.is_closed


@pytest.mark.parametrize(
    ("why", "code", "may_retry"),
    [
        ("credentials", "1", False),
        ("login", "1", False),
        ("anything else", "1", False),
        ("repeated", "2", True),
        ("connections", "3", True),
        ("type", "4", False),
        ("busy", "11", True),
        ("frequent", "34", True),
    ],
)
def test_each_reason_of_a_refused_login_says_whether_to_try_again(why: str, code: str, may_retry: bool) -> None:
    pair = Pair()
    (asked,) = pair.pump()
    assert isinstance(asked, LoginRequested)
    (at_server,) = pair.server.refuse_login(asked.token, pair.now, why=why)
    assert at_server == Closed(f"the login was refused: {why}")
    assert pair.pump()[0] == LoginRefused(code, RESULTS[int(code)], may_retry=may_retry)


def test_a_refusal_outside_the_tables_is_told_by_its_number() -> None:
    pair = Pair()
    (bind,) = frames(pair.client)
    answer = Frame(RESPONSE | Command.BIND, bind.sequence, pdus.BindResp(200))
    refused, _closed = pair.client.receive(pdus.write(answer), pair.now)
    assert refused == LoginRefused("200", "result 200", may_retry=True)


@pytest.mark.parametrize("connects", list(Side))
@pytest.mark.parametrize("login_type", [0, 1, 2, 3, 11])
def test_a_bind_of_the_wrong_type_gets_code_4_and_a_close(connects: Side, login_type: int) -> None:
    pair = Pair(connects)
    right = pair.client.login_type
    events, answers = pair.to_server(Command.BIND, pdus.Bind(login_type, "901234", "secret"))
    if login_type == right:
        assert isinstance(events[0], LoginRequested)
        return
    assert events == [Closed(f"the peer's login type is {login_type}, not {right:d}")]
    assert answers == [Frame(RESPONSE | Command.BIND, 7, pdus.BindResp(4))]


def test_two_servers_do_not_mistake_each_other_s_clients() -> None:
    strange = SgipSession(Role.SERVER, Account(), side=Side.CUSTOMER, node=SP)
    pair = Pair(Side.CUSTOMER, server=strange)
    events = pair.pump()
    assert [type(event) for event in events] == [Closed, LoginRefused, Closed]


@pytest.mark.parametrize("is_bound", [True, False])
def test_a_second_bind_gets_code_2_and_harms_nobody(is_bound: bool) -> None:
    pair = Pair()
    if is_bound:
        pair.logged_in()
    else:
        pair.pump()
    state = pair.server.state
    events, answers = pair.to_server(Command.BIND, pdus.Bind(1, "901234", "secret"))
    assert events == []
    assert answers == [Frame(RESPONSE | Command.BIND, 7, pdus.BindResp(2))]
    assert pair.server.state is state


def test_a_login_that_is_judged_after_the_line_broke_stays_broken() -> None:
    pair = Pair()
    (asked,) = pair.pump()
    assert isinstance(asked, LoginRequested)
    pair.server.connection_lost(pair.now)
    assert pair.server.accept_login(asked.token, pair.now) == []
    assert pair.server.refuse_login(asked.token, pair.now) == []
    assert pair.server.is_closed
    assert pair.server.data_to_send() == b""


def test_a_login_is_completed_in_time_or_not_at_all() -> None:
    pair = Pair()
    assert pair.client.next_tick_at == pair.server.next_tick_at == 15.0
    for session in (pair.client, pair.server):
        assert session.tick(15.0) == [Closed("the login was not completed in time")]


def test_a_command_before_login_closes() -> None:
    pair = Pair()
    body = pdus.Submit("1", pdus.SP_PAYS, (NUMBER,))
    events, (answer,) = pair.to_server(Command.SUBMIT, body)
    assert events == [Closed("the peer sent command 0x3 before login")]
    assert answer.pdu == pdus.SubmitResp(7)


def test_a_login_that_does_not_fit_is_our_mistake() -> None:
    session = SgipSession(Role.CLIENT, Account("x" * 17), side=Side.CUSTOMER, node=SP)
    with pytest.raises(FieldTooLong):
        session.opened(0.0)


@pytest.mark.parametrize("node", [-1, 2**32])
def test_a_node_number_has_32_bits(node: int) -> None:
    with pytest.raises(LocalProtocolError):
        SgipSession(Role.CLIENT, Account(), side=Side.CUSTOMER, node=node)


# -- sequence numbers ----------------------------------------------------------------------------------------------


def test_a_sequence_is_node_local_time_and_a_counter_that_rises() -> None:
    pair = Pair().logged_in()
    pair.now = 3.0
    for reference in range(3):
        pair.client.submit(SUBMIT, reference, pair.now)
    assert [frame.sequence for frame in frames(pair.client)] == [
        pdus.sequence_number(SP, 1123165504, counter) for counter in (1, 2, 3)
    ]


def test_the_counter_wraps_within_its_32_bits() -> None:
    session = SgipSession(
        Role.CLIENT, Account(clock=lambda: BEGIN), side=Side.CUSTOMER, node=SP, first_counter=0xFFFFFFFF
    )
    session.opened(0.0)
    (bind,) = frames(session)
    assert bind.sequence == pdus.sequence_number(SP, 1123165501, 0xFFFFFFFF)
    session.receive(pdus.write(Frame(RESPONSE | Command.BIND, bind.sequence, pdus.BindResp(0))), 0.0)
    session.submit(SUBMIT, "ref", 0.0)
    (submit,) = frames(session)
    assert submit.sequence == pdus.sequence_number(SP, 1123165501, 0)


def test_connections_of_one_node_in_one_second_have_sequences_of_their_own() -> None:
    account = Account(clock=lambda: BEGIN)
    found = set()
    for _ in range(20):
        session = SgipSession(Role.CLIENT, account, side=Side.CUSTOMER, node=SP)
        session.opened(0.0)
        found.add(frames(session)[0].sequence)
    assert len(found) == 20


# -- submits -------------------------------------------------------------------------------------------------------


def test_a_submit_comes_out_as_itself_and_its_id_is_its_sequence() -> None:
    pair = Pair().logged_in()
    asked = pair.submitted()
    assert asked.submit == replace(SUBMIT, service_id="YXTZ")
    carrier_id = pair.server.carrier_id_of(asked.token)
    assert carrier_id == "b44ec4fe42f2253d00000001"
    pair.server.answer_submit(asked.token, pair.now)
    assert pair.pump() == [SubmitAnswered("ref", Verdict.ACCEPTED, (carrier_id,))]
    assert pair.client.window_free == 4


def test_ids_of_the_server_s_own_are_not_read() -> None:
    pair = Pair().logged_in()
    pair.server.answer_submit(pair.submitted().token, pair.now, carrier_ids=("ab12",))
    assert pair.pump() == [SubmitAnswered("ref", Verdict.ACCEPTED, ("b44ec4fe42f2253d00000001",))]


def test_only_a_submit_has_a_carrier_id() -> None:
    assert Pair().server.carrier_id_of((Command.REPORT, 1)) is None


def test_the_fields_of_a_submit_are_what_an_enterprise_sends() -> None:
    pair = Pair().logged_in()
    pair.client.submit(replace(SUBMIT, wants_report=False, validity="261124235959032+"), "ref", pair.now)
    (frame,) = frames(pair.client)
    assert frame.pdu == pdus.Submit(
        sp_number="1065591234", charge_number="0" * 21, user_number=(NUMBER,), corp_id="61118", service_type="YXTZ",
        fee_type=1, more_late_to_mt_flag=2, expire_time="261124235959032+", report_flag=2, message_coding=8,
        message_content=SUBMIT.content,
    )  # fmt: skip


@pytest.mark.parametrize(("flag", "wants"), [(0, True), (1, True), (2, False), (3, False)])
def test_a_report_on_failure_only_is_a_report_wanted(flag: int, wants: bool) -> None:
    pair = Pair().logged_in()
    body = pdus.Submit("1", "", (NUMBER,), report_flag=flag)
    (asked,), _ = pair.to_server(Command.SUBMIT, body)
    assert isinstance(asked, SubmitRequested)
    assert asked.submit.wants_report is wants


@pytest.mark.parametrize("alphabet", [Alphabet.ASCII, Alphabet.BINARY, Alphabet.UCS2, Alphabet.GBK])
def test_the_alphabet_travels(alphabet: Alphabet) -> None:
    pair = Pair().logged_in()
    assert pair.submitted(replace(SUBMIT, alphabet=alphabet)).submit.alphabet is alphabet


def test_a_part_of_a_long_text_is_known_by_its_header_alone() -> None:
    pair = Pair().logged_in()
    part = replace(SUBMIT, content=b"\5\0\3\x21\3\2" + SUBMIT.content, has_header=True, segment=2, segments=3)
    assert pair.submitted(part).submit == replace(part, service_id="YXTZ")


def test_a_hundred_numbers_share_one_id() -> None:
    pair = Pair().logged_in()
    numbers = tuple(f"861301234{number:04d}" for number in range(100))
    asked = pair.submitted(replace(SUBMIT, recipients=numbers))
    assert asked.submit.recipients == numbers
    pair.server.answer_submit(asked.token, pair.now)
    (answered,) = pair.pump()
    assert isinstance(answered, SubmitAnswered)
    assert answered.carrier_ids == ("b44ec4fe42f2253d00000001",) * 100


def test_more_than_a_hundred_numbers_are_our_mistake() -> None:
    pair = Pair().logged_in()
    with pytest.raises(LocalProtocolError, match="takes 1 to 100 numbers"):
        pair.client.submit(replace(SUBMIT, recipients=(NUMBER,) * 101), "ref", pair.now)
    assert pair.client.window_free == 4
    assert pair.pump() == []


@pytest.mark.parametrize("count", [0, 101])
def test_a_peer_s_submit_with_too_many_or_no_numbers_gets_code_5(count: int) -> None:
    pair = Pair().logged_in()
    one = pdus.Submit("1", "", (NUMBER,)).encode()
    body = one[:42] + bytes((count,)) + one[43:64] * count + one[64:]
    events = pair.server.receive(pdus.packed(Command.SUBMIT, 7, body), pair.now)
    assert events == []
    assert frames(pair.server) == [Frame(RESPONSE | Command.SUBMIT, 7, pdus.SubmitResp(5))]
    assert pair.server.is_bound


@pytest.mark.parametrize("code", [11, 33, 34])
def test_flow_control_is_not_a_failure(code: int) -> None:
    answered = Pair().logged_in().answered(code=code)
    assert answered == SubmitAnswered("ref", Verdict.THROTTLED, (), str(code), RESULTS[code])


@pytest.mark.parametrize("code", sorted({*RESULTS, 200} - {11, 33, 34}))
def test_any_other_result_is_a_refusal_with_its_words(code: int) -> None:
    answered = Pair().logged_in().answered(code=code)
    words = RESULTS.get(code, "the gateway's own code")
    assert answered == SubmitAnswered("ref", Verdict.REFUSED, (), str(code), words)


def test_the_window_is_never_exceeded() -> None:
    pair = Pair().logged_in()
    for reference in range(4):
        pair.client.submit(SUBMIT, reference, pair.now)
    assert pair.client.window_free == 0
    with pytest.raises(WindowFull):
        pair.client.submit(SUBMIT, 5, pair.now)
    assert len(pair.pump()) == 4


def test_answers_come_in_any_order() -> None:
    pair = Pair().logged_in()
    asked = [pair.submitted(reference=reference) for reference in range(4)]
    for one in reversed(asked):
        pair.server.answer_submit(one.token, pair.now)
    answered = pair.pump()
    assert [event.reference for event in answered if isinstance(event, SubmitAnswered)] == [3, 2, 1, 0]


def test_duplicate_and_unknown_answers_are_dropped() -> None:
    pair = Pair().logged_in()
    asked = pair.submitted()
    for _ in range(2):
        pair.server.answer_submit(asked.token, pair.now)
    assert len(pair.pump()) == 1
    for command in (Command.BIND, Command.UNBIND, Command.SUBMIT, Command.DELIVER, Command.REPORT, Command.TRACE):
        answer = pdus.packed(RESPONSE | command, 999, b"\0")
        assert pair.client.receive(answer, pair.now) == []
    assert pair.client.is_bound


def test_an_answer_of_another_kind_takes_no_submit() -> None:
    pair = Pair().logged_in()
    asked = pair.submitted()
    assert isinstance(asked.token, int)
    wrong = Frame(RESPONSE | Command.REPORT, asked.token, pdus.ReportResp(0))
    assert pair.client.receive(pdus.write(wrong), pair.now) == []
    pair.server.answer_submit(asked.token, pair.now)
    assert len(pair.pump()) == 1


def test_a_response_too_short_to_read_leaves_its_submit_of_unknown_fate() -> None:
    pair = Pair().logged_in()
    asked = pair.submitted()
    assert isinstance(asked.token, int)
    events = pair.client.receive(pdus.packed(RESPONSE | Command.SUBMIT, asked.token, b""), pair.now)
    assert [type(event) for event in events] == [SubmitUnanswered, Closed]


def test_what_is_unanswered_when_the_line_breaks_is_of_unknown_fate() -> None:
    pair = Pair().logged_in()
    pair.submitted()
    assert [type(event) for event in pair.client.connection_lost(pair.now)] == [SubmitUnanswered, Closed]
    assert pair.client.connection_lost(pair.now) == []


def test_nothing_is_sent_before_login() -> None:
    with pytest.raises(NotLoggedIn):
        Pair().client.submit(SUBMIT, 1, 0.0)
    with pytest.raises(NotLoggedIn):
        Pair(Side.CARRIER).client.deliver(REPORT, 1, 0.0)


# -- reports and incoming messages ---------------------------------------------------------------------------------


def test_a_report_is_answered_only_when_it_is_stored() -> None:
    pair = Pair(Side.CARRIER).logged_in()
    pair.client.deliver(REPORT, "r1", pair.now)
    (received,) = pair.pump()
    assert isinstance(received, ReportReceived)
    assert received.report == REPORT
    assert pair.pump() == []
    pair.server.answer(received.token, pair.now)
    assert pair.pump() == [DeliverAnswered("r1", accepted=True)]
    assert pair.client.window_free == 4


def test_a_report_that_is_put_off_is_told_so() -> None:
    pair = Pair(Side.CARRIER).logged_in()
    pair.client.deliver(REPORT, "r1", pair.now)
    (received,) = pair.pump()
    assert isinstance(received, ReportReceived)
    pair.server.answer(received.token, pair.now, accepted=False)
    assert pair.pump() == [DeliverAnswered("r1", accepted=False)]


@pytest.mark.parametrize(
    ("outcome", "code", "wire", "back"),
    [
        (ReportClass.DELIVERED, "DELIVRD", (0, 0), (ReportClass.DELIVERED, "DELIVRD")),
        (ReportClass.INTERMEDIATE, "ACCEPTD", (1, 0), (ReportClass.INTERMEDIATE, "ACCEPTD")),
        (ReportClass.INTERMEDIATE, "ENROUTE", (1, 0), (ReportClass.INTERMEDIATE, "ACCEPTD")),
        (ReportClass.FAILED, "SGIP:25", (2, 25), (ReportClass.FAILED, "SGIP:25")),
        (ReportClass.FAILED, "54", (2, 54), (ReportClass.FAILED, "SGIP:54")),
        (ReportClass.FAILED, "MK:0001", (2, 255), (ReportClass.FAILED, "SGIP:255")),
        # What expired cannot be told apart.
        (ReportClass.EXPIRED, "EXPIRED", (2, 255), (ReportClass.FAILED, "SGIP:255")),
    ],
)
def test_a_report_says_what_sgip_can_say(
    outcome: ReportClass, code: str, wire: tuple[int, int], back: tuple[ReportClass, str]
) -> None:
    pair = Pair(Side.CARRIER).logged_in()
    pair.client.deliver(replace(REPORT, outcome=outcome, code=code, done_at="2611231655"), 1, pair.now)
    pdu = pdus.read(pair.client.recent[-1][2]).pdu
    assert isinstance(pdu, pdus.Report)
    assert (pdu.state, pdu.error_code) == wire
    (received,) = pair.pump()
    assert isinstance(received, ReportReceived)
    assert received.report == replace(REPORT, outcome=back[0], code=back[1])


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("SGIP:25", 25), ("sgip:025", 25), ("25", 25), ("0000054", 54), ("2:54", 54), ("U2:54", 54), ("LT:0054", 54),
        ("SGIP:0", 0), ("255", 255), ("256", 255), ("5001", 255), ("UNDELIV", 255), ("ID:0076", 255), ("", 255),
        ("SGIP:", 255), ("٢٥", 255),
    ],
)  # fmt: skip
def test_an_error_code_is_taken_back_out_of_its_text(code: str, number: int) -> None:
    assert error_code(code) == number


def test_a_state_outside_the_table_is_a_failure() -> None:
    pair = Pair(Side.CARRIER).logged_in()
    body = bytearray(pdus.Report(1, 0, NUMBER, 2, 3).encode())
    body[34] = 9
    (received,), _ = pair.to_server(Command.REPORT, Unknown(bytes(body)))
    assert isinstance(received, ReportReceived)
    assert (received.report.outcome, received.report.code) == (ReportClass.FAILED, "SGIP:3")


@pytest.mark.parametrize("carrier_id", ["", "not hex", "-1", "1" * 25])
def test_a_report_on_an_id_that_no_submit_has_is_our_mistake(carrier_id: str) -> None:
    pair = Pair(Side.CARRIER).logged_in()
    with pytest.raises(LocalProtocolError):
        pair.client.deliver(replace(REPORT, carrier_id=carrier_id), 1, pair.now)
    assert pair.client.window_free == 4


def test_a_report_may_come_before_its_submit_s_answer() -> None:
    to_carrier, to_customer = Pair().logged_in(), Pair(Side.CARRIER).logged_in()
    asked = to_carrier.submitted()
    carrier_id = to_carrier.server.carrier_id_of(asked.token)
    assert carrier_id is not None
    to_customer.client.deliver(replace(REPORT, carrier_id=carrier_id), 1, to_customer.now)
    (received,) = to_customer.pump()
    to_carrier.server.answer_submit(asked.token, to_carrier.now)
    (answered,) = to_carrier.pump()
    assert isinstance(received, ReportReceived)
    assert isinstance(answered, SubmitAnswered)
    assert (received.report.carrier_id,) == answered.carrier_ids


@pytest.mark.parametrize("text", ["TD", "退订😀", "x" * 160, ""])
def test_an_incoming_text_arrives(text: str) -> None:
    pair = Pair(Side.CARRIER).logged_in()
    pair.client.deliver(IncomingSegment(NUMBER, "106559123488", text), "m1", pair.now)
    (received,) = pair.pump()
    assert isinstance(received, IncomingReceived)
    incoming = received.incoming
    assert (incoming.sender, incoming.service_number, incoming.text) == (NUMBER, "106559123488", text)
    # A repeated one has the same id.
    assert incoming.carrier_id == f"{pdus.sequence_number(SMG, 1123165501, 1):x}"
    pair.server.answer(received.token, pair.now)
    assert pair.pump() == [DeliverAnswered("m1", accepted=True)]


@pytest.mark.parametrize("reference", [0, 255, 256, 65535])
@pytest.mark.parametrize("text", ["part", "一部分"])
def test_a_part_of_a_long_incoming_text_says_which(reference: int, text: str) -> None:
    pair = Pair(Side.CARRIER).logged_in()
    part = Concatenation(reference, 3, 2)
    pair.client.deliver(IncomingSegment(NUMBER, "10655", text, part), 1, pair.now)
    (received,) = pair.pump()
    assert isinstance(received, IncomingReceived)
    assert (received.incoming.text, received.incoming.concatenation) == (text, part)


@pytest.mark.parametrize("part", [Concatenation(65536, 2, 1), Concatenation(1, 256, 1)])
def test_a_part_that_no_header_can_name_is_our_mistake(part: Concatenation) -> None:
    pair = Pair(Side.CARRIER).logged_in()
    with pytest.raises(LocalProtocolError):
        pair.client.deliver(IncomingSegment(NUMBER, "10655", "part", part), 1, pair.now)


def test_a_header_without_its_flag_is_found() -> None:
    pair = Pair(Side.CARRIER).logged_in()
    content = b"\5\0\3\7\2\1" + "一".encode("utf-16-be")
    (received,), _ = pair.to_server(Command.DELIVER, pdus.Deliver(NUMBER, "10655", 0, 0, 8, content))
    assert isinstance(received, IncomingReceived)
    assert (received.incoming.text, received.incoming.concatenation) == ("一", Concatenation(7, 2, 1))


# -- directions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("connects", list(Side))
def test_only_the_customer_s_client_submits_and_only_the_carrier_s_delivers(connects: Side) -> None:
    pair = Pair(connects).logged_in()
    for session in (pair.client, pair.server):
        if session is not pair.client or connects is not Side.CUSTOMER:
            with pytest.raises(LocalProtocolError, match="only a connection from the customer"):
                session.submit(SUBMIT, 1, pair.now)
        if session is not pair.client or connects is not Side.CARRIER:
            with pytest.raises(LocalProtocolError, match="only a connection from the carrier"):
                session.deliver(REPORT, 1, pair.now)
    assert pair.pump() == []


STRAYS: dict[int, pdus.Body] = {
    Command.SUBMIT: pdus.Submit("1", "", (NUMBER,)),
    Command.DELIVER: pdus.Deliver(NUMBER, "10655", 0, 0, 0, b"x"),
    Command.REPORT: pdus.Report(1, 0, NUMBER, 0, 0),
    Command.USERRPT: pdus.UserRpt("10655", NUMBER, 0),
    Command.BIND: pdus.Bind(1, "", ""),
}


@pytest.mark.parametrize("command", list(STRAYS), ids=lambda command: f"{command:#x}")
@pytest.mark.parametrize("connects", list(Side))
def test_a_command_that_has_no_place_here_gets_code_7_and_no_close(connects: Side, command: int) -> None:
    pair = Pair(connects).logged_in()
    served = {Command.BIND, *([Command.SUBMIT] if connects is Side.CUSTOMER else [Command.DELIVER, Command.REPORT])}
    for session in (pair.client, pair.server):
        if session is pair.server and command in served:
            continue
        assert session.receive(pdus.write(Frame(command, 7, STRAYS[command])), pair.now) == []
        (answer,) = frames(session)
        assert (answer.command, answer.sequence) == (RESPONSE | command, 7)
        assert isinstance(answer.pdu, pdus.Result)
        assert answer.pdu.result == 7
        assert session.is_bound


def test_trace_checkuser_and_unknown_commands_are_declined_in_their_own_layouts() -> None:
    pair = Pair(Side.CARRIER).logged_in()
    _, answers = pair.to_server(Command.TRACE, pdus.Trace(1, NUMBER))
    assert answers == [Frame(RESPONSE | Command.TRACE, 7, pdus.TraceResp((pdus.TraceNode(7, str(SP)),)))]
    _, answers = pair.to_server(Command.CHECKUSER, pdus.CheckUser("", "", NUMBER))
    assert answers == [Frame(RESPONSE | Command.CHECKUSER, 7, pdus.CheckUserResp(7, 0))]
    for command in (0x06, 0x0F, 0x7FFFFFFF):
        assert pair.server.receive(pdus.packed(command, 7, b""), pair.now) == []
        assert pair.server.data_to_send() == pdus.packed(RESPONSE | command, 7, pdus.Result(7).encode())
    assert pair.server.is_bound


# -- time, silence, the end ----------------------------------------------------------------------------------------


def run(session: Session, until: float) -> tuple[list[Event], float]:
    """Tick whenever due; the events, and when the last tick was."""
    events: list[Event] = []
    at = 0.0
    while (due := session.next_tick_at) is not None and due <= until:
        assert due >= at
        at = due
        events += session.tick(at)
    return events, at


@pytest.mark.parametrize("connects", list(Side))
def test_a_connection_stays_open_for_ever_by_default(connects: Side) -> None:
    pair = Pair(connects).logged_in()
    for session in (pair.client, pair.server):
        assert session.next_tick_at is None
        assert session.tick(1e9) == []
        assert session.data_to_send() == b""
        assert session.is_bound


def test_an_idle_client_logs_out_by_itself() -> None:
    pair = Pair(idle_close_s=60).logged_in()
    pair.now = 30.0
    pair.server.answer_submit(pair.submitted().token, pair.now)
    pair.pump()
    assert pair.client.next_tick_at == 90.0
    assert pair.client.tick(89.9) == []
    pair.now = 90.0
    assert pair.client.tick(pair.now) == []
    assert pair.client.state is State.CLOSING
    assert pair.pump() == [Closed("the peer logged out"), Closed("logged out")]


def test_a_client_with_something_unanswered_is_not_idle() -> None:
    pair = Pair(idle_close_s=20).logged_in()
    pair.now = 19.0
    asked = pair.submitted()
    assert pair.client.next_tick_at == 79.0
    assert pair.client.tick(60.0) == []
    assert pair.client.is_bound
    pair.now = 61.0
    pair.server.answer_submit(asked.token, pair.now)
    pair.pump()
    assert pair.client.next_tick_at == 81.0


def test_a_server_drops_a_client_that_says_nothing() -> None:
    pair = Pair(Side.CARRIER, idle_close_s=60).logged_in()
    assert pair.server.next_tick_at == 60.0
    assert pair.server.tick(60.0) == [Closed("nothing came for 60 seconds")]


def test_a_peer_that_answers_nothing_is_given_up() -> None:
    pair = Pair().logged_in()
    pair.client.submit(SUBMIT, "ref", 0.0)
    events, at = run(pair.client, 1e6)
    assert events == [SubmitUnanswered("ref", "no answer within the time limit"), Closed("the peer no longer answers")]
    assert at == 180.0


def test_a_peer_that_answers_some_is_not_given_up() -> None:
    pair = Pair().logged_in()
    pair.client.submit(SUBMIT, "lost", pair.now)
    pair.client.data_to_send()
    pair.now = 50.0
    asked = pair.submitted(reference="late")
    assert run(pair.client, 60.0)[0] == [SubmitUnanswered("lost", "no answer within the time limit")]
    pair.now = 70.0
    pair.server.answer_submit(asked.token, pair.now)
    assert len(pair.pump()) == 1
    assert pair.client.next_tick_at is None


def test_an_answer_after_the_time_limit_does_no_harm() -> None:
    pair = Pair().logged_in()
    asked = pair.submitted()
    pair.now = 61.0
    assert [type(event) for event in pair.client.tick(pair.now)] == [SubmitUnanswered]
    pair.server.answer_submit(asked.token, pair.now)
    (late,) = pair.pump()
    assert isinstance(late, AnsweredLate)
    assert pair.client.is_bound


def test_a_report_that_is_not_answered_in_time_is_given_back() -> None:
    pair = Pair(Side.CARRIER).logged_in()
    pair.client.deliver(REPORT, "r1", pair.now)
    assert pair.client.tick(60.0) == [DeliverAnswered("r1", accepted=False)]


@pytest.mark.parametrize("connects", list(Side))
@pytest.mark.parametrize("closes", ["client", "server"])
def test_logging_out_is_answered_from_either_end(connects: Side, closes: str) -> None:
    pair = Pair(connects).logged_in()
    first, other = (pair.client, pair.server) if closes == "client" else (pair.server, pair.client)
    assert first.close(pair.now) == []
    assert first.close(pair.now) == []
    assert {type(event) for event in pair.pump()} == {Closed}
    assert first.is_closed
    assert other.is_closed


def test_an_answer_on_its_way_counts_while_logging_out() -> None:
    pair = Pair().logged_in()
    asked = pair.submitted()
    pair.client.close(pair.now)
    pair.server.answer_submit(asked.token, pair.now)
    assert SubmitAnswered("ref", Verdict.ACCEPTED, ("b44ec4fe42f2253d00000001",)) in pair.pump()


def test_a_logout_that_nobody_answers_ends_at_its_limit() -> None:
    pair = Pair().logged_in()
    pair.client.close(pair.now)
    events, at = run(pair.client, 1e6)
    assert events == [Closed("logged out; the peer did not answer")]
    assert at == 20.0


@pytest.mark.parametrize(
    ("garbage", "says"),
    [
        (b"\xff\xff\xff\xff" + bytes(100), "the peer announced a PDU of 4294967295 octets"),
        ((19).to_bytes(4, "big") + bytes(15), "the peer announced a PDU of 19 octets"),
        ((4097).to_bytes(4, "big"), "the peer announced a PDU of 4097 octets"),
        (b"GET / HTTP/1.0\r\n\r\n", "the peer announced a PDU of 1195725856 octets"),
    ],
)
@pytest.mark.parametrize("connects", list(Side))
def test_garbage_closes_with_a_sentence(connects: Side, garbage: bytes, says: str) -> None:
    pair = Pair(connects).logged_in()
    for session in (pair.client, pair.server):
        assert session.receive(garbage, pair.now) == [Closed(says)]
        assert session.receive(garbage, pair.now) == []
        assert session.tick(1e9) == []


@pytest.mark.parametrize(
    "late",
    [
        lambda session: session.answer((Command.REPORT, 1), 0.0),
        lambda session: session.answer_submit(1, 0.0),
        lambda session: session.accept_login(1, 0.0),
        lambda session: session.refuse_login(1, 0.0),
    ],
)
def test_nothing_is_sent_after_the_end(late: Callable[[SgipSession], object]) -> None:
    pair = Pair().logged_in()
    pair.server.connection_lost(pair.now)
    late(pair.server)
    assert pair.server.data_to_send() == b""


def test_the_last_pdus_are_kept_for_who_looks() -> None:
    pair = Pair().logged_in()
    asked = pair.submitted()
    pair.server.answer_submit(asked.token, pair.now)
    pair.pump()
    passed = [(is_ours, pdus.read(raw).command) for _at, is_ours, raw in pair.client.recent]
    assert passed == [
        (True, Command.BIND),
        (False, RESPONSE | Command.BIND),
        (True, Command.SUBMIT),
        (False, RESPONSE | Command.SUBMIT),
    ]
