"""Both ends of a connection at once, and one end against bytes that no session of ours sends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hongyan.protocols.errors import FieldTooLong, LocalProtocolError, NotLoggedIn, WindowFull
from hongyan.protocols.events import (
    Closed,
    DeliverAnswered,
    DeliveryReport,
    Event,
    Failure,
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
from hongyan.protocols.framing import Decoder, Frame
from hongyan.protocols.session import Account, Role, State
from hongyan.protocols.smpp import pdus
from hongyan.protocols.smpp.codes import Status
from hongyan.protocols.smpp.fields import Body, Tag
from hongyan.protocols.smpp.messages import Habits
from hongyan.protocols.smpp.pdus import HEADER, RESPONSE, Command, DataSm, DeliverSm, SubmitMulti, SubmitSm, Version
from hongyan.protocols.smpp.session import SmppSession
from hongyan.protocols.text import UCS2_RULE, Alphabet, Concatenation, decode, segments

ACCOUNT = Account(login="901234", secret="secret", window=4)
SUBMIT = Submit("10690001", ("8613800138000",), "你好".encode("utf-16-be"), Alphabet.UCS2)
NUMBERS = tuple(f"861380013{number:04d}" for number in range(100))
REPORT = DeliveryReport("ab12", "8613800138000", ReportClass.DELIVERED, "DELIVRD", "2611231200")
TRANSMITTER, RECEIVER = Habits(bind="transmitter"), Habits(bind="receiver")


def frames(data: bytes) -> list[Frame]:
    return list(Decoder(pdus.read, header_octets=HEADER.size, longest=pdus.LONGEST_PDU).feed(data))


class Pair:
    """A client and a server whose bytes go to each other."""

    def __init__(
        self,
        habits: Habits | None = None,
        *,
        account: Account = ACCOUNT,
        client: Version = Version.V34,
        server: Version = Version.V34,
    ) -> None:
        self.client = SmppSession(Role.CLIENT, account, client, habits=habits or Habits())
        self.server = SmppSession(Role.SERVER, ACCOUNT, server)
        self.now = 0.0
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
        assert asked.check("secret")
        self.server.accept_login(asked.token, self.now)
        assert self.pump() == [LoggedIn()]
        return self

    def asked(self, submit: Submit = SUBMIT, reference: object = "ref") -> SubmitRequested:
        self.client.submit(submit, reference, self.now)
        (asked,) = self.pump()
        assert isinstance(asked, SubmitRequested)
        return asked

    def to_server(self, command: int, pdu: Body, *, status: int = 0, sequence: int = 77) -> list[Event]:
        return self.server.receive(pdus.write(Frame(command, sequence, pdu, status), Version.V50), self.now)

    def to_client(self, command: int, pdu: Body, *, status: int = 0, sequence: int = 77) -> list[Event]:
        return self.client.receive(pdus.write(Frame(command, sequence, pdu, status), Version.V50), self.now)


def says(session: SmppSession) -> list[tuple[int, int, int]]:
    """What waits to go out: command, status and sequence of each PDU."""
    return [(one.command, one.status, one.sequence) for one in frames(session.data_to_send())]


# -- login -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("why", "code", "may_retry"),
    [
        ("credentials", "ESME_RINVPASWD", False), ("login", "ESME_RINVSYSID", False), ("type", "ESME_RINVCMDID", False),
        ("connections", "ESME_RALYBND", True), ("repeated", "ESME_RALYBND", True), ("busy", "ESME_RSYSERR", True),
        ("frequent", "ESME_RTHROTTLED", True), ("another", "ESME_RBINDFAIL", False),
    ],
)  # fmt: skip
def test_each_reason_to_refuse_a_login_reaches_the_client(why: str, code: str, may_retry: bool) -> None:
    pair = Pair()
    (asked,) = pair.pump()
    assert isinstance(asked, LoginRequested)
    assert (asked.login, asked.check("secret"), asked.check("other")) == ("901234", True, False)
    assert pair.server.refuse_login(asked.token, pair.now, why=why) == [Closed(f"the login was refused: {why}")]
    refused, closed = pair.pump()
    assert isinstance(refused, LoginRefused)
    assert (refused.code, refused.may_retry) == (code, may_retry)
    assert refused.why
    assert isinstance(closed, Closed)


@pytest.mark.parametrize("status", [0x07, 0x400, 0xFFFFFFFF])
@pytest.mark.parametrize("command", [RESPONSE | Command.BIND_TRANSCEIVER, Command.GENERIC_NACK])
def test_a_refusal_outside_the_table_is_still_one(command: int, status: int) -> None:
    pair = Pair()
    refused, closed = pair.to_client(command, pdus.Empty(), status=status, sequence=1)
    assert isinstance(refused, LoginRefused)
    assert refused.may_retry
    assert isinstance(closed, Closed)


def test_a_kind_of_bind_that_the_server_does_not_know_is_said_in_words() -> None:
    refused, _closed = Pair().to_client(Command.GENERIC_NACK, pdus.Empty(), status=Status.RINVCMDID, sequence=1)
    assert isinstance(refused, LoginRefused)
    assert refused.why == "the server does not offer to bind as transceiver"


def test_a_second_login_is_refused_and_the_first_goes_on() -> None:
    pair = Pair().logged_in()
    assert pair.to_server(Command.BIND_TRANSMITTER, pdus.Bind("901234", "secret")) == []
    assert says(pair.server) == [(RESPONSE | Command.BIND_TRANSMITTER, Status.RALYBND, 77)]
    assert pair.server.is_bound


def test_a_login_answered_after_the_line_went_changes_nothing() -> None:
    pair = Pair()
    (asked,) = pair.pump()
    assert isinstance(asked, LoginRequested)
    pair.server.connection_lost(1.0)
    assert pair.server.accept_login(asked.token, 2.0) == []
    assert pair.server.refuse_login(asked.token, 2.0) == []
    assert pair.server.is_closed
    assert pair.server.data_to_send() == b""


@pytest.mark.parametrize(
    ("client", "server", "spoken"),
    [
        (Version.V34, Version.V34, Version.V34), (Version.V34, Version.V50, Version.V34),
        (Version.V50, Version.V34, Version.V34), (Version.V50, Version.V50, Version.V50),
    ],
)  # fmt: skip
def test_both_ends_speak_the_lower_version(client: Version, server: Version, spoken: Version) -> None:
    pair = Pair(client=client, server=server).logged_in()
    assert (pair.client.version, pair.server.version) == (spoken, spoken)


def test_the_bind_says_its_version_and_the_answer_the_servers() -> None:
    pair = Pair(client=Version.V50, server=Version.V50)
    (sent,) = frames(pair.client.data_to_send())
    assert isinstance(sent.pdu, pdus.Bind)
    assert sent.pdu.interface_version == 0x50
    (asked,) = pair.server.receive(pdus.write(sent), 0.0)
    assert isinstance(asked, LoginRequested)
    pair.server.accept_login(asked.token, 0.0)
    (answer,) = frames(pair.server.data_to_send())
    assert answer.pdu == pdus.BindResp("hongyan", ((Tag.SC_INTERFACE_VERSION, b"\x50"),))


def test_a_client_of_3_3_gets_no_optional_parameters() -> None:
    server = SmppSession(Role.SERVER, ACCOUNT, Version.V50)
    server.opened(0.0)
    bind = pdus.Bind("901234", "secret", interface_version=0x33)
    (asked,) = server.receive(pdus.write(Frame(Command.BIND_TRANSCEIVER, 1, bind)), 0.0)
    assert isinstance(asked, LoginRequested)
    server.accept_login(asked.token, 0.0)
    server.deliver(REPORT, "r", 0.0)
    answer, report = frames(server.data_to_send())
    assert answer.pdu == pdus.BindResp("hongyan")
    assert isinstance(report.pdu, DeliverSm)
    assert not report.pdu.tlvs
    assert b"id:ab12" in report.pdu.short_message


def test_a_server_waits_for_a_login_only_so_long() -> None:
    pair = Pair()
    assert pair.server.next_tick_at == 15.0
    assert pair.server.tick(15.0) == [Closed("the login was not completed in time")]


# -- outbind ---------------------------------------------------------------------------------------------------------


def test_a_client_that_waits_for_outbind_binds_as_receiver_when_it_comes() -> None:
    pair = Pair(Habits(waits_for_outbind=True))
    assert pair.client.data_to_send() == b""
    assert pair.to_client(Command.OUTBIND, pdus.Outbind("SMSC", "x")) == []
    (bind,) = frames(pair.client.data_to_send())
    assert bind.command == Command.BIND_RECEIVER
    # Once more is no harm.
    assert pair.to_client(Command.OUTBIND, pdus.Outbind("SMSC", "x")) == []
    assert pair.client.data_to_send() == b""
    assert pair.to_client(RESPONSE | Command.BIND_RECEIVER, pdus.BindResp("SMSC"), sequence=1) == [LoggedIn()]
    assert pair.client.window_free == 0


@pytest.mark.parametrize(("name", "password"), [("SMSC", "guess"), ("other", "theirs"), ("", "")])
def test_who_asks_without_the_right_name_and_password_gets_none_of_ours(name: str, password: str) -> None:
    pair = Pair(Habits(waits_for_outbind=True, peer_login="SMSC", peer_secret="theirs"))
    (closed,) = pair.to_client(Command.OUTBIND, pdus.Outbind(name, password))
    assert closed == Closed("who asked for a login did not show the right name and password")
    assert pair.client.data_to_send() == b""


def test_who_asks_with_the_right_name_and_password_gets_the_login() -> None:
    pair = Pair(Habits(waits_for_outbind=True, peer_login="SMSC", peer_secret="theirs"))
    assert pair.to_client(Command.OUTBIND, pdus.Outbind("SMSC", "theirs")) == []
    (bind,) = frames(pair.client.data_to_send())
    assert bind.command == Command.BIND_RECEIVER


def test_an_outbind_that_never_comes_ends_the_session() -> None:
    pair = Pair(Habits(waits_for_outbind=True))
    assert pair.client.tick(15.0) == [Closed("the login was not completed in time")]


def test_a_login_that_cannot_be_written_closes_at_outbind() -> None:
    pair = Pair(Habits(waits_for_outbind=True), account=replace(ACCOUNT, secret="much too long"))
    (closed,) = pair.to_client(Command.OUTBIND, pdus.Outbind("SMSC", "x"))
    assert isinstance(closed, Closed)
    assert "password" in closed.why


# -- who may send what in which bind state ---------------------------------------------------------------------------

MULTI = SubmitMulti(dest_address=(pdus.SmeAddress(1, 1, "1"),))
REQUESTS: list[tuple[Command, Body, str]] = [
    (Command.SUBMIT_SM, SubmitSm(), "transmitter transceiver"),
    (Command.SUBMIT_MULTI, MULTI, "transmitter transceiver"),
    (Command.DATA_SM, DataSm(), "transmitter receiver transceiver"),
    (Command.QUERY_SM, pdus.QuerySm(), "transmitter transceiver"),
    (Command.CANCEL_SM, pdus.CancelSm(), "transmitter transceiver"),
    (Command.REPLACE_SM, pdus.ReplaceSm(), "transmitter transceiver"),
    (Command.BROADCAST_SM, pdus.BroadcastSm(), "transmitter transceiver"),
    (Command.QUERY_BROADCAST_SM, pdus.QueryBroadcastSm(), "transmitter transceiver"),
    (Command.CANCEL_BROADCAST_SM, pdus.CancelBroadcastSm(), "transmitter transceiver"),
    (Command.DELIVER_SM, DeliverSm(), ""),
]
FAILURES = {
    Command.QUERY_SM: 0x67, Command.CANCEL_SM: 0x11, Command.REPLACE_SM: 0x13, Command.BROADCAST_SM: 0x10D,
    Command.QUERY_BROADCAST_SM: 0x10E, Command.CANCEL_BROADCAST_SM: 0x10F,
}  # fmt: skip


@pytest.mark.parametrize("bind", ["transmitter", "receiver", "transceiver"])
@pytest.mark.parametrize(("command", "pdu", "allowed"), REQUESTS, ids=lambda one: getattr(one, "name", None))
def test_what_a_client_may_send_depends_on_its_bind(command: Command, pdu: Body, allowed: str, bind: Any) -> None:
    pair = Pair(Habits(bind=bind), client=Version.V50, server=Version.V50).logged_in()
    assert pair.server.bind == bind
    events = pair.to_server(command, pdu)
    if bind not in allowed:
        assert (events, says(pair.server)) == ([], [(RESPONSE | command, Status.RINVBNDSTS, 77)])
    elif command in FAILURES:
        # Nothing is kept that could be queried or changed.
        assert (events, says(pair.server)) == ([], [(RESPONSE | command, FAILURES[command], 77)])
    else:
        assert [type(event) for event in events] == [SubmitRequested]
        assert says(pair.server) == []
    assert pair.server.is_bound


@pytest.mark.parametrize("bind", ["transmitter", "receiver", "transceiver"])
@pytest.mark.parametrize(
    ("command", "pdu", "allowed"),
    [
        (Command.DELIVER_SM, DeliverSm(), "receiver transceiver"),
        (Command.DATA_SM, DataSm(), "transmitter receiver transceiver"),
        (Command.SUBMIT_SM, SubmitSm(), ""),
        (Command.BIND_RECEIVER, pdus.Bind(), ""),
    ],
)
def test_what_a_server_may_send_depends_on_the_bind(command: Command, pdu: Body, allowed: str, bind: Any) -> None:
    pair = Pair(Habits(bind=bind)).logged_in()
    events = pair.to_client(command, pdu)
    if bind in allowed:
        assert [type(event) for event in events] == [IncomingReceived]
    else:
        assert (events, says(pair.client)) == ([], [(RESPONSE | command, Status.RINVBNDSTS, 77)])
    assert pair.client.is_bound


def test_an_alert_tells_nothing_and_has_no_answer() -> None:
    pair = Pair().logged_in()
    assert pair.to_client(Command.ALERT_NOTIFICATION, pdus.AlertNotification()) == []
    assert pair.client.data_to_send() == b""


@pytest.mark.parametrize("command", [Command.OUTBIND, Command.ALERT_NOTIFICATION])
def test_what_has_no_answer_of_its_own_is_refused_by_generic_nack(command: Command) -> None:
    pair = Pair().logged_in()
    assert pair.to_server(command, pdus.PDUS[command]()) == []
    assert says(pair.server) == [(Command.GENERIC_NACK, Status.RINVBNDSTS, 77)]


def test_a_message_before_login_is_answered_and_ends_the_session() -> None:
    pair = Pair()
    assert pair.to_server(Command.SUBMIT_SM, SubmitSm()) == [Closed("the peer sent command 0x4 before login")]
    assert says(pair.server) == [(RESPONSE | Command.SUBMIT_SM, Status.RINVBNDSTS, 77)]


def test_a_message_that_does_not_wait_for_the_logins_answer_is_refused_and_the_login_goes_on() -> None:
    pair = Pair()
    (asked,) = pair.pump()
    assert isinstance(asked, LoginRequested)
    assert pair.to_server(Command.SUBMIT_SM, SubmitSm()) == []
    assert says(pair.server) == [(RESPONSE | Command.SUBMIT_SM, Status.RINVBNDSTS, 77)]
    pair.server.accept_login(asked.token, 0.0)
    assert pair.pump() == [LoggedIn()]


def test_a_receiver_submits_nothing_and_a_transmitter_is_given_nothing() -> None:
    pair = Pair(RECEIVER).logged_in()
    assert pair.client.window_free == 0
    with pytest.raises(LocalProtocolError, match="receiver"):
        pair.client.submit(SUBMIT, 1, 0.0)
    pair.server.deliver(REPORT, "r", 0.0)
    assert [type(event) for event in pair.pump()] == [ReportReceived]
    pair = Pair(TRANSMITTER).logged_in()
    assert (pair.server.window_free, pair.client.window_free) == (0, 4)
    with pytest.raises(LocalProtocolError, match="transmitter"):
        pair.server.deliver(REPORT, "r", 0.0)
    pair.asked()


def test_enquire_link_is_answered_in_every_state() -> None:
    logging_in, bound, closing = Pair(), Pair().logged_in(), Pair().logged_in()
    closing.client.close(0.0)
    for pair in (logging_in, bound, closing):
        for session, send in ((pair.server, pair.to_server), (pair.client, pair.to_client)):
            session.data_to_send()
            assert send(Command.ENQUIRE_LINK, pdus.Empty()) == []
            assert says(session) == [(RESPONSE | Command.ENQUIRE_LINK, 0, 77)]


# -- submits ---------------------------------------------------------------------------------------------------------


def test_one_recipient_goes_by_submit_sm() -> None:
    pair = Pair().logged_in()
    pair.client.submit(replace(SUBMIT, service_id="CMT", validity="000002000000000R"), "ref", 0.0)
    (sent,) = frames(pair.client.data_to_send())
    assert sent.pdu == SubmitSm(
        "CMT", 0, 0, "10690001", 1, 1, "8613800138000", validity_period="000002000000000R", registered_delivery=1,
        data_coding=8, short_message=SUBMIT.content,
    )  # fmt: skip


def test_a_hundred_numbers_go_by_submit_multi_and_share_the_id() -> None:
    pair = Pair().logged_in()
    asked = pair.asked(replace(SUBMIT, recipients=NUMBERS))
    assert asked.submit == replace(SUBMIT, recipients=NUMBERS)
    pair.server.answer_submit(asked.token, 0.0, carrier_ids=("ab12",) * 100)
    assert pair.pump() == [SubmitAnswered("ref", Verdict.ACCEPTED, ("ab12",) * 100)]


def test_numbers_that_fail_singly_are_named_with_their_reason() -> None:
    pair = Pair().logged_in()
    asked = pair.asked(replace(SUBMIT, recipients=NUMBERS[:3]))
    pair.server.answer_submit(
        asked.token, 0.0, carrier_ids=("ab12",),
        failures=(Failure(NUMBERS[1], "0xb", ""), Failure(NUMBERS[2], "ESME_RMSGQFUL", "")),
    )  # fmt: skip
    assert pair.pump() == [
        SubmitAnswered(
            "ref", Verdict.ACCEPTED, ("ab12", "", ""),
            failures=(
                Failure(NUMBERS[1], "0xb", "wrong destination number"),
                Failure(NUMBERS[2], "0x14", "the queue is full"),
            ),
        )
    ]  # fmt: skip


def test_a_failed_number_is_known_though_the_server_writes_it_otherwise() -> None:
    pair = Pair().logged_in()
    pair.client.submit(replace(SUBMIT, recipients=("+8613800138000", "8613800138001")), "ref", 0.0)
    (sent,) = frames(pair.client.data_to_send())
    assert isinstance(sent.pdu, SubmitMulti)
    unsuccess = (pdus.UnsuccessSme(1, 1, "008613800138000", 0x0B), pdus.UnsuccessSme(1, 1, "4711", 0x400))
    response = pdus.SubmitMultiResp("AB12", unsuccess)
    (answered,) = pair.to_client(RESPONSE | Command.SUBMIT_MULTI, response, sequence=sent.sequence)
    assert isinstance(answered, SubmitAnswered)
    assert answered.carrier_ids == ("", "ab12")
    # A number that is none of ours is told of, too.
    assert [one.recipient for one in answered.failures] == ["+8613800138000", "4711"]


@pytest.mark.parametrize(("version", "most"), [(Version.V34, 254), (Version.V50, 255)])
def test_a_submit_has_so_many_recipients_at_most(version: Version, most: int) -> None:
    pair = Pair(client=version, server=version).logged_in()
    numbers = tuple(str(number) for number in range(most + 1))
    with pytest.raises(LocalProtocolError, match=str(most)):
        pair.client.submit(replace(SUBMIT, recipients=numbers), 1, 0.0)
    with pytest.raises(LocalProtocolError, match="recipient"):
        pair.client.submit(replace(SUBMIT, recipients=()), 1, 0.0)
    assert pair.client.window_free == 4
    assert pair.asked(replace(SUBMIT, recipients=numbers[:most])).submit.recipients == numbers[:most]


@pytest.mark.parametrize("numbers", [NUMBERS[:1], NUMBERS])
@pytest.mark.parametrize(
    ("status", "verdict"),
    [(0x58, Verdict.THROTTLED), (0x14, Verdict.THROTTLED), (0x45, Verdict.REFUSED), (0x4FF, Verdict.REFUSED)],
)
def test_flow_control_is_not_a_refusal(numbers: tuple[str, ...], status: int, verdict: Verdict) -> None:
    pair = Pair().logged_in()
    asked = pair.asked(replace(SUBMIT, recipients=numbers))
    pair.server.answer_submit(asked.token, 0.0, code=status)
    (answered,) = pair.pump()
    assert isinstance(answered, SubmitAnswered)
    assert (answered.verdict, answered.carrier_ids, answered.code) == (verdict, (), f"{status:#x}")
    assert answered.why


def test_a_channel_may_say_which_statuses_ask_to_slow_down() -> None:
    pair = Pair().logged_in()
    pair.client.account = replace(pair.client.account, throttled=frozenset({0x64}))
    pair.server.answer_submit(pair.asked().token, 0.0, code=0x64)
    (answered,) = pair.pump()
    assert isinstance(answered, SubmitAnswered)
    assert answered.verdict is Verdict.THROTTLED


def test_the_window_is_never_exceeded_and_frees_with_the_answers() -> None:
    pair = Pair().logged_in()
    tokens = [pair.asked(reference=number).token for number in range(4)]
    with pytest.raises(WindowFull):
        pair.client.submit(SUBMIT, 5, 0.0)
    # Answers come in any order.
    for token in reversed(tokens):
        pair.server.answer_submit(token, 0.0, carrier_ids=("1",))
    assert [event.reference for event in pair.pump() if isinstance(event, SubmitAnswered)] == [3, 2, 1, 0]
    assert pair.client.window_free == 4


def test_nothing_is_sent_before_login() -> None:
    pair = Pair()
    with pytest.raises(NotLoggedIn):
        pair.client.submit(SUBMIT, 1, 0.0)
    with pytest.raises(NotLoggedIn):
        pair.server.deliver(REPORT, 1, 0.0)


def test_duplicate_unknown_and_mismatched_answers_do_no_harm() -> None:
    pair = Pair().logged_in()
    asked = pair.asked()
    assert pair.to_client(RESPONSE | Command.DELIVER_SM, pdus.DeliverSmResp(), sequence=2) == []
    assert pair.to_client(RESPONSE | Command.SUBMIT_SM, pdus.SubmitSmResp("7"), sequence=99) == []
    assert pair.to_client(RESPONSE | 0x7000, pdus.Empty(), sequence=2) == []
    assert pair.client.data_to_send() == b""
    for _ in range(2):
        pair.server.answer_submit(asked.token, 0.0, carrier_ids=("7",))
    assert pair.pump() == [SubmitAnswered("ref", Verdict.ACCEPTED, ("7",))]
    assert pair.client.window_free == 4


@pytest.mark.parametrize("status", [0, 0x58, 0x03])
def test_a_generic_nack_answers_the_submit_of_its_sequence(status: int) -> None:
    pair = Pair().logged_in()
    pair.client.submit(SUBMIT, "ref", 0.0)
    assert pair.to_client(Command.GENERIC_NACK, pdus.Empty(), status=status, sequence=0) == []
    (answered,) = pair.to_client(Command.GENERIC_NACK, pdus.Empty(), status=status, sequence=2)
    assert isinstance(answered, SubmitAnswered)
    assert answered.verdict is (Verdict.THROTTLED if status == 0x58 else Verdict.REFUSED)
    assert answered.code == f"{status or 0xFF:#x}"
    assert pair.client.window_free == 4


def test_a_generic_nack_puts_a_report_off_and_ends_a_logout() -> None:
    pair = Pair().logged_in()
    pair.server.deliver(REPORT, "r", 0.0)
    assert pair.to_server(Command.GENERIC_NACK, pdus.Empty(), status=1, sequence=1) == [DeliverAnswered("r", False)]
    pair.client.close(0.0)
    assert pair.to_client(Command.GENERIC_NACK, pdus.Empty(), status=1, sequence=2) == [Closed("logged out")]


def test_an_accepted_submit_without_an_id_has_none() -> None:
    pair = Pair().logged_in()
    pair.client.submit(SUBMIT, "ref", 0.0)
    events = pair.to_client(RESPONSE | Command.SUBMIT_SM, pdus.Empty(), sequence=2)
    assert events == [SubmitAnswered("ref", Verdict.ACCEPTED, ("",))]


@pytest.mark.parametrize(("status", "kind"), [(0, SubmitUnanswered), (0x45, SubmitAnswered)])
def test_a_torn_list_of_failures_leaves_the_submit_of_unknown_fate(status: int, kind: type[Event]) -> None:
    pair = Pair().logged_in()
    pair.client.submit(replace(SUBMIT, recipients=NUMBERS), "ref", 0.0)
    raw = pdus.packed(RESPONSE | Command.SUBMIT_MULTI, status, 2, b"7\0\x02\x01\x01\x31\0\0")
    assert [type(event) for event in pair.client.receive(raw, 0.0)] == [kind]
    assert pair.client.is_bound


def test_a_submit_is_of_unknown_fate_after_its_limit_and_when_the_line_breaks() -> None:
    pair = Pair().logged_in()
    pair.client.submit(SUBMIT, "one", 0.0)
    assert pair.client.tick(60.0) == [SubmitUnanswered("one", "no answer within the time limit")]
    pair.client.submit(replace(SUBMIT, recipients=NUMBERS), "two", 60.0)
    assert pair.client.connection_lost(61.0) == [
        SubmitUnanswered("two", "the connection was lost"), Closed("the connection was lost"),
    ]  # fmt: skip


def test_data_sm_is_a_submit_and_is_answered_as_itself() -> None:
    pair = Pair().logged_in()
    message = DataSm(
        "CMT", 5, 0, "Bank", 1, 1, "4915112345678", registered_delivery=1, data_coding=0,
        tlvs=((Tag.MESSAGE_PAYLOAD, b"Hello"),),
    )  # fmt: skip
    (asked,) = pair.to_server(Command.DATA_SM, message)
    assert isinstance(asked, SubmitRequested)
    assert asked.submit == Submit("Bank", ("4915112345678",), b"Hello", Alphabet.GSM7, service_id="CMT")
    pair.server.answer_submit(asked.token, 0.0, carrier_ids=("7",))
    (answer,) = frames(pair.server.data_to_send())
    assert answer == Frame(RESPONSE | Command.DATA_SM, 77, pdus.DataSmResp("7"))
    (asked,) = pair.to_server(Command.DATA_SM, message, sequence=78)
    assert isinstance(asked, SubmitRequested)
    pair.server.answer_submit(asked.token, 0.0, failures=(Failure("4915112345678", "0xb", ""),))
    assert says(pair.server) == [(RESPONSE | Command.DATA_SM, 0x0B, 78)]


def test_distribution_lists_are_not_known() -> None:
    pair = Pair().logged_in()
    pdu = SubmitMulti(dest_address=(pdus.SmeAddress(1, 1, "1"), pdus.DistributionList("VIP")))
    assert pair.to_server(Command.SUBMIT_MULTI, pdu) == []
    assert says(pair.server) == [(RESPONSE | Command.SUBMIT_MULTI, Status.RINVDLNAME, 77)]


@pytest.mark.parametrize(
    ("source", "ton", "npi", "written"),
    [("10690001", 0, 0, "10690001"), ("Bank", 5, 0, "Bank"), ("+4915112345678", 1, 1, "4915112345678"), ("", 0, 0, "")],
)
def test_the_kind_of_the_sender_shows_in_its_type(source: str, ton: int, npi: int, written: str) -> None:
    pair = Pair().logged_in()
    pair.client.submit(replace(SUBMIT, source=source, recipients=("+8613800138000",)), 1, 0.0)
    (sent,) = frames(pair.client.data_to_send())
    assert isinstance(sent.pdu, SubmitSm)
    assert (sent.pdu.source_addr_ton, sent.pdu.source_addr_npi, sent.pdu.source_addr) == (ton, npi, written)
    assert sent.pdu.destination_addr == "8613800138000"


def test_a_channel_may_say_the_types_of_numbers() -> None:
    pair = Pair(Habits(source_ton=3, source_npi=9, dest_ton=2, dest_npi=8)).logged_in()
    pair.client.submit(replace(SUBMIT, recipients=NUMBERS[:2]), 1, 0.0)
    (sent,) = frames(pair.client.data_to_send())
    assert isinstance(sent.pdu, SubmitMulti)
    assert (sent.pdu.source_addr_ton, sent.pdu.source_addr_npi) == (3, 9)
    assert sent.pdu.dest_address == tuple(pdus.SmeAddress(2, 8, number) for number in NUMBERS[:2])


# -- long texts ------------------------------------------------------------------------------------------------------

LONG = "长短信" * 50
PARTS = segments(LONG, UCS2_RULE, 7)


@pytest.mark.parametrize("long_texts", ["udh", "sar"])
@pytest.mark.parametrize("numbers", [NUMBERS[:1], NUMBERS[:2]])
def test_parts_arrive_with_their_header_however_they_went(long_texts: Any, numbers: tuple[str, ...]) -> None:
    pair = Pair(Habits(long_texts=long_texts)).logged_in()
    for number, content in enumerate(PARTS, start=1):
        submit = replace(
            SUBMIT, recipients=numbers, content=content, has_header=True, segment=number, segments=len(PARTS)
        )
        asked = pair.asked(submit)
        assert asked.submit == submit
        pair.server.answer_submit(asked.token, 0.0, carrier_ids=("7",))
        pair.pump()


def test_sar_says_in_tlvs_what_the_header_says() -> None:
    pair = Pair(Habits(long_texts="sar")).logged_in()
    pair.client.submit(replace(SUBMIT, content=PARTS[1], has_header=True), 1, 0.0)
    (sent,) = frames(pair.client.data_to_send())
    assert isinstance(sent.pdu, SubmitSm)
    assert (sent.pdu.esm_class, sent.pdu.short_message) == (0, PARTS[1][6:])
    assert sent.pdu.tlvs == ((0x20C, b"\0\x07"), (0x20E, b"\x03"), (0x20F, b"\x02"))


def test_sar_stays_a_header_where_tlvs_cannot_say_it() -> None:
    port = b"\x0b\x05\x04\x0b\x84\x23\xf0\0\x03\x07\x03\x02rest"
    pair = Pair(Habits(long_texts="sar")).logged_in()
    pair.client.submit(replace(SUBMIT, content=port, has_header=True), 1, 0.0)
    # A server that names no version takes no TLVs.
    other = Pair(Habits(long_texts="sar"))
    other.to_client(RESPONSE | Command.BIND_TRANSCEIVER, pdus.BindResp("SMSC"), sequence=1)
    other.client.data_to_send()
    other.client.submit(replace(SUBMIT, content=PARTS[1], has_header=True), 1, 0.0)
    for session, content in ((pair.client, port), (other.client, PARTS[1])):
        (sent,) = frames(session.data_to_send())
        assert isinstance(sent.pdu, SubmitSm)
        assert (sent.pdu.esm_class, sent.pdu.short_message, sent.pdu.tlvs) == (0x40, content, ())


def test_payload_carries_a_text_uncut() -> None:
    pair = Pair(Habits(long_texts="payload")).logged_in()
    content = (LONG * 40).encode("utf-16-be")
    asked = pair.asked(replace(SUBMIT, content=content))
    assert (asked.submit.content, asked.submit.has_header) == (content, False)
    # What one short message holds stays in it.
    pair.client.submit(SUBMIT, 1, 0.0)
    (sent,) = frames(pair.client.data_to_send())
    assert isinstance(sent.pdu, SubmitSm)
    assert (sent.pdu.short_message, sent.pdu.tlvs) == (SUBMIT.content, ())


def test_a_text_too_long_for_one_message_is_refused_where_nothing_cuts_it() -> None:
    pair = Pair().logged_in()
    with pytest.raises(FieldTooLong, match="short_message"):
        pair.client.submit(replace(SUBMIT, content=bytes(255)), 1, 0.0)


def test_short_message_counts_where_a_peer_sends_both() -> None:
    pair = Pair().logged_in()
    message = SubmitSm(short_message=b"short", tlvs=((Tag.MESSAGE_PAYLOAD, b"payload"),))
    (asked,) = pair.to_server(Command.SUBMIT_SM, message)
    assert isinstance(asked, SubmitRequested)
    assert asked.submit.content == b"short"


# -- reports and incoming messages -----------------------------------------------------------------------------------


def test_a_report_may_overtake_the_answer() -> None:
    pair = Pair().logged_in()
    asked = pair.asked()
    pair.server.deliver(REPORT, "r", 0.0)
    (received,) = pair.pump()
    assert isinstance(received, ReportReceived)
    assert received.report == REPORT
    pair.server.answer_submit(asked.token, 0.0, carrier_ids=("ab12",))
    assert pair.pump() == [SubmitAnswered("ref", Verdict.ACCEPTED, ("ab12",))]
    pair.client.answer(received.token, 0.0)
    assert pair.pump() == [DeliverAnswered("r", accepted=True)]


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize(("command", "pdu"), [(Command.DELIVER_SM, DeliverSm()), (Command.DATA_SM, DataSm())])
def test_a_delivery_is_answered_as_itself_once_it_is_stored(command: Command, pdu: Body, accepted: bool) -> None:
    pair = Pair().logged_in()
    (received,) = pair.to_client(command, pdu)
    assert isinstance(received, IncomingReceived)
    assert pair.client.data_to_send() == b""
    pair.client.answer(received.token, 0.0, accepted=accepted)
    assert says(pair.client) == [(RESPONSE | command, 0 if accepted else Status.RX_T_APPN, 77)]


def test_reports_come_by_data_sm_too() -> None:
    pair = Pair(TRANSMITTER).logged_in()
    tlvs = (
        (Tag.RECEIPTED_MESSAGE_ID, b"00AB\0"),
        (Tag.MESSAGE_STATE, b"\x05"),
        (Tag.NETWORK_ERROR_CODE, b"\x03\0\x01"),
    )
    (received,) = pair.to_client(Command.DATA_SM, DataSm(source_addr="13800138000", esm_class=4, tlvs=tlvs))
    assert isinstance(received, ReportReceived)
    assert received.report == DeliveryReport("ab", "13800138000", ReportClass.FAILED, "UNDELIV:001")


def test_a_report_of_ours_has_text_and_tlvs() -> None:
    pair = Pair().logged_in()
    pair.server.deliver(replace(REPORT, outcome=ReportClass.FAILED, code="UNDELIV:001"), "r", 0.0)
    (sent,) = frames(pair.server.data_to_send())
    assert isinstance(sent.pdu, DeliverSm)
    assert sent.pdu.tlvs == ((Tag.RECEIPTED_MESSAGE_ID, b"ab12\0"), (Tag.MESSAGE_STATE, b"\x05"))
    assert b"stat:UNDELIV err:001" in sent.pdu.short_message


@pytest.mark.parametrize(
    "item",
    [
        IncomingSegment("8613800138000", "10690001", "收到😀"),
        IncomingSegment("8613800138000", "10690001", "收" * 67, Concatenation(7, 3, 2)),
        IncomingSegment("8613800138000", "10690001", "x" * 153, Concatenation(0x1234, 3, 2)),
        IncomingSegment("8613800138000", "10690001", "€" * 80),
        IncomingSegment("8613800138000", "10690001", "长" * 500),
        IncomingSegment("8613800138000", "10690001", ""),
    ],
)
def test_an_incoming_text_comes_out_as_itself(item: IncomingSegment) -> None:
    pair = Pair().logged_in()
    pair.server.deliver(item, 1, 0.0)
    (received,) = pair.pump()
    assert isinstance(received, IncomingReceived)
    assert received.incoming == item


@pytest.mark.parametrize(
    ("coding", "content", "text"),
    [
        (0, b"\x00\x1b\x65", "@€"), (1, b"abc", "abc"), (3, b"\xe9", "é"), (4, b"\x01\xff", "01ff"),
        (5, "かな".encode("shift_jis"), "かな"), (6, "да".encode("iso8859_5"), "да"), (7, "שלום".encode("iso8859_8"), "שלום"),
        (8, "你好".encode("utf-16-be"), "你好"), (10, "かな".encode("iso2022_jp"), "かな"), (14, "한".encode("euc_kr"), "한"),
        (15, "你好".encode("gb18030"), "你好"), (0x10, b"abc", "abc"), (0x18, "你好".encode("utf-16-be"), "你好"),
        (0xE0, "你好".encode("utf-16-be"), "你好"), (0xC8, b"abc", "abc"), (0xF0, b"abc", "abc"), (0xF5, b"\x01\xff", "01ff"),
        (0x80, b"abc", "abc"),
    ],
)  # fmt: skip
def test_each_data_coding_is_read(coding: int, content: bytes, text: str) -> None:
    pair = Pair().logged_in()
    (received,) = pair.to_client(Command.DELIVER_SM, DeliverSm(data_coding=coding, short_message=content))
    assert isinstance(received, IncomingReceived)
    assert received.incoming.text == text


def test_a_channel_may_say_what_its_default_alphabet_is() -> None:
    pair = Pair(Habits(default_alphabet=Alphabet.LATIN1)).logged_in()
    (received,) = pair.to_client(Command.DELIVER_SM, DeliverSm(short_message="@é".encode("latin-1")))
    assert isinstance(received, IncomingReceived)
    assert received.incoming.text == "@é"


@pytest.mark.parametrize(
    "pdu",
    [
        DeliverSm(esm_class=0x40, data_coding=8, short_message=PARTS[1]),
        # The flag forgotten.
        DeliverSm(data_coding=8, short_message=PARTS[1]),
        DeliverSm(
            data_coding=8, short_message=PARTS[1][6:], tlvs=((0x20C, b"\0\x07"), (0x20E, b"\x03"), (0x20F, b"\x02"))
        ),
        DeliverSm(esm_class=0x40, data_coding=8, tlvs=((Tag.MESSAGE_PAYLOAD, PARTS[1]),)),
        DataSm(esm_class=0x40, data_coding=8, tlvs=((Tag.MESSAGE_PAYLOAD, PARTS[1]),)),
    ],
)
def test_parts_of_a_long_incoming_text_say_so_in_each_way(pdu: Body) -> None:
    pair = Pair().logged_in()
    command = Command.DATA_SM if isinstance(pdu, DataSm) else Command.DELIVER_SM
    (received,) = pair.to_client(command, pdu)
    assert isinstance(received, IncomingReceived)
    assert received.incoming.concatenation == Concatenation(7, 3, 2)
    assert received.incoming.text == decode(PARTS[1][6:], Alphabet.UCS2)


def test_a_receipt_without_a_mark_is_a_text_unless_the_channel_says_otherwise() -> None:
    message = DeliverSm(short_message=b"id:7 stat:DELIVRD")
    for by_text, kind in ((False, IncomingReceived), (True, ReportReceived)):
        pair = Pair(Habits(receipts_by_text=by_text)).logged_in()
        assert [type(event) for event in pair.to_client(Command.DELIVER_SM, message)] == [kind]


# -- 5.0 -------------------------------------------------------------------------------------------------------------


def test_a_server_of_5_0_says_how_congested_it_is() -> None:
    pair = Pair(client=Version.V50, server=Version.V50).logged_in()
    pair.server.congestion = 85
    pair.server.answer_submit(pair.asked().token, 0.0, carrier_ids=("7",))
    assert pair.pump() == [SubmitAnswered("ref", Verdict.ACCEPTED, ("7",), congestion=85)]
    assert pair.client.congestion == 85
    # With an error, too, and in an answer that has no body otherwise.
    pair.server.congestion = 100
    pair.server.answer_submit(pair.asked().token, 0.0, code=0x58)
    (answered,) = pair.pump()
    assert isinstance(answered, SubmitAnswered)
    assert (answered.verdict, pair.client.congestion) == (Verdict.THROTTLED, 100)
    pair.server.congestion = 0
    pair.client.tick(30.0)
    pair.pump()
    assert pair.client.congestion == 0


def test_the_login_answer_may_say_how_congested_the_server_is() -> None:
    pair = Pair(client=Version.V50)
    tlvs = ((Tag.SC_INTERFACE_VERSION, b"\x50"), (Tag.CONGESTION_STATE, b"\x2a"))
    pair.to_client(RESPONSE | Command.BIND_TRANSCEIVER, pdus.BindResp("SMSC", tlvs), sequence=1)
    assert (pair.client.version, pair.client.congestion) == (Version.V50, 42)


def test_a_client_of_3_4_gets_nothing_of_5_0() -> None:
    pair = Pair(server=Version.V50).logged_in()
    pair.server.congestion = 85
    pair.server.answer_submit(pair.asked().token, 0.0, carrier_ids=("7",))
    (answer,) = frames(pair.server.data_to_send())
    assert answer.pdu == pdus.SubmitSmResp("7")
    assert pair.client.congestion is None
    pair.server.answer_submit(pair.asked().token, 0.0, code=0x104)
    assert [status for _, status, _ in says(pair.server)] == [Status.RUNKNOWNERR]
    assert pair.to_server(Command.BROADCAST_SM, pdus.BroadcastSm()) == []
    assert says(pair.server) == [(Command.GENERIC_NACK, Status.RINVCMDID, 77)]


# -- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_an_unknown_command_is_refused_and_the_connection_stays(role: Role) -> None:
    pair = Pair().logged_in()
    session = pair.client if role is Role.CLIENT else pair.server
    assert session.receive(pdus.packed(0x7000, 0, 77, b"anything"), 0.0) == []
    assert says(session) == [(Command.GENERIC_NACK, Status.RINVCMDID, 77)]
    assert session.is_bound


@pytest.mark.parametrize("length", [0, 15, pdus.LONGEST_PDU + 1, 0xFFFFFFFF])
def test_a_length_that_cannot_be_is_refused_and_ends_the_session(length: int) -> None:
    pair = Pair().logged_in()
    pair.client.submit(SUBMIT, "ref", 0.0)
    pair.client.data_to_send()
    events = pair.client.receive(length.to_bytes(4, "big") + bytes(20), 0.0)
    assert [type(event) for event in events] == [SubmitUnanswered, Closed]
    assert says(pair.client) == [(Command.GENERIC_NACK, Status.RINVCMDLEN, 0)]


@pytest.mark.parametrize(
    ("command", "body", "status"),
    [
        (Command.SUBMIT_SM, b"\0\x01", Status.RINVCMDLEN),
        (Command.SUBMIT_SM, SubmitSm().encode()[:-1] + b"\x09abc", Status.RINVMSGLEN),
        (Command.SUBMIT_MULTI, b"\0\0\0\0\0", Status.RINVNUMDESTS),
        (Command.SUBMIT_MULTI, b"\0\0\0\0\x01\x07", Status.RINVDESTFLAG),
    ],
)
def test_a_submit_that_cannot_be_read_is_answered_and_the_connection_stays(
    command: Command, body: bytes, status: Status
) -> None:
    pair = Pair().logged_in()
    assert pair.server.receive(pdus.packed(command, 0, 77, body), 0.0) == []
    assert says(pair.server) == [(RESPONSE | command, status, 77)]
    pair.asked()


def test_a_login_that_cannot_be_read_is_answered_and_another_may_follow() -> None:
    pair = Pair()
    assert pair.server.receive(pdus.packed(Command.BIND_TRANSCEIVER, 0, 77, b"esme\0"), 0.0) == []
    assert says(pair.server) == [(RESPONSE | Command.BIND_TRANSCEIVER, Status.RINVCMDLEN, 77)]
    pair.logged_in()


def test_a_silent_peer_is_asked_three_times_then_given_up() -> None:
    pair = Pair().logged_in()
    sent = 0
    events: list[Event] = []
    while not events:
        assert pair.client.next_tick_at is not None
        events = pair.client.tick(pair.client.next_tick_at)
        sent += [command for command, _, _ in says(pair.client)].count(Command.ENQUIRE_LINK)
    assert (sent, events) == (3, [Closed("the peer no longer answers")])


def test_any_answer_to_the_heartbeat_shows_that_the_peer_is_there() -> None:
    pair = Pair().logged_in()
    for now in (30.0, 60.0, 90.0, 120.0, 150.0):
        pair.now = now
        assert pair.client.tick(now) == []
        ((command, _, sequence),) = says(pair.client)
        assert command == Command.ENQUIRE_LINK
        # A server that does not know enquire_link.
        assert pair.to_client(Command.GENERIC_NACK, pdus.Empty(), status=3, sequence=sequence) == []
    assert pair.client.is_bound


@pytest.mark.parametrize("who", ["client", "server"])
def test_either_end_may_log_out(who: str) -> None:
    pair = Pair().logged_in()
    pair.server.deliver(REPORT, "r", 0.0)
    pair.pump()
    asked = pair.asked()
    (pair.client if who == "client" else pair.server).close(0.0)
    if who == "client":
        assert pair.client.state is State.CLOSING
        pair.server.answer_submit(asked.token, 0.0, carrier_ids=("7",))
        assert SubmitAnswered("ref", Verdict.ACCEPTED, ("7",)) in pair.pump()
    else:
        # It waits for the report's answer, but not for ever.
        assert pair.pump() == []
        assert pair.server.next_tick_at == 20.0
        pair.now = 20.0
        events = pair.server.tick(20.0) + pair.pump()
        assert SubmitUnanswered("ref", "the peer logged out") in events
        assert DeliverAnswered("r", accepted=False) in events
    assert pair.client.is_closed
    assert pair.server.is_closed


def test_an_unbind_resp_that_nobody_asked_for_does_no_harm() -> None:
    pair = Pair().logged_in()
    assert pair.to_client(RESPONSE | Command.UNBIND, pdus.Empty()) == []
    assert pair.client.is_bound


def test_calls_after_the_end_do_nothing() -> None:
    pair = Pair().logged_in()
    asked = pair.asked()
    (received,) = pair.to_client(Command.DELIVER_SM, DeliverSm())
    assert isinstance(received, IncomingReceived)
    pair.server.connection_lost(0.0)
    pair.client.connection_lost(0.0)
    pair.server.answer_submit(asked.token, 0.0, carrier_ids=("7",))
    pair.client.answer(received.token, 0.0)
    assert pair.server.data_to_send() + pair.client.data_to_send() == b""
    assert pair.client.receive(b"\0\0\0\x10", 0.0) == []


def test_bytes_that_come_one_by_one_give_the_same_events() -> None:
    whole, single = Pair().logged_in(), Pair().logged_in()
    stream = b"".join(
        pdus.write(Frame(command, sequence, pdu))
        for sequence, (command, pdu, _) in enumerate(REQUESTS, start=1)
        if command != Command.DELIVER_SM
    )
    events: list[Event] = []
    for octet in stream:
        events += single.server.receive(bytes((octet,)), 0.0)
    assert events == whole.server.receive(stream, 0.0)
    assert says(single.server) == says(whole.server)


def test_sequence_numbers_of_any_size_are_answered_as_they_came() -> None:
    pair = Pair().logged_in()
    for sequence in (0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
        pair.to_server(Command.ENQUIRE_LINK, pdus.Empty(), sequence=sequence)
        assert says(pair.server) == [(RESPONSE | Command.ENQUIRE_LINK, 0, sequence)]


# -- habits of servers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("default", "alphabet", "coding"),
    [
        (Alphabet.GSM7, Alphabet.GSM7, 0), (Alphabet.LATIN1, Alphabet.LATIN1, 0), (Alphabet.GSM7, Alphabet.LATIN1, 3),
        (Alphabet.GSM7_PACKED, Alphabet.GSM7_PACKED, 0), (Alphabet.ASCII, Alphabet.ASCII, 0), (Alphabet.GSM7, Alphabet.UCS2, 8),
    ],
)  # fmt: skip
def test_the_servers_default_alphabet_has_data_coding_0(default: Alphabet, alphabet: Alphabet, coding: int) -> None:
    pair = Pair(Habits(default_alphabet=default)).logged_in()
    pair.client.submit(replace(SUBMIT, alphabet=alphabet, content=b"x"), 1, 0.0)
    (frame,) = frames(pair.client.data_to_send())
    assert isinstance(frame.pdu, SubmitSm)
    assert frame.pdu.data_coding == coding


@pytest.mark.parametrize("is_final", [True, False])
def test_whether_accepted_is_the_last_word_is_the_channels_to_say(is_final: bool) -> None:
    pair = Pair(Habits(accepted_is_final=is_final)).logged_in()
    (received,) = pair.to_client(
        Command.DELIVER_SM, DeliverSm(esm_class=4, source_addr="138", short_message=b"id:7 stat:ACCEPTD err:000 text:")
    )
    assert isinstance(received, ReportReceived)
    assert received.report.outcome is (ReportClass.DELIVERED if is_final else ReportClass.INTERMEDIATE)


def test_a_receivers_bind_names_the_numbers_it_serves() -> None:
    session = SmppSession(Role.CLIENT, ACCOUNT, habits=Habits(bind="receiver", address_range="^1069"))
    session.opened(0.0)
    (frame,) = frames(session.data_to_send())
    assert isinstance(frame.pdu, pdus.Bind)
    assert frame.pdu.address_range == "^1069"


def test_a_repeated_message_of_the_same_number_is_new_once_the_first_has_its_answer() -> None:
    """The standard knows no repeats, and some clients have one sequence number for all they send."""
    pair = Pair().logged_in()
    submit = SubmitSm(destination_addr="138", short_message=b"x")
    for _ in range(2):
        (asked,) = pair.to_server(Command.SUBMIT_SM, submit, sequence=1)
        assert isinstance(asked, SubmitRequested)
        pair.server.answer_submit(asked.token, 0.0, carrier_ids=("7",))
